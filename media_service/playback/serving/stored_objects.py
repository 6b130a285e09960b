"""Objects that are sent as they lie in the object storage: where they are, as one process remembers it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy.orm import Session, sessionmaker

from media_service.cache import Cache, StaleIfError
from media_service.playback.access.playback_ids import FRESH_SECONDS
from storage import joined_files
from storage.catalogue import chunks, files, playback, renditions, tracks
from storage.catalogue.models import Image
from storage.joined_files import RecipeInvalid
from storage.object_slices import Slice
from storage.objects import ObjectStore

FLASH: Final = "application/x-shockwave-flash"

MOST_MOVIE_BYTES: Final = 64 * 1024 * 1024
"""Of a movie that a browser holds as a whole. Larger ones are not made into lessons; another platform may say so."""


@dataclass(frozen=True)
class StoredObject:
    """An object that may be sent as it is. ``content_type`` is ours; ``sha256`` is of its bytes.

    Of one that is ``joined`` the object is the recipe, and ``size`` that of the file.
    """

    key: str
    size: int
    sha256: str
    content_type: str
    joined: bool = False

    @property
    def etag(self) -> str:
        """Without its quotes."""
        return self.sha256[:32]


class StoredObjects:
    """Where the objects of versions lie. Every method returns None for "no such thing"; of ``movies`` there are none
    unless they may be played themselves."""

    def __init__(
        self, sessions: sessionmaker[Session], stale_if_error: StaleIfError, *, movies: bool
    ) -> None:
        self._sessions = sessions
        self._has_movies = movies
        self._chunks: Cache[tuple[str, str, str, int], StoredObject] = Cache(20_000)
        self._images: Cache[tuple[str, str], Image] = Cache(5_000)
        self._tracks: Cache[tuple[str, str, str], str] = Cache(
            2_000, FRESH_SECONDS, stale_if_error=stale_if_error
        )
        self._movies: Cache[tuple[str, str], StoredObject] = Cache(
            2_000, FRESH_SECONDS, stale_if_error=stale_if_error
        )
        self._files: Cache[tuple[str, str], StoredObject] = Cache(2_000)
        self._places: Cache[str, Sequence[Slice]] = Cache(100_000, weigh=len)

    def chunk(self, asset_id: str, version_id: str, name: str, number: int) -> StoredObject | None:
        """Return the object of one chunk."""

        def find() -> StoredObject | None:
            with self._sessions() as session:
                version = playback.find_version(session, asset_id, version_id)
                if version is None:
                    return None
                found = chunks.find(session, version_id, name)
            if found is None:
                return None
            stored = {
                each.number: StoredObject(each.object_key, each.size, each.sha256, f"{found.kind}/mp4")
                for each in found.chunks
            }
            if version.state == "ready":
                # The others will be asked for next, and then the catalogue may be away.
                for other, where in stored.items():
                    self._chunks.put((asset_id, version_id, name, other), where)
            return stored.get(number)

        key = (asset_id, version_id, name, number)
        return self._chunks.get(key, find)

    def image(self, version_id: str, name: str) -> Image | None:
        """Return an image, once it is made."""

        def find() -> Image | None:
            with self._sessions() as session:
                return renditions.find_image(session, version_id, name)

        return self._images.get((version_id, name), find)

    def file(self, version_id: str, name: str) -> StoredObject | None:
        """Return a file to be downloaded, once it is made."""

        def find() -> StoredObject | None:
            with self._sessions() as session:
                found = files.find_file(session, version_id, name)
            if found is None:
                return None
            size, joined = found.joined_size or found.size, found.joined_size is not None
            return StoredObject(found.object_key, size, found.sha256, found.content_type, joined)

        return self._files.get((version_id, name), find)

    def movie(self, asset_id: str, version_id: str) -> StoredObject | None:
        """Return the source of an interactive version, as long as it is kept."""

        def find() -> StoredObject | None:
            with self._sessions() as session:
                version = playback.find_version(session, asset_id, version_id)
            if version is None or version.facts is None or not version.facts.is_interactive:
                return None
            key, size, sha256 = version.source_key, version.source_size, version.source_sha256
            if key is None or size is None or sha256 is None or size > MOST_MOVIE_BYTES:
                return None
            return StoredObject(key, size, sha256, FLASH)

        return self._movies.get((asset_id, version_id), find) if self._has_movies else None

    def places(self, objects: ObjectStore, version_id: str, stored: StoredObject) -> Sequence[Slice]:
        """Return where a joined file lies. Raises ``StorageError``."""

        def find() -> Sequence[Slice]:
            recipe = joined_files.read(objects, stored.key)
            with self._sessions() as session:
                keys = {
                    (name, chunk.number): chunk.object_key
                    for name in recipe.renditions
                    if (found := chunks.find(session, version_id, name))
                    for chunk in found.chunks
                }
            if recipe.size != stored.size:
                raise RecipeInvalid(f"{stored.key} makes {recipe.size} bytes instead of {stored.size}")
            return recipe.places(stored.key, keys)

        return self._places.get(stored.key, find) or ()

    def is_coming(self, version_id: str, step: str) -> bool:
        """Return whether a step of this name is still to be done."""
        with self._sessions() as session:
            return playback.is_coming(session, version_id, step)

    def track_key(self, asset_id: str, version_id: str, track_id: str) -> str | None:
        """Object key of a track's WebVTT."""

        def find() -> str | None:
            with self._sessions() as session:
                if playback.find_version(session, asset_id, version_id) is None:
                    return None
                found = tracks.tracks_of(session, version_id, drafts=True)
            return next((track.object_key for track in found if track.id == track_id), None)

        return self._tracks.get((asset_id, version_id, track_id), find)
