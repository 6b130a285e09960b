"""The chunks of renditions, wherever they are kept: as rows while any may be added or replaced, packed thereafter.

Nothing that is ready changes any more, so the keeper packs it. A rendition has either rows or a packed value, and each
question is one statement, and so of one moment: between two, chunks might be packed that were sought as rows.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import bindparam, delete, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by, insert
from sqlalchemy.orm import Session, attributes

from configs.words import RenditionKind
from storage.catalogue.models import Chunk, PackedChunks, Rendition, Version
from storage.packed_chunks import Segment, StoredChunk, pack, unpack

log = logging.getLogger(__name__)

_AS_JSON: Final = func.jsonb_build_array(*(getattr(Chunk, name) for name in StoredChunk._fields))
_ROWS: Final = (
    select(func.jsonb_agg(aggregate_order_by(_AS_JSON, Chunk.number)))
    .where(Chunk.rendition_id == Rendition.id)
    .scalar_subquery()
)
_EITHER: Final = select(
    Rendition.id, Rendition.kind, Rendition.published, PackedChunks.chunks, _ROWS
).outerjoin(PackedChunks, PackedChunks.rendition_id == Rendition.id)

# Written once: making them takes as long as asking.
_PACKED: Final = (
    select(Rendition.name, PackedChunks.chunks)
    .join(PackedChunks, PackedChunks.rendition_id == Rendition.id)
    .where(Rendition.version_id == bindparam("version_id"))
)
_BY_NAME: Final = _EITHER.where(
    Rendition.version_id == bindparam("version_id"), Rendition.name == bindparam("name")
)


@dataclass(frozen=True)
class ChunksOf:
    """The chunks of one rendition, in order."""

    rendition_id: str
    kind: RenditionKind
    published: bool
    chunks: Sequence[StoredChunk]


def find(session: Session, version_id: str, name: str) -> ChunksOf | None:
    """Those of a rendition; None if there is no such rendition."""
    row = session.execute(_BY_NAME, {"version_id": version_id, "name": name}).one_or_none()
    return _made_of(row) if row else None


def packed_of(session: Session, version_id: str) -> dict[str, bytes]:
    """What is packed of a version, by the names of its renditions. It never changes; more may be added."""
    rows = session.execute(_PACKED, {"version_id": version_id})
    return {row[0]: row[1] for row in rows}


def of_version(session: Session, version_id: str) -> Iterator[ChunksOf]:
    """Those of each rendition."""
    return map(_made_of, session.execute(_EITHER.where(Rendition.version_id == version_id)))


def bring(session: Session, version_id: str, made: Sequence[Rendition]) -> None:
    """Give renditions of a version their ``chunks``."""
    found = {each.rendition_id: each.chunks for each in of_version(session, version_id)}
    for rendition in made:
        rows = [Chunk(rendition_id=rendition.id, **each._asdict()) for each in found.get(rendition.id, ())]
        attributes.set_committed_value(rendition, "chunks", rows)


def pack_next(session: Session, after: str, most: int) -> Sequence[str]:
    """Look at the next renditions ``after`` one that have rows, in the order of their IDs, and pack what is finished:
    of versions that are ready, what is published. Returns which were looked at.
    """
    looked_at = (
        select(Chunk.rendition_id)
        .where(Chunk.rendition_id > after)
        .distinct()
        .order_by(Chunk.rendition_id)
        .limit(most)
    )
    ids = session.execute(looked_at).scalars().all()
    finished = (
        select(Rendition.id)
        .join(Version, Version.id == Rendition.version_id)
        .where(Rendition.id.in_(ids), Rendition.published, Version.state == "ready")
        # Before their chunks, as who removes a version has it; that one is not waited for.
        .with_for_update(of=Version, read=True, key_share=True, skip_locked=True)
    )
    chosen = session.execute(finished).scalars().all()
    done: list[str] = []
    for row in session.execute(_EITHER.where(Rendition.id.in_(chosen))):
        try:
            each = _made_of(row)
            packed = _proven(each.chunks)
        except ValueError as error:
            # Rows play as well, and the renditions behind this one are packed all the same.
            log.warning("the chunks of rendition %s stay as they are: %s", row[0], error)
            continue
        values = {"size": sum(chunk.size for chunk in each.chunks), "chunks": packed}
        # Two keepers may be at it for a moment.
        session.execute(
            insert(PackedChunks).values(rendition_id=each.rendition_id, **values).on_conflict_do_nothing()
        )
        done.append(each.rendition_id)
    session.execute(delete(Chunk).where(Chunk.rendition_id.in_(done)))
    return ids


def _proven(stored: Sequence[StoredChunk]) -> bytes:
    """Return them packed: nothing else will know them, so that it can be read is seen before the rows go.

    Raises ``ValueError`` for what does not come out as it went in.
    """
    packed = pack(stored)
    if unpack(packed) != list(stored):
        raise ValueError("packed they would not be the same")
    return packed


def _made_of(row: Sequence[Any]) -> ChunksOf:
    rendition_id, kind, published, packed, rows = row
    if packed is not None:
        return ChunksOf(rendition_id, kind, published, unpack(packed))
    made = [StoredChunk._make((*plain, tuple(map(Segment._make, each)))) for *plain, each in rows or ()]
    return ChunksOf(rendition_id, kind, published, made)
