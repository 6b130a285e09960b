"""Days of views of some assets, as they could have been watched: for pictures of dashboards."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from random import Random

from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from benchmarks.dashboard import ORGANIZATIONS
from storage.catalogue import view_days
from storage.catalogue.models import Asset, Organization, StorageDay, ViewDay


def watch(session: Session, asset_ids: Sequence[str], partner_ids: Sequence[str], days: int) -> None:
    """Write so many days until today, with weekends and all; the first asset is watched most."""
    random = Random(7)
    today = date.today()
    for number in range(days):
        day = today - timedelta(days=number)
        rows = []
        for place, asset_id in enumerate(asset_ids):
            organization_id = session.get_one(Asset, asset_id).organization_id
            for partner_id in ("", *partner_ids):
                busy = (1.0 if day.weekday() < 5 else 1.7) * (1 + 0.004 * (days - number))
                plays = int(busy * random.uniform(20, 40) / (place + 1) / (1 if not partner_id else 3))
                of = {"asset_id": asset_id, "organization_id": organization_id, "partner_id": partner_id}
                rows.append({**of, "day": day, **_figures(random, plays)})
        session.execute(insert(ViewDay), rows)
    session.execute(ORGANIZATIONS, {"first": today - timedelta(days=days)})
    for asset_id in asset_ids:
        for number in range(0, days + 31, 28):
            view_days.add_up_months(session, today - timedelta(days=number), [asset_id])
    for organization in session.query(Organization).all():
        view_days.mark_branches(session, organization.id)
        for number in range(1, days):
            size = (days - number) * 2_100_000_000 + random.randrange(10**9)
            row = StorageDay(
                organization_id=organization.id, day=today - timedelta(days=number), assets=40, bytes=size
            )
            session.merge(row)
    session.flush()
    while view_days.roll_up_moved(session):
        session.flush()
    clicks = text(
        "UPDATE assets SET clicks = old_views + (SELECT sum(views) FROM view_days WHERE asset_id = :id) WHERE id = :id"
    )
    for place, asset_id in enumerate(asset_ids):
        session.get_one(Asset, asset_id).old_views = 4_000 // (place + 1)
        session.flush()
        session.execute(clicks, {"id": asset_id})


def _figures(random: Random, plays: int) -> dict[str, object]:
    views = int(plays * 0.9)
    kept = [plays - int(plays * (1 - 0.97**part) * random.uniform(0.55, 0.6)) for part in range(100)]
    return {
        "rule_version": 1,
        "retention": kept,
        "views": views,
        "attendance": views,
        "viewers": int(views * 0.8),
        "plays": plays,
        "starts": plays + 2,
        "refused": {"too_short": plays - views, "no_play": 2},
        "played_ms": plays * 400_000,
        "watched_ms": plays * 360_000,
        "completion": plays * random.uniform(0.55, 0.7),
        "completed": plays // 3,
        "startups": plays,
        "startup_ms": int(plays * random.uniform(500, 900)),
        "stalls": plays // 5,
        "stall_ms": plays * 200,
        "errors": plays // 40,
        "bitrate_ms": plays * 380_000_000,
        "measured_ms": plays * 400_000,
        "bytes": plays * 45_000_000,
    }
