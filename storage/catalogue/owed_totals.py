"""What is owed to the platforms that lessons came from: days of copies whose sums they have not been told.

A day is marked in the transaction that adds it up, so nothing that was counted is passed by, whatever stops when.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from typing import Any, Final

from sqlalchemy import func, or_, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from configs.words import LinkFailure
from storage.catalogue.models import (
    PLATFORM_MARK,
    OwedDay,
    PlatformLink,
    ReportingPlatform,
    ToldPartRow,
    TotalsExchange,
    ViewDay,
)
from storage.exchange.totals import (
    MOST_PARTS,
    MOST_REVISIONS,
    TOLD,
    DayTaken,
    ToldDay,
    ToldFigures,
    ToldPart,
    bounded,
)
from storage.learning.rule import RULE_VERSION
from storage.origins import origin_of

REFUSED_DELAY: Final = timedelta(hours=1)
"""After which a day is told again that was not taken: a clock may have been set, a lesson shared again."""

_LONGEST_DETAIL: Final = 300
_SUMMED: Final = ("views", "attendance", "viewers", "plays", "played_ms", "watched_ms", "completed")
_MILLION: Final = 1_000_000

_MARK: Final = text("""
INSERT INTO owed_days (asset_id, day, link_id, origin_id, revision)
SELECT DISTINCT ON (asset_id) asset_id, :day, link_id, origin_id, 1 FROM (
  SELECT asset_id, link_id, origin_id, 0 AS rank FROM followed_lessons
   WHERE asset_id = ANY(:assets) AND state <> 'adopted'
  UNION ALL
  -- The copy is gone for good; who mirrored it from here may still tell.
  SELECT owed.asset_id, owed.link_id, owed.origin_id, 1 FROM owed_days AS owed
   WHERE owed.asset_id = ANY(:assets)
     AND NOT EXISTS (SELECT FROM assets WHERE assets.id = owed.asset_id)
) AS copies ORDER BY asset_id, rank
ON CONFLICT (asset_id, day) DO UPDATE SET
  revision = owed_days.revision + 1, due_at = now(), refusal = NULL,
  marked_at = CASE WHEN owed_days.told_revision < owed_days.revision THEN owed_days.marked_at ELSE now() END
""")

_STUDIED: Final = text("""
WITH mine AS (
  SELECT portal_id, learner, believed FROM study_sessions AS session
   WHERE asset_id = :asset AND NOT forged
     AND opened_at >= CAST(:begins AS timestamptz) - interval '1 day'
     AND opened_at < CAST(:ends AS timestamptz) + interval '1 day'
     -- The day of a session is that of its play.
     AND coalesce(
       (SELECT min(play.day) FROM plays AS play
         WHERE play.id = session.play_id AND play.day BETWEEN CAST(:day AS date) - 1 AND CAST(:day AS date) + 1),
       CAST(opened_at AT TIME ZONE :zone AS date)
     ) = :day
)
SELECT coalesce(sum((SELECT sum(CASE edge.number % 2 WHEN 1 THEN -edge.at ELSE edge.at END)
                       FROM unnest(mine.believed) WITH ORDINALITY AS edge (at, number))), 0)::bigint,
       count(DISTINCT (portal_id, learner)),
       (SELECT count(*) FROM study_records
         WHERE asset_id = :asset AND completed_at >= :begins AND completed_at < :ends)
  FROM mine
