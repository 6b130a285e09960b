"""Writes the log of changes: looks at what was marked or is due, and tells what others see of it by now.

One transaction at a time writes, under a lock, and numbers and times follow the order of commits: whoever has read up
to some line is never told of anything before it. Marks are rows that are taken away, whenever they were committed, so a
transaction that ends late is told of late, but told of.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection as AnyOf
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, get_args

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Text,
    and_,
    cast,
    delete,
    func,
    insert,
    literal,
    select,
    text,
    tuple_,
)
from sqlalchemy.orm import Session, aliased

from configs.words import RecordKind, RecordPart, VersionState
from storage.catalogue import links
from storage.catalogue.categories import with_those_below
from storage.catalogue.models import (
    Asset,
    CatalogueChange,
    Category,
    ChangeLog,
    Collection,
    CollectionItem,
    Organization,
    PartnerCollection,
    PlaybackId,
    RecordMark,
    RecordState,
    Version,
)
from storage.catalogue.models.catalogued import Catalogued
from storage.catalogue.organizations import organizations_above
from storage.catalogue.reach import Reach
from storage.catalogue.visibility import EVERYBODY, audience_of, platform_word, shared_by

AT_A_TIME: Final = 500
"""Records of one transaction."""

_AHEAD: Final = 20_000
"""Marks among which those of the same record are found."""

LOCK: Final = func.hashtext(literal("lessonstream.catalogue_changes"))
"""Who writes the log holds this advisory lock until the commit."""

LIBRARY: Final = "library"
"""The word of those who have no key: they see what is public in the libraries that are shown."""

PLAYABLE: Final[frozenset[VersionState]] = frozenset({"playable", "ready"})
_PARTS: Final[tuple[RecordPart, ...]] = get_args(RecordPart)
_RECORDS: Final[tuple[RecordKind, ...]] = get_args(RecordKind)

_SAID: Final = tuple(
    sorted({*Catalogued.__annotations__} - {"visibility", "shared_organization_ids", "shared_partner_ids"})
)


@dataclass(frozen=True)
class _Now:
    """How a record stands: what ``RecordState`` keeps, and what a line of the log says besides."""

    kind: RecordKind
    organization_id: str
    version_id: str | None
    audience: frozenset[str]
    told: Mapping[str, str]
    """Digests of each ``RecordPart`` but its visibility."""
    sets: Sequence[str]
    due_at: datetime | None


@dataclass
class _Around:
    """What records depend on, of those that are looked at."""

    now: datetime
    above: Mapping[str, frozenset[str]]
    organizations: Mapping[str, tuple[str, bool]]
    categories: Mapping[str, tuple[str, ...]]
    """Of each its own names and those of the ones above it; the last part is which these are."""
    given: Mapping[str, AnyOf[str]] = field(default_factory=dict)
    platforms: Mapping[str, AnyOf[str]] = field(default_factory=dict)
    """Words of the linked platforms with which each record is shared."""


def record(session: Session, most: int = AT_A_TIME) -> int:
    """Look at some records that are marked or due, and write what has become of them for others; the transaction is the
    caller's own. Returns how many were looked at, and marks that led to others."""
    session.execute(select(func.pg_advisory_xact_lock(LOCK)))
    spread = _spread(session, most)
    asked = _take(session, most)
    if not any(asked.values()):
        return spread
    now = session.execute(select(func.now())).scalar_one()
    changed = _write(session, _assets(session, asked["asset"], now), asked["asset"])
    # Courses tell of their lessons, so they come after them: those that are marked by now with the next round.
    _mark(session, select(CollectionItem.collection_id).where(CollectionItem.asset_id.in_(changed)), "course")
    _write(session, _courses(session, asked["course"], now), asked["course"])
    return spread + sum(map(len, asked.values()))


def begin_anew(session: Session) -> None:
    """Say that numbers that were read before mean nothing any more, as after a backup was put back."""
    fresh = func.substr(func.translate(cast(func.gen_random_uuid(), Text), "-", ""), 1, 12)
    session.query(ChangeLog).update({ChangeLog.epoch: fresh}, synchronize_session=False)


