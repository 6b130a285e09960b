"""Through which platforms a lesson came: told of it wherever it is shown."""

from __future__ import annotations

from sqlalchemy.orm import Session

from media_service.services import services
from storage.catalogue import mirrors
from storage.catalogue.models import Asset, PlatformLink
from storage.exchange.lessons import Station


def stations_to(session: Session, asset: Asset, link: PlatformLink) -> list[Station]:
    """Where a lesson came from, if it was copied here, and this platform, as the other platform of a link is told."""
    here = Station(url=services().settings.public_url, name=link.own_name, asset_id=asset.id)
    return [*mirrors.stations_of(session, [asset.id]).get(asset.id, []), here]
