"""Figures of views side by side: of assets, of the organizations below one, of partners; and storage day by day.

What is compared over months is read from ``view_months``; only days at the ends are read one by one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, Select, and_, exists, func, literal, or_, select, true, union_all
from sqlalchemy.orm import Session, aliased

from storage.catalogue.models import (
    EVERY_PARTNER,
    PLATFORM_MARK,
    Asset,
    BranchViewDay,
    Organization,
    OrganizationViewDay,
    Partner,
    PlatformLink,
    ReportingPlatform,
    StorageDay,
    ViewDay,
    ViewMonth,
)
from storage.catalogue.reach import Reach
from storage.catalogue.views import Scope, measured_last, sums
from storage.catalogue.visibility import platform_word
from storage.learning.figures import Figures, add_up
from storage.learning.periods import Pieces

MOST_DAYS: Final = 100
"""Of which storage is told day by day."""

Ranked = Literal["views", "watched_ms", "bytes"]
"""By what assets are compared: columns that the index of months holds."""


@dataclass(frozen=True)
class OfAsset:
    """An asset beside others; ``title`` is None of one that is gone for good, whose figures stay."""

    asset_id: str
    title: str | None
    imported: int
    figures: Figures


@dataclass(frozen=True)
class OfOrganization:
    """An organization with all below it; ``alone``: the one above them, with what it holds itself."""

    organization_id: str
    name: str
    alone: bool
    has_below: bool
    imported: int
    storage: int | None
    figures: Figures


@dataclass(frozen=True)
class OfPartner:
    """A partner, or None for what nobody's pages showed; ``name`` is None of one that is gone. Of a linked platform
    that plays from here ``partner_id`` is its ``visibility.platform_word``."""

    partner_id: str | None
    name: str | None
    figures: Figures


@dataclass(frozen=True)
class OfPlatform:
    """Another platform, or None for this one."""

    platform: ReportingPlatform | None
    figures: Figures


@dataclass(frozen=True)
class Stored:
    """What lay in the object storage at the end of a day."""

    day: date
    assets: int
    bytes: int


def by_asset(session: Session, scope: Scope, of: Pieces, ranked: Ranked, limit: int) -> list[OfAsset]:
    """The assets with the most of something, and how they did."""
    found = _totals(scope, of, ranked)
    amount = func.sum(found.c.amount)
    best = session.execute(
        select(found.c.asset_id)
        .group_by(found.c.asset_id)
        .order_by(amount.desc(), found.c.asset_id)
        .limit(limit)
    ).scalars()
    ids = list(best)
    figures = _of_each(session, scope, of, ids)
    known = {row.id: row for row in session.execute(_KNOWN.where(Asset.id.in_(ids)))}
    return [
        OfAsset(
            asset_id,
            known[asset_id].title if asset_id in known else None,
            known[asset_id].old_views or 0 if asset_id in known else 0,
            figures.get(asset_id, Figures()),
        )
        for asset_id in ids
    ]


_KNOWN: Final = select(Asset.id, Asset.title, Asset.old_views)


def _totals(scope: Scope, of: Pieces, ranked: Ranked) -> Any:
    """Amounts by asset, of months and days."""
    parts: list[Select[Any]] = []
    if of.months is not None:
        amount = getattr(ViewMonth, ranked)
        months = select(ViewMonth.asset_id, amount.label("amount"))
        parts.append(months.where(ViewMonth.month.between(*of.months), scope.rows_of_assets(ViewMonth)))
    if of.days:
        amount = getattr(ViewDay, ranked)
        days = select(ViewDay.asset_id, amount.label("amount"))
        parts.append(days.where(_within(of), scope.rows_of_assets(ViewDay)))
    return union_all(*parts).subquery()


def _of_each(session: Session, scope: Scope, of: Pieces, ids: Sequence[str]) -> Mapping[str, Figures]:
    """Figures of some of the assets."""
    several: dict[str, list[Figures]] = {}
    if of.months is not None:
        where = and_(
            ViewMonth.asset_id.in_(ids),
            ViewMonth.month.between(*of.months),
            ViewMonth.partner_id == (scope.partner_id or EVERY_PARTNER),
        )
        for asset_id, numbers in sums(session, ViewMonth, where, ViewMonth.asset_id).items():
            several.setdefault(asset_id, []).append(Figures(**numbers))
    if of.days:
        where = and_(ViewDay.asset_id.in_(ids), _within(of))
        if scope.partner_id is not None:
            where = and_(where, ViewDay.partner_id == scope.partner_id)
        for asset_id, numbers in sums(session, ViewDay, where, ViewDay.asset_id).items():
            several.setdefault(asset_id, []).append(Figures(**numbers))
    return {asset_id: add_up(each) for asset_id, each in several.items()}


def _within(of: Pieces) -> ColumnElement[bool]:
    return or_(*(ViewDay.day.between(first, last) for first, last in of.days))


def by_organization(
    session: Session, root: str, first: date, last: date, partner_id: str | None
) -> list[OfOrganization]:
    """An organization itself, then each directly below it with all that is below that; the most viewed first."""
    partner = partner_id or EVERY_PARTNER
    below = sums(
        session,
        BranchViewDay,
        and_(
            BranchViewDay.organization_id.in_(select(Organization.id).where(Organization.parent_id == root)),
            BranchViewDay.partner_id == partner,
            BranchViewDay.day.between(first, last),
        ),
        BranchViewDay.organization_id,
    )
    mine = and_(OrganizationViewDay.organization_id == root, OrganizationViewDay.day.between(first, last))
    if partner_id is not None:
        mine = and_(mine, OrganizationViewDay.partner_id == partner_id)
    itself = sums(session, OrganizationViewDay, mine, OrganizationViewDay.organization_id)
    imported = _imported(session, root) if partner_id is None else {}
    stored = _stored(session, root, last)
    child = aliased(Organization)
    has_below = exists().where(child.parent_id == Organization.id)
    rows = session.execute(
        select(Organization.id, Organization.name, has_below).where(
            or_(Organization.parent_id == root, Organization.id == root)
        )
    )
    found = [
        OfOrganization(
            organization_id,
            name,
            organization_id == root,
            more,
            imported.get(organization_id, 0),
            stored.get(organization_id),
            Figures(**{**below, **itself}.get(organization_id, {})),
        )
        for organization_id, name, more in rows
    ]
    return sorted(
        found, key=lambda each: (not each.alone, -each.figures.views, each.name, each.organization_id)
    )


def _branches(root: str) -> Any:
    """Organizations by the branch they belong to: ``root`` alone, and each directly below it with all below that."""
    way = select(Organization.id.label("branch"), Organization.id, literal(0).label("depth")).where(
        or_(Organization.id == root, Organization.parent_id == root)
    )
    tree = way.cte("branches", recursive=True)
    return tree.union_all(
        select(tree.c.branch, Organization.id, tree.c.depth + 1).where(
            Organization.parent_id == tree.c.id, tree.c.branch != root
        )
    )


def _imported(session: Session, root: str) -> Mapping[str, int]:
    branches = _branches(root)
    rows = session.execute(
        select(branches.c.branch, func.sum(Asset.old_views))
        .join(Asset, Asset.organization_id == branches.c.id)
        .where(Asset.old_views.is_not(None))
        .group_by(branches.c.branch)
    )
    return {branch: int(number) for branch, number in rows}


def _stored(session: Session, root: str, last: date) -> Mapping[str, int]:
    branches = _branches(root)
    rows = session.execute(
        select(branches.c.branch, func.sum(StorageDay.bytes))
        .join(StorageDay, StorageDay.organization_id == branches.c.id)
        .where(StorageDay.day == measured_last(last))
        .group_by(branches.c.branch)
    )
    return {branch: int(number) for branch, number in rows}


def by_partner(session: Session, scope: Scope, first: date, last: date) -> list[OfPartner]:
    """Each partner on whose pages something was shown, and what was shown on none; the most viewed first."""
    rows, condition = scope.days_by_partner()
    where = and_(rows.day.between(first, last), condition)
    found = {key: Figures(**numbers) for key, numbers in sums(session, rows, where, rows.partner_id).items()}
    partners = select(Partner.id, Partner.name).where(Partner.id.in_(found))
    word = platform_word("") + PlatformLink.id
    platforms = select(word, PlatformLink.name).where(word.in_(found))
    names = {row[0]: row[1] for query in (partners, platforms) for row in session.execute(query)}
    told = [OfPartner(each or None, names.get(each), figures) for each, figures in found.items()]
    return sorted(told, key=lambda each: (-each.figures.views, each.partner_id or ""))


def by_platform(session: Session, scope: Scope, first: date, last: date) -> list[OfPlatform]:
    """What was watched here, then on each other platform that told of it; the most viewed first."""
    rows, condition = scope.days_by_partner()
    here = sums(session, rows, and_(rows.day.between(first, last), condition), rows.day)
    rows, condition = scope.days_by_partner(elsewhere=True)
    where = and_(rows.day.between(first, last), condition)
    found = {
        key.removeprefix(PLATFORM_MARK): Figures(**numbers)
        for key, numbers in sums(session, rows, where, rows.partner_id).items()
    }
    known = {
        row.id: row
        for row in session.execute(select(ReportingPlatform).where(ReportingPlatform.id.in_(found))).scalars()
    }
    told = [OfPlatform(known.get(each), figures) for each, figures in found.items()]
    told.sort(key=lambda each: (-each.figures.views, each.platform.url if each.platform else ""))
    return [OfPlatform(None, add_up(Figures(**numbers) for numbers in here.values())), *told]


def storage_by_day(session: Session, reach: Reach | None, first: date, last: date) -> list[Stored]:
    """What the assets of organizations took, day by day, or those of all; days on which nobody measured are left
    out. Of more than ``MOST_DAYS`` every seventh is told, with the last."""
    inside = StorageDay.organization_id.in_(reach.select()) if reach is not None else true()
    rows = session.execute(
        select(StorageDay.day, func.sum(StorageDay.assets), func.sum(StorageDay.bytes))
        .where(inside, StorageDay.day.in_(_days_told(first, last)))
        .group_by(StorageDay.day)
        .order_by(StorageDay.day)
    )
    return [Stored(day, int(assets), int(size)) for day, assets, size in rows]


def _days_told(first: date, last: date) -> list[date]:
    number = (last - first).days + 1
    return [last - timedelta(days=back) for back in range(0, number, 7 if number > MOST_DAYS else 1)]