def compact(session: Session, days: int) -> int:
    """Remove some lines of which later ones of their record tell all who were told; the later ones and what is gone
    stay. Returns how many went."""
    later = aliased(CatalogueChange)
    said_again = (
        select(literal(1))
        .where(
            later.record_id == CatalogueChange.record_id,
            later.sequence > CatalogueChange.sequence,
            later.audience.op("||")(later.before).bool_op("@>")(
                CatalogueChange.audience.op("||")(CatalogueChange.before)
            ),
        )
        .exists()
    )
    old = (
        select(CatalogueChange.sequence)
        .where(CatalogueChange.at < func.now() - func.make_interval(0, 0, 0, days), said_again)
        .order_by(CatalogueChange.sequence)
        .limit(AT_A_TIME)
    )
    gone = (
        delete(CatalogueChange).where(CatalogueChange.sequence.in_(old)).returning(CatalogueChange.sequence)
    )
    return len(session.execute(gone).all())


def _take(session: Session, most: int) -> dict[RecordKind, list[str]]:
    """Take marks of records away; with them those that are due."""
    ahead = (
        select(RecordMark.number, RecordMark.kind, RecordMark.id)
        .where(RecordMark.kind.in_(_RECORDS))
        .order_by(RecordMark.number)
        .limit(_AHEAD)
        .subquery()
    )
    first = (
        select(ahead.c.kind, ahead.c.id)
        .group_by(ahead.c.kind, ahead.c.id)
        .order_by(func.min(ahead.c.number))
        .limit(most)
        .subquery()
    )
    # What is marked several times is looked at once: how it stands is read after this.
    same = and_(first.c.kind == ahead.c.kind, first.c.id == ahead.c.id)
    numbers = select(ahead.c.number).join(first, same)
    gone = delete(RecordMark).where(RecordMark.number.in_(numbers))
    taken = session.execute(gone.returning(RecordMark.kind, RecordMark.id, RecordMark.number)).all()
    marks = [(row.kind, row.id) for row in sorted(taken, key=lambda row: row.number)]
    due = session.execute(
        select(RecordState.kind, RecordState.id)
        .where(RecordState.due_at <= func.now())
        .order_by(RecordState.due_at)
        .limit(most)
    ).all()
    found: dict[RecordKind, list[str]] = {kind: [] for kind in _RECORDS}
    for kind in _RECORDS:
        found[kind] += dict.fromkeys(
            row[1] for row in (*marks, *((row.kind, row.id) for row in due)) if row[0] == kind
        )
    return found


def _spread(session: Session, most: int) -> int:
    """Let marks of what many records depend on be marks of these."""
    first = select(RecordMark.number).where(RecordMark.kind.not_in(_RECORDS)).limit(most)
    wide = session.execute(
        delete(RecordMark).where(RecordMark.number.in_(first)).returning(RecordMark.kind, RecordMark.id)
    ).all()
    for kind, of in {(row[0], row[1]) for row in wide}:
        if kind == "deal":
            items = select(CollectionItem.asset_id).where(CollectionItem.collection_id == of)
            _mark(session, items, "asset")
            _mark(session, select(Collection.id).where(Collection.id == of), "course")
            continue
        for model, record_kind in ((Asset, "asset"), (Collection, "course")):
            where: ColumnElement[bool] = model.organization_id.in_(Reach(of).select())
            if kind == "category":
                below = cast(with_those_below(session, [of]), ARRAY(Text))
                where = model.category_ids.bool_op("&&")(below)
            _mark(session, select(model.id).where(where), record_kind)
    return len(wide)


def _mark(session: Session, ids: Any, kind: str) -> None:
    rows = ids.distinct().subquery()
    session.execute(
        insert(RecordMark).from_select(["kind", "id"], select(literal(kind, Text), rows.c[0])),
    )


def _assets(session: Session, ids: Sequence[str], now: datetime) -> dict[str, _Now]:
    rows = session.execute(
        select(Asset, Version)
        .join(Version, Version.id == Asset.current_version_id)
        .where(Asset.id.in_(ids), Asset.deleted_at.is_(None))
        .execution_options(populate_existing=True)
    ).all()
    around = _around(session, [row[0] for row in rows], now)
    around.given = _given(session, ids)
    around.platforms = _platforms(session, Asset, ids)
    shown_by = _shown_by(session, ids)
    return {asset.id: _asset(asset, version, around, shown_by.get(asset.id, [])) for asset, version in rows}


