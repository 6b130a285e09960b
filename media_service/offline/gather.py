"""The lessons of an asset or of a collection as the catalogue has them now, if all of them can be packed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from sqlalchemy.orm import Session

from media_service.offline.layout import Captions, Lesson, Sound, Stored
from media_service.offline.sound import SoundChunk, joined
from media_service.problems import ApiError
from storage import joined_files
from storage.catalogue import files, playback, renditions, tracks
from storage.catalogue.file_names import AUDIO_FILE, VIDEO_FILE
from storage.catalogue.models import Asset, File, Rendition, Track, Version
from storage.objects import ObjectStore

_RETRY = {"Retry-After": "30"}


@dataclass(frozen=True)
class GatheredLesson:
    """A lesson as far as the catalogue knows it: not how large its captions and chapters are, and not where the pieces
    of its file lie. ``chunks`` are keys by rendition and number."""

    lesson: Lesson
    file: File
    texts: tuple[Track, ...]
    chunks: Mapping[tuple[str, int], str]


def gather_lesson(session: Session, asset_id: str, *, downloads: bool) -> GatheredLesson:
    """One asset; ``downloads``: whether files are made here. Raises ``pack_not_ready``, ``pack_not_possible``."""
    asset = session.get(Asset, asset_id)
    version = session.get(Version, asset.current_version_id) if asset and asset.current_version_id else None
    if asset is None or version is None:
        raise ApiError("asset_not_found")
    media = _media(session, asset, version, downloads=downloads)
    poster = renditions.find_image(session, version.id, version.poster)
    lesson = Lesson(
        title=asset.title,
        duration=version.facts.duration if version.facts else 0.0,
        media=(Stored(media.object_key, media.size),),
        extension=PurePosixPath(media.name).suffix[1:],
        poster=Stored(poster.object_key, poster.size) if poster else None,
        captions=(),
        sounds=_sounds(session, version),
    )
    chunks = {
        (rendition.name, chunk.number): chunk.object_key
        for rendition in (renditions.renditions_of(session, version.id) if media.joined_size else ())
        for chunk in rendition.chunks
    }
    return GatheredLesson(lesson, media, tuple(tracks.tracks_of(session, version.id)), chunks)


def located(gathered: GatheredLesson, objects: ObjectStore) -> Lesson:
    """The lesson with what the object storage tells: to be asked when no transaction waits for it. Raises
    ``StorageError``."""
    texts = [
        (
            track.kind,
            Captions(
                track.language, track.label, Stored(track.object_key, objects.stat(track.object_key).size)
            ),
        )
        for track in gathered.texts
    ]
    media = gathered.lesson.media
    if gathered.file.joined_size is not None:
        key = gathered.file.object_key
        places = joined_files.read(objects, key).places(key, gathered.chunks)
        media = tuple(Stored(place.key, place.length, place.start) for place in places)
    return replace(
        gathered.lesson,
        media=media,
        captions=tuple(text for kind, text in texts if kind == "captions"),
        chapters=tuple(text for kind, text in texts if kind == "chapters"),
    )


def _sounds(session: Session, version: Version) -> tuple[Sound, ...]:
    """Of a picture with several sounds all of them; the file that is packed has the first one."""
    if version.kind == "audio":
        return ()
    found = [each for each in renditions.renditions_of(session, version.id) if each.kind == "audio"]
    return tuple(
        Sound(
            language=sound.language or "",
            label=sound.label or "",
            pieces=() if sound is found[0] else joined(_chunks(sound)),
        )
        for sound in found
        if len(found) > 1 and sound.chunks
    )


def _chunks(sound: Rendition) -> list[SoundChunk]:
    rows = sorted(sound.chunks, key=lambda chunk: chunk.number)
    return [
        SoundChunk(row.object_key, row.init_length, [tuple(each) for each in row.segments]) for row in rows
    ]


def _media(session: Session, asset: Asset, version: Version, *, downloads: bool) -> File:
    wanted = AUDIO_FILE if version.kind == "audio" else VIDEO_FILE
    found = files.find_file(session, version.id, wanted)
    if found is not None:
        return found
    detail = f"Asset {asset.id} has no {wanted}."
    begun = version.state not in ("ready", "failed") and downloads
    coming = version.state == "ready" and playback.is_coming(session, version.id, wanted)
    if begun or coming:
        raise ApiError("pack_not_ready", detail, headers=_RETRY)
    raise ApiError("pack_not_possible", detail)
