"""Imports: sources that workers fetch from an address. Their bytes are kept as those of any upload (``uploads``); here
stands where they come from, and for how long it is tried.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import case, func, select, update
from sqlalchemy.orm import Session

from storage.catalogue import steps
from storage.catalogue.models import Import, Upload
from storage.catalogue.new_steps import NewStep

LIFETIME: Final = timedelta(days=1)
"""From the wish to the last byte, however often the origin is away."""

KEPT: Final = 2 * LIFETIME
"""How long an unfinished import is kept with its asset, for people to read why."""

MOST_FRUITLESS: Final = 12
"""So many attempts that get no further, one after another, are the end: with the waits between them about an hour."""


@dataclass(frozen=True)
class Wish:
    """What is to be fetched. ``seconds`` are left for it; ``validator`` belongs to the bytes that are durable."""

    url: str
    validator: str
    seconds: float


def create(session: Session, version_id: str, url: str) -> None:
    """Let a worker fetch the source of a version for which an upload is there."""
    session.add(Import(version_id=version_id, url=url, ends_at=func.now() + LIFETIME))
    session.flush()
    session.execute(
        update(Upload).where(Upload.version_id == version_id).values(expires_at=func.now() + KEPT)
    )
    # It is no work on the lesson: progress begins when the file is there.
    steps.add_steps(session, version_id, [NewStep(kind="fetch", name="fetch", weight=0.0)])


def find(session: Session, version_id: str) -> Import | None:
    """Where the source of a version comes from; None if somebody sent it."""
    return session.get(Import, version_id)


def wish(session: Session, version_id: str) -> Wish:
    """What there is to fetch now."""
    left = func.extract("epoch", Import.ends_at - func.now())
    row = session.execute(
        select(Import.url, Import.validator, left).where(Import.version_id == version_id)
    ).one()
    return Wish(row[0], row[1], float(row[2]))


def learn(session: Session, version_id: str, validator: str, length: int | None) -> None:
    """Write down what the origin says of its file, before the first byte of it is stored."""
    session.execute(update(Import).where(Import.version_id == version_id).values(validator=validator))
    session.execute(
        update(Upload)
        .where(Upload.version_id == version_id, Upload.finished_at.is_(None))
        .values(length=length)
    )


def note(session: Session, version_id: str, received: int) -> None:
    """Write down that so many bytes are durable."""
    further = Import.reached < received
    session.execute(
        update(Import)
        .where(Import.version_id == version_id)
        .values(
            reached=func.greatest(Import.reached, received),
            fruitless=case((further, 0), else_=Import.fruitless),
            last_error=case((further, ""), else_=Import.last_error),
        )
    )


def note_fruitless(session: Session, version_id: str, code: str) -> int:
    """Write down that an attempt got no further, and why; returns how many did not, one after another."""
    return session.execute(
        update(Import)
        .where(Import.version_id == version_id)
        .values(fruitless=Import.fruitless + 1, last_error=code)
        .returning(Import.fruitless)
    ).scalar_one()


def begin_again(session: Session, version_id: str) -> None:
    """Give an import that ended badly all its time once more; does nothing where there is none."""
    begun = session.execute(
        update(Import)
        .where(Import.version_id == version_id)
        .values(ends_at=func.now() + LIFETIME, fruitless=0, reached=0, last_error="")
        .returning(Import.version_id)
    )
    if begun.first() is not None:
        session.execute(
            update(Upload).where(Upload.version_id == version_id).values(expires_at=func.now() + KEPT)
        )
