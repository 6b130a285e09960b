"""What other platforms tell of lessons that they have from here: kept by day, revision and platform, and added up with
what was watched here (``storage.catalogue.view_days``). They are known, but not believed everything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date, tzinfo
from typing import Final

from sqlalchemy import ColumnElement, delete, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, sessionmaker

from configs.words import TotalsRefusal
from storage.catalogue import plays
from storage.catalogue.models import (
    Asset,
    HandedOutLesson,
    PlatformLink,
    ReportingPlatform,
    ToldDayRow,
    ToldPartRow,
    TotalsExchange,
)
from storage.catalogue.shared_lessons import find_lesson
from storage.catalogue.visibility import Viewer
from storage.exchange.totals import (
    MOST_COPIES,
    TOLD,
    DayTaken,
    ToldDay,
    ToldFigures,
    ToldPart,
    bounded,
    digest_of,
    find_fault,
)
from storage.origins import origin_of

MOST_PLATFORMS: Final = 1000
"""Of which one link tells."""

MOST_ROWS: Final = 2_000_000
"""Parts of days that are kept of one link: two hundred lessons that are watched on each day of 27 years, or some 500
megabytes."""

_STALE: Final = text("""
INSERT INTO stale_days (day, asset_id, organization_id, marked_at)
SELECT day, asset_id, max(organization_id), clock_timestamp() FROM told_parts WHERE platform_id = :platform
 GROUP BY day, asset_id
