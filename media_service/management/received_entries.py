"""``/v1/upload-links/{link_id}/entries`` and ``/manifest``: what came in, to those who asked for it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint

from configs.words import EntryState
from media_service import audit, auth
from media_service.changes import transaction
from media_service.management import receipts
from media_service.management.entries import TAG, line_of, signed, state_of
from media_service.management.entry_documents import (
    EntryDocument,
    EntryPage,
    EntryQuery,
    Manifest,
    NewTakedown,
    NumberedTakedown,
    Takedown,
    entry_number,
)
from media_service.management.upload_links import find_link
from media_service.openapi import operation
from media_service.problems import ApiError
from media_service.services import services
from storage.catalogue import link_entries, upload_links
from storage.catalogue.link_entries import TakenDown
from storage.catalogue.models import LinkEntry

blueprint = Blueprint("received_entries", __name__, url_prefix="/v1/upload-links/<link_id>")


@blueprint.get("/entries")
@auth.require(*auth.WRITERS, scope="read")
@operation(
    "List what came in by an upload link",
    tag=TAG,
    query=EntryQuery,
    answer=EntryPage,
    errors=("upload_link_not_found",),
)
def list_(query: EntryQuery, link_id: str) -> EntryPage:
    """By their numbers. Who is still sending is not among them."""
    with services().sessions() as session:
        link = find_link(session, link_id)
        found = link_entries.list_entries(session, link.id, query.limit + 1, query.after)
        page = found[: query.limit]
        shown = [_describe(entry, state_of(session, link, entry)) for entry in page]
    return EntryPage(entries=shown, next=page[-1].number if len(found) > query.limit else None)


@blueprint.post("/entries/<number>/takedown")
@auth.require("admin", scope="delete")
@operation(
    "Take an entry down",
    tag=TAG,
    body=NewTakedown,
    answer=EntryDocument,
    errors=("upload_link_not_found", "entry_not_found", "entry_taken_down"),
)
def take_down(body: NewTakedown, link_id: str, number: str) -> EntryDocument:
    """For what must not be shown. Its lesson goes to the trash and plays no more; number, hash, time and reason stay,
    in lists and in the manifest. It is not judged any more, and not replaced. This is not taken back.
    """
    by, kept = auth.caller().label, timedelta(days=services().settings.trash_days)
    with transaction() as session:
        link = find_link(session, link_id)
        try:
            entry = link_entries.take_down(
                session, link.id, entry_number(number), by=by, reason=body.reason, kept=kept
            )
        except TakenDown:
            raise ApiError("entry_taken_down") from None
        if entry is None:
            raise ApiError("entry_not_found")
        audit.record(
            session,
            "entry.take_down",
            link.organization_id,
            link.id,
            entry_number=entry.number,
            asset_id=entry.asset_id,
            reason=body.reason,
        )
        return _describe(entry, "taken_down")


@blueprint.get("/manifest")
@auth.require(*auth.WRITERS, scope="read")
@operation(
    "Show the signed manifest of a closed upload link",
    tag=TAG,
    answer=Manifest,
    errors=("upload_link_not_found", "upload_link_open"),
)
def manifest(link_id: str) -> Manifest:
    """Number, SHA-256, size and time of every entry: what nobody can change any more. What was taken down since is told
    beside it."""
    with services().sessions() as session:
        link = link_entries.hold(session, find_link(session, link_id).id)
        if upload_links.state_of(session, link) != "closed":
            raise ApiError("upload_link_open")
        closed_at = upload_links.ends_at(link)
        found = link_entries.all_entries(session, link.id)
    sealed = signed(receipts.manifest_text(link.id, closed_at, [_sealed(each, closed_at) for each in found]))
    told = [(each.number or 0, _takedown(each)) for each in found]
    return Manifest(
        taken_down=[
            NumberedTakedown(number=number, **takedown.model_dump()) for number, takedown in told if takedown
        ],
        **sealed.model_dump(),
    )


def _sealed(entry: LinkEntry, closed_at: datetime) -> dict[str, Any]:
    """What the manifest says of an entry, whenever it is asked for: what was so when the link was closed."""
    line, at = line_of(entry) or {}, entry.taken_down_at
    if at is None or at >= closed_at:
        return line
    return line | receipts.takedown_line(at, entry.taken_down_by, entry.taken_down_reason)


def _takedown(entry: LinkEntry) -> Takedown | None:
    if entry.taken_down_at is None:
        return None
    return Takedown(at=entry.taken_down_at, by=entry.taken_down_by, reason=entry.taken_down_reason)


def _describe(entry: LinkEntry, state: EntryState) -> EntryDocument:
    told = EntryDocument.model_fields.keys() - {"state", "taken_down"}
    shown = {name: getattr(entry, name) for name in told}
    return EntryDocument(state=state, taken_down=_takedown(entry), **shown)
