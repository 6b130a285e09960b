"""Dashboards: how fast a year of 15,000 assets is told to a province and a school, and of a course and an asset."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from statistics import quantiles

from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from benchmarks import catalogue
from benchmarks.figure import Figure, report
from benchmarks.stack import MeasuredStack, measured_stack
from storage.catalogue import database, view_days
from storage.catalogue.models import Collection, CollectionItem
from storage.learning.periods import first_of_next_month

ASSETS = 15_000
DAYS = 365
A_DAY = 6_000
"""Assets that are watched on a day, at least; a tenth of them on pages of partners, too."""

COURSE = 50
ROUNDS, WARM_UP = 60, 5
GOAL_MS = 100.0

_FILLED = text("""
INSERT INTO view_days (
  asset_id, day, partner_id, organization_id, retention, rule_version, views, attendance, viewers, plays, starts,
  refused, played_ms, watched_ms, completion, completed, startups, startup_ms, stalls, stall_ms, errors, bitrate_ms,
  measured_ms, bytes
)
SELECT assets.id, :day, partner.id, assets.organization_id, :retention, 1, each.n, each.n, each.n, each.n + 2,
  each.n + 3, '{"too_short": 1, "repeated": 1, "no_play": 1}', each.n * 300000,
  each.n * 280000, each.n * 0.6, each.n / 2, each.n,
  each.n * 500, each.n / 4, each.n * 60, 0, each.n * 240000000, each.n * 300000, each.n * 40000000
  FROM (SELECT id, organization_id, row_number() OVER (ORDER BY id) AS number FROM assets) AS assets
  CROSS JOIN (VALUES ('', 0), ('n1', 1), ('n2', 2)) AS partner (id, number)
  CROSS JOIN LATERAL (SELECT 1 + (assets.number * 7919 + :at * 31) % 9 AS n) AS each
 WHERE CASE partner.number WHEN 0 THEN (assets.number + :at) % :assets < :a_day
       ELSE (assets.number + :at) % :assets < :a_day / 20 END
""")
ORGANIZATIONS = text("""
INSERT INTO organization_view_days (
  day, organization_id, partner_id, rule_version, refused, views, attendance, viewers, plays, starts, played_ms,
  watched_ms, completion, completed, startups, startup_ms, stalls, stall_ms, errors, bitrate_ms, measured_ms, bytes
)
SELECT day, organization_id, partner_id, 1, '{"too_short": 1, "repeated": 1, "no_play": 1}', sum(views),
  sum(attendance), sum(viewers), sum(plays), sum(starts), sum(played_ms), sum(watched_ms), sum(completion),
  sum(completed), sum(startups), sum(startup_ms), sum(stalls), sum(stall_ms), sum(errors), sum(bitrate_ms),
  sum(measured_ms), sum(bytes)
  FROM view_days WHERE day >= :first GROUP BY day, organization_id, partner_id ON CONFLICT DO NOTHING
""")
_STORAGE = text("""
INSERT INTO storage_days SELECT organizations.id, :today - day, 15, (400 - day) * 1000000000::bigint
  FROM organizations, generate_series(0, :days) AS day ON CONFLICT DO NOTHING
""")


def measure(folder: Path) -> Sequence[Figure]:
    """A year of days straight in the catalogue, added up by the keeper's own code; then each report over HTTP."""
    with measured_stack(folder, WORKERS="1", DOWNLOADS="off") as stack:
        engine = database.connect(stack.environment["DATABASE_URL"])
        sessions = sessionmaker(engine)
        today = date.today()
        first = (today.replace(day=1) - timedelta(days=334)).replace(day=1)
        keys, longest = _fill(sessions, today)
        catalogue.settle(engine)
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
        days = f"from={first}&to={today}"
        times = _times(stack, keys, days)
        engine.dispose()
    figures = []
    for what, took in times.items():
        cuts = quantiles(took, n=100)
        figures.append(Figure(f"{what}, p95", cuts[94], GOAL_MS, "ms", 1, note=f"p50 {cuts[49]:.1f} ms"))
    return [
        *figures,
        Figure("a branch of 1,091 organizations added up anew, 31 days", longest, 1000, "ms", 1),
    ]