ON CONFLICT (day, asset_id) DO UPDATE SET marked_at = excluded.marked_at
""")


def hand_out(sessions: sessionmaker[Session], link_id: str, asset: Asset) -> None:
    """Write down that a platform has a lesson from now on, unless it had it before."""
    row = {"link_id": link_id, "asset_id": asset.id, "organization_id": asset.organization_id}
    with sessions.begin() as session:
        session.execute(insert(HandedOutLesson).values(row).on_conflict_do_nothing())


def take(
    sessions: sessionmaker[Session],
    link: PlatformLink,
    viewer: Viewer,
    days: Sequence[ToldDay],
    *,
    zone: tzinfo,
    today: date,
    own_url: str,
) -> list[DayTaken]:
    """Keep what is told, as far as it can be so; returns what became of each day, in order."""
    with sessions.begin() as session:
        taking = _Taking(session, _locked(session, link.id), zone=zone, today=today, own_url=own_url)
        handed = _handed_out(session, link, viewer, {day.lesson for day in days})
        copies = _copies(session, link.id, {day.copy_id for day in days})
        answers = []
        for told in days:
            # The first lesson that is told of a copy stays its lesson.
            of = handed.get(told.lesson)
            is_its = of is not None and copies.setdefault(told.copy_id, told.lesson) == told.lesson
            answers.append(taking.take(told, of if is_its else None))
        plays.mark_stale(session, taking.changed)
    return answers


def _locked(session: Session, link_id: str) -> TotalsExchange:
    session.execute(
        insert(TotalsExchange).values(link_id=link_id, rows=0, failure_detail="").on_conflict_do_nothing()
    )
    return session.get_one(TotalsExchange, link_id, with_for_update=True, populate_existing=True)


def _handed_out(
    session: Session, link: PlatformLink, viewer: Viewer, asset_ids: set[str]
) -> dict[str, HandedOutLesson]:
    query = select(HandedOutLesson).where(
        HandedOutLesson.link_id == link.id, HandedOutLesson.asset_id.in_(asset_ids)
    )
    found = {row.asset_id: row for row in session.execute(query).scalars()}
    for asset_id in asset_ids - {*found}:
        # It was handed out by a release before, that did not write it down.
        asset = find_lesson(session, viewer, asset_id)
        if asset is not None:
            row = HandedOutLesson(
                link_id=link.id,
                asset_id=asset.id,
                organization_id=asset.organization_id,
                at=max(asset.created_at, link.linked_at or link.created_at),
            )
            session.add(row)
            found[asset_id] = row
    session.flush()
    return found


def _copies(session: Session, link_id: str, copy_ids: AbstractSet[str]) -> dict[str, str]:
    """Of which lesson each is a copy over there, as far as it was told; what is an asset here is a copy of nothing."""
    own = session.execute(select(Asset.id).where(Asset.id.in_(copy_ids))).scalars()
    found = dict.fromkeys(own, "")
    for copy_id in copy_ids - found.keys():
        told = select(ToldDayRow.asset_id).where(ToldDayRow.link_id == link_id, ToldDayRow.copy_id == copy_id)
        lesson = session.execute(told.limit(1)).scalar_one_or_none()
        if lesson is not None:
            found[copy_id] = lesson
    return found


class _Taking:
    """One request of a linked platform; only one at a time writes what a link tells."""

    def __init__(
        self, session: Session, exchange: TotalsExchange, *, zone: tzinfo, today: date, own_url: str
    ) -> None:
        self.changed: dict[tuple[date, str], str] = {}
        """Days of assets that are behind, and whose they are."""
        self._session = session
        self._link_id = exchange.link_id
        self._exchange = exchange
        self._zone = zone
        self._today = today
        self._own_origin = origin_of(own_url)
        self._platforms = {row.url: row for row in platforms_of(session, exchange.link_id)}
        exchange.heard_at = func.now()

    def take(self, told: ToldDay, of: HandedOutLesson | None) -> DayTaken:
        """Keep a day, unless it cannot be so or is known."""
        key = (self._link_id, told.copy_id, told.day)
        known = self._session.get(ToldDayRow, key, populate_existing=True)
        kept = known.revision if known is not None else 0
        if of is None:
            return DayTaken(outcome="refused", revision=kept, refusal="lesson_not_followed")
        since = of.at.astimezone(self._zone).date()
        fault = find_fault(told, today=self._today, since=since, others=self._others(told))
        if fault is None and known is not None and told.revision <= kept:
            is_known = told.revision == kept and known.digest == digest_of(told)
            return DayTaken(outcome="known" if is_known else "older", revision=kept)
        fault = fault or self._keep(told, of)
        if fault is not None:
            return DayTaken(outcome="refused", revision=kept, refusal=fault)
        return DayTaken(outcome="taken", revision=told.revision)

    def _others(self, told: ToldDay) -> Mapping[str, ToldFigures]:
        """What was told of other copies of the lesson on the day, by addresses of platforms."""
        query = (
            select(
                ReportingPlatform.url, *(func.sum(getattr(ToldPartRow, name)).label(name) for name in TOLD)
            )
            .join(ReportingPlatform, ReportingPlatform.id == ToldPartRow.platform_id)
            .where(*self._of_others(told))
            .group_by(ReportingPlatform.url)
        )
        rows = self._session.execute(query).mappings()
        return {row["url"]: ToldFigures(**bounded({name: int(row[name]) for name in TOLD})) for row in rows}

    def _of_others(self, told: ToldDay) -> Sequence[ColumnElement[bool]]:
        return (
            ToldPartRow.link_id == self._link_id,
            ToldPartRow.asset_id == told.lesson,
            ToldPartRow.day == told.day,
            ToldPartRow.copy_id != told.copy_id,
        )

    def _keep(self, told: ToldDay, of: HandedOutLesson) -> TotalsRefusal | None:
        # What was watched here is counted here, whoever tells of it.
        parts = [part for part in told.parts if origin_of(part.url) != self._own_origin]
        if len({*self._platforms} | {part.url for part in parts}) > MOST_PLATFORMS:
            return "too_many_platforms"
        copies = select(func.count(ToldPartRow.copy_id.distinct())).where(*self._of_others(told))
        if parts and self._session.execute(copies).scalar_one() >= MOST_COPIES:
            return "totals_out_of_bounds"
        mine = (
            ToldPartRow.link_id == self._link_id,
            ToldPartRow.copy_id == told.copy_id,
            ToldPartRow.day == told.day,
        )
        before = self._session.execute(
            select(func.count()).select_from(ToldPartRow).where(*mine)
        ).scalar_one()
        more = len(parts) - before
        if more > 0 and self._exchange.rows + more > MOST_ROWS:
            return "too_many_totals"
        self._exchange.rows += more
        organization_id = self._owner(told, of)
        self._session.execute(delete(ToldPartRow).where(*mine))
        for part in parts:
            row = ToldPartRow(
                link_id=self._link_id,
                copy_id=told.copy_id,
                day=told.day,
                platform_id=self._platform(part).id,
                asset_id=told.lesson,
                organization_id=organization_id,
                rule_version=part.rule,
                **{name: getattr(part, name) for name in TOLD},
            )
            self._session.add(row)
        day = ToldDayRow(
            link_id=self._link_id,
            copy_id=told.copy_id,
            day=told.day,
            asset_id=told.lesson,
            revision=told.revision,
            digest=digest_of(told),
            told_at=func.now(),
        )
        self._session.merge(day)
        self._session.flush()
        self.changed[told.day, told.lesson] = organization_id
        return None

    def _owner(self, told: ToldDay, of: HandedOutLesson) -> str:
        """Whose the day is: who had the lesson when it was first told of, as it is of plays."""
        first = select(ToldPartRow.organization_id).where(
            ToldPartRow.asset_id == told.lesson, ToldPartRow.day == told.day
        )
        known = self._session.execute(first.limit(1)).scalar_one_or_none()
        asset = self._session.get(Asset, told.lesson) if known is None else None
        return known or (asset.organization_id if asset is not None else of.organization_id)

    def _platform(self, part: ToldPart) -> ReportingPlatform:
        found = self._platforms.get(part.url)
        if found is None:
            found = ReportingPlatform(
                link_id=self._link_id, url=part.url, name=part.name, time_zone=part.time_zone
            )
            self._session.add(found)
            self._session.flush()
            self._platforms[part.url] = found
        elif (found.name, found.time_zone) != (part.name, part.time_zone):
            found.name, found.time_zone = part.name, part.time_zone
        return found


def platforms_of(session: Session, link_id: str) -> Sequence[ReportingPlatform]:
    """Platforms of which a link told, oldest first."""
    query = select(ReportingPlatform).where(ReportingPlatform.link_id == link_id)
    return session.execute(query.order_by(ReportingPlatform.created_at, ReportingPlatform.id)).scalars().all()


def count_in(session: Session, platform: ReportingPlatform, *, counted: bool) -> None:
    """Let what was watched on a platform be in all sums, or in none; days are added up anew soon after."""
    if platform.counted != counted:
        platform.counted = counted
        session.flush()
        session.execute(_STALE, {"platform": platform.id})
