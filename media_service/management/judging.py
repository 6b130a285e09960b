"""``/v1/upload-links/{link_id}/judging`` and ``/judges``: who judges what came in by a link, and by what."""

from __future__ import annotations

from typing import Final

from flask import Blueprint
from sqlalchemy.orm import Session

from media_service import audit, auth
from media_service.changes import transaction
from media_service.management.judging_documents import (
    JudgeDocument,
    JudgeList,
    JudgingDocument,
    JudgingTerms,
    NewJudge,
    NewJudgeDocument,
    criteria_of,
)
from media_service.management.upload_links import find_link
from media_service.openapi import operation
from media_service.problems import ApiError
from media_service.services import services
from storage.catalogue import judging
from storage.catalogue.judging import MOST_JUDGES, TooManyJudges
from storage.catalogue.models import Judge, Judging, UploadLink

blueprint = Blueprint("judging", __name__, url_prefix="/v1/upload-links/<link_id>")

TAG: Final = "Uploads"


@blueprint.get("/judging")
@auth.require(*auth.WRITERS, scope="read")
@operation("Show how entries are judged", tag=TAG, answer=JudgingDocument, errors=("upload_link_not_found",))
def show(link_id: str) -> JudgingDocument:
    """By what, and whether it has begun or ended."""
    with services().sessions() as session:
        link = find_link(session, link_id)
        return _describe(session, link, judging.find(session, link.id))


@blueprint.put("/judging")
@auth.require(*auth.WRITERS, scope="edit")
@operation(
    "Say by what entries are judged",
    tag=TAG,
    body=JudgingTerms,
    answer=JudgingDocument,
    errors=("upload_link_not_found", "judging_begun", "judging_closed"),
)
def put(body: JudgingTerms, link_id: str) -> JudgingDocument:
    """At any time until the first score is given. Judging begins once the link is closed."""
    with transaction() as session:
        link, held = _hold(session, link_id)
        if judging.has_sheets(session, link.id):
            raise ApiError("judging_begun")
        held.criteria = [each.model_dump() for each in body.criteria]
        session.flush()
        audit.record(session, "judging.change", link.organization_id, link.id, **body.model_dump())
        return _describe(session, link, held)


@blueprint.post("/judging/close")
@auth.require(*auth.WRITERS, scope="edit")
@operation(
    "Close judging",
    tag=TAG,
    answer=JudgingDocument,
    errors=("upload_link_not_found", "judging_not_open", "judging_closed"),
)
def close(link_id: str) -> JudgingDocument:
    """From now on no score changes, and results are final. It cannot be opened again."""
    with transaction() as session:
        link, held = _hold(session, link_id)
        if judging.state_of(session, link, held) != "open":
            raise ApiError("judging_not_open")
        judging.close(session, held)
        audit.record(session, "judging.close", link.organization_id, link.id)
        return _describe(session, link, held)


@blueprint.get("/judges")
@auth.require(*auth.WRITERS, scope="read")
@operation("List judges", tag=TAG, answer=JudgeList, errors=("upload_link_not_found",))
def list_judges(link_id: str) -> JudgeList:
    """With how far each of them is. Not their secrets."""
    with services().sessions() as session:
        link = find_link(session, link_id)
        entries = judging.count_entries(session, link.id)
        found = judging.list_judges(session, link.id)
    return JudgeList(judges=[_describe_judge(judge, judged, entries) for judge, judged in found])


@blueprint.post("/judges")
@auth.require(*auth.WRITERS, scope="edit")
@operation(
    "Add a judge",
    tag=TAG,
    body=NewJudge,
    answer=NewJudgeDocument,
    status=201,
    is_secret=True,
    location=lambda made: f"/v1/upload-links/{made.link_id}/judges",
    errors=("upload_link_not_found", "judges_full", "judging_closed"),
)
def add_judge(body: NewJudge, link_id: str) -> NewJudgeDocument:
    """Up to 16 of a link. Whoever has the secret, which is told once, sees the entries by number and scores them."""
    with transaction() as session:
        link, _ = _hold(session, link_id)
        try:
            judge, secret = judging.add_judge(session, link.id, body.name)
        except TooManyJudges:
            raise ApiError("judges_full", words={"limit": str(MOST_JUDGES)}) from None
        audit.record(
            session, "judge.create", link.organization_id, judge.id, upload_link_id=link.id, name=judge.name
        )
        return _tell(session, judge, secret)


@blueprint.post("/judges/<judge_id>/secret")
@auth.require(*auth.WRITERS, scope="edit")
@operation(
    "Give a judge a new secret",
    tag=TAG,
    answer=NewJudgeDocument,
    is_secret=True,
    errors=("upload_link_not_found", "judge_not_found", "judging_closed"),
)
def renew_judge(link_id: str, judge_id: str) -> NewJudgeDocument:
    """The one before opens nothing any more; what they gave stays."""
    with transaction() as session:
        link, _ = _hold(session, link_id)
        judge = _find_judge(session, link, judge_id)
        secret = judging.renew_secret(session, judge)
        audit.record(session, "judge.renew", link.organization_id, judge.id, upload_link_id=link.id)
        return _tell(session, judge, secret)


@blueprint.delete("/judges/<judge_id>")
@auth.require(*auth.WRITERS, scope="edit")
@operation(
    "Revoke a judge",
    tag=TAG,
    status=204,
    errors=("upload_link_not_found", "judge_not_found", "judging_closed"),
)
def revoke_judge(link_id: str, judge_id: str) -> None:
    """The secret opens nothing any more, and what they gave counts for nothing. Who lost a secret gets a new one."""
    with transaction() as session:
        link, _ = _hold(session, link_id)
        judge = _find_judge(session, link, judge_id)
        judging.revoke(session, judge)
        audit.record(
            session, "judge.revoke", link.organization_id, judge.id, upload_link_id=link.id, name=judge.name
        )


def _hold(session: Session, link_id: str) -> tuple[UploadLink, Judging]:
    """The link and its judging, which nobody else changes meanwhile. Raises ``upload_link_not_found`` and
    ``judging_closed``."""
    link = find_link(session, link_id)
    held = judging.hold(session, link.id)
    if held.closed_at is not None:
        raise ApiError("judging_closed")
    return link, held


def _find_judge(session: Session, link: UploadLink, judge_id: str) -> Judge:
    judge = judging.find_judge(session, link.id, judge_id)
    if judge is None:
        raise ApiError("judge_not_found")
    return judge


def _describe(session: Session, link: UploadLink, found: Judging | None) -> JudgingDocument:
    return JudgingDocument(
        link_id=link.id,
        state=judging.state_of(session, link, found),
        criteria=criteria_of(found.criteria if found else []),
        entries=judging.count_entries(session, link.id),
        closed_at=found.closed_at if found else None,
    )


def _describe_judge(judge: Judge, judged: int, entries: int) -> JudgeDocument:
    return JudgeDocument(
        id=judge.id,
        link_id=judge.link_id,
        name=judge.name,
        judged=judged,
        entries=entries,
        created_at=judge.created_at,
        revoked_at=judge.revoked_at,
    )


def _tell(session: Session, judge: Judge, secret: str) -> NewJudgeDocument:
    judged = {each.id: count for each, count in judging.list_judges(session, judge.link_id)}[judge.id]
    told = _describe_judge(judge, judged, judging.count_entries(session, judge.link_id))
    page = f"{services().settings.public_url}/j/{secret}"
    return NewJudgeDocument(secret=secret, page_url=page, **told.model_dump())
