"""Renditions, their chunks, and images: what playlists and pages are rendered from."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, selectinload

from storage.catalogue.models import Chunk, Image, Rendition, Version


def renditions_of(session: Session, version_id: str, *, published: bool = True) -> Sequence[Rendition]:
    """All renditions with their chunks, video before audio, lowest first, of several languages the default first; or
    those that are not ``published`` yet.
    """
    return (
        session.execute(
            select(Rendition)
            .where(Rendition.version_id == version_id, Rendition.published == published)
            .order_by(Rendition.kind.desc(), Rendition.position, Rendition.name)
            .options(selectinload(Rendition.chunks))
        )
        .scalars()
        .all()
    )


def add_chunk(session: Session, chunk: Chunk, codecs: str) -> None:
    """Publish one chunk, in place of one that was rejected; part of the transaction that completes its step."""
    session.merge(chunk)
    session.execute(update(Rendition).where(Rendition.id == chunk.rendition_id).values(codecs=codecs))
    session.flush()


def mark_playable(session: Session, version_id: str) -> None:
    """Make a processing version playable once the lowest rung and the sound have their first chunk."""
    first = select(Chunk.rendition_id).where(Chunk.number == 0)
    missing = (
        select(func.count())
        .select_from(Rendition)
        .where(Rendition.version_id == version_id, Rendition.position == 0, Rendition.id.not_in(first))
        .scalar_subquery()
    )
    session.execute(
        update(Version)
        .where(Version.id == version_id, Version.state == "processing", missing == 0)
        .values(state="playable", playable_at=func.now())
    )


def images_of(session: Session, version_id: str) -> dict[str, Image]:
    """Images by name, thumbnails included."""
    rows = session.execute(select(Image).where(Image.version_id == version_id)).scalars()
    return {image.name: image for image in rows}


def find_image(session: Session, version_id: str, name: str) -> Image | None:
    """One image, or None if it is not made (yet)."""
    return session.get(Image, (version_id, name))
