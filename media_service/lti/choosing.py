"""``/lti/choose``: a teacher looks for lessons, and the learning platform gets links to them (deep linking 2.0).

The page works without a script. What was ticked stays ticked while one goes on looking: it travels in the form.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast
from urllib.parse import urlencode

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from media_service.library import finding
from media_service.library.addresses import Addresses
from media_service.library.cards import CourseCard, course_card
from media_service.library.finding import Asked, Found
from media_service.library.transcripts import clock
from media_service.lti import answers, playing, tickets
from media_service.lti.content_items import Picked, content_item, response
from media_service.lti.id_tokens import LtiRefused
from media_service.lti.own_keys import sign
from media_service.lti.texts import Say, speaker
from media_service.page_language import page_language
from media_service.problems import ApiError
from media_service.reference_text import Language
from media_service.services import services
from storage.catalogue import libraries, library_courses, lti_platforms
from storage.catalogue.models import LtiPlatform
from storage.ids import is_id, new_public_id
from storage.search_words import LONGEST_QUERY

blueprint = Blueprint("lti_choose", __name__, url_prefix="/lti/choose/<ticket>")

MOST: Final = 50
"""Links at a time."""

_FIRST_COURSES: Final = 12
_SIZE: Final = (320, 180)


@dataclass(frozen=True)
class _Way:
    """Who chooses, for which platform, in which language."""

    said: Mapping[str, Any]
    language: Language
    say: Say


@blueprint.get("")
def look(ticket: str) -> Response:
    """The search of the library, with a button and, where several may be taken, a tick beside each result."""
    language: Language | None = None
    try:
        way = _way(ticket)
        language = way.language
        with services().sessions() as session:
            return _page(session, _platform(session, way), way, ticket)
    except LtiRefused as error:
        return answers.refusal(error, language=language)


@blueprint.post("")
def choose(ticket: str) -> Response:
    """What the form sends: the page that brings the chosen links back to the platform."""
    language: Language | None = None
    try:
        way = _way(ticket)
        language = way.language
        with services().sessions.begin() as session:
            platform = _platform(session, way)
            names = _chosen(one_alone=not way.said["multiple"])
            if not names:
                return _page(session, platform, way, ticket, problem="none_chosen")
            graded = request.form.get("graded") == "1" and bool(way.said["line_items"])
            picked = [_pick(session, platform, name, way) for name in names]
            claims = response(
                [content_item(each, graded=graded, iframe=bool(way.said["iframe"])) for each in picked],
                issuer=platform.issuer,
                client_id=platform.client_id,
                deployment_id=way.said["deployment"],
                data=way.said["data"],
                nonce=new_public_id(),
                now=int(time.time()),
            )
            signed = sign(session, claims)
    except LtiRefused as error:
        return answers.refusal(error, language=language)
    return_url = way.said["return_url"]
    return answers.page("return", language=language, form_to=return_url, return_url=return_url, signed=signed)


def _way(ticket: str) -> _Way:
    said = tickets.read(services().settings.secret_key, "picking", ticket, time.time())
    if said is None:
        raise LtiRefused("session_over")
    language = page_language() if "lang" in request.values else said["language"] or page_language()
    return _Way(said, cast("Language", language), speaker(cast("Language", language)))


def _platform(session: Session, way: _Way) -> LtiPlatform:
    found = lti_platforms.find_counting(session, way.said["platform"])
    if found is None:
        raise LtiRefused("platform_unknown")
    return found


def _chosen(*, one_alone: bool) -> list[str]:
    """What is taken: what was ticked, or what a button of its own stands beside."""
    at_once = request.values.get("add", "")
    listed = request.values.getlist("chosen")
    names = [*listed, at_once] if at_once else listed
    names = [name for name in dict.fromkeys(names) if _is_name(name)]
    if one_alone:
        names = [at_once] if _is_name(at_once) else names[:1]
    return names[:MOST]


def _is_name(name: str) -> bool:
    kind, _, thing = name.partition(":")
    return kind in ("lesson", "course") and is_id(thing)


def _page(
    session: Session, platform: LtiPlatform, way: _Way, ticket: str, *, problem: str | None = None
) -> Response:
    asked = Asked(
        words=request.values.get("q", "")
        .replace("\0", "")
        .encode("utf-8", "ignore")
        .decode()[:LONGEST_QUERY]
        .strip(),
        after=request.values.get("after", ""),
    )
    to = _addresses(session, platform)
    try:
        found = finding.find(session, platform.organization_id, asked, to, with_external=False)
    except ApiError:
        found = finding.find(
            session, platform.organization_id, Asked(words=asked.words), to, with_external=False
        )
    ticked = _ticked(session, platform, _chosen(one_alone=False) if way.said["multiple"] else [], way)
    return answers.page(
        "choose",
        language=way.language,
        asked=asked,
        found=found,
        courses=_courses(session, platform, asked, found, to),
        ticked=ticked,
        names={name for name, _ in ticked},
        multiple=way.said["multiple"],
        gradable=way.said["line_items"],
        graded=request.values.get("graded") == "1",
        following=_address(ticket, asked.words, found.following, [name for name, _ in ticked]),
        problem=problem,
        ticket=ticket,
        clock=clock,
    )


def _address(ticket: str, words: str, after: str | None, names: Sequence[str]) -> str | None:
    if not after:
        return None
    kept = [("q", words), ("after", after), *(("chosen", name) for name in names)]
    if request.values.get("graded") == "1":
        kept.append(("graded", "1"))
    if "lang" in request.values:
        kept.append(("lang", request.values["lang"]))
    return f"/lti/choose/{ticket}?{urlencode(kept)}"


def _courses(
    session: Session, platform: LtiPlatform, asked: Asked, found: Found, to: Addresses
) -> Sequence[CourseCard]:
    if asked.words or asked.after:
        return found.courses
    newest = library_courses.newest(session, platform.organization_id, _FIRST_COURSES)
    return [course_card(each, to) for each in newest]


def _ticked(
    session: Session, platform: LtiPlatform, names: Sequence[str], way: _Way
) -> list[tuple[str, str]]:
    """What was ticked before, as far as it is still there: name and title."""
    found: list[tuple[str, str]] = []
    for name in names:
        try:
            found.append((name, _pick(session, platform, name, way).title))
        except LtiRefused:
            continue
    return found


def _pick(session: Session, platform: LtiPlatform, name: str, way: _Way) -> Picked:
    """A lesson or a course of the library, as the platform is told of it. Raises ``lesson_unknown``."""
    kind, _, thing = name.partition(":")
    to, public_url = _addresses(session, platform), services().settings.public_url
    if kind == "course":
        course = library_courses.find(session, platform.organization_id, thing)
        if course is None:
            raise LtiRefused("lesson_unknown", f"course {thing}")
        count = way.say("lessons_count", count=course.count)
        return Picked(
            name,
            playing.course_address(public_url, thing),
            course.title,
            f"{way.say('course')} · {count} · {clock(course.duration)}",
            course.duration,
            f"{public_url}{to.poster(course.poster_of, _SIZE[0])}",
            _SIZE,
        )
    lesson = libraries.find_lesson(session, platform.organization_id, thing)
    if lesson is None:
        raise LtiRefused("lesson_unknown", f"lesson {thing}")
    facts = lesson.version.facts
    length = f" · {clock(facts.duration)}" if facts and facts.duration else ""
    about = lesson.asset.description.strip()
    return Picked(
        name,
        playing.lesson_address(public_url, thing),
        lesson.asset.title,
        f"{way.say('lesson')}{length}" + (f"\n{about}" if about else ""),
        facts.duration if facts else None,
        f"{public_url}{to.poster(thing, _SIZE[0])}",
        _SIZE,
    )


def _addresses(session: Session, platform: LtiPlatform) -> Addresses:
    shown = libraries.find(session, platform.organization_id)
    return Addresses(shown.address if shown else platform.organization_id, services().settings.public_url)
