"""``/v1/study``: what learners studied, certificates of it, and how it is forgotten."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Final, Literal

from flask import Blueprint, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from media_service import audit, auth
from media_service.changes import transaction
from media_service.learning.study_courses import TAG
from media_service.learning.study_documents import (
    LearnerDocument,
    LearnerSummary,
    certificate_claims,
    details,
    summary,
    to_csv,
)
from media_service.openapi import operation
from media_service.playback.access import tokens
from media_service.playback.parts import parts
from media_service.problems import ApiError
from media_service.services import services
from media_service.strict_values import is_text
from storage.catalogue import study_results
from storage.catalogue.playback import own_keys
from storage.ids import is_id
from storage.learning.study_results import Course, Learner

blueprint = Blueprint("study", __name__, url_prefix="/v1/study")

_READ_AT_ONCE: Final = 500

CourseId = Annotated[
    str, Field(max_length=64, examples=["0mx2sthiya4lot76gz8k8jvd"], description="The course.")
]
LearnerName = Annotated[
    str, Field(min_length=1, max_length=200, examples=["student-7"], description="Your name for the learner.")
]


class StudyQuery(BaseModel):
    """Of which course, and which page."""

    model_config = ConfigDict(extra="forbid")

    course: CourseId
    limit: int = Field(100, ge=1, le=1000, description="Most learners of the page; of CSV all.")
    after: str | None = Field(None, max_length=2000, description="The `next` of the page before.")
    format: Literal["json", "csv"] = Field("json", description="`csv`: a line for each learner, with a BOM.")


class LearnerQuery(BaseModel):
    """Whom, and of which course. Of two organizations' learners of one name, the caller's own."""

    model_config = ConfigDict(extra="forbid")

    course: CourseId
    learner: LearnerName
    portal_id: str | None = Field(
        None, max_length=64, description="The organization whose learner it is; the caller's own if left out."
    )


class LessonQuery(BaseModel):
    """Of which lesson of which course."""

    model_config = ConfigDict(extra="forbid")

    course: CourseId
    asset: str = Field(max_length=64, description="The lesson.", examples=["0mx2sthiya4lot76gz8k8jvd"])


class ForgetQuery(BaseModel):
    """Whom to forget."""

    model_config = ConfigDict(extra="forbid")

    learner: LearnerName
    course: str | None = Field(None, max_length=64, description="Only of this course.")


class StudyPage(BaseModel):
    """Learners of a course by portal and name. ``next`` goes into ``after`` for the next page; null at the end."""

    collection_id: str
    course: str
    learners: list[LearnerSummary]
    next: str | None


class RetentionDocument(BaseModel):
    """How many learners studied each hundredth of a lesson."""

    collection_id: str
    asset_id: str
    retention: list[int]


class CertificateDocument(BaseModel):
    """``certificate`` is a JSON Web Signature of what is in ``claims``; its key is in ``keys_url``."""

    certificate: str
    claims: dict[str, object]
    keys_url: str


class KeySetDocument(BaseModel):
    """Ed25519 keys (RFC 8037); ``kid`` is in the header of each certificate."""

    keys: list[dict[str, object]]


class ForgottenDocument(BaseModel):
    """Of how many lessons something was kept."""

    lessons: int


@blueprint.get("")
@auth.require("admin", "portal", scope="read")
@operation(
    "List what learners studied",
    tag=TAG,
    query=StudyQuery,
    answer=StudyPage,
    errors=("collection_not_found", "invalid_cursor"),
)
def list_(query: StudyQuery) -> StudyPage | Response:
    """Learners of the caller's organization and of those below it."""
    with services().sessions() as session:
        course = _course(session, query.course)
        if query.format == "csv":
            return _csv(course, to_csv(_all(session, course)))
        found = study_results.list_learners(
            session, course.id, auth.reach(), limit=query.limit + 1, after=_read_cursor(query.after)
        )
        page = found[: query.limit]
        learners = [summary(each, course) for each in study_results.results_of(session, course, page)]
    following = _write_cursor(page[-1]) if len(found) > query.limit else None
    return StudyPage(collection_id=course.id, course=course.title, learners=learners, next=following)


@blueprint.get("/learner")
@auth.require("admin", "portal", scope="read")
@operation(
    "Show what a learner studied",
    tag=TAG,
    query=LearnerQuery,
    answer=LearnerDocument,
    errors=("collection_not_found", "learner_not_found"),
)
def show(query: LearnerQuery) -> LearnerDocument:
    """Lesson by lesson: what counts, what did not, and why."""
    with services().sessions() as session:
        course = _course(session, query.course)
        return details(_learner(session, course, query), course)


