"""Playback IDs, what they play, and the keys that sign playback tokens."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session, selectinload

from storage.catalogue.models import Asset, Chunk, PlaybackId, Rendition, SigningKey, Step, Version

_SIGNING_LOCK = 7_205_003
"""Key of the advisory lock under which the key that signs is chosen and replaced."""


def find_playback(session: Session, playback_id: str) -> tuple[PlaybackId, Asset, Version] | None:
    """The playback ID with its asset and current version; None if unknown or deleted."""
    row = session.execute(
        select(PlaybackId, Asset, Version)
        .join(Asset, Asset.id == PlaybackId.asset_id)
        .join(Version, Version.id == Asset.current_version_id)
        .where(PlaybackId.id == playback_id, Asset.deleted_at.is_(None))
    ).one_or_none()
    return (row[0], row[1], row[2]) if row else None


def find_playbacks(
    session: Session, playback_ids: set[str], asset_ids: set[str], organizations: set[str]
) -> Sequence[tuple[PlaybackId, Asset, Version]]:
    """Playback IDs by their own ID or by their asset's, oldest first, as far as ``organizations`` own them."""
    rows = session.execute(
        select(PlaybackId, Asset, Version)
        .join(Asset, Asset.id == PlaybackId.asset_id)
        .join(Version, Version.id == Asset.current_version_id)
        .where(
            PlaybackId.id.in_(playback_ids) | PlaybackId.asset_id.in_(asset_ids),
            Asset.deleted_at.is_(None),
            Asset.organization_id.in_(organizations),
        )
        .order_by(PlaybackId.created_at, PlaybackId.id)
    )
    return [(row[0], row[1], row[2]) for row in rows]


def preferred_playback_ids(session: Session, asset_ids: Sequence[str]) -> dict[str, PlaybackId]:
    """What each asset is shown by to strangers: its oldest public playback ID, else its oldest; by asset."""
    rows = session.execute(
        select(PlaybackId)
        .where(PlaybackId.asset_id.in_(asset_ids))
        .order_by(PlaybackId.policy != "public", PlaybackId.created_at, PlaybackId.id)
    ).scalars()
    found: dict[str, PlaybackId] = {}
    for row in rows:
        found.setdefault(row.asset_id, row)
    return found


def find_version(session: Session, asset_id: str, version_id: str) -> Version | None:
    """A version of the asset, current or not; None if it is another asset's."""
    return session.execute(
        select(Version).where(Version.id == version_id, Version.asset_id == asset_id)
    ).scalar_one_or_none()


def find_rendition(session: Session, version_id: str, name: str) -> Rendition | None:
    """One rendition with its chunks."""
    return session.execute(
        select(Rendition)
        .where(Rendition.version_id == version_id, Rendition.name == name)
        .options(selectinload(Rendition.chunks))
    ).scalar_one_or_none()


def find_chunk(session: Session, version_id: str, rendition: str, number: int) -> tuple[Chunk, str] | None:
    """One chunk and the kind of its rendition, video or audio."""
    row = session.execute(
        select(Chunk, Rendition.kind)
        .join(Rendition, Rendition.id == Chunk.rendition_id)
        .where(Rendition.version_id == version_id, Rendition.name == rendition, Chunk.number == number)
    ).one_or_none()
    return (row[0], row[1]) if row else None


def unfinished_thumbnails(session: Session, version_id: str) -> int:
    """How many thumbnails of a version are asked for and not made yet."""
    return session.execute(
        select(func.count())
        .select_from(Step)
        .where(
            Step.version_id == version_id,
            Step.kind == "thumbnail",
            Step.state.in_(("waiting", "queued", "leased")),
        )
    ).scalar_one()


def step_state(session: Session, version_id: str, name: str) -> str | None:
    """State of the step with this name; None if there is none."""
    return session.execute(
        select(Step.state).where(Step.version_id == version_id, Step.name == name)
    ).scalar_one_or_none()


def verifying_keys(session: Session) -> Sequence[SigningKey]:
    """Keys whose signatures count: all that are not revoked."""
    return session.execute(select(SigningKey).where(SigningKey.revoked_at.is_(None))).scalars().all()


def signing_key(session: Session) -> SigningKey | None:
    """The service's own key that signs now: the newest that is neither retired nor revoked."""
    return session.execute(
        select(SigningKey)
        .where(
            SigningKey.organization_id.is_(None),
            SigningKey.private_key.is_not(None),
            SigningKey.revoked_at.is_(None),
            SigningKey.retired_at.is_(None),
        )
        .order_by(SigningKey.created_at.desc(), SigningKey.id.desc())
        .limit(1)
    ).scalar_one_or_none()


def ensure_signing_key(session: Session, make: Callable[[], SigningKey]) -> SigningKey:
    """The key that signs now, made by ``make`` if there is none. Processes that ask at once get the same one."""
    found = signing_key(session)
    if found is not None:
        return found
    _lock_signing(session)
    return signing_key(session) or _add(session, make())


def replace_signing_key(session: Session, key: SigningKey) -> SigningKey:
    """Let ``key`` sign from now on and retire the service's keys before it; those still verify."""
    _lock_signing(session)
    session.execute(
        update(SigningKey)
        .where(SigningKey.organization_id.is_(None), SigningKey.retired_at.is_(None))
        .values(retired_at=func.now())
    )
    return _add(session, key)


def revoke_signing_key(session: Session, key_id: str) -> bool:
    """Refuse all tokens of a key; False if there is no such key in force."""
    revoked = session.execute(
        update(SigningKey)
        .where(SigningKey.id == key_id, SigningKey.revoked_at.is_(None))
        .values(revoked_at=func.now())
        .returning(SigningKey.id)
    )
    return revoked.scalar_one_or_none() is not None


def _lock_signing(session: Session) -> None:
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _SIGNING_LOCK})


def _add(session: Session, key: SigningKey) -> SigningKey:
    session.add(key)
    session.flush()
    return key
