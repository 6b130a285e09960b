"""Days added up: written anew from plays as a whole, so that doing it twice moves no figure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import ColumnElement, asc, delete, desc, select, text, true, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import InstrumentedAttribute, Session

from storage.catalogue import owed_totals, view_partitions
from storage.catalogue.models import (
    EVERY_PARTNER,
    PLATFORM_MARK,
    BranchViewDay,
    Organization,
    OrganizationViewDay,
    StaleBranch,
    StaleDay,
    ViewDay,
    ViewMonth,
)
from storage.catalogue.reach import Reach, above_all
from storage.learning.periods import first_of_month, first_of_next_month
from storage.learning.plays import MOST
from storage.learning.rule import RULE_VERSION

_HERE: Final = Path(__file__).parent
_OF_ASSETS: Final = text((_HERE / "view_days.sql").read_text())
_TOLD: Final = text((_HERE / "told_view_days.sql").read_text())
_OF_ORGANIZATIONS: Final = text((_HERE / "organization_view_days.sql").read_text())
_OF_BRANCHES: Final = text((_HERE / "branch_view_days.sql").read_text())
_OF_MONTHS: Final = text((_HERE / "view_months.sql").read_text())

_AT_A_TIME: Final = timedelta(days=30)
"""Days of a branch that are added up in one transaction, while plays of today wait."""

_ONE_AT_A_TIME: Final = text("SELECT pg_advisory_xact_lock(hashtext('lessonstream.view_days'))")
_ROOM: Final = text("SET LOCAL work_mem = '128MB'")

_CLICKS: Final = text("""
UPDATE assets SET clicks = found.counted + coalesce(assets.old_views, 0) FROM (
  SELECT asset.id, coalesce(sum(days.views), 0) AS counted
    FROM assets AS asset LEFT JOIN view_days AS days ON days.asset_id = asset.id
   WHERE asset.id = ANY(:assets) GROUP BY asset.id
) AS found
 WHERE assets.id = found.id AND assets.clicks <> found.counted + coalesce(assets.old_views, 0)
""")


def roll_up_stale(session: Session, most: int) -> int:
    """Add up days that are behind, at most so many of one asset each; returns how many they were. A mark that somebody
    is just making is left for the next time."""
    behind = session.execute(
        select(StaleDay.day, StaleDay.asset_id, StaleDay.organization_id)
        .order_by(StaleDay.marked_at)
        .limit(most)
        .with_for_update(skip_locked=True)
    ).all()
    by_day: dict[date, tuple[set[str], set[str]]] = defaultdict(lambda: (set(), set()))
    for day, asset_id, organization_id in behind:
        by_day[day][0].add(asset_id)
        by_day[day][1].add(organization_id)
    for day, (assets, organizations) in sorted(by_day.items()):
        _roll_up(session, day, assets, organizations)
    if behind:
        marks = [(day, asset_id) for day, asset_id, _ in behind]
        session.execute(delete(StaleDay).where(tuple_(StaleDay.day, StaleDay.asset_id).in_(marks)))
    return len(behind)


def roll_up_moved(session: Session) -> bool:
    """Add up some more days of one branch below which the tree was changed, the latest first; returns whether there was
    something to do."""
    one = select(StaleBranch).limit(1)
    if session.execute(one).scalar_one_or_none() is None:
        return False
    session.execute(_ONE_AT_A_TIME)
    session.execute(_ROOM)
    stale = session.execute(one.execution_options(populate_existing=True)).scalar_one_or_none()
    if stale is None:
        return False
    days = _days_of_branch(session, stale)
    if days is None:
        session.delete(stale)
        return True
    first, last = days
    begin = max(first, last - _AT_A_TIME)
    session.execute(
        delete(BranchViewDay).where(
            BranchViewDay.organization_id == stale.organization_id, BranchViewDay.day.between(begin, last)
        )
    )
    add_up_branches(session, begin, last, [stale.organization_id])
    if begin == first:
        session.delete(stale)
    else:
        stale.before = begin
    return True


def _days_of_branch(session: Session, stale: StaleBranch) -> tuple[date, date] | None:
    """The first day of which there is anything, and the last one that is still to be done; None of a branch of which
    nothing was ever watched."""
    ends = []
    for order in (asc, desc):
        days = (
            select(OrganizationViewDay.day)
            .where(OrganizationViewDay.organization_id == Organization.id)
            .order_by(order(OrganizationViewDay.day))
            .limit(1)
            .lateral()
        )
        inside = Organization.id.in_(Reach(stale.organization_id).select())
        found = select(days.c.day).select_from(Organization).join(days, true()).where(inside)
        ends.append(session.execute(found.order_by(order(days.c.day)).limit(1)).scalar_one_or_none())
        # What was added up before the branch lost all that it had.
        own = select(BranchViewDay.day).where(BranchViewDay.organization_id == stale.organization_id)
        ends.append(session.execute(own.order_by(order(BranchViewDay.day)).limit(1)).scalar_one_or_none())
    known = [day for day in ends if day is not None]
    if not known:
        return None
    first, last = min(known), max(known)
    return first, max(first, min(last, stale.before - timedelta(days=1)) if stale.before else last)


def mark_branches(session: Session, organization_id: str) -> None:
    """Have the days of an organization's branch, and of all that it is a part of, be added up anew."""
    ids = session.scalars(above_all([organization_id])).all()
    marks = insert(StaleBranch).values([{"organization_id": each} for each in sorted(ids)])
    session.execute(
        marks.on_conflict_do_update(index_elements=[StaleBranch.organization_id], set_={"before": None})
    )


