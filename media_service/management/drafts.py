"""Drafts of captions and chapters: what somebody is still at work on, saved as it grows and played by nobody."""

from __future__ import annotations

from typing import Any

from flask import Blueprint
from sqlalchemy.orm import Session

from configs.words import TrackKind
from media_service import audit, auth
from media_service.changes import transaction
from media_service.management import track_requests
from media_service.management.draft_documents import DraftDocument, DraftList, DraftSummary
from media_service.management.tracks import TAG
from media_service.openapi import operation
from media_service.preconditions import IF_MATCH, IF_NONE_MATCH, require_state, require_understood
from media_service.problems import ApiError
from media_service.services import services
from storage.catalogue import drafts
from storage.catalogue.models import Asset, Draft
from storage.tracks.cue import MESSAGES

blueprint = Blueprint("drafts", __name__, url_prefix="/v1/assets/<asset_id>/drafts")


def _tag(draft: DraftSummary | Draft) -> str:
    return f'"{draft.digest}"'


@blueprint.get("")
@auth.require(*auth.READERS, scope="read")
@operation("List drafts of captions and chapters", tag=TAG, answer=DraftList, errors=("asset_not_found",))
def list_(asset_id: str) -> DraftList:
    """What somebody is at work on."""
    with services().sessions() as session:
        found = drafts.drafts_of(session, auth.asset(session, asset_id).id)
        return DraftList(drafts=[DraftSummary(**_summary(draft)) for draft in found])


@blueprint.get("/<kind>/<language>")
@auth.require(*auth.READERS, scope="read")
@operation(
    "Show a draft",
    tag=TAG,
    answer=DraftDocument,
    errors=("asset_not_found", "track_kind", "track_language", "draft_not_found"),
    etag=_tag,
)
def show(asset_id: str, kind: str, language: str) -> DraftDocument:
    """As it was saved last. Its `ETag` goes into `If-Match` of the next `PUT`."""
    track_kind, language = track_requests.names(kind, language)
    with services().sessions() as session:
        asset = auth.asset(session, asset_id)
        return _document(_required(drafts.find(session, asset.id, track_kind, language)))


@blueprint.put("/<kind>/<language>")
@auth.require(*auth.WRITERS, scope="edit")
@operation(
    "Save a draft",
    tag=TAG,
    answer=DraftSummary,
    consumes="text/plain",
    errors=(
        "asset_not_found",
        "track_kind",
        "track_language",
        "track_invalid",
        "track_limit",
        "too_large",
        "changed_meanwhile",
    ),
    request_headers=(IF_MATCH, IF_NONE_MATCH),
    etag=_tag,
)
def put(asset_id: str, kind: str, language: str) -> DraftSummary:
    """The body is text in UTF-8, finished or not. It is not played: `PUT` of the track with its `digest` publishes it.
    Saving the same text again changes nothing.
    """
    require_understood()
    track_kind, language = track_requests.names(kind, language)
    text = _text(track_requests.sent())
    with transaction() as session:
        asset = auth.asset(session, asset_id)
        draft = drafts.find(session, asset.id, track_kind, language, for_change=True)
        if draft is None:
            draft, is_new = _added(session, asset, track_kind, language, text)
            if is_new:
                # Not at each of the saves that follow: that drafts come and go is what changes a lesson.
                audit.record(
                    session,
                    "draft.create",
                    asset.organization_id,
                    asset.id,
                    kind=track_kind,
                    language=language,
                )
        elif draft.digest != drafts.digest_of(text):
            require_state(_tag(draft))
            drafts.change(session, draft, text, by=auth.caller().label)
        return DraftSummary(**_summary(draft))


@blueprint.delete("/<kind>/<language>")
@auth.require(*auth.WRITERS, scope="edit")
@operation(
    "Drop a draft",
    tag=TAG,
    status=204,
    errors=("asset_not_found", "track_kind", "track_language", "draft_not_found", "changed_meanwhile"),
    request_headers=(IF_MATCH,),
)
def delete(asset_id: str, kind: str, language: str) -> None:
    """What plays stays as it is."""
    track_kind, language = track_requests.names(kind, language)
    with transaction() as session:
        asset = auth.asset(session, asset_id)
        draft = _required(drafts.find(session, asset.id, track_kind, language, for_change=True))
        require_state(_tag(draft))
        session.delete(draft)
        audit.record(
            session, "draft.delete", asset.organization_id, asset.id, kind=track_kind, language=language
        )


def _added(session: Session, asset: Asset, kind: TrackKind, language: str, text: str) -> tuple[Draft, bool]:
    require_state(None)
    try:
        added = drafts.add(session, asset.id, kind, language, text, by=auth.caller().label)
    except drafts.TooManyDrafts:
        raise ApiError("track_limit") from None
    draft = _required(drafts.find(session, asset.id, kind, language, for_change=True))
    if not added and draft.digest != drafts.digest_of(text):
        raise ApiError("changed_meanwhile", headers={"ETag": _tag(draft)})
    return draft, added


def _text(data: bytes) -> str:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise ApiError("track_invalid", MESSAGES["encoding"].en) from None
    if "\0" in text:
        raise ApiError("track_invalid", MESSAGES["not_text"].en)
    return text


def _required(draft: Draft | None) -> Draft:
    if draft is None:
        raise ApiError("draft_not_found")
    return draft


def _document(draft: Draft) -> DraftDocument:
    return DraftDocument(**_summary(draft), text=draft.text)


def _summary(draft: Draft) -> dict[str, Any]:
    return {name: getattr(draft, name) for name in DraftSummary.model_fields}
