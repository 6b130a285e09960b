"""The player page, what it polls, its files, and oEmbed."""

from __future__ import annotations

import json
import mimetypes
import re
import secrets
from collections.abc import Collection as AnyOf
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import jinja2
from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

import player_embed
from configs.messages import Message
from media_service import auth
from media_service.embed import oembed as oembeds
from media_service.embed.course import Course, find_course, find_open_collection
from media_service.embed.course_poster import send_poster
from media_service.embed.page import STORYBOARD_IMAGE, options, page_data
from media_service.embed.snippet import DEFAULT_HEIGHT, DEFAULT_WIDTH, Shape, snippet
from media_service.errors import log_refusal
from media_service.immutable import immutable_file, immutable_packed
from media_service.playback.access.gate import Admission
from media_service.playback.access.origins import frame_ancestors
from media_service.playback.access.references import PlayedThere
from media_service.playback.access.tokens import IMAGE, VIDEO
from media_service.playback.parts import parts
from media_service.playback.serving.links import Links, course_address
from media_service.problems import ApiError, wrong_value
from media_service.progress import describe_progress
from media_service.script_json import to_script_json
from media_service.services import services
from storage.catalogue import course_posters, playback, tracks, uploads
from storage.catalogue.models import Version
from storage.catalogue.study_courses import find_studied
from storage.catalogue.visibility import ANYBODY

_REFUSED = Message("This video cannot be played", "无法播放此视频")
_EXPIRED = Message("Playback link expired", "播放链接已过期")
_MISSING = Message("Video not found", "找不到视频")
_COME_IN = Message(
    "Open it from your course site, where you are signed in.", "请登录课程网站，从课程页面打开此视频。"
)
_RELOAD = Message("Reload the course page that you came from.", "请刷新所在的课程页面后再试。")
_ONE_LESS = Message(
    "Close the video on another device, wait a minute and reload the page.",
    "请关闭其他设备上的视频，一分钟后刷新页面。",
)
_OTHERS = Message("Ask whoever runs this platform.", "请联系本平台管理员。")
_ASK = Message("Check the address, or ask whoever runs the course.", "请检查地址是否完整，或联系课程发布者。")
ERRORS = {
    "token_missing": (_REFUSED, _COME_IN),
    "token_expired": (_EXPIRED, _RELOAD),
    "token_not_allowed": (_REFUSED, _COME_IN),
    "too_many_plays": (_REFUSED, _ONE_LESS),
    "reference_unlinked": (_REFUSED, _OTHERS),
    "playback_not_found": (_MISSING, _ASK),
    "collection_not_found": (_MISSING, _ASK),
    "other": (_REFUSED, _ASK),
}
"""Title and advice for learners, by error code."""

blueprint = Blueprint("embed", __name__)

OEMBED_SECONDS = 300
KEPT_OPTIONS = ("lang", "muted", "controls", "captions", "slides", "speed", "preferences", "resume")
"""What holds for all lessons of a course."""

MOVIE_PAGE = "/embed/movie"

PREVIEW = "preview"
"""Asks for a course as those see it who look after it."""

_LARGEST = 10_000


@blueprint.get("/embed/<playback_id>")
def page(playback_id: str) -> Response:
    """The player page. Errors are pages too, for they stand in an iframe before a person."""
    try:
        return _page(playback_id, None)
    except ApiError as error:
        return _error_page(error, playback_id)


@blueprint.get("/embed/courses/<public_id>")
def course_page(public_id: str) -> Response:
    """The player page of a course: its first lesson, or that of ``?lesson=``, with the list of all that whoever looks
    may see."""
    chosen = None
    try:
        chosen = _choose(public_id, request.args.get("lesson"), request.args.get("token", ""))
        if chosen.refused is not None:
            raise chosen.refused
        return _page(chosen.playback_id, chosen.course)
    except ApiError as error:
        if chosen is None:
            return _error_page(error, None)
        return _error_page(error, chosen.playback_id, chosen.course if chosen.course.is_seen else None)


@blueprint.get("/embed/courses/<public_id>/poster")
def course_poster(public_id: str) -> Response:
    """What stands for a course, for whoever may see it: pages of others show it, too."""
    viewer = parts().gate.viewer(request.args.get("token", ""))
    with services().sessions() as session:
        found = find_open_collection(session, public_id, viewer)
        response = send_poster(course_posters.find(session, viewer, found), is_public=viewer == ANYBODY)
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


