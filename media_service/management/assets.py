"""Assets: list, show, rename, retry, delete; their playback IDs; and a whole file in one request."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from media_service import audit, auth
from media_service.changes import after_commit, settle, transaction
from media_service.management.documents import (
    AssetChanges,
    AssetDocument,
    AssetPage,
    AssetQuery,
    NewPlaybackId,
    PlaybackIdDocument,
    TotalDocument,
    UploadQuery,
    describe,
    describe_playback_id,
    summarize,
)
from media_service.management.paging import read_cursor, write_cursor
from media_service.openapi import PathParameter, operation, respond
from media_service.preconditions import IF_MATCH, require_match, tag_of
from media_service.problems import ApiError
from media_service.progress import describe_progress
from media_service.services import services
from media_service.uploads.lifecycle import (
    Received,
    address_of,
    begin,
    declared_length,
    drop_upload,
    end_upload,
    receive_body,
    refuse_taken,
)
from media_service.uploads.protocol import make_intake, type_by_extension
from storage.catalogue import asset_lists, assets, endings, files, renditions, tracks, uploads
from storage.catalogue.asset_lists import AssetFilter
from storage.catalogue.models import Asset, Version
from storage.catalogue.pages import MOST_COUNTED
from storage.catalogue.uploads import Transfer
from storage.ids import is_id

blueprint = Blueprint("assets", __name__, url_prefix="/v1/assets")

TAG: Final = "Assets"
_UPLOAD_ERRORS: Final = (
    "length_required",
    "file_too_large",
    "file_empty",
    "file_type_refused",
    "checksum_malformed",
    "checksum_mismatch",
    "external_id_taken",
    "upload_interrupted",
    "upload_lost",
    "storage_full",
    "storage_unavailable",
    "uploads_busy",
)
_FORM: Final = "application/x-www-form-urlencoded"


def _tag(shown: AssetDocument | Asset) -> str:
    return tag_of(shown.title, shown.external_id)


@blueprint.get("")
@auth.require(*auth.READERS, scope="read")
@operation(
    "List assets",
    tag=TAG,
    query=AssetQuery,
    answer=AssetPage,
    errors=("invalid_cursor", "organization_not_found"),
)
def list_(query: AssetQuery) -> AssetPage:
    """One page of the caller's assets and of those of the organizations below, newest first unless asked otherwise."""
    order = asset_lists.ORDERS[query.sort]
    cursor = read_cursor(query.after, len(order.columns))
    wanted = AssetFilter(
        query.state, query.kind, query.created_since, query.created_before, query.external_id
    )
    with services().sessions() as session:
        reach = auth.reach_of(session, query.organization_id)
        found = asset_lists.list_assets(
            session, reach, wanted, order=query.sort, limit=query.limit + 1, cursor=cursor
        )
        total = asset_lists.count_assets(session, reach, wanted) if query.count else None
        page = found[: query.limit]
        following = asset_lists.cursor_of(page[-1][0], query.sort) if len(found) > query.limit else None
        return AssetPage(
            assets=[
                summarize(asset, version, services().settings.public_url, admin=auth.caller().role == "admin")
                for asset, version in page
            ],
            next=write_cursor(following) if following else None,
            total=TotalDocument(count=min(total, MOST_COUNTED), exact=total <= MOST_COUNTED)
            if total is not None
            else None,
        )


def _sent_before(created: Response) -> Response | None:
    """The asset that an earlier request has brought; None if that request broke off."""
    with services().sessions() as session:
        asset_id = created.headers["Lessonstream-Asset"]
        asset = assets.find_asset(session, asset_id, auth.reach())
        if asset is None:
            return None
        version = _version(session, asset)
        if version.state != "uploading":
            return _made(_document(session, asset))
        transfer = uploads.upload_of(session, version.id)
        if transfer is not None and uploads.is_held(session, transfer.id):
            raise ApiError("idempotency_key_busy", headers={**address_of(transfer), "Retry-After": "10"})
    if transfer is not None:
        drop_upload(transfer)
    return None