""")


@dataclass(frozen=True)
class Owed:
    """A day that is to be told, and which revision of it was read."""

    asset_id: str
    day: date
    revision: int
    told: ToldDay


def mark(session: Session, day: date, asset_ids: Collection[str]) -> None:
    """Let a day of those of some assets that are copies be told (again)."""
    if asset_ids:
        session.execute(_MARK, {"day": day, "assets": sorted(asset_ids)})


def mark_again(session: Session, days: Collection[tuple[str, date]]) -> None:
    """Let days of assets be told again that were told before."""
    if days:
        session.execute(
            update(OwedDay)
            .where(tuple_(OwedDay.asset_id, OwedDay.day).in_(sorted(days)))
            .values(revision=OwedDay.revision + 1, due_at=func.now(), refusal=None)
        )


def tell_anew(session: Session, link_id: str) -> None:
    """Let everything be told again: the other platform does not know it any more."""
    session.execute(
        update(OwedDay)
        .where(OwedDay.link_id == link_id)
        .values(told_revision=0, due_at=func.now(), refusal=None)
    )


def due_links(session: Session, every: timedelta) -> Sequence[PlatformLink]:
    """Links by which something is owed, and was not tried to be told for so long."""
    is_owed = (
        select(OwedDay.asset_id)
        .where(
            OwedDay.link_id == PlatformLink.id,
            OwedDay.told_revision < OwedDay.revision,
            OwedDay.due_at <= func.now(),
        )
        .exists()
    )
    query = (
        select(PlatformLink)
        .outerjoin(TotalsExchange, TotalsExchange.link_id == PlatformLink.id)
        .where(
            PlatformLink.state == "linked",
            or_(TotalsExchange.tried_at.is_(None), TotalsExchange.tried_at <= func.now() - every),
            is_owed,
        )
        .order_by(TotalsExchange.tried_at.nulls_first())
    )
    return session.execute(query).scalars().all()


def owed(session: Session, link: PlatformLink, own_url: str, zone: tzinfo, most: int) -> list[Owed]:
    """Days that are owed by a link, longest first, as they are now."""
    rows = session.execute(
        select(OwedDay)
        .where(
            OwedDay.link_id == link.id,
            OwedDay.told_revision < OwedDay.revision,
            OwedDay.due_at <= func.now(),
        )
        .order_by(OwedDay.due_at, OwedDay.asset_id, OwedDay.day)
        .limit(most)
    ).scalars()
    found: list[Owed] = []
    parts = 0
    for row in rows.all():
        told = _told(session, link, row, own_url, zone)
        parts += len(told.parts)
        if found and parts > MOST_PARTS:
            break
        found.append(Owed(row.asset_id, row.day, row.revision, told))
    return found


def settle(session: Session, link: PlatformLink, told: Sequence[Owed], taken: Sequence[DayTaken]) -> int:
    """Write down what became of days that were told; returns how many were not taken."""
    refused = 0
    for each, answer in zip(told, taken, strict=True):
        row = session.get(OwedDay, (each.asset_id, each.day), with_for_update=True, populate_existing=True)
        if row is None or row.link_id != link.id:
            continue
        if answer.outcome == "older":
            # A backup was put back here: what is told from now on is newer than all that was told before.
            row.revision = max(row.revision, answer.revision) + 1
        elif answer.outcome == "refused":
            refused += 1
            row.refusal, row.due_at = answer.refusal, func.now() + REFUSED_DELAY
        else:
            row.told_revision, row.refusal = max(row.told_revision, each.revision), None
    session.flush()
    return refused


def tried(session: Session, link_id: str, failure: LinkFailure | None, detail: str = "") -> None:
    """Write down that something was to be told, and what came of it; without ``failure`` all that was owed was."""
    values: dict[str, Any] = {"tried_at": func.now()}
    if failure is None:
        values |= {"told_at": func.now(), "failure": None, "failure_detail": "", "failing_since": None}
    else:
        since = func.coalesce(TotalsExchange.failing_since, func.now())
        values |= {
            "failure": failure,
            "failure_detail": detail[:_LONGEST_DETAIL],
            "failing_since": func.now(),
        }
    adding = insert(TotalsExchange).values(link_id=link_id, **{"rows": 0, "failure_detail": "", **values})
    changed = {**values, **({"failing_since": since} if failure is not None else {})}
    session.execute(adding.on_conflict_do_update(index_elements=[TotalsExchange.link_id], set_=changed))


def _told(session: Session, link: PlatformLink, row: OwedDay, own_url: str, zone: tzinfo) -> ToldDay:
    own = _own(session, row.asset_id, row.day, zone)
    parts = []
    if not own.is_nothing:
        part = ToldPart(
            url=own_url, name=link.own_name, time_zone=str(zone), rule=RULE_VERSION, **own.model_dump()
        )
        parts.append(part)
    parts += _behind(
        session, row.asset_id, row.day, {origin_of(own_url), origin_of(link.peer_url or "")} - {""}
    )
    return ToldDay(
        lesson=row.origin_id,
        copy_id=row.asset_id,
        day=row.day,
        revision=min(row.revision, MOST_REVISIONS),
        parts=parts[:MOST_PARTS],
    )


def _own(session: Session, asset_id: str, day: date, zone: tzinfo) -> ToldFigures:
    """What was watched here."""
    sums = [func.coalesce(func.sum(getattr(ViewDay, name)), 0) for name in _SUMMED]
    completion = func.coalesce(func.sum(ViewDay.completion), 0.0)
    here = ~ViewDay.partner_id.startswith(PLATFORM_MARK, autoescape=True)
    *numbers, completion_sum = session.execute(
        select(*sums, completion).where(ViewDay.asset_id == asset_id, ViewDay.day == day, here)
    ).one()
    found = {name: int(number) for name, number in zip(_SUMMED, numbers, strict=True)}
    found |= studied(session, asset_id, day, zone)
    return ToldFigures(**bounded({**found, "completion": round(completion_sum * _MILLION)}))


def studied(session: Session, asset_id: str, day: date, zone: tzinfo) -> dict[str, int]:
    """What was studied of a lesson on a day: ``studied_ms``, ``learners`` and ``lessons_completed``."""
    begins = datetime(day.year, day.month, day.day, tzinfo=zone)
    following = day + timedelta(days=1)
    ends = datetime(following.year, following.month, following.day, tzinfo=zone)
    given = {"asset": asset_id, "day": day, "begins": begins, "ends": ends, "zone": str(zone)}
    milliseconds, learners, completed = session.execute(_STUDIED, given).one()
    return {"studied_ms": int(milliseconds), "learners": learners, "lessons_completed": completed}


def _behind(session: Session, asset_id: str, day: date, left_out: set[str]) -> list[ToldPart]:
    """What platforms told that have the lesson from here, as far as they count here."""
    sums = [func.sum(getattr(ToldPartRow, name)).label(name) for name in TOLD]
    query = (
        select(
            ReportingPlatform.url,
            func.max(ReportingPlatform.name).label("name"),
            func.max(ReportingPlatform.time_zone).label("time_zone"),
            func.max(ToldPartRow.rule_version).label("rule"),
            *sums,
        )
        .join(ReportingPlatform, ReportingPlatform.id == ToldPartRow.platform_id)
        .where(
            ToldPartRow.asset_id == asset_id,
            ToldPartRow.day == day,
            ReportingPlatform.counted,
        )
        .group_by(ReportingPlatform.url)
        .order_by(func.sum(ToldPartRow.views).desc(), ReportingPlatform.url)
    )
    found = []
    for row in session.execute(query).mappings():
        if origin_of(row["url"]) in left_out:
            continue
        figures = bounded({name: int(row[name]) for name in TOLD})
        found.append(
            ToldPart(
                url=row["url"], name=row["name"], time_zone=row["time_zone"], rule=row["rule"], **figures
            )
        )
    return found
