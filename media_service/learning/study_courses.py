"""``/v1/collections/{collection_id}/study``: how a course is studied."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from flask import Blueprint
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from configs.words import StudyMode
from media_service import audit, auth
from media_service.changes import transaction
from media_service.openapi import operation
from media_service.problems import ApiError
from media_service.services import services
from storage.catalogue import study_courses
from storage.catalogue.models import StudyCourse
from storage.catalogue.study import find_course
from storage.learning.study_terms import terms_of

blueprint = Blueprint("study_courses", __name__, url_prefix="/v1/collections/<collection_id>/study")

TAG: Final = "Study hours"


class NewStudyCourse(BaseModel):
    """How a course is studied. What is null, or left out, is left to the rule: a speed of 2, 1.5 or 1 by mode, a check
    each 15 minutes, 0.7 to 0.95 of a lesson by its length, and all lessons of the course."""

    model_config = ConfigDict(extra="forbid")

    mode: StudyMode = Field(
        description="`free`; `sequential`: nothing counts beyond what was studied before; `supervised`: so, "
        "only while it can be seen, and with checks that somebody is there."
    )
    speed_limit: float | None = Field(None, ge=1, le=4, description="What is played faster does not count.")
    presence_seconds: int | None = Field(
        None, ge=60, le=7200, description="Seconds of playing between two checks; of `supervised` alone."
    )
    threshold: float | None = Field(None, gt=0, le=1, description="The part that completes a lesson.")
    required_seconds: int | None = Field(
        None, ge=1, le=10_000_000, description="What completes the course, of whichever lessons."
    )


class StudyCourseDocument(BaseModel):
    """How a course is studied; ``speed_limit`` and ``presence_seconds`` as they hold, the others null where the rule
    decides."""

    collection_id: str
    mode: StudyMode
    speed_limit: float
    presence_seconds: int | None
    threshold: float | None
    required_seconds: int | None
    updated_at: datetime


@blueprint.get("")
@auth.require(*auth.READERS, scope="read")
@operation(
    "Show how a course is studied",
    tag=TAG,
    answer=StudyCourseDocument,
    errors=("collection_not_found", "study_not_asked"),
)
def show(collection_id: str) -> StudyCourseDocument:
    """404 of a course that is only watched."""
    with services().sessions() as session:
        return _describe(_course(session, auth.collection(session, collection_id).id))


@blueprint.put("")
@auth.require(*auth.WRITERS, scope="edit")
@operation(
    "Let a course be studied",
    tag=TAG,
    body=NewStudyCourse,
    answer=StudyCourseDocument,
    errors=("collection_not_found",),
)
def put(collection_id: str, body: NewStudyCourse) -> StudyCourseDocument:
    """Mode, speed and checks hold from a learner's next session on, what completes lessons and course at once."""
    with transaction() as session:
        found = auth.collection(session, collection_id, for_update=True)
        study_courses.put_course(session, found.id, **body.model_dump())
        audit.record(session, "study.change", found.organization_id, found.id, **body.model_dump())
        return _describe(_course(session, found.id))


@blueprint.delete("")
@auth.require(*auth.WRITERS, scope="edit")
@operation(
    "Let a course be only watched", tag=TAG, status=204, errors=("collection_not_found", "study_not_asked")
)
def delete(collection_id: str) -> None:
    """Nobody begins to study it any more. What was studied stays."""
    with transaction() as session:
        found = auth.collection(session, collection_id, for_update=True)
        if not study_courses.delete_course(session, found.id):
            raise ApiError("study_not_asked")
        audit.record(session, "study.change", found.organization_id, found.id, mode=None)


def _course(session: Session, collection_id: str) -> StudyCourse:
    found = find_course(session, collection_id)
    if found is None:
        raise ApiError("study_not_asked")
    return found


def _describe(course: StudyCourse) -> StudyCourseDocument:
    terms = terms_of(course.mode, course.speed_limit, course.presence_seconds)
    return StudyCourseDocument(
        collection_id=course.collection_id,
        mode=terms.mode,
        speed_limit=terms.speed_limit,
        presence_seconds=terms.presence_ms // 1000 if terms.presence_ms else None,
        threshold=course.threshold,
        required_seconds=course.required_seconds,
        updated_at=course.updated_at,
    )
