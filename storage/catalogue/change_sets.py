"""Many assets changed in one transaction, and how that is taken back.

A row that cannot be changed does not keep the others from it. What is taken back is what a change set wrote, as long as
it still stands there: who changed the same value since has the last word.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from sqlalchemy import DateTime, delete, func, select
from sqlalchemy.orm import Session

from storage.catalogue import assets
from storage.catalogue.cataloguing import ChangeRefused
from storage.catalogue.models import Asset, ChangeSet
from storage.catalogue.reach import Reach

UNDO_WITHIN: Final = timedelta(minutes=10)

Outcome = Literal[
    "changed",
    "unchanged",
    "asset_not_found",
    "external_id_taken",
    "category_not_found",
    "shared_with_unknown",
    "changed_meanwhile",
]
"""What became of a row: all but the first two are why it is as it was."""


class UndoOver(Exception):
    """It was taken back before, or too long ago to be."""


@dataclass(frozen=True)
class Change:
    """New values of an asset by column."""

    asset_id: str
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Row:
    """What became of one asset: ``values`` are those that were written, ``asset`` is None if there is none."""

    asset_id: str
    outcome: Outcome
    asset: Asset | None = None
    values: Mapping[str, Any] = field(default_factory=dict)


def change_many(session: Session, reach: Reach, changes: Sequence[Change]) -> tuple[ChangeSet, Sequence[Row]]:
    """Carry out ``changes``, each of another asset, as far as that can be done; the rows are in the same order."""
    found = _lock(session, reach, [change.asset_id for change in changes])
    rows: list[Row] = []
    undoable: list[Any] = []
    for change in changes:
        asset = found.get(change.asset_id)
        if asset is None:
            rows.append(Row(change.asset_id, "asset_not_found"))
            continue
        before = {name: getattr(asset, name) for name in change.values}
        rows.append(_set(session, asset, change.values))
        if rows[-1].values:
            undoable.append([asset.id, _plain(before), _plain(change.values)])
    made = ChangeSet(
        organization_id=reach.root,
        owner_id=reach.owner_id,
        rows=undoable,
        undo_until=func.now() + UNDO_WITHIN,
    )
    session.add(made)
    session.flush()
    return made, rows


def find(session: Session, reach: Reach, change_set_id: str) -> ChangeSet | None:
    """One that somebody within ``reach`` made; others wait with taking it back."""
    query = select(ChangeSet).where(ChangeSet.id == change_set_id)
    return reach.find(session, query, for_update=True)


def undo(session: Session, reach: Reach, made: ChangeSet) -> Sequence[Row]:
    """Take a change set back. Raises ``UndoOver``."""
    if made.undone_at is not None or made.undo_until <= session.execute(select(func.now())).scalar_one():
        raise UndoOver
    made.undone_at = func.now()
    found = _lock(session, reach, [asset_id for asset_id, _, _ in made.rows])
    rows: list[Row] = []
    for asset_id, kept_before, kept_after in made.rows:
        asset = found.get(asset_id)
        if asset is None:
            rows.append(Row(asset_id, "asset_not_found"))
            continue
        before, after = _kept(kept_before), _kept(kept_after)
        untouched = {name: before[name] for name in before if getattr(asset, name) == after[name]}
        row = _set(session, asset, untouched)
        if row.outcome in ("changed", "unchanged") and len(untouched) < len(before):
            row = replace(row, outcome="changed_meanwhile")
        rows.append(row)
    session.flush()
    return rows


def forget(session: Session) -> None:
    """Remove those that can no longer be taken back."""
    session.execute(delete(ChangeSet).where(ChangeSet.undo_until < func.now()))


def _lock(session: Session, reach: Reach, asset_ids: Sequence[str]) -> dict[str, Asset]:
    """Those of some assets that may be changed, by ID, locked in the order in which everybody does it."""
    query = select(Asset).where(
        Asset.id.in_(asset_ids), reach.owned(Asset.owner_id), Asset.deleted_at.is_(None)
    )
    owners = {asset.organization_id for asset in session.execute(query).scalars()}
    within = reach.among(session, owners)
    locked = (
        query.where(Asset.organization_id.in_(within))
        .order_by(Asset.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {asset.id: asset for asset in session.execute(locked).scalars()}


def _set(session: Session, asset: Asset, values: Mapping[str, Any]) -> Row:
    if all(getattr(asset, name) == value for name, value in values.items()):
        return Row(asset.id, "unchanged", asset)
    try:
        assets.change(session, asset, values)
    except ChangeRefused as refused:
        session.refresh(asset)
        return Row(asset.id, refused.code, asset)
    return Row(asset.id, "changed", asset, values)


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values of columns as JSON has them."""
    return {
        name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items()
    }


def _kept(values: Mapping[str, Any]) -> dict[str, Any]:
    """``_plain`` read back."""
    return {
        name: datetime.fromisoformat(value)
        if value is not None and isinstance(Asset.__table__.c[name].type, DateTime)
        else value
        for name, value in values.items()
    }
