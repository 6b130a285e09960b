"""``/v1/exchange/totals``: a linked platform tells how often lessons were watched there that it has from here."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from flask import Blueprint

from media_service.exchange.callers import link, linked, viewer
from media_service.openapi import operation
from media_service.services import services
from storage.catalogue import told_totals
from storage.exchange.totals import LARGEST_REQUEST, DaysTaken, ToldDays

blueprint = Blueprint("exchange_totals", __name__, url_prefix="/v1/exchange")

TAG: Final = "Exchange"


@blueprint.post("/totals")
@linked
@operation(
    "Tell how often shared lessons were watched",
    tag=TAG,
    body=ToldDays,
    answer=DaysTaken,
    largest=LARGEST_REQUEST,
    is_repeatable=False,
)
def tell(body: ToldDays) -> DaysTaken:
    """Totals of days, absolute ones: told twice they count once, and a higher revision takes the place of a lower one.
    Each day is answered by itself; what is refused holds up nothing else."""
    settings = services().settings
    today = datetime.now(settings.time_zone).date()
    with services().sessions() as session:
        looking = viewer(session)
    taken = told_totals.take(
        services().sessions,
        link(),
        looking,
        body.days,
        zone=settings.time_zone,
        today=today,
        own_url=settings.public_url,
    )
    return DaysTaken(days=taken)
