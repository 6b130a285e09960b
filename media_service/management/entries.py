"""Entries by upload links, to those who send them: sent, replaced and seen with secrets alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from flask import Blueprint
from sqlalchemy.orm import Session

from configs.words import EntryState
from media_service import audit
from media_service.changes import transaction
from media_service.management import receipts
from media_service.management.entry_documents import (
    BegunEntry,
    EntryFile,
    NewEntry,
    OwnEntry,
    OwnTakedown,
    ReceiptKey,
    ReceiptKeys,
    SignedText,
    entry_state,
)
from media_service.management.upload_link_documents import LinkTerms
from media_service.openapi import operation
from media_service.playback.parts import parts
from media_service.problems import ApiError
from media_service.services import services
from media_service.uploads.entering import (
    ENTERING_ERRORS,
    await_file,
    bearer,
    begin,
    link_asked,
    require_answers,
)
from media_service.uploads.protocol import Intake, clean_name, make_intake
from storage.catalogue import link_entries, playback, upload_links, uploads
from storage.catalogue.models import Asset, LinkEntry, UploadLink, Version
from storage.catalogue.uploads import Transfer

blueprint = Blueprint("entries", __name__, url_prefix="/v1")

TAG: Final = "Uploads"


@blueprint.get("/upload-links/current")
@operation(
    "Show the upload link whose secret is sent", tag=TAG, answer=LinkTerms, errors=("upload_link_not_found",)
)
def show_terms() -> LinkTerms:
    """``Authorization: Bearer SECRET`` of the link, and no key."""
    with services().sessions() as session:
        link = link_asked(session)
        state = upload_links.state_of(session, link)
    shown = {name: getattr(link, name) for name in LinkTerms.model_fields if name != "state"}
    return LinkTerms(state=state, **shown)


@blueprint.post("/upload-links/current/entries")
@operation(
    "Begin an entry by an upload link",
    tag=TAG,
    body=NewEntry,
    answer=BegunEntry,
    status=201,
    is_secret=True,
    is_repeatable=False,
    errors=("upload_link_not_found", *ENTERING_ERRORS),
)
def add(body: NewEntry) -> BegunEntry:
    """``Authorization: Bearer SECRET`` of the link, and no key. What is too much is refused before the first byte."""
    intake = _intake(body)
    with transaction() as session:
        link = link_entries.hold(session, link_asked(session).id)
        answers = {name: clean_name(text, 1000) for name, text in body.answers.items()}
        require_answers(link, answers, agrees=body.agrees)
        begin(session, link, None, intake)
        entry, token = link_entries.create(session, link, answers, agrees=bool(link.licence))
        transfer = await_file(session, link, entry, intake)
        audit.record(
            session, "asset.create", link.organization_id, transfer.asset_id, **_told(link, entry, intake)
        )
        return BegunEntry(token=token, upload=_address(transfer))


@blueprint.get("/entries/current")
@operation("Show the entry whose token is sent", tag=TAG, answer=OwnEntry, errors=("entry_not_found",))
def show_own() -> OwnEntry:
    """``Authorization: Bearer TOKEN`` of the entry, and no key. With its receipt, once a file has arrived."""
    with services().sessions() as session:
        entry, link = _own(session)
        state, link_state = state_of(session, link, entry), upload_links.state_of(session, link)
        upload = _upload_of(session, entry)
    return OwnEntry(
        number=entry.number,
        state=state,
        link_name=link.name,
        link_state=link_state,
        can_be_replaced=link_state != "closed" and entry.taken_down_at is None,
        file_name=entry.file_name,
        size=entry.size,
        sha256=entry.sha256,
        received_at=entry.received_at,
        is_late=entry.is_late,
        answers=entry.answers,
        licence_at=entry.licence_at,
        upload=None if upload is None else _address(upload),
        receipt=_receipt(entry),
        taken_down=None
        if entry.taken_down_at is None
        else OwnTakedown(at=entry.taken_down_at, reason=entry.taken_down_reason),
    )


@blueprint.post("/entries/current/file")
@operation(
    "Replace the file of an entry",
    tag=TAG,
    body=EntryFile,
    answer=BegunEntry,
    status=201,
    is_repeatable=False,
    errors=("entry_not_found", "entry_taken_down", *ENTERING_ERRORS),
)
def replace_file(body: EntryFile) -> BegunEntry:
    """``Authorization: Bearer TOKEN`` of the entry, and no key. The file before counts until this one has arrived, and
    goes then. Of two that are begun the last one counts.
    """
    intake = _intake(body)
    with transaction() as session:
        entry, link = _own(session)
        link = link_entries.hold(session, link.id)
        session.refresh(entry, with_for_update=True)
        if entry.taken_down_at is not None:
            raise ApiError("entry_taken_down")
        begin(session, link, entry, intake)
        transfer = await_file(session, link, entry, intake)
        audit.record(
            session, "asset.create", link.organization_id, transfer.asset_id, **_told(link, entry, intake)
        )
        return BegunEntry(token=None, upload=_address(transfer))


@blueprint.get("/receipt-keys")
@operation("List the public keys of receipts", tag=TAG, answer=ReceiptKeys)
def list_keys() -> ReceiptKeys:
    """Keep them: with one of them a receipt or a manifest is checked without asking anybody."""
    parts().keys.signer()
    with services().sessions() as session:
        found = playback.own_keys(session)
    return ReceiptKeys(
        keys=[ReceiptKey(id=row.id, public_key=row.public_key, revoked_at=row.revoked_at) for row in found]
    )


def _intake(body: EntryFile) -> Intake:
    intake = make_intake(
        body.size,
        services().settings.max_upload_bytes,
        file_name=body.file_name,
        title="",
        policy="signed",
        sha256=body.sha256,
        content_type=body.type,
    )
    return replace(intake, seconds=body.duration)


def _told(link: UploadLink, entry: LinkEntry, intake: Intake) -> dict[str, Any]:
    """What the audit log tells of a file that is about to come."""
    return {
        "upload_link_id": link.id,
        "entry_number": entry.number,
        "title": intake.title,
        "file_name": intake.file_name,
        "size": intake.length,
    }


def _own(session: Session) -> tuple[LinkEntry, UploadLink]:
    entry = link_entries.find_by_token(session, bearer())
    if entry is None:
        raise ApiError("entry_not_found")
    return entry, session.get_one(UploadLink, entry.link_id)


def state_of(session: Session, link: UploadLink, entry: LinkEntry) -> EntryState:
    """What has become of an entry."""
    if entry.taken_down_at is not None:
        return "taken_down"
    asset = session.get(Asset, entry.asset_id) if entry.asset_id else None
    version = session.get(Version, asset.current_version_id) if asset and asset.current_version_id else None
    if version is None:
        return entry_state(link, None, None, None)
    return entry_state(link, version.state, version.kind, version.facts)


def _upload_of(session: Session, entry: LinkEntry) -> Transfer | None:
    asset = session.get(Asset, entry.pending_asset_id) if entry.pending_asset_id else None
    return uploads.upload_of(session, asset.current_version_id or "") if asset else None


def _address(transfer: Transfer) -> str:
    return f"/v1/uploads/{transfer.id}"


def _receipt(entry: LinkEntry) -> SignedText | None:
    line = line_of(entry)
    return None if line is None else signed(receipts.receipt_text(entry.link_id, line))


def line_of(entry: LinkEntry) -> dict[str, Any] | None:
    """What receipts and manifests say of an entry; None until a file has arrived."""
    if entry.number is None or entry.sha256 is None or entry.size is None or entry.received_at is None:
        return None
    return receipts.entry_line(
        entry.number, entry.sha256, entry.size, entry.received_at, is_late=entry.is_late
    )


def signed(text: str) -> SignedText:
    """A text with the service's signature."""
    signer = parts().keys.signer()
    signature, public_key = receipts.sign(text, signer.private_key)
    return SignedText(text=text, signature=signature, key_id=signer.key_id, public_key=public_key)