def roll_up_day(session: Session, day: date) -> None:
    """Add up a whole day again."""
    session.execute(delete(StaleDay).where(StaleDay.day == day))
    _roll_up(session, day, None, None)


def _roll_up(
    session: Session, day: date, assets: Collection[str] | None, organizations: Collection[str] | None
) -> None:
    """Replace the rows of a day and of some assets, and of the organizations that hold them; None: of all."""
    session.execute(_ONE_AT_A_TIME)
    session.execute(_ROOM)
    # Where plays are gone from which a day was added up, its sums stay; what other platforms tell of it may change.
    has_plays = day in view_partitions.days_of(session, "plays")
    common = {"day": day, "most": MOST}
    touched = session.scalars(
        delete(ViewDay)
        .where(
            ViewDay.day == day,
            _chosen(ViewDay.asset_id, assets),
            _rewritten(ViewDay.partner_id, has_plays=has_plays),
        )
        .returning(ViewDay.asset_id)
    ).all()
    emptied = session.scalars(
        delete(OrganizationViewDay)
        .where(
            OrganizationViewDay.day == day,
            _chosen(OrganizationViewDay.organization_id, organizations),
            _rewritten(OrganizationViewDay.partner_id, has_plays=has_plays),
        )
        .returning(OrganizationViewDay.organization_id)
    ).all()
    if has_plays:
        session.execute(_OF_ASSETS, {**common, "rule": RULE_VERSION, **_parameters(assets)})
    session.execute(_TOLD, {**common, **_parameters(assets)})
    for told in (False, True) if has_plays else (True,):
        session.execute(_OF_ORGANIZATIONS, {**common, "told": told, **_parameters(organizations)})
    written = session.scalars(
        select(ViewDay.asset_id).where(ViewDay.day == day, _chosen(ViewDay.asset_id, assets))
    ).all()
    changed = sorted({*touched, *written})
    session.execute(_CLICKS, {"assets": changed})
    owed_totals.mark(session, day, changed)
    add_up_months(session, day, changed)
    filled = session.scalars(
        select(OrganizationViewDay.organization_id).where(
            OrganizationViewDay.day == day, _chosen(OrganizationViewDay.organization_id, organizations)
        )
    ).all()
    branches = session.scalars(above_all(sorted({*emptied, *filled}))).all()
    session.execute(
        delete(BranchViewDay).where(BranchViewDay.day == day, BranchViewDay.organization_id.in_(branches))
    )
    add_up_branches(session, day, day, branches)


def add_up_months(session: Session, day: date, assets: Collection[str]) -> None:
    """Add up the months of these assets that hold a day."""
    month = first_of_month(day)
    session.execute(delete(ViewMonth).where(ViewMonth.month == month, ViewMonth.asset_id.in_(assets)))
    following = first_of_next_month(day)
    given = {
        "month": month,
        "following": following,
        "chosen": sorted(assets),
        "every": EVERY_PARTNER,
        "most": MOST,
    }
    session.execute(_OF_MONTHS, given)


def add_up_branches(session: Session, first: date, last: date, branches: Collection[str]) -> None:
    """Add up days of branches of which there are no rows yet."""
    given = {
        "first": first,
        "last": last,
        "branches": sorted(branches),
        "every": EVERY_PARTNER,
        "most": MOST,
    }
    session.execute(_OF_BRANCHES, given)


def _chosen(column: InstrumentedAttribute[str], ids: Collection[str] | None) -> ColumnElement[bool]:
    return true() if ids is None else column.in_(ids)


def _rewritten(partner_id: InstrumentedAttribute[str], *, has_plays: bool) -> ColumnElement[bool]:
    return true() if has_plays else partner_id.startswith(PLATFORM_MARK, autoescape=True)


def _parameters(ids: Collection[str] | None) -> dict[str, object]:
    return {"every": ids is None, "chosen": sorted(ids or ())}
