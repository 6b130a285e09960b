"""Captions, chapters and a poster that somebody chose go over to the version that takes another one's place, moved to
where its sound lies.

Objects are written first, rows in the transaction of the switch, which is refused if something changed in between.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

from sqlalchemy.orm import Session, sessionmaker

from storage import keys
from storage.catalogue import posters, renditions, tracks, versions
from storage.catalogue.follows import Follows, follows_from_json
from storage.catalogue.models import Asset, Image, Track, Version
from storage.catalogue.pictures import CHOSEN, PosterWish
from storage.ids import new_id
from storage.objects import ObjectNotFound, ObjectStore
from storage.tracks.moving import moved, moved_source, offset_of
from storage.tracks.read import read
from storage.tracks.webvtt import MEDIA_TYPE, to_webvtt

log = logging.getLogger(__name__)


class Outdated(Exception):
    """What was to be carried over has changed meanwhile."""


@dataclass(frozen=True)
class Carried:
    """Tracks of ``before_id`` as they were at its ``revision``, and its poster if it was called ``poster_name``, made
    to fit ``version_id``. A poster that is a picture is there; one that is a frame is to be made."""

    version_id: str
    before_id: str
    revision: int
    tracks: tuple[Track, ...]
    poster_name: str | None
    poster: Image | PosterWish | None


def prepare(sessions: sessionmaker[Session], objects: ObjectStore, version_id: str) -> Carried | None:
    """Write what follows the version when it becomes current for the first time; None if nothing does. Where nobody can
    tell whether it fits, tracks are to be checked before anybody sees them.
    """
    with sessions() as session:
        version = session.get_one(Version, version_id)
        asset = session.get_one(Asset, version.asset_id)
        if version.activated_at is not None or version.retired_at is not None:
            return None
        if asset.current_version_id in (None, version_id):
            return None
        before = session.get_one(Version, asset.current_version_id)
        known = tracks.tracks_of(session, before.id, drafts=True)
        # What a machine has found or written is made anew.
        found = [
            track
            for track in known
            if track.state != "suggested" and track.kind != "slides" and not track.automatic
        ]
        follows = follows_from_json(version.follows)
        asset_id, revision, poster_name = asset.id, before.tracks_revision, before.poster_name
        chosen = renditions.find_image(session, before.id, poster_name) if poster_name else None
        origin = posters.origin_of(before, chosen)
    fits = follows if follows is not None and follows.before_id == before.id else None
    made = [_carry(objects, asset_id, version_id, track, fits) for track in found]
    poster: Image | PosterWish | None = None
    if chosen is not None and origin == "picture":
        poster = _copied(objects, asset_id, version_id, chosen)
    elif chosen is not None and fits is not None:
        poster = _found_again(chosen, fits)
    kept = tuple(track for track in made if track is not None)
    return Carried(version_id, before.id, revision, kept, poster_name, poster)


def apply(session: Session, carried: Carried | None) -> None:
    """Let tracks and poster be the version's; its own stay. The asset's versions are held.

    Raises ``Outdated``.
    """
    if carried is None:
        return
    version = session.get_one(Version, carried.version_id)
    asset = session.get_one(Asset, version.asset_id)
    before = session.get_one(Version, carried.before_id)
    is_as_it_was = before.tracks_revision == carried.revision and before.poster_name == carried.poster_name
    if asset.current_version_id != before.id or not is_as_it_was:
        raise Outdated
    if carried.tracks:
        tracks.add_missing(session, version.id, carried.tracks)
    if isinstance(carried.poster, Image):
        posters.adopt(session, carried.poster)
    elif carried.poster is not None:
        posters.wish(session, version, carried.poster)


def show_awaited(
    sessions: sessionmaker[Session], objects: ObjectStore, asset_id: str, version_id: str
) -> bool:
    """Let a version that is ready take the current one's place, with what follows it. Raises ``Outdated``."""
    carried = prepare(sessions, objects, version_id)
    with sessions.begin() as session:
        versions.hold(session, asset_id)
        apply(session, carried)
        return versions.activate_awaited(session, version_id)


def _copied(objects: ObjectStore, asset_id: str, version_id: str, image: Image) -> Image | None:
    try:
        data = b"".join(objects.stream(image.object_key))
    except ObjectNotFound:
        log.warning("poster %s of version %s is lost and not carried over", image.name, image.version_id)
        return None
    picture_id = new_id()
    key = keys.poster_key(asset_id, version_id, picture_id)
    objects.put(key, data, image.content_type)
    return Image(
        version_id=version_id,
        name=CHOSEN + picture_id,
        object_key=key,
        content_type=image.content_type,
        width=image.width,
        height=image.height,
        size=image.size,
        sha256=image.sha256,
        details=image.details,
    )


def _found_again(image: Image, follows: Follows) -> PosterWish | None:
    """The frame that somebody chose, where it lies now; None if it was cut out, or nobody can tell."""
    time = float(image.details["time"])
    now = (max(0.0, time + offset) for first, last, offset in follows.stretches if first <= time < last)
    return next((PosterWish(CHOSEN + new_id(), time=moment) for moment in now), None)


def _carry(
    objects: ObjectStore, asset_id: str, version_id: str, track: Track, follows: Follows | None
) -> Track | None:
    try:
        data = b"".join(objects.stream(track.object_key))
        source = b"".join(objects.stream(track.source_key)) if track.source_key else None
    except ObjectNotFound:
        log.warning("track %s of version %s is lost and not carried over", track.id, track.version_id)
        return None
    certain = follows is not None and bool(follows.stretches)
    if follows is not None and certain:
        cues = list(read(data).cues)
        there = moved(cues, follows.stretches)
        if cues and not there:
            return None
        if there != cues:
            data = to_webvtt(there)
            offset = offset_of(cues, there)
            # Where parts were cut out, what was sent does not tell which of it is left.
            source = moved_source(source.decode(), offset).encode() if source and offset is not None else None
    track_id = new_id()
    key = keys.track_key(asset_id, version_id, track_id)
    objects.put(key, data, MEDIA_TYPE)
    source_key = keys.track_source_key(asset_id, version_id, track_id) if source is not None else None
    if source is not None and source_key is not None:
        objects.put(source_key, source, MEDIA_TYPE)
    return Track(
        id=track_id,
        version_id=version_id,
        kind=track.kind,
        language=track.language,
        label=track.label,
        object_key=key,
        source_key=source_key,
        state=track.state if certain else "to_check",
    )