@dataclass(frozen=True)
class _Chosen:
    """A lesson of a course. ``refused``: why who looks may not see the course itself; a page that has a token of the
    lesson, or another one, goes on with that."""

    course: Course
    playback_id: str
    refused: ApiError | None


def _choose(public_id: str, lesson: str | None, token: str) -> _Chosen:
    """The lesson that is asked for, of the course as it is seen with ``token``, or by anybody if that is refused.

    Raises ``collection_not_found`` and ``playback_not_found``.
    """
    wrong = None
    try:
        viewer = parts().gate.viewer(token)
    except ApiError as error:
        wrong, viewer = error, ANYBODY
    with services().sessions() as session:
        course = find_course(session, public_id, viewer)
    if course.is_hidden and not course.is_seen:
        course = _preview(public_id)
    refused = None
    if not course.is_seen:
        refused = wrong or ApiError("token_not_allowed" if token else "token_missing")
    return _Chosen(course, course.choose(lesson, of_all=wrong is not None), refused)


def _preview(public_id: str) -> Course:
    """A course that viewers do not meet, for those who look after it: in Studio, by its session. Raises
    ``collection_not_found``."""
    reader = auth.reader_here() if PREVIEW in request.args else None
    if reader is not None:
        with services().sessions() as session:
            course = find_course(session, public_id, auth.viewer_of(reader))
        if course.is_seen:
            return course
    raise ApiError("collection_not_found")


def _page(playback_id: str, course: Course | None) -> Response:
    admission = _admit(playback_id)
    told = course.told(playback_id, admission.playback.title) if course else None
    data = _page_data(admission) | {"course": told}
    links = Links(services().settings.public_url, admission.playback.id, admission.token)
    nonce = secrets.token_urlsafe(16)
    html = (
        _templates()
        .get_template("embed.html")
        .render(
            lang=_language(),
            nonce=nonce,
            title=admission.playback.title,
            page_url=links.embed,
            manifest_url=data["manifest_url"] if _plays_here(admission) else None,
            oembed_url=f"{links.public_url}/oembed?url={quote(links.embed, safe='')}",
            poster_url=data["poster_url"],
            shared_poster_url=links.poster if data["poster_url"] else None,
            width=data["width"] or DEFAULT_WIDTH,
            height=data["height"] or DEFAULT_HEIGHT,
            asset=_asset_url,
            movie_page_url=MOVIE_PAGE,
            page_data_json=to_script_json(data),
        )
    )
    media_from = set() if admission.is_watched else {parts().delivery.origin or ""}
    media_from |= _origins_of(admission, course)
    return _html(html, 200, nonce, admission.origins, media_from - {""})


def _plays_here(admission: Admission) -> bool:
    return admission.playback.is_playable and admission.playback.played_there is None


def _origins_of(admission: Admission, course: Course | None) -> set[str]:
    """Where the lesson, or others of the course, play from if that is not here."""
    found = {admission.playback.played_there} - {None}
    if course is not None:
        with services().sessions() as session:
            rows = playback.played_there(session, [lesson.playback_id for lesson in course.seen])
        found |= {PlayedThere(*row) for row in rows}
    origins = set()
    for played in found:
        with suppress(ApiError):
            origins.add(parts().references.origin(played).origin if played is not None else "")
    return origins


def _reference(admission: Admission) -> dict[str, str] | None:
    """What a player needs to ask the platform that plays the lesson. Only this platform's own pages may use it."""
    played = admission.playback.played_there
    if played is None:
        return None
    references = parts().references
    ticket = references.ticket_for(played, admission.grant, references.own_pages)
    links = Links(ticket.origin.url, ticket.playback_id, ticket.token)
    return {"name": ticket.origin.name, "status_url": links.status}