@blueprint.post("", strict_slashes=False)
@auth.require(*auth.WRITERS, scope="upload")
@operation(
    "Upload a file in one request",
    tag=TAG,
    query=UploadQuery,
    answer=AssetDocument,
    status=201,
    consumes="application/octet-stream",
    errors=_UPLOAD_ERRORS,
    refresh=_sent_before,
)
def upload(query: UploadQuery) -> Response:
    """The body is the file, as ``curl --data-binary @lesson.mp4 URL?filename=lesson.mp4`` sends it."""
    return _upload(query, query.filename)


@blueprint.put("", strict_slashes=False)
@blueprint.put("/<asset_id>")
@auth.require(*auth.WRITERS, scope="upload")
@operation(
    "Upload a file in one request, as `curl -T lesson.mp4 URL/` does",
    tag=TAG,
    query=UploadQuery,
    answer=AssetDocument,
    status=201,
    consumes="application/octet-stream",
    errors=(*_UPLOAD_ERRORS, "asset_not_replaceable"),
    refresh=_sent_before,
    # One address has one template: what stands there means something else to every other method.
    path={"asset_id": PathParameter("The file's name.", {"type": "string"}, "lesson.mp4")},
)
def upload_named(query: UploadQuery, asset_id: str = "") -> Response:
    """Each such request makes a new asset; the last part of the path is only the file's name. One that looks like an
    asset's ID is refused, for whoever sends it wants to replace that asset's file.
    """
    if is_id(asset_id):
        raise ApiError("asset_not_replaceable")
    return _upload(query, query.filename or asset_id)


@blueprint.get("/<asset_id>")
@auth.require(*auth.READERS, scope="read", or_scope="upload")
@operation("Show an asset", tag=TAG, answer=AssetDocument, errors=("asset_not_found",), etag=_tag)
def show(asset_id: str) -> AssetDocument:
    """State, progress, and how to play it. A key that may only upload sees what it uploaded itself."""
    with services().sessions() as session:
        asset, own = auth.asset(session, asset_id), auth.only_own_uploads()
        if own is not None and not uploads.was_begun_by(session, asset.current_version_id, own):
            raise ApiError("asset_not_found")
        return _document(session, asset)


@blueprint.patch("/<asset_id>")
@auth.require(*auth.WRITERS, scope="edit")
@operation(
    "Rename an asset",
    tag=TAG,
    body=AssetChanges,
    answer=AssetDocument,
    errors=("asset_not_found", "external_id_taken", "changed_meanwhile"),
    request_headers=(IF_MATCH,),
    etag=_tag,
)
def change(asset_id: str, body: AssetChanges) -> AssetDocument:
    """Change the title, or what your own systems call the asset."""
    changes = body.given()
    with refuse_taken(), transaction() as session:
        asset = auth.asset(session, asset_id, for_update=True)
        require_match(lambda: _tag(asset))
        if "external_id" in changes:
            assets.set_external_id(session, asset, changes["external_id"])
        asset.title = changes.get("title", asset.title)
        session.flush()
        audit.record(session, "asset.change", asset.organization_id, asset.id, **changes)
        return _document(session, asset)


@blueprint.delete("/<asset_id>")
@auth.require(*auth.WRITERS, scope="delete")
@operation(
    "Delete an asset",
    tag=TAG,
    status=204,
    errors=("asset_not_found", "changed_meanwhile"),
    request_headers=(IF_MATCH,),
)
def delete(asset_id: str) -> None:
    """Nothing plays from now on; the bytes are removed soon after."""
    with transaction() as session:
        asset = auth.asset(session, asset_id)
        require_match(lambda: _tag(asset))
        audit.record(session, "asset.delete", asset.organization_id, asset.id, title=asset.title)
        transfer = uploads.upload_of(session, asset.current_version_id or "")
        if transfer is None or transfer.finished:
            assets.delete_asset(session, asset)
        else:
            end_upload(transfer)


@blueprint.post("/<asset_id>/retry")
@auth.require(*auth.WRITERS, scope="edit")
@operation(
    "Try again what failed",
    tag=TAG,
    answer=AssetDocument,
    status=202,
    errors=("asset_not_found", "nothing_failed"),
)
def retry(asset_id: str) -> AssetDocument:
    """The steps that failed begin anew, with all their attempts; what is done is kept. Of a ready asset these are the
    ones that made its downloads and previews.
    """
    with transaction() as session:
        asset = auth.asset(session, asset_id)
        if not endings.retry(session, _version(session, asset).id):
            raise ApiError("nothing_failed")
        audit.record(session, "asset.retry", asset.organization_id, asset.id)
        after_commit(services().wake)
        session.flush()
        session.expire_all()
        return _document(session, asset)


