"""All that is said of assets, a page at a time, for whoever takes a catalogue elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from storage.catalogue import asset_lists, categories
from storage.catalogue.asset_lists import AssetFilter, ListedAsset
from storage.catalogue.models import Asset, Category
from storage.catalogue.reach import Reach

PAGE: Final = 200

_MORE: Final = (
    Asset.description,
    Asset.audience,
    Asset.contributors,
    Asset.source_organization,
    Asset.original_date,
    Asset.other_ids,
    Asset.old_views,
    Asset.visibility,
    Asset.shared_organization_ids,
    Asset.shared_partner_ids,
    Asset.clicks,
)
"""What lists do not tell."""


@dataclass(frozen=True)
class Exported:
    """An asset: what lists tell of it, and the rest by column."""

    listed: ListedAsset
    more: dict[str, Any]


def pages(sessions: sessionmaker[Session], reach: Reach) -> Iterator[Sequence[Exported]]:
    """The assets within reach, oldest first. Between two pages no connection is held for a slow client, so what is
    changed meanwhile is told as it was when its page's turn came."""
    cursor: Sequence[str] | None = None
    while True:
        with sessions() as session:
            listed = asset_lists.list_assets(
                session, reach, AssetFilter(), order="created_at", limit=PAGE, cursor=cursor
            )
            rows = session.execute(select(Asset.id, *_MORE).where(Asset.id.in_([each.id for each in listed])))
            more = {
                row.id: {name: value for name, value in row._mapping.items() if name != "id"} for row in rows
            }
        yield [Exported(each, more[each.id]) for each in listed if each.id in more]
        if len(listed) < PAGE:
            return
        cursor = asset_lists.cursor_of(listed[-1], "created_at")


def usable_categories(sessions: sessionmaker[Session], organization_id: str) -> Sequence[Category]:
    """What assets of an organization may stand in."""
    with sessions() as session:
        return categories.usable(session, organization_id)
