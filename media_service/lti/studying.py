"""``/lti/study``: a course in a learning platform. Who is here stands in the address, sealed."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, cast

from flask import Blueprint, Response
from sqlalchemy.orm import Session

from media_service.library.transcripts import clock
from media_service.lti import answers, playing, tickets
from media_service.lti.id_tokens import LtiRefused
from media_service.reference_text import Language
from media_service.services import services
from storage.catalogue import collection_items, lti_platforms, lti_scores
from storage.catalogue.models import Collection, LtiPlatform
from storage.catalogue.visibility import Viewer
from storage.learning.study_results import Learner
from storage.lti.scores import standing

blueprint = Blueprint("lti_study", __name__, url_prefix="/lti/study/<ticket>")


@blueprint.get("")
def course(ticket: str) -> Response:
    """The lessons of a course, and how far the learner is in each."""
    language: Language | None = None
    try:
        said = _open(ticket)
        language = cast("Language | None", said["language"])
        with services().sessions.begin() as session:
            platform, found, counted_in = _course(session, said)
            lessons = _lessons(session, platform, found, counted_in, said)
    except LtiRefused as error:
        return answers.refusal(error, language=language)
    return answers.page(
        "course",
        language=language,
        title=found.title,
        description=found.description or "",
        lessons=lessons,
        done=bool(lessons) and all(each["percent"] == 100 for each in lessons),
        ticket=ticket,
        clock=clock,
    )


@blueprint.get("/<asset_id>")
def lesson(ticket: str, asset_id: str) -> Response:
    """A lesson of it, below the way back."""
    language: Language | None = None
    try:
        said = _open(ticket)
        language = cast("Language | None", said["language"])
        with services().sessions.begin() as session:
            platform, found, _ = _course(session, said)
            shown = _shown(session, platform, found)
            if asset_id not in {each.asset_id for each in shown}:
                raise LtiRefused("lesson_unknown", f"lesson {asset_id[:40]} of the course")
            playable = playing.find_lesson(session, platform, asset_id)
            counted = playing.studied_in(session, platform, found, asset_id)
            learner = playing.told_of(said, "learner")
            player = playing.player(platform, playable, learner, counted.id if counted else None, language)
    except LtiRefused as error:
        return answers.refusal(error, language=language)
    return answers.page("lesson", language=language, title=playable.title, player=player, ticket=ticket)


def _open(ticket: str) -> Mapping[str, Any]:
    said = tickets.read(services().settings.secret_key, "studying", ticket, time.time())
    if said is None:
        raise LtiRefused("session_over")
    return said


def _course(session: Session, said: Mapping[str, Any]) -> tuple[LtiPlatform, Collection, str | None]:
    platform = lti_platforms.find_counting(session, said["platform"])
    if platform is None:
        raise LtiRefused("platform_unknown")
    found = playing.find_course(session, platform, said["course"])
    counted = playing.studied_in(session, platform, found, None)
    return platform, found, counted.id if counted else None


def _shown(session: Session, platform: LtiPlatform, found: Collection) -> list[collection_items.Item]:
    seen = collection_items.items_for(session, Viewer(platform.organization_id), found.id).seen
    return [each for each in seen if each.shown_state in ("playable", "ready")]


def _lessons(
    session: Session,
    platform: LtiPlatform,
    found: Collection,
    counted_in: str | None,
    said: Mapping[str, Any],
) -> list[dict[str, Any]]:
    learner, result = playing.told_of(said, "learner"), None
    if learner is not None and counted_in is not None:
        result = lti_scores.course_of(session, platform.organization_id, found.id, counted_in, learner)
    return [
        {
            "id": each.asset_id,
            "title": each.title,
            "duration": each.duration,
            "percent": _percent(result, each.asset_id) if result else None,
        }
        for each in _shown(session, platform, found)
    ]


def _percent(result: tuple[Any, Learner | None], asset_id: str) -> int:
    return standing(result[0], result[1], asset_id).permille // 10
