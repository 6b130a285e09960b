"""Playback IDs and the keys that sign playback tokens."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storage.catalogue.models import Asset, PlaybackId, SigningKey, Version


def find_playback(session: Session, playback_id: str) -> tuple[PlaybackId, Asset, Version] | None:
    """The playback ID with its asset and current version; None if unknown or deleted."""
    row = session.execute(
        select(PlaybackId, Asset, Version)
        .join(Asset, Asset.id == PlaybackId.asset_id)
        .join(Version, Version.id == Asset.current_version_id)
        .where(PlaybackId.id == playback_id, Asset.deleted_at.is_(None))
    ).one_or_none()
    return (row[0], row[1], row[2]) if row else None


def verifying_keys(session: Session) -> Sequence[SigningKey]:
    """Keys whose signatures count: all that are not revoked."""
    return session.execute(select(SigningKey).where(SigningKey.revoked_at.is_(None))).scalars().all()


def signing_key(session: Session) -> SigningKey | None:
    """The service's own key that signs now: the newest that is neither retired nor revoked."""
    return session.execute(
        select(SigningKey)
        .where(
            SigningKey.private_key.is_not(None),
            SigningKey.revoked_at.is_(None),
            SigningKey.retired_at.is_(None),
            SigningKey.created_at <= func.now(),
        )
        .order_by(SigningKey.created_at.desc(), SigningKey.id.desc())
        .limit(1)
    ).scalar_one_or_none()
