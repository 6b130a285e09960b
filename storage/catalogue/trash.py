"""The trash: assets that were deleted leave at once, and come back whole as long as they are not removed.

``deleted_at`` hides an asset from everything; ``purge_at`` is when the keeper may remove it, None for at once. Both are
by the database's clock.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from storage.catalogue import steps
from storage.catalogue.assets import ExternalIdTaken, set_external_id
from storage.catalogue.models import Asset, Step, Version
from storage.catalogue.reach import Reach
from storage.catalogue.versions import hold

IN_TRASH: ColumnElement[bool] = (Asset.deleted_at.is_not(None)) & (Asset.purge_at > func.now())
"""What is true of assets that may come back."""


def put(session: Session, asset: Asset, kept: timedelta) -> None:
    """Hide the asset at once and end the work on it. It may come back as long as it is ``kept``."""
    _hide(session, asset)
    asset.purge_at = func.now() + kept
    session.flush()


def remove(session: Session, asset: Asset) -> None:
    """Hide the asset, in the trash or not, for good: the keeper removes all of it soon."""
    _hide(session, asset)
    asset.purge_at = None
    session.flush()


def find(session: Session, asset_id: str, reach: Reach) -> Asset | None:
    """An asset of ``reach`` that is in the trash."""
    return reach.find(session, select(Asset).where(Asset.id == asset_id, IN_TRASH))


def restore(session: Session, asset: Asset) -> bool:
    """Let an asset come back with all that belongs to it, and go on with the work on it; False if it is not in the
    trash any more. It loses its external ID if another asset has that now.
    """
    hold(session, asset.id)
    if session.execute(select(Asset.id).where(Asset.id == asset.id, IN_TRASH)).first() is None:
        return False
    external_id, asset.external_id = asset.external_id, None
    asset.deleted_at = asset.purge_at = None
    asset.updated_at = func.now()
    session.flush()
    if external_id is not None:
        try:
            set_external_id(session, asset, external_id)
        except ExternalIdTaken:
            session.refresh(asset)
    wanted = select(Version.id).where(
        Version.asset_id == asset.id, Version.state != "failed", Version.discarded_at.is_(None)
    )
    for version_id in session.execute(wanted).scalars().all():
        session.execute(
            update(Step)
            .where(Step.version_id == version_id, Step.state == "cancelled")
            .values(state="waiting", progress=0.0, finished_at=None)
        )
        steps.queue_unblocked(session, version_id)
    return True


def _hide(session: Session, asset: Asset) -> None:
    # Before the asset's own row is locked, as everybody does it.
    hold(session, asset.id)
    for version_id in session.execute(select(Version.id).where(Version.asset_id == asset.id)).scalars().all():
        steps.cancel_steps(session, version_id)
    if asset.deleted_at is None:
        asset.deleted_at = func.now()
