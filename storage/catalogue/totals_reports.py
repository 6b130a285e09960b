"""What other platforms told, as it is reported: of a day of a lesson, of what was studied, and of a whole link."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from typing import Final

from sqlalchemy import ColumnElement, func, or_, select, text
from sqlalchemy.orm import Session

from configs.words import TotalsRefusal
from storage.catalogue.models import (
    Asset,
    OwedDay,
    ReportingPlatform,
    StoredStudySession,
    StudyRecord,
    ToldDayRow,
    ToldPartRow,
    TotalsExchange,
)
from storage.catalogue.told_totals import platforms_of
from storage.catalogue.views import Scope
from storage.exchange.totals import TOLD


@dataclass(frozen=True)
class Told:
    """What a platform told of a day of a lesson, and where that came from."""

    platform: ReportingPlatform
    copy_id: str
    revision: int
    rule: int
    told_at: datetime
    figures: Mapping[str, int]


@dataclass(frozen=True)
class Studied:
    """What was studied."""

    studied_ms: int = 0
    learners: int = 0
    lessons_completed: int = 0


def told_of(session: Session, asset_id: str, day: date) -> list[Told]:
    """What was told of a day of a lesson, also what is not counted."""
    rows = session.execute(
        select(ToldPartRow, ToldDayRow, ReportingPlatform)
        .join(
            ToldDayRow,
            (ToldDayRow.link_id == ToldPartRow.link_id)
            & (ToldDayRow.copy_id == ToldPartRow.copy_id)
            & (ToldDayRow.day == ToldPartRow.day),
        )
        .join(ReportingPlatform, ReportingPlatform.id == ToldPartRow.platform_id)
        .where(ToldPartRow.asset_id == asset_id, ToldPartRow.day == day)
        .order_by(ToldPartRow.views.desc(), ReportingPlatform.url, ToldPartRow.copy_id)
    )
    return [
        Told(
            platform,
            part.copy_id,
            told.revision,
            part.rule_version,
            told.told_at,
            {name: getattr(part, name) for name in TOLD},
        )
        for part, told, platform in rows
    ]


def studied_elsewhere(session: Session, scope: Scope, first: date, last: date) -> dict[str, Studied]:
    """What was studied on each platform, by its ID: as those that count told it."""
    inside: ColumnElement[bool] = (
        ToldPartRow.organization_id.in_(scope.reach.select())
        if scope.is_of_organizations
        else ToldPartRow.asset_id.in_(select(Asset.id).where(scope.assets()))
    )
    sums = [
        func.sum(column)
        for column in (ToldPartRow.studied_ms, ToldPartRow.learners, ToldPartRow.lessons_completed)
    ]
    rows = session.execute(
        select(ToldPartRow.platform_id, *sums)
        .where(ToldPartRow.day.between(first, last), inside)
        .group_by(ToldPartRow.platform_id)
    )
    return {row[0]: Studied(*(int(each) for each in row[1:])) for row in rows}


_STUDIED: Final = text("""
SELECT coalesce(sum(believed), 0)::bigint, coalesce(sum(learners), 0)::bigint,
       (SELECT count(*) FROM study_records WHERE asset_id = ANY(:assets)
           AND completed_at >= :begins AND completed_at < :ends)
  FROM (
    SELECT asset_id, CAST(opened_at AT TIME ZONE :zone AS date), count(DISTINCT (portal_id, learner)) AS learners,
           sum((SELECT sum(CASE edge.number % 2 WHEN 1 THEN -edge.at ELSE edge.at END)
                  FROM unnest(believed) WITH ORDINALITY AS edge (at, number))) AS believed
      FROM study_sessions WHERE asset_id = ANY(:assets) AND NOT forged AND opened_at >= :begins AND opened_at < :ends
     GROUP BY 1, 2
  ) AS days
""")


def studied_here(session: Session, scope: Scope, first: date, last: date, zone: tzinfo) -> Studied:
    """What was studied on this platform: learners are those of each lesson and day, added up, as others tell them."""
    following = last + timedelta(days=1)
    within = {
        "begins": datetime(first.year, first.month, first.day, tzinfo=zone),
        "ends": datetime(following.year, following.month, following.day, tzinfo=zone),
        "zone": str(zone),
    }
    begun = StoredStudySession.opened_at
    studied = select(StoredStudySession.asset_id).where(begun >= within["begins"], begun < within["ends"])
    done = StudyRecord.completed_at
    completed = select(StudyRecord.asset_id).where(done >= within["begins"], done < within["ends"])
    inside = or_(Asset.id.in_(studied), Asset.id.in_(completed))
    assets = session.execute(select(Asset.id).where(scope.assets(), inside)).scalars().all()
    row = session.execute(_STUDIED, {"assets": list(assets), **within}).one()
    return Studied(*(int(each) for each in row))


@dataclass(frozen=True)
class Standing:
    """How totals pass over a link: ``owed`` days are not told yet, since ``owed_since``; of these ``refused`` were not
    taken when they were told."""

    exchange: TotalsExchange | None
    owed: int
    owed_since: datetime | None
    refused: dict[TotalsRefusal, int]
    platforms: list[Heard]


@dataclass(frozen=True)
class Heard:
    """A platform of which a link told, and what it is in sum."""

    platform: ReportingPlatform
    views: int
    first: date | None
    last: date | None


def standing(session: Session, link_id: str) -> Standing:
    """How totals pass over a link, in both directions."""
    behind = (OwedDay.link_id == link_id, OwedDay.told_revision < OwedDay.revision)
    owed, since = session.execute(select(func.count(), func.min(OwedDay.marked_at)).where(*behind)).one()
    refused = session.execute(
        select(OwedDay.refusal, func.count())
        .where(*behind, OwedDay.refusal.is_not(None))
        .group_by(OwedDay.refusal)
    ).all()
    sums = {
        row[0]: row[1:]
        for row in session.execute(
            select(
                ToldPartRow.platform_id,
                func.sum(ToldPartRow.views),
                func.min(ToldPartRow.day),
                func.max(ToldPartRow.day),
            )
            .where(ToldPartRow.link_id == link_id)
            .group_by(ToldPartRow.platform_id)
        )
    }
    heard = []
    for platform in platforms_of(session, link_id):
        views, first, last = sums.get(platform.id, (0, None, None))
        heard.append(Heard(platform, int(views), first, last))
    return Standing(
        session.get(TotalsExchange, link_id),
        owed,
        since,
        {code: number for code, number in refused if code is not None},
        heard,
    )
