"""Quotas: what organizations hold, what they may hold, and what is reserved for uploads that are under way.

Nothing is counted up and down: what somebody holds is the sum of what is there, so it is right whatever happened. A
quota counts what its organization and all below it hold; the default one, of organizations without, what they hold
themselves. Who reserves locks all quotas that count, those above first, until its upload is there for others to see.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from sqlalchemy import Float, case, func, literal, literal_column, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from configs.words import QuotaUnit
from storage.catalogue.models import Asset, Organization, Quota, Upload, Version
from storage.catalogue.reach import Reach


@dataclass(frozen=True)
class Limits:
    """The most that may be held: bytes of sources, seconds of lessons, unfinished uploads. None is no limit."""

    bytes: int | None = None
    seconds: int | None = None
    uploads: int | None = None

    def of(self, unit: QuotaUnit) -> int | None:
        """The limit of one unit."""
        return cast("int | None", getattr(self, unit))


UNLIMITED: Final = Limits()


@dataclass(frozen=True)
class Amounts:
    """How much of each unit."""

    bytes: int = 0
    seconds: float = 0
    uploads: int = 0

    def of(self, unit: QuotaUnit) -> float:
        """That of one unit."""
        return cast("float", getattr(self, unit))


@dataclass(frozen=True)
class Standing:
    """A quota, and what is held of it: ``used`` is there, ``reserved`` is promised to uploads."""

    holder_id: str
    limits: Limits
    used: Amounts
    reserved: Amounts

    def left(self, unit: QuotaUnit) -> float | None:
        """How much more may be held; None without a limit. Below zero where a limit was lowered, or a lesson turned out
        longer than it was said to be."""
        limit = self.limits.of(unit)
        return None if limit is None else limit - self.used.of(unit) - self.reserved.of(unit)

    def refuses(self, unit: QuotaUnit, wanted: float) -> bool:
        """Whether ``wanted`` more is too much. Of what is not known yet (0) something must be left."""
        left = self.left(unit)
        return left is not None and (left <= 0 or wanted > left)


class QuotaExceeded(Exception):
    """More was wanted of a unit than a quota has left."""

    def __init__(self, unit: QuotaUnit, wanted: float, standing: Standing) -> None:
        super().__init__(unit)
        self.unit, self.wanted, self.standing = unit, wanted, standing


@dataclass(frozen=True)
class Holder:
    """Into whose organization an upload comes and, if a person brings it, who. ``default`` is the quota of
    organizations without."""

    organization_id: str
    person_id: str | None
    default: Limits


def reserve(session: Session, holder: Holder, wanted: Amounts) -> Sequence[Standing]:
    """Go on if somebody may hold ``wanted`` more, and let nobody else reserve until the transaction is over, which
    makes the upload. Returns the quotas that count, as they are without it. Raises ``QuotaExceeded``.
    """
    units: tuple[QuotaUnit, ...] = ("bytes", "seconds", "uploads")
    found = standings(session, holder, lock=True)
    for standing in found:
        for unit in units:
            if standing.refuses(unit, wanted.of(unit)):
                raise QuotaExceeded(unit, wanted.of(unit), standing)
    return found


def require_kept(session: Session, holder: Holder) -> None:
    """Go on if somebody, with all that this transaction wrote, holds no more bytes than they may. Raises
    ``QuotaExceeded``.
    """
    for standing in standings(session, holder, lock=True):
        if (standing.left("bytes") or 0) < 0:
            raise QuotaExceeded("bytes", 0, standing)


def standings(session: Session, holder: Holder, *, lock: bool = False) -> Sequence[Standing]:
    """All quotas that count for somebody, that of the uppermost organization first, a person's own last."""
    line = _line_down_to(session, holder.organization_id)
    people = [] if holder.person_id is None else [holder.person_id]
    rows = session.execute(select(Quota).where(Quota.holder_id.in_([*line, *people]))).scalars()
    own = {row.holder_id: row for row in rows}
    found = [(each, Reach(each), limits_of(own[each])) for each in line if each in own]
    if holder.organization_id not in own and holder.default != UNLIMITED:
        found.append((holder.organization_id, Reach(holder.organization_id, alone=True), holder.default))
    found += [
        (each, Reach(holder.organization_id, owner_id=each), limits_of(own[each]))
        for each in people
        if each in own
    ]
    if lock:
        for holder_id, _, _ in found:
            session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(holder_id, literal(0)))))
    return [Standing(holder_id, limits, *_held(session, reach)) for holder_id, reach, limits in found]


