"""Which objects the catalogue names, and what it knows of each: what a backup copies, what must be in the bucket."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from sqlalchemy import (
    BigInteger,
    LargeBinary,
    Select,
    Text,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from storage.catalogue.models import Asset, Chunk, File, Image, PackedChunks, Rendition, Track, Version
from storage.packed_chunks import UnknownPacking, unpack

_ROWS_AT_A_TIME = 5000


@dataclass(frozen=True)
class NamedObject:
    """``what`` it is of its version; ``size`` in bytes and ``sha256``, in hexadecimal digits, where they are known."""

    asset_id: str
    version_id: str
    what: str
    key: str
    size: int | None
    sha256: str | None


def named_objects(session: Session, unreadable: Callable[[str, str], None]) -> Iterator[NamedObject]:
    """Those of all assets that are there or may come back, in no order. ``unreadable`` is told of which version of
    which asset it cannot be said what it names, as often as that is found; what can be said comes all the same.
    """
    wanted = or_(Asset.deleted_at.is_(None), Asset.purge_at > func.now())
    every = union_all(*(query.where(wanted) for query in _queries()))
    rows = session.connection().execution_options(yield_per=_ROWS_AT_A_TIME).execute(every)
    for row in rows:
        try:
            yield from _named(row)
        except UnknownPacking:
            unreadable(row[0], row[1])


def named_by(session: Session, version_id: str) -> list[NamedObject]:
    """Those of one version. Raises ``UnknownPacking``: of what cannot be read nobody may conclude that it is not
    named."""
    of_version = union_all(*(query.where(Version.id == version_id) for query in _queries()))
    return list(chain.from_iterable(map(_named, session.execute(of_version))))


def _named(row: Sequence[Any]) -> Iterator[NamedObject]:
    asset_id, version_id, what, key, size, sha256, packed = row
    if packed is None:
        yield NamedObject(asset_id, version_id, what, key, size, sha256)
    for chunk in unpack(packed) if packed else ():
        yield NamedObject(asset_id, version_id, what, chunk.object_key, chunk.size, chunk.sha256)


def _queries() -> Iterator[Select[Any]]:
    unknown_size, unknown_hash, none_packed = (
        cast(null(), BigInteger),
        cast(null(), Text),
        cast(null(), LargeBinary),
    )

    def of(what: str, key: object, size: object, sha256: object, packed: object = none_packed) -> Select[Any]:
        columns = (Asset.id, Version.id, literal(what), key, size, sha256, packed)
        return select(*columns).join_from(Asset, Version, Version.asset_id == Asset.id)  # type: ignore[call-overload, no-any-return]

    yield of("source", Version.source_key, Version.source_size, Version.source_sha256).where(
        Version.source_key.is_not(None)
    )
    yield of("stand-in of the source", Version.stand_in_key, unknown_size, unknown_hash).where(
        Version.stand_in_key.is_not(None)
    )
    yield (
        of("chunk", Chunk.object_key, Chunk.size, Chunk.sha256)
        .join(Rendition, Rendition.version_id == Version.id)
        .join(Chunk, Chunk.rendition_id == Rendition.id)
    )
    yield (
        of("chunk", cast(null(), Text), unknown_size, unknown_hash, PackedChunks.chunks)
        .join(Rendition, Rendition.version_id == Version.id)
        .join(PackedChunks, PackedChunks.rendition_id == Rendition.id)
    )
    yield of("image", Image.object_key, Image.size, Image.sha256).join(Image, Image.version_id == Version.id)
    yield of("file", File.object_key, File.size, File.sha256).join(File, File.version_id == Version.id)
    yield of("track", Track.object_key, unknown_size, unknown_hash).join(
        Track, Track.version_id == Version.id
    )
    yield (
        of("track as sent", Track.source_key, unknown_size, unknown_hash)
        .join(Track, Track.version_id == Version.id)
        .where(Track.source_key.is_not(None))
    )
