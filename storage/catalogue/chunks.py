"""The chunks of renditions, wherever they are kept: as rows while any may be added or replaced, packed thereafter.

Nothing that is ready changes any more, so the keeper packs it. A rendition has either rows or a packed value, and each
question is one statement, and so of one moment: between two, chunks might be packed that were sought as rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import Session, attributes

from configs.words import RenditionKind
from storage.catalogue.models import Chunk, PackedChunks, Rendition, Version
from storage.packed_chunks import Segment, StoredChunk

_EITHER: Final = (
    select(
        Rendition.id,
        Rendition.kind,
        Rendition.published,
        PackedChunks.chunks,
        *(getattr(Chunk, name) for name in StoredChunk._fields),
    )
    .outerjoin(PackedChunks, PackedChunks.rendition_id == Rendition.id)
    .outerjoin(Chunk, Chunk.rendition_id == Rendition.id)
    .order_by(Chunk.number)
)


@dataclass
class ChunksOf:
    """The chunks of one rendition, in order."""

    rendition_id: str
    kind: RenditionKind
    published: bool
    chunks: list[StoredChunk] = field(default_factory=list)


def find(session: Session, version_id: str, name: str) -> ChunksOf | None:
    """Those of a rendition; None if there is no such rendition."""
    return next(_read(session, Rendition.version_id == version_id, Rendition.name == name), None)


def of_version(session: Session, version_id: str) -> Iterator[ChunksOf]:
    """Those of each rendition."""
    return _read(session, Rendition.version_id == version_id)


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
    for each in _read(session, Rendition.id.in_(chosen)):
        size = sum(chunk.size for chunk in each.chunks)
        session.add(PackedChunks(rendition_id=each.rendition_id, size=size, chunks=each.chunks))
    session.execute(delete(Chunk).where(Chunk.rendition_id.in_(chosen)))
    session.flush()
    return ids


def _read(session: Session, *which: ColumnElement[bool]) -> Iterator[ChunksOf]:
    found: dict[str, ChunksOf] = {}
    for rendition_id, kind, published, packed, *row in session.execute(_EITHER.where(*which)):
        of = found.setdefault(rendition_id, ChunksOf(rendition_id, kind, published))
        if packed is not None:
            of.chunks = packed
        elif row[0] is not None:
            *plain, segments = row
            of.chunks.append(StoredChunk._make((*plain, tuple(Segment(*each) for each in segments))))
    yield from found.values()
