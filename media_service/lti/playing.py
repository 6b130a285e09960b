"""Lessons and courses as learners of a learning platform get them: whether they may, where it is counted, by which
token."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qs, quote, urlsplit

from sqlalchemy.orm import Session

from media_service.lti.id_tokens import LtiRefused
from media_service.playback.access import tokens
from media_service.playback.access.tokens import IMAGE, MAX_LIFETIME, STORYBOARD, VIDEO
from media_service.playback.parts import parts
from media_service.playback.serving.links import Links
from media_service.reference_text import Language
from media_service.services import services
from storage.catalogue import assets, collections, lti_platforms, visibility
from storage.catalogue.models import Asset, Collection, LtiPlatform
from storage.catalogue.playback import Playable, find_playables
from storage.catalogue.reach import Reach
from storage.catalogue.study_courses import find_studied
from storage.catalogue.visibility import Viewer
from storage.ids import is_id

_KINDS: Final = (VIDEO, IMAGE, STORYBOARD)


@dataclass(frozen=True)
class Target:
    """What a link launches: a lesson, perhaps of a course, or a course."""

    asset_id: str | None
    course: str | None


def read_target(address: str, public_url: str) -> Target | None:
    """What the address of a link names; None of one that names nothing, as that of the picker."""
    path, _, query = address.removeprefix(public_url).partition("?")
    steps = path.split("/")
    if len(steps) != 4 or steps[:2] != ["", "lti"] or not is_id(steps[3]):
        return None
    if steps[2] == "courses":
        return Target(None, steps[3])
    if steps[2] != "lessons":
        return None
    course = parse_qs(urlsplit(f"?{query}").query).get("course", [""])[0]
    return Target(steps[3], course if is_id(course) else None)


def lesson_address(public_url: str, asset_id: str, course: str | None = None) -> str:
    """What launches a lesson."""
    return f"{public_url}/lti/lessons/{asset_id}" + (f"?course={quote(course)}" if course else "")


def course_address(public_url: str, public_id: str) -> str:
    """What launches a course."""
    return f"{public_url}/lti/courses/{public_id}"


def find_course(session: Session, platform: LtiPlatform, public_id: str) -> Collection:
    """A course that learners of the platform may see. Raises ``lesson_unknown``."""
    found = collections.find_public_collection(session, public_id)
    viewer = Viewer(platform.organization_id)
    if found is None or not visibility.seen(session, viewer, [found]):
        raise LtiRefused("lesson_unknown", f"course {public_id}")
    return found


def find_lesson(session: Session, platform: LtiPlatform, asset_id: str) -> Playable:
    """A lesson that learners of the platform may see, by a signed playback ID: what plays without a token knows no
    learner. Raises ``lesson_unknown``."""
    found = [
        each
        for each in find_playables(
            session,
            Reach(platform.organization_id),
            Viewer(platform.organization_id),
            asset_ids={asset_id},
        )
        if not each.is_hidden
    ]
    if not found:
        raise LtiRefused("lesson_unknown", f"lesson {asset_id}")
    signed = next((each for each in found if each.policy == "signed"), None)
    if signed is not None:
        return signed
    # Who is public, stays so: another ID takes nothing away.
    asset = session.get_one(Asset, asset_id, with_for_update=True)
    assets.add_playback_id(session, asset, "signed")
    return next(
        each
        for each in find_playables(
            session,
            Reach(platform.organization_id),
            Viewer(platform.organization_id),
            asset_ids={asset_id},
        )
        if each.policy == "signed"
    )


def studied_in(
    session: Session, platform: LtiPlatform, course: Collection | None, asset_id: str | None
) -> Collection | None:
    """Where it is counted what a learner studies of a lesson, or of a course: in the course if that is studied, else in
    the platform's own collection. None if nowhere."""
    if (
        course is not None
        and find_studied(session, course.id, platform.organization_id, asset_id) is not None
    ):
        return course
    return lti_platforms.own_course(session, platform, asset_id)


def player(
    platform: LtiPlatform,
    lesson: Playable,
    learner: str | None,
    counted_in: str | None,
    language: Language | None,
) -> str:
    """The address of the player for one learner."""
    claims: dict[str, Any] = {"organization": platform.organization_id}
    if learner is not None:
        claims |= {"viewer": learner, "iss": platform.organization_id}
        if counted_in is not None:
            claims["course"] = counted_in
    signer = parts().keys.signer()
    token = tokens.sign(
        key_id=signer.key_id,
        algorithm=signer.algorithm,
        private_key=signer.private_key,
        playback_id=lesson.playback_id,
        kinds=_KINDS,
        now=time.time(),
        lifetime=_lifetime(lesson),
        claims=claims,
    )
    embed = Links(services().settings.public_url, lesson.playback_id, token).embed
    return f"{embed}&lang={language}" if language else embed


def _lifetime(lesson: Playable) -> int:
    return min(MAX_LIFETIME, max(4 * 3600, int(3 * (lesson.duration or 0))))


def told_of(said: Mapping[str, Any], name: str) -> str | None:
    """A text of a ticket, if it is there."""
    value = said.get(name)
    return value if isinstance(value, str) else None
