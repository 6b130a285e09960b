"""Renditions, their chunks, and images: what playlists and pages are rendered from."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from sqlalchemy import ScalarSelect, bindparam, func, select, update
from sqlalchemy.orm import Session

from storage.catalogue import chunks
from storage.catalogue.models import Chunk, Image, Rendition, Version

# Written once: making it takes as long as asking.
_MADE: Final = (
    select(Rendition)
    .where(Rendition.version_id == bindparam("version_id"), Rendition.published == bindparam("published"))
    .order_by(Rendition.kind.desc(), Rendition.position, Rendition.name)
)


def renditions_of(session: Session, version_id: str, *, published: bool = True) -> Sequence[Rendition]:
    """All renditions with their chunks, video before audio, lowest first, of several languages the default first; or
    those that are not ``published`` yet.
    """
    made = _made(session, version_id, published=published)
    chunks.bring(session, version_id, made)
    return made


def qualities_of(session: Session, version_id: str) -> Sequence[Rendition]:
    """As ``renditions_of``, without the chunks: of long lessons those are thousands of segments."""
    return _made(session, version_id, published=True)


def _made(session: Session, version_id: str, *, published: bool) -> Sequence[Rendition]:
    named = {"version_id": version_id, "published": published}
    return session.execute(_MADE, named).scalars().all()


def add_chunk(session: Session, chunk: Chunk, codecs: str) -> None:
    """Publish one chunk of what is not finished, in place of one that was rejected; part of the transaction that
    completes its step."""
    session.merge(chunk)
    session.execute(update(Rendition).where(Rendition.id == chunk.rendition_id).values(codecs=codecs))
    session.flush()


def chunks_made(session: Session, version_id: str) -> set[tuple[str, int]]:
    """Rendition and number of each chunk that is there of a version that is not ready."""
    rows = session.execute(
        select(Rendition.name, Chunk.number)
        .join(Chunk, Chunk.rendition_id == Rendition.id)
        .where(Rendition.version_id == version_id)
    )
    return {(name, number) for name, number in rows}


def mark_playable(session: Session, version_id: str) -> None:
    """Make a processing version playable once the lowest rung and the sound have their first chunk."""
    session.execute(
        update(Version)
        .where(Version.id == version_id, Version.state == "processing", _missing_first(version_id) == 0)
        .values(state="playable", playable_at=func.now())
    )


def unmark_playable(session: Session, version_id: str) -> None:
    """Take back that a version is playable if what players begin with is not there any more."""
    session.execute(
        update(Version)
        .where(Version.id == version_id, Version.state == "playable", _missing_first(version_id) > 0)
        .values(state="processing", playable_at=None)
    )


def _missing_first(version_id: str) -> ScalarSelect[int]:
    """How many renditions that players begin with have no first chunk."""
    first = select(Chunk.rendition_id).where(Chunk.number == 0)
    return (
        select(func.count())
        .select_from(Rendition)
        .where(Rendition.version_id == version_id, Rendition.position == 0, Rendition.id.not_in(first))
        .scalar_subquery()
    )


def images_of(session: Session, version_id: str) -> dict[str, Image]:
    """Images by name, thumbnails included."""
    rows = session.execute(select(Image).where(Image.version_id == version_id)).scalars()
    return {image.name: image for image in rows}


def find_image(session: Session, version_id: str, name: str) -> Image | None:
    """One image, or None if it is not made (yet)."""
    return session.get(Image, (version_id, name))


def hashes_of(
    session: Session, version_id: str, wanted: Collection[tuple[str, int]]
) -> dict[tuple[str, int], str]:
    """Return the SHA-256 of those chunks that are there of what is not finished, by rendition and number."""
    rows = session.execute(
        select(Rendition.name, Chunk.number, Chunk.sha256)
        .join(Chunk, Chunk.rendition_id == Rendition.id)
        .where(Rendition.version_id == version_id)
    )
    return {(name, number): sha256 for name, number, sha256 in rows if (name, number) in wanted}
