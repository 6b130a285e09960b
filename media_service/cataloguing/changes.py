"""What may be changed of a lesson, and is said of it in a sheet: one model, so that both have the same rules. Pure."""

from __future__ import annotations

from media_service.cataloguing.catalogued import CataloguedChanges
from media_service.cataloguing.values import ExternalId, Name, OldViews


class AssetChanges(CataloguedChanges):
    """What may be changed of an asset; null takes away what it may have or not."""

    title: Name = ""
    external_id: ExternalId | None = None
    old_views: OldViews | None = None
