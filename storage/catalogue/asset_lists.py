"""Lists of assets: filtered, ordered, counted, a page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, selectinload

from configs.words import AssetKind, VersionState
from storage.catalogue import pages
from storage.catalogue.models import Asset, Version
from storage.catalogue.pages import Listed, Order
from storage.catalogue.reach import Reach
from storage.ids import first_id_of

AssetOrder = Literal["-created_at", "created_at", "title", "-title"]
"""By what assets may be ordered; a minus is from the last to the first."""

ORDERS: Final[dict[AssetOrder, Order]] = {
    # IDs are made in the order of time, and are there before rows have their dates.
    "-created_at": Order((Asset.id,), descending=True),
    "created_at": Order((Asset.id,)),
    "title": Order((Asset.title, Asset.id)),
    "-title": Order((Asset.title, Asset.id), descending=True),
}

_CLOCKS: Final = timedelta(days=1)
"""How much the clocks of those who make IDs and of those who date rows may differ."""


@dataclass(frozen=True)
class AssetFilter:
    """What a list holds; what is None or empty leaves nothing out. ``since`` is the first moment of making,
    ``before`` the first one that is too late."""

    states: Sequence[VersionState] = ()
    kinds: Sequence[AssetKind] = ()
    since: datetime | None = None
    before: datetime | None = None
    external_id: str | None = None


def list_assets(
    session: Session,
    reach: Reach,
    wanted: AssetFilter,
    *,
    order: AssetOrder,
    limit: int,
    cursor: Sequence[str] | None,
) -> list[tuple[Asset, Version]]:
    """The assets of a page with their current versions and their playback IDs; ``cursor`` is ``cursor_of`` of the last
    one of the page before.
    """
    ids = pages.page(session, reach, _listed(wanted), order=ORDERS[order], limit=limit, cursor=cursor)
    rows = session.execute(
        select(Asset, Version)
        .join(Version, Version.id == Asset.current_version_id)
        .where(Asset.id.in_(ids))
        .options(selectinload(Asset.playback_ids))
    )
    found = {asset.id: (asset, version) for asset, version in rows}
    return [found[asset_id] for asset_id in ids if asset_id in found]


def count_assets(session: Session, reach: Reach, wanted: AssetFilter) -> int:
    """How many there are; ``pages.MOST_COUNTED`` + 1 if there are more than that."""
    return pages.count(session, reach, _listed(wanted))


def cursor_of(asset: Asset, order: AssetOrder) -> list[str]:
    """Where the next page goes on after ``asset``."""
    return [getattr(asset, column.key) for column in ORDERS[order].columns]


def _listed(wanted: AssetFilter) -> Listed:
    where: list[ColumnElement[bool]] = [Asset.deleted_at.is_(None), Asset.current_version_id.is_not(None)]
    if wanted.external_id is not None:
        where.append(Asset.external_id == wanted.external_id)
    if wanted.since is not None:
        where += [Asset.created_at >= wanted.since, Asset.id >= first_id_of(wanted.since - _CLOCKS)]
    if wanted.before is not None:
        where += [Asset.created_at < wanted.before, Asset.id < first_id_of(wanted.before + _CLOCKS)]
    if not wanted.states:
        return Listed(Asset.organization_id, where, *((Asset.kind, wanted.kinds) if wanted.kinds else ()))
    if wanted.kinds:
        where.append(Asset.kind.in_(wanted.kinds))
    return Listed(Asset.organization_id, where, Asset.state, wanted.states)
