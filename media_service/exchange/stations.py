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
    return [*came_by(session, asset.id), here]


def came_by(session: Session, asset_id: str) -> list[Station]:
    """The platforms through which a lesson came here, its origin first; none of what was made here."""
    return [Station(**each) for each in mirrors.stations_of(session, asset_id)]
