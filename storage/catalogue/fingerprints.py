"""Lessons that are perhaps the same: encoded another way, by their fingerprints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import func, select, true
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from storage.catalogue.models import Asset, StoredFingerprint
from storage.catalogue.reach import Reach
from storage.catalogue.visibility import Viewer, visible
from storage.fingerprints import Fingerprint, Resemblance, resemblance

MOST: Final = 20
"""How many are told of one lesson."""

_LOOKED_AT: Final = 1000
"""Of one length; they are compared one by one."""

_DURATION: Final = 0.005
_LEAST_SECONDS: Final = 1.0
"""Two encodings of one film differ by no more than this share of its length, or so many seconds."""


def write(session: Session, version_id: str, duration: float, *, of: Fingerprint) -> None:
    """Keep what there is of a version's fingerprint, pictures or sound, in the place of what was there of it."""
    row: dict[str, Any] = {"duration": duration}
    if of.pictures:
        row |= {"pictures": of.pictures, "picture_seconds": of.picture_seconds}
    if of.sound:
        row["sound"] = of.sound
    session.execute(
        insert(StoredFingerprint)
        .values(version_id=version_id, **row)
        .on_conflict_do_update(index_elements=["version_id"], set_=row)
    )


def resembling(
    session: Session, reach: Reach, viewer: Viewer | None, asset: Asset
) -> Sequence[tuple[Asset, Resemblance]]:
    """Other assets within reach, not in the trash, that are perhaps the same lesson, most alike first; with ``viewer``
    only those that it may see."""
    own = session.get(StoredFingerprint, asset.current_version_id)
    if own is None:
        return []
    apart = max(_LEAST_SECONDS, own.duration * _DURATION)
    candidates = (
        select(Asset, StoredFingerprint)
        .join(StoredFingerprint, StoredFingerprint.version_id == Asset.current_version_id)
        .where(
            StoredFingerprint.duration.between(own.duration - apart, own.duration + apart),
            Asset.id != asset.id,
            Asset.deleted_at.is_(None),
            Asset.organization_id.in_(reach.select()),
            reach.owned(Asset.owner_id),
            true() if viewer is None else visible(viewer, Asset, within=True),
        )
        .order_by(func.abs(StoredFingerprint.duration - own.duration), Asset.id)
        .limit(_LOOKED_AT)
    )
    found = [
        (candidate, alike)
        for candidate, stored in session.execute(candidates)
        if (alike := resemblance(value_of(own), value_of(stored))) is not None
    ]
    return sorted(found, key=lambda pair: -((pair[1].pictures or 0) + (pair[1].sound or 0)))[:MOST]


def value_of(stored: StoredFingerprint) -> Fingerprint:
    """What is kept of a version."""
    return Fingerprint(stored.pictures, stored.picture_seconds, stored.sound)
