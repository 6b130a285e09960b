"""The tail of an unfinished upload: bytes that are durable, and too few for a part of the source.

A piece of up to ``SMALL`` bytes is written into the catalogue, in the transaction that acknowledges it. More, or too
many of them, become one object, so the tail is such an object, if there is one, and the pieces after it.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from storage.catalogue.models import UploadPiece
from storage.catalogue.uploads import Transfer
from storage.keys import tail_key
from storage.objects import ObjectStore

SMALL: Final = 1024 * 1024
MOST_PIECES: Final = 64


class Tail(NamedTuple):
    """Its bytes, and the ``key`` of the object that has some of them."""

    data: bytes
    key: str | None


def read(sessions: sessionmaker[Session], objects: ObjectStore, transfer: Transfer) -> Tail:
    """All of it."""
    if not transfer.tail_size:
        return Tail(b"", None)
    with sessions() as session:
        own = select(UploadPiece.start, UploadPiece.data).where(UploadPiece.upload_id == transfer.id)
        pieces = session.execute(own.order_by(UploadPiece.start)).all()
    begin = pieces[0].start if pieces else transfer.received
    key = tail_key(transfer.id, begin) if begin > transfer.received - transfer.tail_size else None
    return Tail(b"".join((objects.get(key) if key else b"", *(piece.data for piece in pieces))), key)


def is_small(session: Session, transfer: Transfer, data: bytes) -> bool:
    """Whether ``data`` may be kept as one more piece."""
    own = select(func.count()).select_from(UploadPiece).where(UploadPiece.upload_id == transfer.id)
    return len(data) <= SMALL and session.execute(own).scalar_one() < MOST_PIECES


def keep_piece(session: Session, transfer: Transfer, data: bytes) -> None:
    """Keep what follows the bytes that ``transfer`` had so far."""
    session.add(UploadPiece(upload_id=transfer.id, start=transfer.received, data=data))