@blueprint.get("/embed/<playback_id>/status")
def status(playback_id: str) -> Response:
    """The page's data as it is now."""
    parts().gate.judge_reader(request.environ)
    data = _page_data(_admit(playback_id))
    response = Response(json.dumps(data, ensure_ascii=False), mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/embed/static/<release>/<name>")
def static(release: str, name: str) -> Response:
    """A file of the player. The address holds the hash of its release, so it never changes."""
    if player_embed.static_files().get(name) != release:
        raise ApiError("not_found")
    media_type = mimetypes.guess_type(name)[0]
    if name in player_embed.PACKED:
        return immutable_packed(player_embed.packed_content(name), media_type)
    return immutable_file(player_embed.static_content(name), media_type)


@blueprint.get(MOVIE_PAGE)
def movie_page() -> Response:
    """The document in which a movie plays itself, in a frame of the player page, whose own the movie is. It is the same
    for all and holds nothing: the player hands the movie in.
    """
    nonce = secrets.token_urlsafe(16)
    html = _templates().get_template("movie.html").render(nonce=nonce, asset=_asset_url)
    response = Response(html, content_type="text/html; charset=utf-8")
    response.headers["Cache-Control"] = "no-store"
    response.headers["Cross-Origin-Embedder-Policy"] = "require-corp"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.headers["Content-Security-Policy"] = player_embed.movie_policy(nonce)
    return response


@blueprint.get("/embed/component/<name>")
def component(name: str) -> Response:
    """A released version of the web component, or its types. What a version is, it stays."""
    path = player_embed.component_files().get(name)
    if path is None:
        raise ApiError("not_found")
    media_type = "text/javascript" if path.suffix == ".js" else "text/plain"
    return immutable_file(path.read_bytes(), media_type)


@blueprint.get("/oembed")
def oembed() -> Response:
    """How to embed the player page ``url``, of a course with the picture of its lesson."""
    public_url = services().settings.public_url
    arguments = request.args
    answer_format = arguments.get("format", "json").lower()
    if answer_format not in ("json", "xml"):
        raise ApiError("oembed_format")
    found = oembeds.parse_page_url(arguments.get("url", ""), {urlsplit(public_url).netloc, request.host})
    if found is None:
        raise ApiError("playback_not_found", "url must be the address of a player page of this service.")
    course, playback_id = None, found.plays
    if found.is_course:
        chosen = _choose(found.plays, found.lesson, found.token)
        if chosen.refused is not None:
            raise chosen.refused
        course, playback_id = chosen.course, chosen.playback_id
    admission = parts().gate.admit(playback_id, VIDEO, found.token)
    played, picture = admission.playback, admission.playback.picture
    links = Links(public_url, played.id, admission.token)
    title = course.title if course else played.title
    embed_url = course_address(public_url, found.plays) + links.query if course else links.embed
    width, height = oembeds.fit(
        picture.width if picture else None,
        picture.height if picture else None,
        _limit("maxwidth"),
        _limit("maxheight"),
    )
    document = {
        "version": "1.0",
        "type": "video",
        "title": title,
        "provider_name": "Lessonstream",
        "provider_url": public_url,
        "cache_age": OEMBED_SECONDS,
        "width": width,
        "height": height,
        "html": snippet(embed_url, Shape(width, height), title=title),
    }
    poster = parts().stored.image(played.version_id, played.poster) if admission.allows(IMAGE) else None
    if poster is not None:
        document |= {
            "thumbnail_url": links.poster,
            "thumbnail_width": poster.width,
            "thumbnail_height": poster.height,
        }
    if answer_format == "xml":
        response = Response(oembeds.to_xml(document), content_type="text/xml; charset=utf-8")
    else:
        response = Response(json.dumps(document, ensure_ascii=False), mimetype="application/json")
    response.headers["Cache-Control"] = admission.cache_control(OEMBED_SECONDS)
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def _admit(playback_id: str) -> Admission:
    admission = parts().gate.admit(playback_id, VIDEO, request.args.get("token", ""))
    parts().gate.count_play(admission, request.environ)
    return admission


def _page_data(admission: Admission) -> dict[str, object]:
    version_id = admission.playback.version_id
    with services().sessions() as session:
        version = session.get(Version, version_id)
        if version is None:  # deleted since the gate remembered it
            raise ApiError("playback_not_found")
        # As it is now: an author who has chosen another one looks at once.
        poster = version.poster
        transfer = uploads.upload_of(session, version.id)
        progress = describe_progress(session, version, transfer)
        found = tracks.tracks_of(session, version_id)
        studied = _is_studied(session, admission)
    reference = _reference(admission)
    images = [name for name in (poster, STORYBOARD_IMAGE) if parts().stored.image(version_id, name)]
    cut_here = admission.clip if reference is None else None
    origin = parts().manifests.clip_start(admission.playback, cut_here) if cut_here else 0.0
    return page_data(
        admission,
        progress,
        images,
        found,
        request.args,
        origin=origin,
        studied=studied and reference is None,
        has_movie=admission.opens_movie
        and parts().stored.movie(admission.playback.asset_id, version_id) is not None,
        reference=reference,
    )


def _is_studied(session: Session, admission: Admission) -> bool:
    grant = admission.grant
    if grant is None or not admission.may_study:
        return False
    asset_id = admission.playback.asset_id
    return find_studied(session, grant.course or "", grant.viewers_of, asset_id) is not None


def _error_page(error: ApiError, playback_id: str | None, course: Course | None = None) -> Response:
    """Of a ``course`` other lessons may still play, so they are listed: to whom this one is refused, those that anyone
    may play. Of the others not even the titles are told.
    """
    log_refusal(error.code, request.environ)
    language, nonce = _language(), secrets.token_urlsafe(16)
    title, advice = ERRORS.get(
        error.code, ERRORS["token_missing" if error.problem.status == 401 else "other"]
    )
    html = (
        _templates()
        .get_template("embed_error.html")
        .render(
            lang=language,
            code=error.code,
            nonce=nonce,
            refusal_json=to_script_json(
                {
                    "playback_id": playback_id,
                    "error": {
                        "code": error.code,
                        "message": error.problem.message.to_json(),
                    },
                }
            ),
            title=title.to_json()[language],
            message=error.problem.message.to_json()[language],
            advice=advice.to_json()[language],
            lessons=_other_pages(course, playback_id, public_only=error.problem.status in (401, 403))
            if course
            else [],
            asset=_asset_url,
        )
    )
    response = _html(html, error.problem.status, nonce)
    response.headers.update(error.headers)
    return response


def _other_pages(course: Course, playing: str | None, *, public_only: bool) -> list[dict[str, Any]]:
    """Lessons of a course that may be told of, with the addresses of their pages, which begin at once."""
    kept = {name: request.args[name] for name in (*KEPT_OPTIONS, PREVIEW) if name in request.args}
    return [
        {
            "title": lesson.title,
            "address": "?" + urlencode({**kept, "lesson": lesson.playback_id, "autoplay": "1"}),
            "number": number,
            "current": lesson.playback_id == playing,
        }
        for number, lesson in enumerate(course.seen, 1)
        if not (public_only and lesson.is_signed)
    ]


def _html(
    html: str,
    code: int,
    nonce: str,
    framed_by: tuple[str, ...] | None = None,
    media_from: AnyOf[str] = (),
) -> Response:
    """``framed_by`` are the origins whose pages may frame the page; None: all may. ``media_from`` are the origins of
    media that are not this service's.
    """
    media = " ".join(("'self'", *sorted(media_from)))
    response = Response(html, code, content_type="text/html; charset=utf-8")
    response.headers["Cache-Control"] = "no-store"
    # Pages that isolate themselves (COEP) hold only frames that do so, too, and say that they may be held.
    response.headers["Cross-Origin-Embedder-Policy"] = "require-corp"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'self'; connect-src {media}; "
        f"img-src {media} data:; media-src {media} blob:; frame-src 'self'; base-uri 'none'; form-action 'none'; "
        + frame_ancestors(framed_by)
    )
    return response


def _language() -> str:
    wanted = options(request.args)["lang"] or request.accept_languages.best_match(["en", "zh"], "en")
    return str(wanted)


def _limit(name: str) -> int | None:
    value = request.args.get(name)
    if value is None:
        return None
    if not re.fullmatch(r"[0-9]{1,5}", value) or not 0 < int(value) <= _LARGEST:
        raise wrong_value(f"{name} must be a whole number of pixels up to {_LARGEST}.", parameter=name)
    return int(value)


def _asset_url(name: str) -> str:
    return f"/embed/static/{player_embed.static_files()[name]}/{name}"


@cache
def _templates() -> jinja2.Environment:
    loader = jinja2.FileSystemLoader(player_embed.TEMPLATES)
    return jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined)
