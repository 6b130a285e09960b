"""Assets: list, show, rename, retry, delete; their playback IDs; and a whole file in one request."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from media_service import audit, auth
from media_service.cataloguing.changes import AssetChanges
from media_service.changes import after_commit, transaction
from media_service.management.asset_documents import (
    AssetDocument,
    AssetPage,
    TotalDocument,
    describe,
    summarize,
)
from media_service.management.asset_queries import AssetQuery, DeletionQuery, UploadQuery, owner_id
from media_service.management.imports import describe_import
from media_service.management.paging import read_cursor, write_cursor
from media_service.management.playback_documents import (
    NewPlaybackId,
    PlaybackIdDocument,
    describe_playback_id,
)
from media_service.openapi import PathParameter, operation, respond
from media_service.preconditions import IF_MATCH, require_match, tag_of
from media_service.problems import ApiError
from media_service.progress import describe_progress
from media_service.services import services
from media_service.uploads.at_once import content_type, receive_at_once, required_length
from media_service.uploads.entering import require_no_entry
from media_service.uploads.lifecycle import address_of, drop_upload, end_upload, refuse_taken
from media_service.uploads.protocol import make_intake
from media_service.uploads.quotas import QUOTA_ERRORS
from storage.catalogue import (
    asset_lists,
    assets,
    categories,
    duplicates,
    endings,
    files,
    harvests,
    imports,
    link_entries,
    mirrors,
    renditions,
    tracks,
    trash,
    upload_locks,
    uploads,
    versions,
)
from storage.catalogue.asset_lists import AssetFilter
from storage.catalogue.cataloguing import CategoryNotFound, SharedWithUnknown
from storage.catalogue.models import Asset, Version
from storage.catalogue.uploads import Transfer
from storage.ids import is_id
from storage.search_words import search_query

blueprint = Blueprint("assets", __name__, url_prefix="/v1/assets")

TAG: Final = "Assets"
_FOR_PAGES: Final = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Headers": "Authorization, If-None-Match",
    "Access-Control-Expose-Headers": "ETag, Retry-After, X-Request-Id",
    "Access-Control-Max-Age": "86400",
}
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
    *QUOTA_ERRORS,
    "storage_full",
    "storage_unavailable",
    "uploads_busy",
)


def _tag(shown: AssetDocument | Asset) -> str:
    return tag_of(*(getattr(shown, name) for name in AssetChanges.model_fields))


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
    with services().sessions() as session:
        wanted = AssetFilter(
            query.state,
            query.kind,
            query.created_since,
            query.created_before,
            query.external_id,
            owner_id=owner_id(query.owner),
            search=(search_query(query.q) or "") if query.q.strip() else None,
            languages=query.language,
            subjects=query.subject,
            tags=query.tag,
            has_captions=query.has_captions,
            category_ids=categories.with_those_below(session, query.category) if query.category else (),
            levels=query.level,
            licences=query.licence,
            visibilities=query.visibility,
            reviews=query.review,
            seen_by=auth.limited_viewer(),
            trashed=query.trashed,
        )
        reach = auth.reach_of(session, query.organization_id)
        found = asset_lists.list_assets(
            session, reach, wanted, order=query.sort, limit=query.limit + 1, cursor=cursor
        )
        total = asset_lists.count_assets(session, reach, wanted) if query.count else None
        most = asset_lists.most_counted(wanted)
        page = found[: query.limit]
        pending = versions.pending_of(session, [listed.id for listed in page])
        following = asset_lists.cursor_of(page[-1], query.sort) if len(found) > query.limit else None
        return AssetPage(
            assets=[
                summarize(
                    listed,
                    services().settings.public_url,
                    admin=auth.caller().role == "admin",
                    pending=pending.get(listed.id),
                )
                for listed in page
            ],
            next=write_cursor(following) if following else None,
            total=TotalDocument(count=min(total, most), exact=total <= most) if total is not None else None,
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
        if transfer is not None and upload_locks.is_held(session, transfer.id):
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


@blueprint.after_request
def _let_pages_read(response: Response) -> Response:
    """A page of another origin that uploads may show what becomes of it. It brings a key, for cookies do not count."""
    if request.method == "OPTIONS" or request.endpoint == f"management.{blueprint.name}.{show.__name__}":
        response.headers.update(_FOR_PAGES)
    return response


@blueprint.get("/<asset_id>")
@auth.require(*auth.READERS, scope="read", or_scope="upload")
@operation(
    "Show an asset", tag=TAG, answer=AssetDocument, errors=("asset_not_found",), etag=_tag, is_polled=True
)
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
    "Change an asset",
    tag=TAG,
    body=AssetChanges,
    answer=AssetDocument,
    errors=(
        "asset_not_found",
        "external_id_taken",
        "category_not_found",
        "shared_with_unknown",
        "changed_meanwhile",
    ),
    request_headers=(IF_MATCH,),
    etag=_tag,
)
def change(asset_id: str, body: AssetChanges) -> AssetDocument:
    """Change what people and your own systems call the asset, what is said of it, and who may see it."""
    changes = body.given()
    with refuse_taken(), transaction() as session:
        asset = auth.asset(session, asset_id, for_update=True)
        require_match(lambda: _tag(asset))
        try:
            assets.change(session, asset, changes)
        except (CategoryNotFound, SharedWithUnknown) as refused:
            raise ApiError(refused.code, f"Unknown here: {str(refused)!r}.") from None
        audit.record(session, "asset.change", asset.organization_id, asset.id, **changes)
        return _document(session, asset)


@blueprint.delete("/<asset_id>")
@auth.require(*auth.WRITERS, scope="delete")
@operation(
    "Delete an asset",
    tag=TAG,
    status=204,
    query=DeletionQuery,
    errors=("asset_not_found", "asset_is_entry", "changed_meanwhile", "role_not_allowed"),
    request_headers=(IF_MATCH,),
)
def delete(query: DeletionQuery, asset_id: str) -> None:
    """Nothing plays from now on. It lies in the trash for 30 days, unless the operator has set another time, and comes
    back whole by `POST /v1/assets/{asset_id}/restore`. One whose file has not arrived is removed at once.
    """
    if query.permanently:
        auth.require_role("admin")
    with transaction() as session:
        asset = (_trashed(session, asset_id) if query.permanently else None) or auth.asset(session, asset_id)
        require_match(lambda: _tag(asset))
        require_no_entry(session, asset.id)
        details = {"permanently": True} if query.permanently else {}
        audit.record(session, "asset.delete", asset.organization_id, asset.id, title=asset.title, **details)
        transfer = uploads.upload_of(session, asset.current_version_id or "")
        if transfer is not None and not transfer.finished:
            end_upload(transfer)
        elif query.permanently:
            trash.remove(session, asset)
        else:
            trash.put(session, asset, timedelta(days=services().settings.trash_days))


@blueprint.post("/<asset_id>/restore")
@auth.require(*auth.WRITERS, scope="delete")
@operation(
    "Bring an asset back from the trash",
    tag=TAG,
    answer=AssetDocument,
    errors=("asset_not_found", "organization_closed", "role_not_allowed"),
)
def restore(asset_id: str) -> AssetDocument:
    """With its playback IDs, versions, captions and places in collections; what was being made of it goes on. Only its
    `external_id` is null if another asset has it by now. `GET /v1/assets?trashed=true` lists what can come back. Only
    administrators bring back what was taken down.
    """
    with transaction() as session:
        asset = _trashed(session, asset_id)
        if asset is None:
            raise ApiError("asset_not_found")
        auth.require_open(session, asset.organization_id)
        if link_entries.is_taken_down(session, asset.id):
            auth.require_role("admin")
        if not trash.restore(session, asset):
            raise ApiError("asset_not_found")
        audit.record(
            session,
            "asset.restore",
            asset.organization_id,
            asset.id,
            title=asset.title,
            external_id=asset.external_id,
        )
        after_commit(services().wake)
        session.expire_all()
        return _document(session, asset)


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
    errors=("asset_not_found", "asset_external"),
)
def add_playback_id(asset_id: str, body: NewPlaybackId) -> PlaybackIdDocument:
    """One more way to play the asset, with a policy of its own."""
    with transaction() as session:
        asset = auth.asset(session, asset_id)
        auth.require_here(asset)
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
    settings = services().settings
    intake = make_intake(
        required_length(),
        settings.max_upload_bytes,
        file_name=file_name,
        title=query.title,
        policy=query.policy or settings.default_policy,
        sha256=query.sha256,
        background=query.background,
        external_id=query.external_id,
        visibility=query.visibility,
        content_type=content_type(file_name),
    )
    return receive_at_once(intake, _sent)


def _made(document: AssetDocument) -> Response:
    response = respond(document, 201)
    response.headers["Location"] = f"/v1/assets/{document.id}"
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def _sent(transfer: Transfer) -> Response:
    with services().sessions() as session:
        return _made(_document(session, auth.asset(session, transfer.asset_id)))


def _trashed(session: Session, asset_id: str) -> Asset | None:
    return trash.find(session, asset_id, auth.reach()) if is_id(asset_id) else None


def _document(session: Session, asset: Asset) -> AssetDocument:
    version = _version(session, asset)
    transfer = uploads.upload_of(session, version.id)
    return describe(
        asset,
        version,
        services().settings.public_url,
        admin=auth.caller().role == "admin",
        pending=versions.pending_of(session, [asset.id]).get(asset.id),
        progress=describe_progress(session, version, transfer),
        imported=describe_import(imports.find(session, version.id), transfer, version),
        renditions=list(renditions.qualities_of(session, version.id)),
        images=renditions.images_of(session, version.id),
        files=files.files_of(session, version.id),
        tracks=list(tracks.tracks_of(session, version.id, drafts=True)),
        duplicates=_duplicates(session, asset, version),
        stations=mirrors.stations_of(session, [asset.id]).get(asset.id, []),
        external=harvests.external(session, [asset.id]).get(asset.id) if asset.state == "external" else None,
    )


def _duplicates(session: Session, asset: Asset, version: Version) -> Sequence[str]:
    """A hint: nothing is refused for it. Who sees nothing but what it uploaded itself is told of nothing else."""
    if version.source_sha256 is None or auth.only_own_uploads() is not None:
        return ()
    return duplicates.duplicates_of(
        session, auth.reach(), auth.limited_viewer(), asset.id, version.source_sha256
    )


def _version(session: Session, asset: Asset) -> Version:
    version = session.get(Version, asset.current_version_id) if asset.current_version_id else None
    if version is None:
        raise ApiError("asset_not_found")
    return version
