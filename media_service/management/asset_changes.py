"""Many assets changed in one request, and that taken back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Final

from flask import Blueprint
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from media_service import audit, auth
from media_service.cataloguing.changes import AssetChanges
from media_service.changes import transaction
from media_service.openapi import MessageDocument, operation
from media_service.problems import PROBLEMS, ApiError
from storage.catalogue import change_sets
from storage.catalogue.change_sets import Change, Outcome, Row, UndoOver
from storage.catalogue.models import ChangeSet
from storage.ids import is_id

blueprint = Blueprint("asset_changes", __name__, url_prefix="/v1/asset-changes")

TAG: Final = "Assets"
MOST_ROWS: Final = 300
MAX_BYTES: Final = 1024 * 1024


class AssetChange(BaseModel):
    """What is to be changed of one asset."""

    model_config = ConfigDict(extra="forbid")

    asset_id: str = Field(max_length=64)
    set: AssetChanges


def _each_once(rows: list[AssetChange]) -> list[AssetChange]:
    if len({row.asset_id for row in rows}) < len(rows):
        raise ValueError("must name each asset once")
    return rows


class NewAssetChanges(BaseModel):
    """Changes of many assets, each named once."""

    model_config = ConfigDict(extra="forbid")

    changes: Annotated[
        list[AssetChange],
        Field(
            min_length=1,
            max_length=MOST_ROWS,
            examples=[[{"asset_id": "0abcdefghijklmnopqrs", "set": {"language": "zh", "tags": ["健康"]}}]],
        ),
        AfterValidator(_each_once),
    ]


class ChangedAsset(BaseModel):
    """What became of one asset. ``message`` tells people why it is as it was, else it is null."""

    asset_id: str
    outcome: Outcome
    message: MessageDocument | None


class AssetChangesDocument(BaseModel):
    """Rows in the order of the request. ``undo_until``: until then ``POST /v1/asset-changes/{id}/undo`` takes it back,
    unless that was done at ``undone_at``."""

    id: str
    undo_until: datetime
    undone_at: datetime | None
    rows: list[ChangedAsset]


@blueprint.post("")
@auth.require(*auth.WRITERS, scope="edit")
@operation(
    "Change many assets at once",
    tag=TAG,
    body=NewAssetChanges,
    answer=AssetChangesDocument,
    status=201,
    largest=MAX_BYTES,
)
def change_many(body: NewAssetChanges) -> AssetChangesDocument:
    """All in one transaction, with a row for each. A row that cannot be changed does not keep the others from it."""
    changes = [Change(row.asset_id, row.set.given()) for row in body.changes]
    with transaction() as session:
        made, rows = change_sets.change_many(session, auth.reach(), changes)
        for row in rows:
            if row.asset is not None and row.values:
                owner = row.asset.organization_id
                audit.record(session, "asset.change", owner, row.asset_id, change_set=made.id, **row.values)
        session.flush()
        return _document(made, rows)


@blueprint.post("/<change_set_id>/undo")
@auth.require(*auth.WRITERS, scope="edit")
@operation(
    "Take back a change of many assets",
    tag=TAG,
    answer=AssetChangesDocument,
    errors=("change_not_found", "undo_over"),
)
def undo(change_set_id: str) -> AssetChangesDocument:
    """Within ten minutes. What somebody has changed since stays as it is, and its row says so."""
    with transaction() as session:
        made = change_sets.find(session, auth.reach(), change_set_id) if is_id(change_set_id) else None
        if made is None:
            raise ApiError("change_not_found")
        try:
            rows = change_sets.undo(session, auth.reach(), made)
        except UndoOver:
            raise ApiError("undo_over") from None
        for row in rows:
            if row.asset is not None and row.values:
                owner = row.asset.organization_id
                audit.record(
                    session, "asset.change", owner, row.asset_id, undone_change_set=made.id, **row.values
                )
        session.refresh(made)
        return _document(made, rows)


def _document(made: ChangeSet, rows: Sequence[Row]) -> AssetChangesDocument:
    return AssetChangesDocument(
        id=made.id,
        undo_until=made.undo_until,
        undone_at=made.undone_at,
        rows=[
            ChangedAsset(asset_id=row.asset_id, outcome=row.outcome, message=_message(row.outcome))
            for row in rows
        ],
    )


def _message(outcome: Outcome) -> MessageDocument | None:
    match outcome:
        case "changed" | "unchanged":
            return None
        case code:
            return MessageDocument(**PROBLEMS[code].message.to_json())
