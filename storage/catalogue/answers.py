"""Answers that are kept for whoever asks again with the same ``Idempotency-Key``."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sqlalchemy import delete, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from storage.catalogue.models import KeptAnswer

KEPT: Final = timedelta(hours=24)

_AT_A_TIME: Final = 10_000
"""Answers that one transaction removes."""


def begin(session: Session, digest: bytes) -> bool:
    """Take the key of a request for this transaction; False if another one has it and so is not over."""
    number = int.from_bytes(digest[:8], signed=True)
    return bool(session.execute(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": number}).scalar_one())


def find(session: Session, digest: bytes) -> KeptAnswer | None:
    """What was answered before, if it is still kept."""
    return session.execute(
        select(KeptAnswer).where(KeptAnswer.digest == digest, KeptAnswer.expires_at > func.now())
    ).scalar_one_or_none()


def keep(
    session: Session,
    digest: bytes,
    *,
    fingerprint: bytes,
    status: int,
    headers: list[list[str]],
    body: bytes,
) -> None:
    """Keep an answer for ``KEPT`` from now on."""
    values = {
        "fingerprint": fingerprint,
        "status": status,
        "headers": headers,
        "body": body,
        "expires_at": func.now() + KEPT,
    }
    session.execute(
        insert(KeptAnswer)
        .values(digest=digest, **values)
        .on_conflict_do_update(index_elements=["digest"], set_=values)
    )


def forget(session: Session) -> None:
    """Remove some of those that have been kept long enough."""
    old = select(KeptAnswer.digest).where(KeptAnswer.expires_at < func.now()).limit(_AT_A_TIME)
    session.execute(delete(KeptAnswer).where(KeptAnswer.digest.in_(old)))
