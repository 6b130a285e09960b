"""Drafts of captions and chapters: saved while somebody writes, played by nobody."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, defer

from configs.words import TrackKind
from storage.catalogue.models import Draft

MOST_DRAFTS = 64
"""Drafts of one asset."""


class TooManyDrafts(Exception):
    """The asset has so many drafts that none is added."""


def drafts_of(session: Session, asset_id: str) -> Sequence[Draft]:
    """Drafts of an asset, without their texts, which are fetched for whoever looks at them."""
    query = select(Draft).where(Draft.asset_id == asset_id).order_by(Draft.kind, Draft.language)
    return session.execute(query.options(defer(Draft.text))).scalars().all()


def find(
    session: Session, asset_id: str, kind: TrackKind, language: str, *, for_change: bool = False
) -> Draft | None:
    """The draft of a kind and language; ``for_change`` keeps it from others until the transaction ends."""
    query = select(Draft).where(Draft.asset_id == asset_id, Draft.kind == kind, Draft.language == language)
    return session.execute(query.with_for_update() if for_change else query).scalar_one_or_none()


def digest_of(text: str) -> str:
    """What tells two texts apart."""
    return hashlib.sha256(text.encode()).hexdigest()


def add(
    session: Session,
    asset_id: str,
    kind: TrackKind,
    language: str,
    text: str,
    *,
    by: str,
) -> bool:
    """Keep a first draft; False if another one was kept at the same moment. Raises ``TooManyDrafts``."""
    kept = select(func.count()).select_from(Draft).where(Draft.asset_id == asset_id)
    if session.execute(kept).scalar_one() >= MOST_DRAFTS:
        raise TooManyDrafts
    added = session.execute(
        insert(Draft)
        .values(
            asset_id=asset_id,
            kind=kind,
            language=language,
            text=text,
            digest=digest_of(text),
            size=len(text.encode()),
            saved_by=by,
        )
        .on_conflict_do_nothing()
        .returning(Draft.asset_id)
    )
    return added.first() is not None


def change(session: Session, draft: Draft, text: str, *, by: str) -> None:
    """Keep another text of a draft."""
    draft.text, draft.digest, draft.size = text, digest_of(text), len(text.encode())
    draft.saved_by, draft.saved_at = by, func.now()
    session.flush()
    session.refresh(draft)
