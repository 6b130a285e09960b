"""Of an asset what ``visibility`` decides by, for what reads no more of it than is needed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from configs.words import ReviewState, Visibility
from storage.catalogue.models import Asset


@dataclass(frozen=True, kw_only=True)
class ShownAsset:
    """An asset as far as decides on who sees it (``visibility.Shown``)."""

    asset_id: str
    organization_id: str
    owner_id: str | None
    effective_visibility: Visibility
    shared_organization_ids: Sequence[str]
    shared_partner_ids: Sequence[str]
    review_state: ReviewState
    published_at: datetime | None
    withdraw_at: datetime | None

    @property
    def id(self) -> str:
        """Of what is seen or not: the asset."""
        return self.asset_id


COLUMNS: Final[tuple[Any, ...]] = (
    Asset.id.label("asset_id"),
    Asset.organization_id,
    Asset.owner_id,
    Asset.effective_visibility,
    Asset.shared_organization_ids,
    Asset.shared_partner_ids,
    Asset.review_state,
    Asset.published_at,
    Asset.withdraw_at,
)
"""What a ``ShownAsset`` is made of, by its names."""
