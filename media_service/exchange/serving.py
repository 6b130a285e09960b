"""``/v1/exchange/``: lessons, courses and their objects, for linked platforms with which they are shared."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from flask import Blueprint, Response

from media_service.cache import Cache
from media_service.exchange.callers import link, linked, viewer
from media_service.exchange.stations import stations_to
from media_service.openapi import operation
from media_service.playback.access.rate_limits import WINDOW
from media_service.playback.serving.responses import send_object
from media_service.playback.serving.stored_objects import StoredObject
from media_service.problems import ApiError
from media_service.services import services
from storage.catalogue import shared_lessons, told_totals, tracks
from storage.catalogue.models import Asset, Version
from storage.catalogue.shared_lessons import TrackText
from storage.exchange.lessons import SharedCourse, SharedLesson
from storage.ids import is_id

blueprint = Blueprint("exchange_serving", __name__, url_prefix="/v1/exchange")

TAG: Final = "Exchange"
REQUESTS_PER_SECOND: Final = 100
"""Of one link, on average."""

LET_IN_SECONDS: Final = 5.0
"""How long a version's objects are sent without asking again whether its lesson is shared."""


@dataclass(frozen=True)
class _LetIn:
    version: Version
    with_source: bool


_let_in: Final[Cache[tuple[str, str], _LetIn]] = Cache(1000, LET_IN_SECONDS)
_handed_out: Final[Cache[tuple[str, str], bool]] = Cache(20_000)
_known_texts: Final[Cache[str, TrackText]] = Cache(5000)
_stored: Final[Cache[tuple[str, str, bool], StoredObject]] = Cache(20_000, 300)


@blueprint.get("/assets/<shared_asset_id>")
@linked
@operation(
    "Show a lesson to a linked platform",
    tag=TAG,
    answer=SharedLesson,
    errors=("asset_not_found", "rate_limited"),
    is_polled=True,
    etag=lambda shown: f'"{hashlib.sha256(shown.model_dump_json().encode()).hexdigest()[:24]}"',
)
def asset(shared_asset_id: str) -> SharedLesson:
    """What is said of it, through which platforms it came, and all objects of the version that plays, with their sizes
    and SHA-256."""
    count_request()
    with services().sessions() as session:
        looking = viewer(session)
        found = (
            shared_lessons.find_lesson(session, looking, shared_asset_id) if is_id(shared_asset_id) else None
        )
        if found is None or looking.platform is None:
            raise ApiError("asset_not_found")
        _note_handed_out(found)
        version = shared_lessons.playing_version(session, found)
        keys = (
            {track.id: track.object_key for track in tracks.tracks_of(session, version.id)} if version else {}
        )
        with_source = shared_lessons.source_is_shared(session, looking.platform, found)
        return shared_lessons.describe_lesson(
            session, found, stations_to(session, found, link()), _texts(keys), with_source=with_source
        )


@blueprint.get("/courses/<shared_course_id>")
@linked
@operation(
    "Show a course to a linked platform",
    tag=TAG,
    answer=SharedCourse,
    errors=("collection_not_found", "rate_limited"),
)
def course(shared_course_id: str) -> SharedCourse:
    """What is said of it, and its lessons in order, of those that are shared."""
    count_request()
    with services().sessions() as session:
        looking = viewer(session)
        found = (
            shared_lessons.find_course(session, looking, shared_course_id)
            if is_id(shared_course_id)
            else None
        )
        if found is None:
            raise ApiError("collection_not_found")
        return shared_lessons.describe_course(session, found, looking)


@blueprint.get("/objects/<shared_version_id>/<path:object_path>")
@linked
@operation(
    "Send an object of a lesson to a linked platform",
    tag=TAG,
    errors=("version_not_found", "image_not_found", "range_not_satisfiable", "rate_limited"),
)
def send(shared_version_id: str, object_path: str) -> Response:
    """One of those that the lesson names, of the version that plays now; in ranges, if that is asked for."""
    count_request()
    let_in = _let_in.get((link().id, shared_version_id), lambda: _find(shared_version_id))
    if let_in is None:
        raise ApiError("version_not_found")
    stored = _stored.get(
        (shared_version_id, object_path, let_in.with_source), lambda: _object(let_in, object_path)
    )
    if stored is None:
        raise ApiError("image_not_found", "This version has no such object.")
    return send_object(services().objects, stored, "private, no-store")


def _note_handed_out(asset: Asset) -> None:
    """From now on it may be watched there, and what is told of that is believed."""
    key = (link().id, asset.id)
    if not _handed_out.find(key):
        told_totals.hand_out(services().sessions, link().id, asset)
        _handed_out.put(key, True)


def _find(version_id: str) -> _LetIn | None:
    if not is_id(version_id):
        return None
    with services().sessions() as session:
        version = session.get(Version, version_id)
        looking = viewer(session)
        found = shared_lessons.find_lesson(session, looking, version.asset_id) if version else None
        if found is None or looking.platform is None:
            return None
        playing = shared_lessons.playing_version(session, found)
        if playing is None or playing.id != version_id:
            return None
        return _LetIn(playing, shared_lessons.source_is_shared(session, looking.platform, found))


def _object(let_in: _LetIn, path: str) -> StoredObject | None:
    with services().sessions() as session:
        found = shared_lessons.find_object(session, let_in.version, path, with_source=let_in.with_source)
    if found is None:
        return None
    key, content_type, size, sha256 = found
    if not sha256:
        text = _text(key)
        size, sha256 = text.size, text.sha256
    return StoredObject(key, size, sha256, content_type)


def _texts(keys: Mapping[str, str]) -> dict[str, TrackText]:
    return {track_id: _text(key) for track_id, key in keys.items()}


def _text(key: str) -> TrackText:
    known = _known_texts.find(key)
    if known is None:
        data = services().objects.get(key)
        known = TrackText(len(data), hashlib.sha256(data).hexdigest())
        _known_texts.put(key, known)
    return known


def count_request() -> None:
    """Count a request of the link that asks. Raises ``rate_limited``."""
    now = time.time()
    window = int(now) // WINDOW
    asked = services().counters.add(f"requests:link:{link().id}:{window}", 1, 2 * WINDOW)
    if asked > REQUESTS_PER_SECOND * WINDOW:
        raise ApiError("rate_limited", headers={"Retry-After": str(int(WINDOW - now % WINDOW) + 1)})