def _fill(sessions: sessionmaker[Session], today: date) -> tuple[Mapping[str, str], float]:
    with sessions.begin() as session:
        school, province = catalogue.fill(session, ASSETS)
        session.execute(text("UPDATE assets SET old_views = 300"))
        root = session.scalars(text("SELECT id FROM organizations WHERE name = 'bench province'")).one()
        course = Collection(organization_id=root, title="课程")
        session.add(course)
        session.flush()
        for number, asset_id in enumerate(province.assets[:COURSE]):
            session.add(CollectionItem(collection_id=course.id, asset_id=asset_id, position=number))
        course_id, asset_id = course.id, province.assets[0]
    for number in range(DAYS + 31):
        with sessions.begin() as session:
            given = {"day": today - timedelta(days=number), "at": number * 401, "retention": [9] * 100}
            session.execute(_FILLED, {**given, "assets": ASSETS, "a_day": A_DAY})
    with sessions.begin() as session:
        session.execute(ORGANIZATIONS, {"first": date.min})
        session.execute(_STORAGE, {"today": today, "days": DAYS})
    longest = _add_up(sessions, root)
    return {
        "school": school.key,
        "province": province.key,
        "course": course_id,
        "asset": asset_id,
    }, longest


def _add_up(sessions: sessionmaker[Session], root: str) -> float:
    """All branches and months; milliseconds of the largest branch's transaction when it is added up anew."""
    with sessions.begin() as session:
        session.execute(text("ANALYZE"))
        assets = list(session.scalars(text("SELECT id FROM assets")))
        months = sorted(
            session.scalars(
                text("SELECT DISTINCT date_trunc('month', day)::date FROM organization_view_days")
            )
        )
        everybody = list(session.scalars(text("SELECT id FROM organizations")))
    for month in months:
        with sessions.begin() as session:
            view_days.add_up_months(session, month, assets)
            last = first_of_next_month(month) - timedelta(days=1)
            view_days.add_up_branches(session, month, last, everybody)
    with sessions() as session:
        view_days.mark_branches(session, root)
        began = time.perf_counter()
        while (
            session.scalars(
                text("SELECT before FROM stale_branches WHERE organization_id = :id"), {"id": root}
            ).one()
            is None
        ):
            view_days.roll_up_moved(session)
        return 1000 * (time.perf_counter() - began)


def _times(stack: MeasuredStack, keys: Mapping[str, str], days: str) -> Mapping[str, Sequence[float]]:
    whole = [
        f"/v1/views?{days}&by=day",
        f"/v1/views/assets?{days}",
        f"/v1/views/organizations?{days}",
        f"/v1/views/partners?{days}",
        f"/v1/views/storage?{days}",
    ]
    wanted: dict[str, tuple[str, Sequence[str]]] = {
        f"{path.partition('?')[0]} of the {who}, a year": (keys[who], [path])
        for who in ("province", "school")
        for path in whole
    }
    wanted |= {
        "all five for the province, one after the other": (keys["province"], whole),
        "a course of 50, a year": (
            keys["province"],
            [f"/v1/views?{days}&by=day&collection={keys['course']}"],
        ),
        "lessons of a course, a year": (
            keys["province"],
            [f"/v1/views/assets?{days}&collection={keys['course']}"],
        ),
        "an asset, a year": (keys["province"], [f"/v1/views?{days}&by=day&asset={keys['asset']}"]),
        "assets of the province, 28 days": (keys["province"], ["/v1/views/assets"]),
    }
    found: dict[str, list[float]] = {what: [] for what in wanted}
    for number in range(WARM_UP + ROUNDS):
        for what, (key, paths) in wanted.items():
            began = time.perf_counter()
            for path in paths:
                answer = stack.request("GET", path, key=key)
                if answer.status != 200:
                    raise RuntimeError(f"{path} is answered {answer.status}: {answer.data!r}")
            if number >= WARM_UP:
                found[what].append(1000 * (time.perf_counter() - began))
    return found


def main() -> int:
    """Exit status 0 only if every goal is kept."""
    with tempfile.TemporaryDirectory() as folder:
        return report(measure(Path(folder)))


if __name__ == "__main__":
    sys.exit(main())