@blueprint.get("/certificate")
@auth.require("admin", "portal", scope="read")
@operation(
    "Sign what a learner studied",
    tag=TAG,
    query=LearnerQuery,
    answer=CertificateDocument,
    errors=("collection_not_found", "learner_not_found"),
)
def certify(query: LearnerQuery) -> CertificateDocument:
    """As it stands now, completed or not: whoever checks it reads `completed`."""
    settings = services().settings
    signer = parts().keys.signer()
    with services().sessions() as session:
        course = _course(session, query.course)
        claims = certificate_claims(
            _learner(session, course, query), course, issuer=settings.public_url, now=datetime.now(UTC)
        )
    signed = tokens.sign_certificate(
        claims, key_id=signer.key_id, algorithm=signer.algorithm, private_key=signer.private_key
    )
    return CertificateDocument(
        certificate=signed, claims=claims, keys_url=f"{settings.public_url}{blueprint.url_prefix}/keys"
    )


@blueprint.get("/retention")
@auth.require("admin", "portal", scope="read")
@operation(
    "Show which parts of a lesson were studied",
    tag=TAG,
    query=LessonQuery,
    answer=RetentionDocument,
    errors=("collection_not_found", "asset_not_found"),
)
def retention(query: LessonQuery) -> RetentionDocument:
    """The same segments as results, in hundredths as those of views."""
    with services().sessions() as session:
        course = _course(session, query.course)
        if query.asset not in course.lessons:
            raise ApiError("asset_not_found")
        seen = study_results.retention(session, course.id, query.asset, auth.reach())
    return RetentionDocument(collection_id=course.id, asset_id=query.asset, retention=seen)


@blueprint.delete("")
@auth.require("admin", "portal", scope="delete")
@operation("Forget a learner", tag=TAG, query=ForgetQuery, answer=ForgottenDocument)
def forget(query: ForgetQuery) -> ForgottenDocument:
    """All that is kept of somebody, of one course or of all; it does not come back. Certificates that were signed
    before stay true."""
    with transaction() as session:
        lessons = study_results.forget(session, query.learner, auth.reach(), query.course)
        # Without the name: who is to be forgotten does not go on in the log.
        audit.record(
            session,
            "study.forget",
            auth.caller().organization_id,
            auth.caller().organization_id,
            lessons=lessons,
        )
    return ForgottenDocument(lessons=lessons)


@blueprint.get("/keys")
@operation("List the keys that certificates are checked with", tag=TAG, answer=KeySetDocument)
def keys() -> KeySetDocument:
    """Public keys as a JWK Set (RFC 7517). Those before stay as long as they are not revoked."""
    with services().sessions() as session:
        found = [key for key in own_keys(session) if key.revoked_at is None]
    return KeySetDocument(keys=[tokens.to_jwk(key.id, key.algorithm, key.public_key) for key in found])


def _course(session: Session, collection_id: str) -> Course:
    found = (
        study_results.find_course(session, collection_id, auth.reach(), auth.viewer())
        if is_id(collection_id)
        else None
    )
    if found is None:
        raise ApiError("collection_not_found")
    return found


def _learner(session: Session, course: Course, query: LearnerQuery) -> Learner:
    portal_id = query.portal_id or auth.caller().organization_id
    if auth.reach().includes(session, portal_id):
        for found in study_results.results_of(session, course, [(portal_id, query.learner)]):
            return found
    raise ApiError("learner_not_found")


def _all(session: Session, course: Course) -> Iterator[LearnerSummary]:
    after = None
    while found := study_results.list_learners(
        session, course.id, auth.reach(), limit=_READ_AT_ONCE, after=after
    ):
        for learner in study_results.results_of(session, course, found):
            yield summary(learner, course)
        after = found[-1]


def _csv(course: Course, text: str) -> Response:
    answer = Response(text, content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="study-{course.id}.csv"'
    return answer


def _write_cursor(last: tuple[str, str]) -> str:
    return base64.urlsafe_b64encode(json.dumps(last, ensure_ascii=False).encode()).decode().rstrip("=")


def _read_cursor(text: str | None) -> tuple[str, str] | None:
    if text is None:
        return None
    try:
        value = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
        portal_id, learner = value
    except (binascii.Error, ValueError, TypeError, RecursionError):
        raise ApiError("invalid_cursor") from None
    if not (isinstance(portal_id, str) and isinstance(learner, str) and is_text(portal_id + learner)):
        raise ApiError("invalid_cursor")
    return portal_id, learner
