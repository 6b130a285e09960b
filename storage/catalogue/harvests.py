"""Foreign repositories that are harvested: what is due, who harvests it, and what becomes of their records here.

A record becomes a *reference*: an asset whose one version is ``external``. It has a title, everything that is told of
it, and an address; it stands in lists and searches, and plays nowhere, for whatever asks what plays asks for versions
that are playable. Whoever harvests holds a lease and a fence, as of steps: who lost the lease writes nothing more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, cast

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from configs.words import AssetKind, HarvestedState, HarvestFailure
from storage.catalogue import trash
from storage.catalogue.categories import usable
from storage.catalogue.models import Asset, FollowedLesson, HarvestedRecord, HarvestSource, Version
from storage.catalogue.reach import Reach
from storage.harvesting.said import KINDS, Said
from storage.origins import host_of

MOST: Final = 100
"""Sources of one organization."""

MOST_RECORDS: Final = 200_000
"""Of one source."""

LEASE: Final = timedelta(minutes=4)
"""Longer than the slowest page may take."""

FIRST_DELAY: Final = timedelta(seconds=30)
LONGEST_DELAY: Final = timedelta(hours=6)
"""How long a source waits that could not be harvested: twice as long each time, up to the longest."""

WHOLE_EVERY: Final = timedelta(days=7)
"""How often everything is harvested where deletions are not told for good, or of a set, which records may leave."""

MOST_REPEATED: Final = 20
"""Pages in a row that tell nothing new, after which a list goes round."""

MOST_RESTARTS: Final = 5
"""How often a list may begin anew."""

SUSPICIOUS: Final = 20
"""More records than these, and more than half of all, do not go because one harvest did not tell them."""

AT_A_TIME: Final = 500
"""Records of one transaction, where a source ends."""

_LOOKED_AT: Final = 1000
"""Records of a source that were set aside, of which a harvest asks whether they still have to be."""

_LONGEST_DETAIL: Final = 300
_SAID: Final = (
    *("description", "language", "subject", "tags", "level", "audience", "contributors", "licence"),
    *("source_organization", "original_date", "other_ids", "published_at", "withdraw_at"),
)


class LeaseLost(Exception):
    """Another keeper harvests it, or somebody has changed it meanwhile."""


class GoesRound(Exception):
    """A list that has no end."""


class TooLong(Exception):
    """A list with more records than are kept."""


@dataclass(frozen=True)
class Claim:
    """A lease on a source."""

    id: str
    fence: int


@dataclass(frozen=True)
class Told:
    """What a harvest tells of a record: ``said`` is None of one that is deleted, and of what tells nothing."""

    identifier: str
    at: datetime | None
    said: Said | None
    is_deleted: bool


@dataclass(frozen=True)
class External:
    """Where a reference leads: a page of ``source``."""

    source: str
    url: str
    identifier: str
    told: Mapping[str, Any]


def find(session: Session, source_id: str, reach: Reach, *, for_update: bool = False) -> HarvestSource | None:
    """The source, if it belongs to an organization in ``reach`` and has not ended."""
    query = select(HarvestSource).where(HarvestSource.id == source_id, HarvestSource.state != "ended")
    return reach.find(session, query, for_update=for_update)


def list_sources(session: Session, reach: Reach, limit: int, after: str | None) -> Sequence[HarvestSource]:
    """Oldest first; ``after`` is the last ID of the page before."""
    query = select(HarvestSource).where(
        HarvestSource.organization_id.in_(reach.select()),
        HarvestSource.state != "ended",
        HarvestSource.id > (after or ""),
    )
    return session.execute(query.order_by(HarvestSource.id).limit(limit)).scalars().all()


def count(session: Session, organization_id: str) -> int:
    """How many an organization has."""
    query = select(func.count()).where(
        HarvestSource.organization_id == organization_id, HarvestSource.state != "ended"
    )
    return session.execute(query).scalar_one()


def counts(session: Session, source_ids: Sequence[str]) -> dict[str, dict[HarvestedState, int]]:
    """How many records of some sources are in which state."""
    query = (
        select(HarvestedRecord.source_id, HarvestedRecord.state, func.count())
        .where(HarvestedRecord.source_id.in_(source_ids))
        .group_by(HarvestedRecord.source_id, HarvestedRecord.state)
    )
    found: dict[str, dict[HarvestedState, int]] = {source_id: {} for source_id in source_ids}
    for source_id, state, number in session.execute(query):
        found[source_id][state] = number
    return found


def records(session: Session, source_id: str, limit: int, after: str | None) -> Sequence[HarvestedRecord]:
    """Records of a source, oldest first."""
    query = select(HarvestedRecord).where(
        HarvestedRecord.source_id == source_id, HarvestedRecord.id > (after or "")
    )
    return session.execute(query.order_by(HarvestedRecord.id).limit(limit)).scalars().all()


def external(session: Session, asset_ids: Sequence[str]) -> dict[str, External]:
    """Of some assets those that are references, and where they lead."""
    if not asset_ids:
        return {}
    rows = session.execute(
        select(HarvestedRecord, HarvestSource)
        .join(HarvestSource, HarvestSource.id == HarvestedRecord.source_id)
        .where(HarvestedRecord.asset_id.in_(asset_ids), HarvestedRecord.url.is_not(None))
    )
    return {
        record.asset_id or "": External(source.label, record.url or "", record.identifier, record.told)
        for record, source in rows
    }


def anew(source: HarvestSource) -> None:
    """Forget what is under way and what was known of the repository: another address, set or format. Whoever harvests
    it now writes nothing more."""
    source.fence += 1
    source.lease_until = None
    source.token = source.prefix = None
    source.under_way = False
    source.wants_whole = True
    source.restarts = source.attempts = 0
    source.failure, source.failure_detail, source.failing_since = None, "", None


def end(source: HarvestSource) -> None:
    """Harvest it no more; the keeper takes away what it brought."""
    source.state, source.due_at = "ended", func.now()
    source.fence += 1
    source.lease_until = None


def claim(session: Session, most: int) -> list[Claim]:
    """Some sources that are due."""
    query = (
        select(HarvestSource)
        .where(
            HarvestSource.state != "paused",
            HarvestSource.due_at <= func.now(),
            or_(HarvestSource.lease_until.is_(None), HarvestSource.lease_until < func.now()),
        )
        .order_by(HarvestSource.due_at)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    found = session.execute(query).scalars().all()
    for source in found:
        source.fence += 1
        source.lease_until = func.now() + LEASE
    session.flush()
    return [Claim(source.id, source.fence) for source in found]


def held(session: Session, claimed: Claim) -> HarvestSource:
    """The source, locked and its lease renewed. Raises ``LeaseLost``."""
    found = session.get(HarvestSource, claimed.id, with_for_update=True, populate_existing=True)
    if found is None or found.fence != claimed.fence:
        raise LeaseLost
    found.tried_at, found.lease_until = func.now(), func.now() + LEASE
    return found


def begin(
    session: Session,
    claimed: Claim,
    *,
    name: str,
    prefix: str,
    to_the_second: bool,
    deletes: bool,
    own_host: str,
) -> None:
    """A harvest begins at what has changed since the last one, or at the beginning: also where something may come by
    now that was here by another way, for nobody tells it again by itself."""
    source = held(session, claimed)
    source.repository_name, source.prefix = name, prefix
    source.to_the_second, source.deletes = to_the_second, deletes
    now = session.execute(select(func.now())).scalar_one()
    is_old = source.whole_at is None or source.whole_at <= now - WHOLE_EVERY
    may_miss = not deletes or source.set_spec is not None
    source.is_whole = (
        source.wants_whole
        or source.since is None
        or (may_miss and is_old)
        or _has_room_for_some(session, source, own_host)
    )
    _begin_list(source)
    session.flush()


def _has_room_for_some(session: Session, source: HarvestSource, own_host: str) -> bool:
    """Whether what stood before a record that was set aside is here no more. Of very many some are looked at."""
    places = _Places(session, source, own_host, timedelta())
    names = select(HarvestedRecord.identifier).where(
        HarvestedRecord.source_id == source.id, HarvestedRecord.state == "elsewhere"
    )
    some = session.execute(names.order_by(func.random()).limit(_LOOKED_AT)).scalars().all()
    return not all(map(places.is_elsewhere, some))


def _begin_list(source: HarvestSource) -> None:
    source.under_way, source.token, source.began_at = True, None, None
    source.received, source.repeated, source.skipped, source.expected = 0, 0, 0, None
    if source.is_whole:
        source.pass_number += 1


def restart(session: Session, claimed: Claim) -> bool:
    """The repository does not know any more where its list goes on: it begins anew. False if that happened too
    often."""
    source = held(session, claimed)
    source.restarts += 1
    is_enough = source.restarts > MOST_RESTARTS
    if is_enough:
        source.restarts = 0
    _begin_list(source)
    session.flush()
    return not is_enough


def learn(
    session: Session,
    claimed: Claim,
    told: Sequence[Told],
    *,
    token: str,
    at: datetime | None,
    total: int | None,
    skipped: int,
    own_host: str,
    kept: timedelta,
) -> bool:
    """Let a page of records be so here; returns whether the list is at its end. Raises ``LeaseLost``, ``GoesRound`` and
    ``TooLong``."""
    source = held(session, claimed)
    # Of two of one name the later one counts.
    by_name = {each.identifier: each for each in told}
    rows = session.execute(
        select(HarvestedRecord).where(
            HarvestedRecord.source_id == source.id, HarvestedRecord.identifier.in_(by_name)
        )
    )
    known = {row.identifier: row for row in rows.scalars()}
    is_new = any(
        (row := known.get(name)) is None or row.pass_number != source.pass_number or row.at != each.at
        for name, each in by_name.items()
    )
    source.repeated = 0 if is_new else source.repeated + 1
    if (token and token == source.token) or source.repeated > MOST_REPEATED:
        raise GoesRound
    places = _Places(session, source, own_host, kept)
    for name, each in by_name.items():
        places.put(each, known.get(name))
    source.received += len(by_name)
    source.skipped += skipped
    source.expected = total if total is not None else source.expected
    source.began_at = source.began_at or at
    source.token = token or None
    source.attempts = 0
    source.failure, source.failure_detail, source.failing_since = None, "", None
    if source.received > MOST_RECORDS:
        raise TooLong
    session.flush()
    return not token


@dataclass
class _Places:
    """Where records of a source stand here."""

    session: Session
    source: HarvestSource
    own_host: str
    kept: timedelta

    def __post_init__(self) -> None:
        rows = usable(self.session, self.source.organization_id)
        self._by_code: dict[str, list[str]] = {}
        for row in rows:
            self._by_code.setdefault(row.code, []).append(row.id)
        ids = {row.id for row in rows}
        self._given = [each for each in self.source.category_ids if each in ids]

    def put(self, told: Told, row: HarvestedRecord | None) -> None:
        """Let one record be as it is told."""
        if row is None:
            if told.is_deleted:
                return
            row = HarvestedRecord(source_id=self.source.id, identifier=told.identifier, state="unusable")
            self.session.add(row)
        row.pass_number, row.missing, row.at = self.source.pass_number, 0, told.at
        if row.state == "dropped":
            return
        if told.is_deleted:
            _withdraw(self.session, row, self.kept)
            return
        if not self._is_usable(row, told.said):
            _withdraw(self.session, row, self.kept)
            row.state = "unusable"
        elif self.is_elsewhere(told.identifier):
            row.state = "elsewhere"
        else:
            assert told.said is not None  # noqa: S101  (for the type checker)
            self._show(row, told.said)

    def _is_usable(self, row: HarvestedRecord, said: Said | None) -> bool:
        row.url = said.url if said else None
        if said is None or not said.title or said.url is None:
            row.told = said.to_json() if said else {}
            return False
        return True

    def _show(self, row: HarvestedRecord, said: Said) -> None:
        stored = said.to_json()
        is_same = row.told == stored and row.state == "current"
        row.told = stored
        asset = self.session.get(Asset, row.asset_id) if row.asset_id else None
        is_gone = asset is None or asset.deleted_at is not None
        if row.state == "current" and is_gone:
            # Somebody here does not want it.
            row.state = "dropped"
            return
        if asset is None:
            asset = self._create(said)
            row.asset_id = asset.id
        elif is_gone and not trash.restore(self.session, asset):
            row.state = "dropped"
            return
        elif is_same and asset.category_ids == self._categories(said):
            return
        self._describe(asset, said)
        row.state = "current"

    def is_elsewhere(self, identifier: str) -> bool:
        """Whether it is our own, came by a link to its platform, or by another source of its organization. What a
        platform's own repository says is hidden by nobody's hearsay."""
        scheme, _, rest = identifier.partition(":")
        host, _, name = rest.partition(":")
        is_its_own = scheme == "oai" and host.lower() == host_of(self.source.url)
        if scheme == "oai" and host:
            if host.lower() == self.own_host or self.session.get(Asset, name) is not None:
                # Our own, whatever our address was when it went out.
                return True
            followed = select(FollowedLesson.first_url, FollowedLesson.stations).where(
                FollowedLesson.first_id == name,
                FollowedLesson.asset_id.is_not(None),
                FollowedLesson.state.not_in(("gone", "left_out")),
            )
            for url, stations in self.session.execute(followed):
                if host_of(url or "") == host.lower() and (len(stations) == 1 or not is_its_own):
                    return True
        if is_its_own:
            return False
        other = (
            select(HarvestedRecord.id)
            .join(HarvestSource, HarvestSource.id == HarvestedRecord.source_id)
            .where(
                HarvestedRecord.identifier == identifier,
                HarvestedRecord.source_id != self.source.id,
                HarvestedRecord.state == "current",
                HarvestedRecord.asset_id.is_not(None),
                HarvestSource.organization_id == self.source.organization_id,
            )
        )
        return self.session.execute(other.limit(1)).first() is not None

    def _create(self, said: Said) -> Asset:
        source = self.source
        asset = Asset(organization_id=source.organization_id, title=said.title)
        asset.visibility = asset.effective_visibility = source.visibility
        self.session.add(asset)
        self.session.flush()
        version = Version(asset_id=asset.id, file_name="", state="external", kind=_kind(said))
        self.session.add(version)
        self.session.flush()
        asset.current_version_id = version.id
        self.session.flush()
        return asset

    def _categories(self, said: Said) -> list[str]:
        told = [each for category in said.categories for each in self._by_code.get(category.code, ())]
        return list(dict.fromkeys([*self._given, *told]))

    def _describe(self, asset: Asset, said: Said) -> None:
        stored = said.to_json()
        values: dict[str, Any] = {
            **{name: stored[name] for name in _SAID},
            "title": said.title,
            "published_at": said.published_at,
            "withdraw_at": said.withdraw_at,
            "category_ids": self._categories(said),
            "duration": said.duration,
        }
        for name, value in values.items():
            if getattr(asset, name) != value:
                setattr(asset, name, value)
        version = self.session.get(Version, asset.current_version_id)
        if version is not None and version.kind != _kind(said):
            version.kind = _kind(said)
        self.session.flush()


def _kind(said: Said) -> AssetKind | None:
    return cast("AssetKind", said.kind) if said.kind in KINDS else None


def _withdraw(session: Session, row: HarvestedRecord, kept: timedelta) -> None:
    """It is not there any more: here it goes to the trash."""
    asset = session.get(Asset, row.asset_id) if row.asset_id else None
    if asset is not None and asset.deleted_at is None:
        trash.put(session, asset, kept)
    row.state = "gone"


def finish(session: Session, claimed: Claim, kept: timedelta) -> None:
    """The list was read to its end. What a harvest from the beginning did not tell is gone; if that is most of what
    there was, only once the next one says so, too."""
    source = held(session, claimed)
    if source.is_whole:
        present: tuple[HarvestedState, ...] = ("current", "elsewhere", "unusable")
        of_source = (HarvestedRecord.source_id == source.id, HarvestedRecord.state.in_(present))
        missing = session.execute(
            select(HarvestedRecord).where(*of_source, HarvestedRecord.pass_number != source.pass_number)
        )
        rows = missing.scalars().all()
        total = session.execute(select(func.count()).where(*of_source)).scalar_one()
        is_suspicious = len(rows) > SUSPICIOUS and 2 * len(rows) > total
        for row in rows:
            row.missing += 1
            if row.missing > 1 or not is_suspicious:
                _withdraw(session, row, kept)
        source.whole_at = func.now()
        source.wants_whole = any(row.state != "gone" for row in rows)
    # Without a clock of the repository's only everything can be asked for.
    source.since = source.began_at
    source.finished_at = func.now()
    source.under_way, source.token, source.restarts = False, None, 0
    source.due_at = func.now() + timedelta(minutes=source.interval_minutes)
    source.lease_until = None
    session.flush()


def give_back(session: Session, claimed: Claim) -> None:
    """Its turn is over; nothing is wrong."""
    held(session, claimed).lease_until = None


def put_off(
    session: Session, claimed: Claim, failure: HarvestFailure, detail: str, *, wait: timedelta | None = None
) -> None:
    """Write down that it could not be harvested now; it waits, as long as the repository asks for where it does."""
    found = session.get(HarvestSource, claimed.id, with_for_update=True, populate_existing=True)
    if found is None or found.fence != claimed.fence:
        return
    delay = min(LONGEST_DELAY, FIRST_DELAY * 2 ** min(found.attempts, 12))
    found.attempts += 1
    found.lease_until = None
    found.tried_at = func.now()
    found.due_at = func.now() + (wait or delay)
    found.failure, found.failure_detail = failure, detail[:_LONGEST_DETAIL]
    found.failing_since = func.coalesce(HarvestSource.failing_since, func.now())


def take_away(session: Session, claimed: Claim, kept: timedelta) -> bool:
    """Put some of what an ended source brought into the trash; once that is all, forget the source. Returns whether it
    is."""
    source = held(session, claimed)
    query = select(HarvestedRecord).where(HarvestedRecord.source_id == source.id).limit(AT_A_TIME)
    rows = session.execute(query).scalars().all()
    for row in rows:
        _withdraw(session, row, kept)
    session.flush()
    session.execute(delete(HarvestedRecord).where(HarvestedRecord.id.in_([row.id for row in rows])))
    if len(rows) == AT_A_TIME:
        return False
    session.delete(source)
    session.flush()
    return True


def harvest_now(session: Session, source: HarvestSource, *, from_the_beginning: bool) -> None:
    """Let it be due at once."""
    if from_the_beginning:
        anew(source)
    session.execute(
        update(HarvestSource).where(HarvestSource.id == source.id).values(due_at=func.now(), attempts=0)
    )
