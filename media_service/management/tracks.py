"""Captions and chapters of an asset's current version: list, put, delete."""

from __future__ import annotations

import logging
import threading
from typing import Final

from flask import Blueprint, request
from sqlalchemy.orm import Session

from configs.words import TrackKind
from media_service import audit, auth
from media_service.changes import after_commit, transaction
from media_service.management.documents import TrackDocument, TrackList, TrackQuery, describe_tracks
from media_service.openapi import operation
from media_service.problems import ApiError, Fault
from media_service.services import services
from media_service.uploads.protocol import clean_name
from storage import keys
from storage.catalogue import tracks
from storage.catalogue.backups import removals_are_held
from storage.catalogue.models import Asset, Track, Version
from storage.ids import new_id
from storage.languages import language_tag
from storage.objects import StorageError
from storage.tracks.cue import MAX_BYTES, MAX_FAULTS, MESSAGES, Cue
from storage.tracks.names import CHAPTERS, KINDS, language_name
from storage.tracks.read import read
from storage.tracks.text import one_line
from storage.tracks.webvtt import MEDIA_TYPE, to_webvtt

log = logging.getLogger(__name__)

blueprint = Blueprint("tracks", __name__, url_prefix="/v1/assets/<asset_id>/tracks")

TAG: Final = "Captions and chapters"

_reading = threading.Lock()
"""One file at a time in each process: reading 2 MiB takes up to half a second of Python's lock, and several readers
together would keep it from whoever answers players."""


@blueprint.get("")
@auth.require(*auth.READERS, scope="read")
@operation("List captions and chapters", tag=TAG, answer=TrackList, errors=("asset_not_found",))
def list_(asset_id: str) -> TrackList:
    """What authors sent and what the source brought along."""
    with services().sessions() as session:
        asset, version = _current(session, asset_id)
        found = tracks.tracks_of(session, version.id)
        return TrackList(tracks=_documents(asset, version, list(found)))


@blueprint.put("/<kind>/<language>")
@auth.require(*auth.WRITERS, scope="edit")
@operation(
    "Put captions or chapters",
    tag=TAG,
    query=TrackQuery,
    answer=TrackDocument,
    consumes="text/plain",
    errors=(
        "asset_not_found",
        "track_kind",
        "track_language",
        "track_invalid",
        "track_limit",
        "too_large",
    ),
)
def put(query: TrackQuery, asset_id: str, kind: str, language: str) -> TrackDocument:
    """The body is an SRT, WebVTT or ASS file; it replaces the track of the same kind and language."""
    track_kind, language = _names(kind, language)
    with services().sessions() as session:
        asset, version = _current(session, asset_id)
    cues = _cues()
    if track_kind == CHAPTERS:
        cues = [Cue(cue.start, cue.end, one_line(cue.text)) for cue in cues]
    track_id = new_id()
    label = clean_name(query.label) or language_name(language)
    key = keys.track_key(asset.id, version.id, track_id)
    # First: a row always has its object, while an object without a row costs a few bytes.
    services().objects.put(key, to_webvtt(cues), MEDIA_TYPE)
    with transaction() as session:
        asset, version = _current(session, asset_id)
        track = Track(
            id=track_id,
            version_id=version.id,
            kind=track_kind,
            language=language,
            label=label,
            object_key=key,
        )
        room, replaced = tracks.put(session, track)
        if not room:
            _remove(key)
            raise ApiError("track_limit")
        audit.record(
            session,
            "track.put",
            asset.organization_id,
            asset.id,
            kind=track_kind,
            language=language,
            label=label,
        )
        after_commit(lambda: _remove(replaced))
        return _documents(asset, version, [track])[0]


@blueprint.delete("/<kind>/<language>")
@auth.require(*auth.WRITERS, scope="delete")
@operation(
    "Delete captions or chapters",
    tag=TAG,
    status=204,
    errors=("asset_not_found", "track_kind", "track_language", "track_not_found"),
)
def delete(asset_id: str, kind: str, language: str) -> None:
    """Players that load the video from now on do not offer them."""
    track_kind, language = _names(kind, language)
    with transaction() as session:
        asset, version = _current(session, asset_id)
        key = tracks.remove(session, version.id, track_kind, language)
        if key is None:
            raise ApiError("track_not_found")
        audit.record(
            session, "track.delete", asset.organization_id, asset.id, kind=track_kind, language=language
        )
        after_commit(lambda: _remove(key))


def _names(kind: str, language: str) -> tuple[TrackKind, str]:
    tag = language_tag(language)
    if kind not in KINDS:
        raise ApiError("track_kind", f"Kinds are {', '.join(KINDS)}.")
    if tag is None:
        raise ApiError("track_language")
    return KINDS[kind], tag


def _current(session: Session, asset_id: str) -> tuple[Asset, Version]:
    asset = auth.asset(session, asset_id)
    version = session.get(Version, asset.current_version_id) if asset.current_version_id else None
    if version is None:
        raise ApiError("asset_not_found")
    return asset, version


def _cues() -> list[Cue]:
    # Not get_data(): Flask would take a body of curl's usual type for a form and leave nothing of it.
    if (request.content_length or 0) > MAX_BYTES or len(data := request.stream.read()) > MAX_BYTES:
        raise ApiError("too_large", f"A track may have {MAX_BYTES} bytes.")
    with _reading:
        reading = read(data)
    if reading.faults:
        raise ApiError(
            "track_invalid",
            f"{len(reading.faults)} line(s) cannot be used (at most {MAX_FAULTS} are told).",
            errors=[Fault(fault.line, fault.code, MESSAGES[fault.code]) for fault in reading.faults],
        )
    return list(reading.cues)


def _documents(asset: Asset, version: Version, found: list[Track]) -> list[TrackDocument]:
    return describe_tracks(found, version, asset, services().settings.public_url)


def _remove(key: str | None) -> None:
    """Remove the object of a track that is gone; what stays goes with the asset."""
    with services().sessions() as session:
        if removals_are_held(session):
            return
    try:
        services().objects.remove([key] if key else [])
    except StorageError as error:
        log.warning("object %s of a former track stays: %s", key, error)
