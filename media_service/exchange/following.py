"""``/v1/platform-links/{id}/subscription`` and ``/lessons``: what is copied from a linked platform, how far it is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Final

from flask import Blueprint
from pydantic import BaseModel, ConfigDict, Field, model_validator

from configs.link_failures import LINK_FAILURES
from configs.words import FollowCourseState, FollowMode, FollowState, LicenceCode, Visibility
from media_service import audit, auth
from media_service.changes import transaction
from media_service.exchange.link_documents import LinkFailureDocument
from media_service.exchange.links import find
from media_service.management.paging import PageQuery, cut, last_id
from media_service.openapi import MessageDocument, operation
from media_service.problems import ApiError
from media_service.services import services
from storage.catalogue import followed_courses, mirrors, unfollowing
from storage.catalogue.models import FollowedCourse, FollowedLesson, Subscription
from storage.exchange.lessons import Station
from storage.exchange.parts import Part, read_parts
from storage.ids import is_id

blueprint = Blueprint("platform_subscriptions", __name__, url_prefix="/v1/platform-links")

TAG: Final = "Exchange"
MOST_PARTS: Final = 500
_Minute = Annotated[int, Field(ge=0, le=24 * 60 - 1)]


class SubscriptionWish(BaseModel):
    """That what the other platform shares is here, too, and stays as it is there. ``visibility`` is who sees it here.
    ``mode`` says whether lessons are copied, and play whether or not the other platform is there (`mirror`), or play
    from there (`reference`); what was copied before stays copied unless ``keep_copies`` is false. ``only`` are lines of
    what is followed, of which one has to be true; null is everything, an empty list nothing. ``window_from`` and
    ``window_until`` are minutes since midnight, by the service's time zone, between which is copied (over midnight, if
    the first is the later one); at any time if they are null."""

    model_config = ConfigDict(extra="forbid")

    visibility: Visibility = "subtree"
    mode: FollowMode = "mirror"
    keep_copies: bool = True
    only: Annotated[list[Part], Field(max_length=MOST_PARTS)] | None = None
    most_bytes: Annotated[int, Field(ge=0, le=10**16)] | None = Field(
        None, description="That may be stored for it; lessons beyond wait. No limit if left out."
    )
    with_source: bool = Field(False, description="Whether sources are copied, too, where that is allowed.")
    bytes_per_second: Annotated[int, Field(ge=1000, le=10**12)] | None = Field(
        None, description="At most; no limit if left out."
    )
    window_from: _Minute | None = None
    window_until: _Minute | None = None

    @model_validator(mode="after")
    def _has_both_ends(self) -> SubscriptionWish:
        if (self.window_from is None) != (self.window_until is None):
            raise ValueError("a window has a beginning and an end")
        return self


class PartDocument(BaseModel):
    """A line of what is followed."""

    model_config = ConfigDict(from_attributes=True)

    owner: str | None
    category_code: str | None
    licence: LicenceCode | None
    course_id: str | None
    lesson_id: str | None


class SubscriptionDocument(BaseModel):
    """What is followed. ``read_at`` is when the other platform's changes were read to their end last; ``current``
    lessons are as they are there, of which ``references`` play from there; ``behind`` are not yet, of which ``failing``
    could not be copied lately; ``left_out`` are not of the part that is followed. ``bytes_left`` are those of lessons
    that are being copied, which takes ``eta_seconds`` as fast as it came lately; ``bytes_stored`` of ``most_bytes`` are
    here. ``suspended_at``: since when copies do not play, for the other platform could not be asked for too long
    whether they were withdrawn (`MIRRORS_UNCHECKED_DAYS`)."""

    visibility: Visibility
    mode: FollowMode
    keep_copies: bool
    only: list[PartDocument] | None
    most_bytes: int | None
    with_source: bool
    bytes_per_second: int | None
    window_from: int | None
    window_until: int | None
    read_at: datetime | None
    suspended_at: datetime | None
    current: int
    references: int
    left_out: int
    behind: int
    failing: int
    bytes_left: int
    bytes_stored: int
    eta_seconds: float | None


class FollowedLessonDocument(BaseModel):
    """A lesson of the other platform, which calls it ``origin_id``; ``asset_id`` is the one here, null until there is
    one. ``mode`` is what it is here. ``stations`` are the platforms through which it came, its origin first.
    ``bytes_done`` of ``bytes_total`` are here."""

    id: str
    origin_id: str
    asset_id: str | None
    title: str
    state: FollowState
    mode: FollowMode | None
    stations: list[Station]
    bytes_done: int
    bytes_total: int
    failure: LinkFailureDocument | None


class FollowedLessonPage(BaseModel):
    """Lessons that came by a link, oldest first. ``next`` goes into ``after`` for the next page; null at the end."""

    lessons: list[FollowedLessonDocument]
    next: str | None


class FollowedCourseDocument(BaseModel):
    """A course of the other platform, which calls it ``origin_id``; ``collection_id`` is the one here, null while there
    is none. ``lessons`` is how many it has there."""

    id: str
    origin_id: str
    collection_id: str | None
    title: str
    state: FollowCourseState
    lessons: int
    failure: LinkFailureDocument | None


class FollowedCoursePage(BaseModel):
    """Courses that came by a link, oldest first. ``next`` goes into ``after`` for the next page; null at the end."""

    courses: list[FollowedCourseDocument]
    next: str | None


@blueprint.get("/<platform_link_id>/subscription")
@auth.require("admin", scope="manage")
@operation(
    "Show what is copied from a linked platform",
    tag=TAG,
    answer=SubscriptionDocument,
    errors=("platform_link_not_found", "subscription_not_found"),
)
def show(platform_link_id: str) -> SubscriptionDocument:
    """And how far it is behind."""
    with services().sessions() as session:
        found = session.get(Subscription, find(session, platform_link_id).id)
        if found is None or not found.everything:
            raise ApiError("subscription_not_found")
        return _described(found, mirrors.lag(session, found.link_id))


@blueprint.put("/<platform_link_id>/subscription")
@auth.require("admin", scope="manage")
@operation(
    "Copy what a linked platform shares",
    tag=TAG,
    body=SubscriptionWish,
    answer=SubscriptionDocument,
    errors=("platform_link_not_found", "platform_link_over"),
)
def put(platform_link_id: str, body: SubscriptionWish) -> SubscriptionDocument:
    """Lessons and courses, and from then on whatever becomes of them: changes, new versions, and that they are not
    shared any more."""
    wish = body.model_dump()
    if body.only is not None:
        wish["only"] = [part.model_dump(exclude_none=True) for part in body.only]
    with transaction() as session:
        link = find(session, platform_link_id, for_update=True)
        if link.state == "ended":
            raise ApiError("platform_link_over")
        found = mirrors.subscribe(session, link.id, **wish)
        audit.record(session, "platform_link.follow", link.organization_id, link.id, **wish)
        return _described(found, mirrors.lag(session, link.id))


@blueprint.delete("/<platform_link_id>/subscription")
@auth.require("admin", scope="manage")
@operation(
    "Copy nothing more from a linked platform",
    tag=TAG,
    status=204,
    errors=("platform_link_not_found", "subscription_not_found"),
)
def delete(platform_link_id: str) -> None:
    """What is here stays as it is: copies play on, and what plays from there does as long as it is shared; lessons of
    which an offer was accepted go on being as they are there. What is half copied goes."""
    with transaction() as session:
        link = find(session, platform_link_id, for_update=True)
        found = session.get(Subscription, link.id)
        if found is None or not found.everything:
            raise ApiError("subscription_not_found")
        unfollowing.unfollow(session, link.id)
        audit.record(session, "platform_link.unfollow", link.organization_id, link.id)


@blueprint.get("/<platform_link_id>/lessons")
@auth.require("admin", scope="manage")
@operation(
    "List lessons that came from a linked platform",
    tag=TAG,
    query=PageQuery,
    answer=FollowedLessonPage,
    errors=("platform_link_not_found", "invalid_cursor"),
)
def lessons(platform_link_id: str, query: PageQuery) -> FollowedLessonPage:
    """How far each is, and why some are not here yet."""
    with services().sessions() as session:
        link = find(session, platform_link_id)
        page, following = cut(
            mirrors.followed(session, link.id, query.limit + 1, last_id(query)), query.limit
        )
        return FollowedLessonPage(lessons=[_lesson(each) for each in page], next=following)


@blueprint.get("/<platform_link_id>/courses")
@auth.require("admin", scope="manage")
@operation(
    "List courses that came from a linked platform",
    tag=TAG,
    query=PageQuery,
    answer=FollowedCoursePage,
    errors=("platform_link_not_found", "invalid_cursor"),
)
def courses(platform_link_id: str, query: PageQuery) -> FollowedCoursePage:
    """Each is a course here, of those of its lessons that are here, in the order that they have there."""
    with services().sessions() as session:
        link = find(session, platform_link_id)
        page, following = cut(
            followed_courses.of_link(session, link.id, query.limit + 1, last_id(query)), query.limit
        )
        return FollowedCoursePage(courses=[_course(each) for each in page], next=following)


@blueprint.post("/<platform_link_id>/lessons/<followed_id>/adopt")
@auth.require("admin", scope="manage")
@operation(
    "Adopt a copied lesson",
    tag=TAG,
    answer=FollowedLessonDocument,
    errors=("platform_link_not_found", "asset_not_found", "not_for_references"),
)
def adopt(platform_link_id: str, followed_id: str) -> FollowedLessonDocument:
    """It is yours from now on, and follows the other platform no more, whatever becomes of that. Where it came from
    stays told."""
    with transaction() as session:
        link = find(session, platform_link_id)
        found = session.get(FollowedLesson, followed_id, with_for_update=True) if is_id(followed_id) else None
        if found is None or found.link_id != link.id or found.copied_version_id is None:
            raise ApiError("asset_not_found")
        if found.mode == "reference":
            raise ApiError("not_for_references")
        mirrors.adopt(session, found)
        audit.record(session, "platform_link.adopt", link.organization_id, link.id, asset_id=found.asset_id)
        session.flush()
        return _lesson(found)


def _parts(kept: Sequence[Any] | None) -> list[PartDocument] | None:
    parts = read_parts(kept)
    return None if parts is None else [PartDocument.model_validate(each) for each in parts]


def _described(found: Subscription, lag: mirrors.Lag) -> SubscriptionDocument:
    slowest = min((each for each in (found.pace, found.bytes_per_second) if each), default=None)
    return SubscriptionDocument(
        visibility=found.visibility,
        mode=found.mode,
        keep_copies=found.keep_copies,
        only=_parts(found.only),
        most_bytes=found.most_bytes,
        with_source=found.with_source,
        bytes_per_second=found.bytes_per_second,
        window_from=found.window_from,
        window_until=found.window_until,
        read_at=found.read_at,
        suspended_at=found.suspended_at,
        **vars(lag),
        eta_seconds=lag.bytes_left / slowest if slowest and lag.bytes_left else None,
    )


def _failure(found: FollowedLesson | FollowedCourse) -> LinkFailureDocument | None:
    if found.failure is None:
        return None
    return LinkFailureDocument(
        code=found.failure,
        message=MessageDocument(**LINK_FAILURES[found.failure].to_json()),
        detail=found.failure_detail,
        since=None,
    )


def _course(found: FollowedCourse) -> FollowedCourseDocument:
    return FollowedCourseDocument(
        id=found.id,
        origin_id=found.origin_id,
        collection_id=found.collection_id,
        title=found.title,
        state=found.state,
        lessons=len(found.lesson_ids),
        failure=_failure(found),
    )


def _lesson(found: FollowedLesson) -> FollowedLessonDocument:
    return FollowedLessonDocument(
        id=found.id,
        origin_id=found.origin_id,
        asset_id=found.asset_id,
        title=str(found.told.get("title", "")),
        state=found.state,
        mode=found.mode,
        stations=[Station(**each) for each in found.stations],
        bytes_done=found.bytes_done,
        bytes_total=found.bytes_total,
        failure=_failure(found),
    )
