"""Captions and chapters of an asset's current version: list, put, show as sent, delete."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable
from typing import Final

from flask import Blueprint, Response
from sqlalchemy.orm import Session

from configs.words import TrackKind
from media_service import audit, auth
from media_service.changes import after_commit, transaction
from media_service.management import track_requests
from media_service.management.track_documents import (
    TrackDocument,
    TrackList,
    TrackQuery,
    TrackSource,
    describe_tracks,
)
from media_service.openapi import Header, operation, respond
from media_service.preconditions import IF_MATCH, IF_NONE_MATCH, require_state, tag_of
from media_service.problems import ApiError, Fault
from media_service.services import services
from media_service.uploads.protocol import clean_name
from storage import keys
from storage.catalogue import drafts, tracks
from storage.catalogue.backups import removals_are_held
from storage.catalogue.models import Asset, Track, Version
from storage.ids import new_id
from storage.objects import StorageError
from storage.tracks.cue import MAX_FAULTS, MESSAGES, Cue
from storage.tracks.names import CHAPTERS, language_name
from storage.tracks.read import read
from storage.tracks.source import source_of
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
        asset, version = track_requests.current(session, asset_id)
        found = tracks.tracks_of(session, version.id, drafts=True)
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
        "asset_external",
        "track_kind",
        "track_language",
        "track_invalid",
        "track_limit",
        "too_large",
        "changed_meanwhile",
    ),
    request_headers=(IF_MATCH, IF_NONE_MATCH),
    response_headers=(Header("ETag", "Of what is there now."),),
)
def put(query: TrackQuery, asset_id: str, kind: str, language: str) -> Response:
    """The body is an SRT, WebVTT or ASS file; it replaces the track of the same kind and language. Plain text is what
    plays; of WebVTT everything else is kept beside it, byte for byte, and shown by `source`.
    """
    track_kind, language = track_requests.names(kind, language)
    with services().sessions() as session:
        asset, version = track_requests.current(session, asset_id)
        auth.require_here(asset)
    data = track_requests.sent()
    cues = _cues(data)
    if track_kind == CHAPTERS:
        cues = [Cue(cue.start, cue.end, one_line(cue.text)) for cue in cues]
    track = _stored(version, track_kind, language, data, to_webvtt(cues))
    track.label = clean_name(query.label) or language_name(language)
    try:
        with transaction() as session:
            asset, version = track_requests.current(session, asset_id)
            before = tracks.find(session, version.id, track_kind, language, for_change=True)
            require_state(_tag(before) if before else None)
            if version.id != track.version_id:
                raise ApiError("changed_meanwhile")
            if query.draft:
                _drop_draft(session, asset, track_kind, language, query.draft)
            room, replaced = tracks.put(session, track)
            if not room:
                raise ApiError("track_limit")
            audit.record(
                session,
                "track.put",
                asset.organization_id,
                asset.id,
                kind=track_kind,
                language=language,
                label=track.label,
            )
            after_commit(lambda: _remove(replaced))
            response = respond(_documents(asset, version, [track])[0], 200)
            response.headers["ETag"] = _tag(track)
            return response
    except ApiError:
        _remove([track.object_key, track.source_key])
        raise


@blueprint.get("/<kind>/<language>/source")
@auth.require(*auth.READERS, scope="read")
@operation(
    "Show captions or chapters as they were sent",
    tag=TAG,
    answer=TrackSource,
    errors=("asset_not_found", "track_kind", "track_language", "track_not_found"),
    etag=lambda source: tag_of(source.id),
)
def source(asset_id: str, kind: str, language: str) -> TrackSource:
    """What players do not show is still there: notes, styles, positions. Its `ETag` goes into `If-Match` of the
    `PUT`.
    """
    track_kind, language = track_requests.names(kind, language)
    with services().sessions() as session:
        _, version = track_requests.current(session, asset_id)
        track = tracks.find(session, version.id, track_kind, language)
    if track is None:
        raise ApiError("track_not_found")
    text = services().objects.get(track.source_key or track.object_key).decode()
    return TrackSource(id=track.id, kind=track_kind, language=language, label=track.label, text=text)


@blueprint.post("/<kind>/<language>/accept")
@auth.require(*auth.WRITERS, scope="edit")
@operation(
    "Show captions or chapters that were to be checked",
    tag=TAG,
    answer=TrackDocument,
    errors=("asset_not_found", "track_kind", "track_language", "track_not_found"),
)
def accept(asset_id: str, kind: str, language: str) -> TrackDocument:
    """They came with an earlier version of the file, and nobody could tell whether they fit this one; or they are
    chapters that slides in the picture suggested. Another file that is put in their place is shown at once. Captions
    that a machine wrote are shown already; accepted, they are not called automatic any more.
    """
    track_kind, language = track_requests.names(kind, language)
    with transaction() as session:
        asset, version = track_requests.current(session, asset_id)
        track = tracks.accept(session, version.id, track_kind, language)
        if track is None:
            raise ApiError("track_not_found")
        audit.record(
            session, "track.accept", asset.organization_id, asset.id, kind=track_kind, language=language
        )
        return _documents(asset, version, [track])[0]


@blueprint.delete("/<kind>/<language>")
@auth.require(*auth.WRITERS, scope="delete")
@operation(
    "Delete captions or chapters",
    tag=TAG,
    status=204,
    errors=("asset_not_found", "track_kind", "track_language", "track_not_found", "changed_meanwhile"),
    request_headers=(IF_MATCH,),
)
def delete(asset_id: str, kind: str, language: str) -> None:
    """Players that load the video from now on do not offer them."""
    track_kind, language = track_requests.names(kind, language)
    with transaction() as session:
        asset, version = track_requests.current(session, asset_id)
        before = tracks.find(session, version.id, track_kind, language, for_change=True)
        if before is None:
            raise ApiError("track_not_found")
        require_state(_tag(before))
        removed = tracks.remove(session, version.id, track_kind, language)
        audit.record(
            session, "track.delete", asset.organization_id, asset.id, kind=track_kind, language=language
        )
        after_commit(lambda: _remove(removed))


def _tag(track: Track) -> str:
    """What replaces a track has another ID."""
    return tag_of(track.id)


def _stored(version: Version, kind: TrackKind, language: str, data: bytes, cleaned: bytes) -> Track:
    """A track whose objects are stored. They come first: a row always has its objects, while an object without a row
    costs a few bytes.
    """
    objects, track_id = services().objects, new_id()
    key = keys.track_key(version.asset_id, version.id, track_id)
    objects.put(key, cleaned, MEDIA_TYPE)
    source_key = None
    if (text := source_of(data, cleaned)) is not None:
        source_key = keys.track_source_key(version.asset_id, version.id, track_id)
        objects.put(source_key, text, MEDIA_TYPE)
    return Track(
        id=track_id,
        version_id=version.id,
        kind=kind,
        language=language,
        object_key=key,
        source_key=source_key,
    )


def _drop_draft(session: Session, asset: Asset, kind: TrackKind, language: str, seen: str) -> None:
    """Let the draft go that is being published. One that somebody else has changed stays, and with it what plays."""
    draft = drafts.find(session, asset.id, kind, language, for_change=True)
    if draft is None:
        return
    if draft.digest != seen:
        raise ApiError("changed_meanwhile", headers={"ETag": f'"{draft.digest}"'})
    session.delete(draft)


def _cues(data: bytes) -> list[Cue]:
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


def _remove(gone: Iterable[str | None]) -> None:
    """Remove the objects of a track that is gone; what stays goes with the asset."""
    with services().sessions() as session:
        if removals_are_held(session):
            return
    try:
        services().objects.remove([key for key in gone if key])
    except StorageError as error:
        log.warning("objects %s of a former track stay: %s", gone, error)