@blueprint.post("/<asset_id>/playback-ids")
@auth.require(*auth.WRITERS, scope="edit")
@operation(
    "Add a playback ID",
    tag=TAG,
    body=NewPlaybackId,
    answer=PlaybackIdDocument,
    status=201,
    location=lambda made: made.manifest_url,
    errors=("asset_not_found",),
)
def add_playback_id(asset_id: str, body: NewPlaybackId) -> PlaybackIdDocument:
    """One more way to play the asset, with a policy of its own."""
    with transaction() as session:
        asset = auth.asset(session, asset_id)
        facts = _version(session, asset).facts
        added = assets.add_playback_id(session, asset, body.policy, body.origins)
        audit.record(
            session,
            "playback_id.create",
            asset.organization_id,
            asset.id,
            playback_id=added.id,
            policy=body.policy,
            origins=body.origins,
        )
        return describe_playback_id(added, asset.title, facts, services().settings.public_url)


@blueprint.delete("/<asset_id>/playback-ids/<playback_id>")
@auth.require(*auth.WRITERS, scope="delete")
@operation("Remove a playback ID", tag=TAG, status=204, errors=("asset_not_found", "playback_not_found"))
def remove_playback_id(asset_id: str, playback_id: str) -> None:
    """Nothing plays by this ID from now on."""
    with transaction() as session:
        asset = auth.asset(session, asset_id)
        if not is_id(playback_id) or not assets.remove_playback_id(session, asset, playback_id):
            raise ApiError("playback_not_found")
        audit.record(session, "playback_id.delete", asset.organization_id, asset.id, playback_id=playback_id)


def _upload(query: UploadQuery, file_name: str) -> Response:
    length = declared_length()
    if length is None or request.content_length is None:
        raise ApiError("length_required")
    settings = services().settings
    intake = make_intake(
        length,
        settings.max_upload_bytes,
        file_name=file_name,
        title=query.title,
        policy=query.policy or settings.default_policy,
        sha256=query.sha256,
        background=query.background,
        external_id=query.external_id,
        # curl gives no type with -T, and with --data-binary one that says nothing about the file.
        content_type=type_by_extension(file_name) if request.mimetype in ("", _FORM) else request.mimetype,
    )
    transfer = begin(intake)
    settle(Response(status=201, headers=address_of(transfer)))
    caller = auth.caller()

    def answer(sent: Received) -> Response:
        auth.act_as(caller)
        return _made(_uploaded(transfer, sent))

    return receive_body(transfer.id, length, answer=answer)


def _made(document: AssetDocument) -> Response:
    response = respond(document, 201)
    response.headers["Location"] = f"/v1/assets/{document.id}"
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def _uploaded(begun: Transfer, sent: Received) -> AssetDocument:
    try:
        transfer = sent()
    except Exception as error:
        # Nobody can resume what has no address.
        if not (isinstance(error, ApiError) and error.code == "checksum_mismatch"):
            drop_upload(begun)
        if isinstance(error, ApiError) and error.code == "upload_offset_mismatch":
            # The client knows of no offset: the storage lost what it was told to keep.
            raise ApiError("upload_lost", headers={"Retry-After": "5"}) from None
        raise
    with services().sessions() as session:
        return _document(session, auth.asset(session, transfer.asset_id))


def _document(session: Session, asset: Asset) -> AssetDocument:
    version = _version(session, asset)
    return describe(
        asset,
        version,
        services().settings.public_url,
        admin=auth.caller().role == "admin",
        progress=describe_progress(session, version, uploads.upload_of(session, version.id)),
        renditions=list(renditions.renditions_of(session, version.id)),
        images=renditions.images_of(session, version.id),
        files=files.files_of(session, version.id),
        tracks=list(tracks.tracks_of(session, version.id)),
    )


def _version(session: Session, asset: Asset) -> Version:
    version = session.get(Version, asset.current_version_id) if asset.current_version_id else None
    if version is None:
        raise ApiError("asset_not_found")
    return version