def _asset(asset: Asset, version: Version, around: _Around, shown_by: Sequence[str]) -> _Now:
    plays = version.shown_state in PLAYABLE
    files = (version.shown_state, version.tracks_revision, version.poster_name, version.source_size)
    metadata = (asset.external_id, asset.old_views, asset.kind, asset.duration, shown_by)
    given = around.given.get(asset.id, ()) if plays else None
    return _now(asset, "asset", around, given=given, version=version, files=files, metadata=metadata)


def _courses(session: Session, ids: Sequence[str], now: datetime) -> dict[str, _Now]:
    query = select(Collection).where(Collection.id.in_(ids)).execution_options(populate_existing=True)
    rows = session.execute(query).scalars().all()
    around = _around(session, rows, now)
    deals = session.execute(
        select(PartnerCollection.collection_id, PartnerCollection.partner_id).where(
            PartnerCollection.collection_id.in_(ids)
        )
    )
    around.given = _by_first(deals)
    around.platforms = _platforms(session, Collection, ids)
    lessons = session.execute(
        select(CollectionItem.collection_id, Asset.id, Asset.title, RecordState.audience)
        .join(Asset, Asset.id == CollectionItem.asset_id)
        .join(RecordState, RecordState.id == Asset.id)
        .where(CollectionItem.collection_id.in_(ids), func.cardinality(RecordState.audience) > 0)
        .order_by(CollectionItem.position, CollectionItem.asset_id)
    )
    parts = _by_first((row[0], [row[1], row[2], sorted(row[3])]) for row in lessons)
    return {
        row.id: _now(
            row,
            "course",
            around,
            given=around.given.get(row.id, ()),
            version=None,
            files=(row.picture_sha256, row.poster_asset_id),
            metadata=(parts.get(row.id, []),),
        )
        for row in rows
    }


def _now(
    row: Any,
    kind: RecordKind,
    around: _Around,
    *,
    given: AnyOf[str] | None,
    version: Version | None,
    files: Sequence[object],
    metadata: Sequence[object],
) -> _Now:
    """``given`` is None of what nobody can watch."""
    way_up = around.above.get(row.organization_id, frozenset({row.organization_id}))
    audience = frozenset() if given is None else audience_of(row, way_up, given, around.now)
    if given is not None:
        audience |= {*around.platforms.get(row.id, ())}
    if EVERYBODY in audience and any(around.organizations[each][1] for each in way_up):
        audience |= {LIBRARY}
    names = [around.categories[each] for each in row.category_ids if each in around.categories]
    said = [getattr(row, name) for name in ("title", *_SAID)]
    owner = around.organizations[row.organization_id][0]
    categories = {each for name in names for each in name[-1].split()}
    licence = (row.licence or {}).get("code")
    ends = [at for at in (row.published_at, row.withdraw_at) if at is not None and at > around.now]
    return _Now(
        kind,
        row.organization_id,
        version.id if version else None,
        audience,
        {
            "version": version.id if version else "",
            "files": _digest(files),
            "metadata": _digest([said, owner, names, metadata]),
        },
        [
            *(f"organization:{each}" for each in sorted(way_up)),
            *(f"category:{each}" for each in sorted(categories)),
            *([f"licence:{licence}"] if licence else []),
        ],
        min(ends, default=None),
    )


def _write(session: Session, found: Mapping[str, _Now], asked: AnyOf[str]) -> list[str]:
    """Write lines of what is not as it was, and how it is now. Returns which records these are."""
    if not asked:
        return []
    query = select(RecordState).where(RecordState.id.in_(asked)).execution_options(populate_existing=True)
    known = {state.id: state for state in session.execute(query).scalars()}
    lines = []
    for record_id in asked:
        state, now = known.get(record_id), found.get(record_id)
        if (line := _line(record_id, state, now)) is not None:
            lines.append(line)
        if now is None and state is not None:
            session.delete(state)
        elif now is not None:
            kept = state or RecordState(id=record_id, kind=now.kind)
            kept.audience, kept.told = sorted(now.audience), dict(now.told, organization=now.organization_id)
            kept.sets, kept.due_at = list(now.sets), now.due_at
            session.add(kept)
    session.flush()
    _append(session, lines)
    return [line["record_id"] for line in lines]


