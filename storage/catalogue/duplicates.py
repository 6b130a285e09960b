"""Assets whose files are the same, byte for byte."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import select, true
from sqlalchemy.orm import Session

from storage.catalogue.models import Asset, Version
from storage.catalogue.reach import Reach
from storage.catalogue.visibility import Viewer, visible_within

MOST: Final = 20
"""How many are told of one asset."""


def duplicates_of(
    session: Session, reach: Reach, viewer: Viewer | None, asset_id: str, sha256: str
) -> Sequence[str]:
    """IDs of other assets within reach whose current file has this hash, oldest first; with ``viewer`` only those that
    it may see."""
    same = (
        select(Asset.id)
        .join(Version, Version.id == Asset.current_version_id)
        .where(
            Version.source_sha256 == sha256,
            Asset.id != asset_id,
            Asset.deleted_at.is_(None),
            Asset.organization_id.in_(reach.select()),
            reach.owned(Asset.owner_id),
            true() if viewer is None else visible_within(viewer, Asset),
        )
        .order_by(Asset.id)
        .limit(MOST)
    )
    return session.execute(same).scalars().all()