def standing_of(session: Session, holder: Holder) -> Standing:
    """The quota of a person itself or, if there is none, of an organization."""
    holder_id = holder.person_id or holder.organization_id
    own = session.get(Quota, holder_id)
    by_default = own is None and holder.person_id is None and holder.default != UNLIMITED
    reach = Reach(holder.organization_id, alone=by_default, owner_id=holder.person_id)
    limits = holder.default if by_default else limits_of(own)
    return Standing(holder_id, limits, *_held(session, reach))


def limits_of(row: Quota | None) -> Limits:
    """What a quota says; without one there are no limits."""
    return UNLIMITED if row is None else Limits(row.bytes, row.seconds, row.uploads)


def limit(session: Session, holder_id: str, limits: Limits) -> None:
    """Give a quota, instead of the one before. Who holds more keeps it, and gets nothing more."""
    values = {"bytes": limits.bytes, "seconds": limits.seconds, "uploads": limits.uploads}
    made = insert(Quota).values(holder_id=holder_id, **values)
    session.execute(
        made.on_conflict_do_update(index_elements=["holder_id"], set_={**values, "updated_at": func.now()})
    )


def _held(session: Session, reach: Reach) -> tuple[Amounts, Amounts]:
    """What is there, and what is promised."""
    is_open = (
        Version.source_size.is_(None)
        & Upload.id.is_not(None)
        & Upload.finished_at.is_(None)
        & (Upload.expires_at > func.now())
        & (Version.state != "failed")  # of an import that ended badly nothing is left
    )
    seconds: Any = literal_column("(versions.facts ->> 'duration')", Float()).cast(Float)
    is_unseen = (
        Version.facts.is_(None) & (Version.state != "failed") & (is_open | Version.source_size.is_not(None))
    )
    row = session.execute(
        select(
            func.coalesce(func.sum(Version.source_size), 0),
            func.coalesce(func.sum(case((is_open, func.coalesce(Upload.length, Upload.received)))), 0),
            func.coalesce(func.sum(seconds), 0.0),
            func.coalesce(func.sum(case((is_unseen, Upload.declared_seconds))), 0.0),
            func.count().filter(is_open),
        )
        .select_from(Asset)
        .join(Version, Version.asset_id == Asset.id)
        .outerjoin(Upload, Upload.version_id == Version.id)
        .where(
            Asset.organization_id.in_(reach.select()),
            reach.owned(Asset.owner_id),
            Asset.deleted_at.is_(None),
            Version.discarded_at.is_(None),
        )
    ).one()
    there, promised, known, declared, uploads = row
    parts = session.execute(
        select(func.coalesce(func.sum(func.coalesce(Upload.length, Upload.received)), 0)).where(
            Upload.organization_id.in_(reach.select()),
            reach.owned(Upload.owner_id),
            Upload.version_id.is_(None),
            Upload.is_joined.is_(False),
            Upload.expires_at > func.now(),
        )
    ).scalar_one()
    return Amounts(int(there), known, uploads), Amounts(int(promised) + int(parts), declared)


def _line_down_to(session: Session, organization_id: str) -> list[str]:
    """IDs of an organization and all above it, the root first."""
    own = select(Organization.id, Organization.parent_id, literal(0).label("height"))
    line = own.where(Organization.id == organization_id).cte("line", recursive=True)
    parent = aliased(Organization)
    line = line.union_all(
        select(parent.id, parent.parent_id, line.c.height + 1).where(parent.id == line.c.parent_id)
    )
    return list(session.execute(select(line.c.id).order_by(line.c.height.desc())).scalars())
