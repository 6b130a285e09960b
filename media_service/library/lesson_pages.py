"""A lesson of a library: its page, what plays it, and its picture."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any, Final

from flask import Response, redirect, request
from sqlalchemy.orm import Session

import player_embed
from media_service.library import catalogue, lessons, pictures, structured
from media_service.library.addresses import with_query
from media_service.library.lessons import Chapter, InCourse
from media_service.library.reader import Reader, organization_key, show
from media_service.library.site import blueprint, find_library, reading, shown_lesson
from media_service.library.spoken import Spoken, spoken
from media_service.library.subjects import Subject
from media_service.library.transcripts import part_of, plain
from media_service.problems import ApiError
from media_service.script_json import to_script_json
from media_service.services import services
from storage.catalogue import harvests, mirrors, tracks
from storage.catalogue.libraries import Lesson, Shown
from storage.search_words import LONGEST_QUERY, chunks_of

_LONGEST_LESSON: Final = 1e6
"""Seconds."""


@blueprint.get("/library/<library>/lessons/<asset_id>")
def lesson(library: str, asset_id: str) -> Response:
    """A lesson: what plays it, what is said in it, what is known of it, and what else there is."""
    moment, words = _moment(), request.args.get("find", "")[:LONGEST_QUERY].strip()
    with services().sessions() as session:
        reader, shown = reading(session, library)
        found = shown_lesson(session, shown, asset_id)
        player = lessons.player_of(session, found)
        listed = tracks.tracks_of(session, found.version.id)
        asked_course = request.args.get("course")
        in_course = lessons.in_course(session, shown.organization.id, found, asked_course, reader.addresses)
        related = lessons.related(session, shown.organization.id, found, reader.addresses)
        way = _way(session, shown, found, reader)
        external = harvests.external(session, [asset_id]).get(asset_id)
        stations = mirrors.stations_of(session, [asset_id]).get(asset_id, [])
    told = spoken(listed, request.args.get("transcript"), reader.language)
    part = part_of(told.cues, chunks_of(words.replace("\0", "")), moment, _number("part"))
    chapters = lessons.chapters_of(told, found, reader.addresses, asked_course)
    bare, public_url = reader.addresses.bare, services().settings.public_url
    poster = lessons.poster_of(found, reader.addresses)
    facts = lessons.facts_of(found.asset, reader.language)
    return show(
        reader,
        "lesson",
        canonical=bare.lesson(asset_id),
        lesson=found,
        player=player,
        external=external,
        poster=poster,
        image=f"{public_url}{bare.poster(asset_id, pictures.WIDTHS[-1])}" if poster else None,
        moment=moment,
        words=words,
        told=told,
        part=part,
        chapters=chapters,
        facts=facts,
        came_by=" → ".join(each.name for each in stations),
        in_course=in_course,
        related=related,
        way=way,
        key=organization_key(reader),
        query={"course": asked_course, "transcript": told.chosen.language if told.chosen else None},
        embed_code=lessons.embed_code(player, found, public_url) if player else None,
        component=f"/embed/component/{player_embed.component_script()[0]}",
        structured=[]
        if external
        else [
            to_script_json(
                structured.video(_described(found, told, chapters, facts, reader, in_course=in_course))
            )
        ],
    )


@blueprint.get("/library/<library>/lessons/<asset_id>/play")
def play(library: str, asset_id: str) -> Any:
    """The player alone, with a token of its own where one is needed."""
    with services().sessions() as session:
        reader, shown = reading(session, library)
        found = shown_lesson(session, shown, asset_id)
        player = lessons.player_of(session, found)
    if player is None:
        raise ApiError("asset_external" if found.asset.state == "external" else "playback_not_found")
    token = lessons.token_for(player, found.asset.duration)
    moment = _moment()
    chosen = {"start": moment, "lang": reader.language, "token": token}
    query = with_query({**chosen, "autoplay": "1" if "autoplay" in request.args else None})
    response = redirect(f"/embed/{player.playback_id}{query}", 303)
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/library/<library>/lessons/<asset_id>/token")
def token(library: str, asset_id: str) -> Response:
    """A token for the player on the lesson's page, as JSON; null where none is needed."""
    with services().sessions() as session:
        _, shown = reading(session, library)
        found = shown_lesson(session, shown, asset_id)
        player = lessons.player_of(session, found)
    issued = lessons.token_for(player, found.asset.duration) if player else None
    response = Response(json.dumps({"token": issued}), mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/library/<library>/lessons/<asset_id>/<name>")
def picture(library: str, asset_id: str, name: str) -> Response:
    """The picture that stands for a lesson, in one of the sizes that there are."""
    width = pictures.width_of(name)
    if width is None:
        raise ApiError("not_found")
    with services().sessions() as session:
        shown = find_library(session, library)
        if shown is None:
            raise ApiError("not_found")
        found = shown_lesson(session, shown, asset_id)
    return pictures.send(found.version, width)


def _described(
    found: Lesson,
    told: Spoken,
    chapters: Sequence[Chapter],
    facts: dict[str, Any],
    reader: Reader,
    *,
    in_course: InCourse | None,
) -> structured.Video:
    to, public_url = reader.addresses.bare, services().settings.public_url
    asset = found.asset
    return structured.Video(
        title=asset.title,
        url=f"{public_url}{to.lesson(asset.id)}",
        embed_url=f"{public_url}{to.play(asset.id)}",
        uploaded_at=asset.published_at or asset.created_at,
        organization=found.owner,
        thumbnails=[f"{public_url}{to.poster(asset.id, width)}" for width in pictures.WIDTHS[1:]],
        description=asset.description,
        duration=asset.duration,
        language=asset.language,
        views=asset.clicks,
        keywords=asset.tags,
        expires=asset.withdraw_at,
        licence=facts["licence_url"],
        level=facts["level"],
        creators=[each["name"] for each in asset.contributors if each["role"] in ("author", "presenter")],
        transcript=plain(told.cues, structured.MOST_TRANSCRIPT),
        parts=[
            structured.Part(
                each.title, each.start, each.end, f"{public_url}{to.lesson(asset.id, t=each.start)}"
            )
            for each in chapters
        ],
        course=(in_course.title, f"{public_url}{to.course(in_course.public_id)}") if in_course else None,
        is_audio=asset.kind == "audio",
    )


def _way(session: Session, shown: Shown, found: Lesson, reader: Reader) -> Sequence[Subject]:
    subjects = catalogue.subjects(session, shown.organization.id)
    return next(filter(None, (subjects.way(each, reader.language) for each in found.asset.category_ids)), [])


def _moment() -> float | None:
    try:
        moment = float(request.args.get("t", ""))
    except ValueError:
        return None
    return moment if math.isfinite(moment) and 0 <= moment <= _LONGEST_LESSON else None


def _number(name: str) -> int | None:
    text = request.args.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 and int(text) > 0 else None