def _line(record_id: str, state: RecordState | None, now: _Now | None) -> dict[str, Any] | None:
    """What is to be told of a record; None if nothing is."""
    before = frozenset(state.audience) if state else frozenset()
    audience = now.audience if now else frozenset()
    if not before and not audience:
        return None
    changed = [part for part in _PARTS if _differs(part, state, now, before, audience)] if before else []
    if before and not changed:
        return None
    sets = now.sets if now else state.sets if state else ()
    return {
        "record_id": record_id,
        "kind": now.kind if now else state.kind if state else "",
        "organization_id": now.organization_id if now else state.told["organization"] if state else "",
        "version_id": now.version_id if now and audience else None,
        "changed": changed if audience else [],
        "audience": sorted(audience),
        "before": sorted(before),
        "sets": list(sets),
    }


def _differs(
    part: RecordPart,
    state: RecordState | None,
    now: _Now | None,
    before: frozenset[str],
    audience: frozenset[str],
) -> bool:
    if part == "visibility":
        return before != audience
    return now is not None and state is not None and state.told.get(part) != now.told[part]


def _append(session: Session, lines: Sequence[dict[str, Any]]) -> None:
    if not lines:
        return
    # By the clock under the lock, and no earlier than the line before, should the clock be set back.
    head = session.execute(
        text(
            "UPDATE change_log SET sequence = sequence + :more, at = greatest(at, clock_timestamp()) "
            "RETURNING sequence, at"
        ),
        {"more": len(lines)},
    ).one()
    first = head.sequence - len(lines) + 1
    numbered = [{**line, "sequence": first + place, "at": head.at} for place, line in enumerate(lines)]
    session.execute(insert(CatalogueChange), numbered)


def _around(session: Session, rows: Sequence[Any], now: datetime) -> _Around:
    above = organizations_above(session, {row.organization_id for row in rows})
    ids = {each for way_up in above.values() for each in way_up}
    organizations = session.execute(
        select(Organization.id, Organization.name, Organization.library).where(Organization.id.in_(ids))
    )
    return _Around(
        now,
        above,
        {row[0]: (row[1], row[2]) for row in organizations},
        _categories(session, {each for row in rows for each in row.category_ids}),
    )


def _categories(session: Session, ids: AnyOf[str]) -> dict[str, tuple[str, ...]]:
    """Of each its code and names, and the IDs of itself and of those above it in one text."""
    if not ids:
        return {}
    way = select(Category.id.label("first"), Category.id, Category.parent_id).where(Category.id.in_(ids))
    tree = way.cte("categories_above", recursive=True)
    tree = tree.union(
        select(tree.c.first, Category.id, Category.parent_id).where(Category.id == tree.c.parent_id)
    )
    above = _by_first(session.execute(select(tree.c.first, tree.c.id)))
    rows = session.execute(
        select(Category.id, Category.code, Category.name_zh, Category.name_en).where(Category.id.in_(ids))
    )
    return {row[0]: (row[1], row[2], row[3], " ".join(sorted(above[row[0]]))) for row in rows}


def _given(session: Session, ids: Sequence[str]) -> dict[str, list[str]]:
    """Partners that were given a course with an asset of its organization, by the asset."""
    deals = session.execute(
        select(CollectionItem.asset_id, PartnerCollection.partner_id)
        .join(PartnerCollection, PartnerCollection.collection_id == CollectionItem.collection_id)
        .where(CollectionItem.asset_id.in_(ids), CollectionItem.is_foreign.is_(False))
    )
    return _by_first(deals)


def _platforms(session: Session, of: Any, ids: Sequence[str]) -> dict[str, list[str]]:
    """Words of linked platforms with which records are shared, by the record."""
    found: dict[str, list[str]] = defaultdict(list)
    for viewer in links.viewers(session):
        assert viewer.platform is not None  # noqa: S101  (for the type checker)
        for record_id in shared_by(session, viewer, of, ids):
            found[record_id].append(platform_word(viewer.platform.link_id))
    return found


def _shown_by(session: Session, ids: Sequence[str]) -> dict[str, list[str]]:
    rows = session.execute(
        select(PlaybackId.asset_id, PlaybackId.id)
        .where(PlaybackId.asset_id.in_(ids))
        .order_by(tuple_(PlaybackId.created_at, PlaybackId.id))
    )
    return _by_first(rows)


def _by_first(rows: Iterable[Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    for first, second in rows:
        found[first].append(second)
    return found


def _digest(said: object) -> str:
    return hashlib.sha256(json.dumps(said, default=str, sort_keys=True).encode()).hexdigest()[:16]
