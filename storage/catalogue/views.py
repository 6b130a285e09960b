"""How often assets were viewed, and how: sums of days (``view_days``), asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, Final, TypeVar, cast

from sqlalchemy import BigInteger, ColumnElement, ScalarSelect, Select, and_, func, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session

from storage.catalogue.models import (
    EVERY_PARTNER,
    PLATFORM_MARK,
    Asset,
    AssetStorage,
    BranchViewDay,
    CollectionItem,
    OrganizationViewDay,
    StorageDay,
    StoredPlay,
    ViewDay,
    ViewMonth,
)
from storage.catalogue.reach import Reach
from storage.catalogue.visibility import BY_PARTNER, Viewer, visible
from storage.learning.figures import SUMMED, Figures
from storage.learning.ranges import BINS

DayRows = type[ViewDay] | type[OrganizationViewDay] | type[BranchViewDay]
AssetRows = type[ViewDay] | type[ViewMonth]

Key = TypeVar("Key")

_MOST: Final = 2**62
"""No sum goes beyond what columns hold, whatever was told."""


@dataclass(frozen=True)
class Scope:
    """What figures are of: one asset, what stands in a collection now, or all within reach (of a person their own
    assets alone); of these what was shown on pages of a partner, if one is named."""

    reach: Reach
    asset_id: str | None = None
    collection_id: str | None = None
    partner_id: str | None = None

    @property
    def is_of_organizations(self) -> bool:
        """Whether it is of all that organizations hold."""
        return self.asset_id is None and self.collection_id is None and self.reach.owner_id is None

    def days(self) -> tuple[DayRows, ColumnElement[bool]]:
        """The rows of days that hold the figures, and which of them."""
        if not self.is_of_organizations:
            return ViewDay, self.rows_of_assets(ViewDay)
        if self.reach.alone:
            own = OrganizationViewDay.organization_id == self.reach.root
            return OrganizationViewDay, and_(own, _on_pages_of(OrganizationViewDay, self.partner_id))
        branch = BranchViewDay.organization_id == self.reach.root
        return BranchViewDay, and_(branch, BranchViewDay.partner_id == (self.partner_id or EVERY_PARTNER))

    def days_by_partner(self, *, elsewhere: bool = False) -> tuple[DayRows, ColumnElement[bool]]:
        """The same by partner, with those of none; or, ``elsewhere``, by the other platform that told it."""
        rows, condition = self.days()
        told = rows.partner_id.startswith(PLATFORM_MARK, autoescape=True)
        is_asked = told if elsewhere else ~told
        if rows is not BranchViewDay or self.partner_id is not None:
            return rows, and_(condition, is_asked)
        branch = BranchViewDay.organization_id == self.reach.root
        return rows, and_(branch, BranchViewDay.partner_id != EVERY_PARTNER, is_asked)

    def rows_of_assets(self, rows: AssetRows) -> ColumnElement[bool]:
        """Which days or months of assets hold the figures."""
        if rows is ViewMonth:
            pages: ColumnElement[bool] = ViewMonth.partner_id == (self.partner_id or EVERY_PARTNER)
        else:
            pages = _on_pages_of(ViewDay, self.partner_id)
        if self.is_of_organizations:
            return and_(rows.organization_id.in_(self._organizations), pages)
        if self.asset_id is not None:
            return and_(rows.asset_id == self.asset_id, pages)
        return and_(rows.asset_id.in_(select(Asset.id).where(self.assets())), pages)

    @cached_property
    def _organizations(self) -> Select[Any]:
        """Made once: a statement that asks in two places asks for the same."""
        return self.reach.select()

    def assets(self) -> ColumnElement[bool]:
        """Which assets these are."""
        if self.asset_id is not None:
            return Asset.id == self.asset_id
        if self.collection_id is not None:
            # Figures of others are theirs.
            items = select(CollectionItem.asset_id).where(
                CollectionItem.collection_id == self.collection_id, CollectionItem.is_foreign.is_(False)
            )
            return Asset.id.in_(items)
        inside = Asset.organization_id.in_(self._organizations)
        return and_(inside, self.reach.owned(Asset.owner_id))


def _on_pages_of(rows: Any, partner_id: str | None) -> ColumnElement[bool]:
    return true() if partner_id is None else cast("ColumnElement[bool]", rows.partner_id == partner_id)


def clicks_of(session: Session, asset_id: str) -> int:
    """Views of an asset: those that were counted, and those that were imported."""
    return session.execute(select(Asset.clicks).where(Asset.id == asset_id)).scalar_one_or_none() or 0


def by_day(session: Session, scope: Scope, first: date, last: date) -> dict[date, Figures]:
    """The sum of each day on which there was something."""
    rows, condition = scope.days()
    where = and_(rows.day.between(first, last), condition)
    refused = reasons(session, rows, where, rows.day)
    return {
        day: Figures(**numbers, refused=refused.get(day, {}))
        for day, numbers in sums(session, rows, where, rows.day).items()
    }


def sums(
    session: Session,
    rows: DayRows | type[ViewMonth],
    where: ColumnElement[bool],
    key: InstrumentedAttribute[Key],
) -> dict[Key, dict[str, Any]]:
    """Numbers of ``Figures`` by what ``key`` says."""
    columns = (
        func.least(func.sum(column := getattr(rows, name)), _MOST).cast(column.type) for name in SUMMED
    )
    query = select(key, *columns).where(where).group_by(key).order_by(key)
    return {value: dict(zip(SUMMED, numbers, strict=True)) for value, *numbers in session.execute(query)}


def reasons(
    session: Session, rows: DayRows, where: ColumnElement[bool], key: InstrumentedAttribute[Key]
) -> Mapping[Key, Mapping[str, int]]:
    """Why plays were not counted and how many, by what ``key`` says."""
    reason = func.jsonb_each_text(rows.refused).table_valued("key", "value")
    query = (
        select(key, reason.c.key, func.sum(reason.c.value.cast(BigInteger)).cast(BigInteger))
        .select_from(rows)
        .join(reason, true())
        .where(where)
        .group_by(key, reason.c.key)
    )
    found: dict[Key, dict[str, int]] = {}
    for value, name, number in session.execute(query):
        found.setdefault(value, {})[name] = number
    return found


def retention(session: Session, scope: Scope, first: date, last: date) -> list[int]:
    """How many plays of an asset saw each hundredth of its time line."""
    each = func.unnest(ViewDay.retention).table_valued("seen", with_ordinality="bin").render_derived()
    rows = session.execute(
        select(each.c.bin, func.sum(each.c.seen))
        .select_from(ViewDay)
        .join(each, true())
        .where(scope.rows_of_assets(ViewDay), ViewDay.day.between(first, last))
        .group_by(each.c.bin)
    )
    found = {int(number): int(seen) for number, seen in rows}
    return [found.get(number, 0) for number in range(1, BINS + 1)]


def rule_versions(session: Session, scope: Scope, first: date, last: date) -> list[int]:
    """The versions of the rule by which these days were counted."""
    rows, condition = scope.days()
    where = and_(rows.day.between(first, last), condition)
    return sorted(session.scalars(select(rows.rule_version).where(where).distinct()))


def counted(session: Session, scope: Scope) -> int:
    """Views of all days that there are."""
    if scope.is_of_organizations:
        rows, condition = scope.days()
        found = session.execute(select(func.sum(rows.views)).where(condition))
    else:
        found = session.execute(select(func.sum(ViewMonth.views)).where(scope.rows_of_assets(ViewMonth)))
    return int(found.scalar_one() or 0)


def imported(session: Session, scope: Scope) -> int:
    """Views that a platform before this one had counted: of all time, for nobody knows of which days. On pages of a
    partner there were none."""
    if scope.partner_id is not None:
        return 0
    found = select(func.sum(Asset.old_views)).where(scope.assets(), Asset.old_views.is_not(None))
    return int(session.execute(found).scalar_one() or 0)


def storage(session: Session, scope: Scope, last: date) -> int | None:
    """Bytes that assets take: those of organizations at the end of a day, others as it was measured last; what a
    partner may show on its pages, whoever watched it. None if nobody has measured yet."""
    if scope.is_of_organizations and scope.partner_id is None:
        return _of_organizations(session, scope.reach, last)
    where = scope.assets()
    if scope.partner_id is not None:
        where = and_(where, visible(Viewer(partner_id=scope.partner_id), Asset, only=BY_PARTNER))
    found = session.execute(
        select(func.sum(AssetStorage.bytes)).join(Asset, Asset.id == AssetStorage.asset_id).where(where)
    ).scalar_one()
    return None if found is None else int(found)


def _of_organizations(session: Session, reach: Reach, last: date) -> int | None:
    inside = StorageDay.organization_id.in_(reach.select())
    query = select(func.sum(StorageDay.bytes)).where(inside, StorageDay.day == measured_last(last))
    found = session.execute(query).scalar_one()
    return None if found is None else int(found)


def measured_last(last: date) -> ScalarSelect[date]:
    """The last day, up to ``last``, on which was measured what all assets take."""
    return select(func.max(StorageDay.day)).where(StorageDay.day <= last).scalar_subquery()


def plays_of(session: Session, asset_id: str, day: date, *, after: str, limit: int) -> Sequence[StoredPlay]:
    """Plays of an asset that began on a day, by their names; ``after`` is the last one of the page before."""
    return session.scalars(
        select(StoredPlay)
        .where(StoredPlay.asset_id == asset_id, StoredPlay.day == day, StoredPlay.id > after)
        .order_by(StoredPlay.id)
        .limit(limit)
    ).all()
