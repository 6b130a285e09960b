"""The upload protocol: tus 1.0 with creation, creation-with-upload, termination and expiration."""

from __future__ import annotations

from dataclasses import replace
from email.utils import format_datetime
from functools import partial
from typing import Final

from flask import Blueprint, Response, request

from media_service import audit, auth
from media_service.changes import settle, transaction
from media_service.openapi import Header, operation
from media_service.problems import ApiError
from media_service.services import services
from media_service.uploads import joining, protocol, spoken
from media_service.uploads.checksum import checksum_from_headers
from media_service.uploads.lifecycle import (
    Received,
    address_of,
    begin,
    declared_length,
    end_upload,
    receive_body,
    when_settled,
)
from media_service.uploads.quotas import QUOTA_ERRORS
from media_service.uploads.receive import Expected
from media_service.uploads.replacements import REPLACING_ERRORS
from storage import upload_finish
from storage.catalogue import assets, uploads
from storage.catalogue.models import Version
from storage.catalogue.organization_tree import OrganizationClosed
from storage.catalogue.uploads import Transfer
from storage.ids import is_id

blueprint = Blueprint("uploads", __name__)

TAG: Final = "Uploads"

_WHOLE_NUMBER: Final = "^[0-9]{1,30}$"
_VERSION = Header(
    "Tus-Resumable",
    "Version of the protocol: `1.0.0`.",
    required=True,
    example=protocol.VERSION,
    pattern=r"^1\.0\.0$",
)
_LENGTH = Header(
    "Upload-Length",
    "Size of the file in bytes.",
    example="$(stat -c %s lesson.mp4)",
    pattern=_WHOLE_NUMBER,
)
_TOLD_LENGTH = Header(
    "Upload-Length", "Size of the file in bytes, where it was not known before.", pattern=_WHOLE_NUMBER
)
_NO_LENGTH = Header(
    "Upload-Defer-Length", "`1` while the size is not known; a later `PATCH` tells it.", pattern="^1$"
)
_CONCAT = Header(
    "Upload-Concat",
    "`partial` for a part of a file; `final;` and the addresses of such parts, by spaces, for the file they make.",
)
_CHECKSUM = Header(
    "Upload-Checksum",
    "Of this request's body: `sha1`, `sha256` or `crc32`, a space, and the digest in base64.",
)
_OFFSET = Header("Upload-Offset", "The byte to go on from: how many are durable.")
_START = Header(
    "Upload-Offset", "The byte that the body starts at.", required=True, example="0", pattern=_WHOLE_NUMBER
)
_METADATA = Header(
    "Upload-Metadata",
    "Pairs of a key and a value in base64, by commas: `filename`, `title`, `filetype`, `sha256`, `policy`, "
    "`background`, `external_id`, `visibility`, `relative_path`, `head_tail_sha256`, `duration`, "
    "`organization_id` (of one below the caller's, for administrators); "
    "`replaces` with the ID of an asset to bring a new version of it, and then `note` and `activate` (`ready` or "
    "`manual`).",
)
_ASSET = Header("Lessonstream-Asset", "ID of the asset that the upload fills.")
_VERSION_ID = Header("Lessonstream-Version", "ID of the version that the upload fills.")
_LOCATION = Header("Location", "Address of the upload.")
_EXPIRES = Header("Upload-Expires", "When an unfinished upload ends, if nothing more arrives.")

_ROUTE: Final = partial(blueprint.route, provide_automatic_options=False)
# tus clients are often given an address that ends with a slash, as tusd's own does.
_BEGIN: Final = partial(_ROUTE, "/v1/uploads", strict_slashes=False)


@_BEGIN(methods=["OPTIONS"])
@_ROUTE("/v1/uploads/<upload_id>", methods=["OPTIONS"])
def describe(upload_id: str = "") -> Response:  # noqa: ARG001
    """What this server can do; also the answer to a browser that asks before it uploads from another origin."""
    return Response(status=204, headers=spoken.abilities(services().settings.max_upload_bytes))


def _created(transfer: Transfer) -> Response:
    headers = {**address_of(transfer), **_offset(transfer)}
    return Response(status=201, headers={**headers, **_common_headers(transfer)})


def _offset(transfer: Transfer) -> dict[str, str]:
    """Of an upload that joins others there is none until that is done."""
    is_joining = transfer.is_final and not transfer.finished
    return {} if is_joining else {"Upload-Offset": str(transfer.received)}


def _created_with(transfer: Transfer, sent: Received) -> Response:
    """Who sent bytes with the creation that were refused can go on all the same."""
    try:
        return _created(sent())
    except ApiError as error:
        if error.code != "checksum_mismatch":
            error.headers = {**address_of(transfer), **error.headers}
        raise


def _joined(transfer: Transfer) -> Response:
    """What became of an upload of parts. One that is gone was not what its client said it is."""
    with services().sessions() as session:
        found = uploads.find_upload(session, transfer.id, auth.reach(), auth.only_own_uploads())
    if found is None:
        raise ApiError("checksum_mismatch")
    return _created(found)


def _begun_before(created: Response) -> Response | None:
    """Where an upload stands that an earlier request has begun; None if it is gone with its asset."""
    upload_id = created.headers["Location"].rpartition("/")[2]
    with services().sessions() as session:
        transfer = uploads.find_upload(session, upload_id, auth.reach())
        asset_id = created.headers.get("Lessonstream-Asset", "")
        asset = assets.find_asset(session, asset_id, auth.reach()) if asset_id else None
        version_id = created.headers.get("Lessonstream-Version") or (
            asset.current_version_id if asset else None
        )
        version = session.get(Version, version_id) if asset and version_id else None
    if transfer is not None and not transfer.expired:
        return _created(transfer)
    if version is None or version.source_size is None:
        return None
    # It was finished, and is no longer kept.
    created.headers["Upload-Offset"] = str(version.source_size)
    return created


@_BEGIN(methods=["POST"])
@auth.require(*auth.WRITERS, scope="upload")
@operation(
    "Begin an upload; the first bytes may come with it",
    tag=TAG,
    status=201,
    consumes=protocol.PATCH_TYPE,
    request_headers=(_VERSION, _LENGTH, _NO_LENGTH, _CONCAT, _METADATA, _CHECKSUM),
    response_headers=(_LOCATION, _OFFSET, _ASSET, _VERSION_ID, _EXPIRES),
    errors=(
        "tus_version",
        *REPLACING_ERRORS,
        "upload_length_missing",
        "upload_metadata_invalid",
        "upload_concat_invalid",
        "upload_concat_unfinished",
        "upload_final",
        "upload_overflow",
        "upload_interrupted",
        "file_too_large",
        "file_empty",
        "file_type_refused",
        "checksum_malformed",
        "checksum_mismatch",
        "upload_checksum_unsupported",
        "upload_checksum_mismatch",
        "invalid_request",
        "external_id_taken",
        "organization_not_found",
        "role_not_allowed",
        "uploads_busy",
        *QUOTA_ERRORS,
        "storage_full",
        "storage_unavailable",
    ),
    refresh=_begun_before,
)
def create() -> Response:
    """Make the asset and the place for its source."""
    _check_version()
    settings = services().settings
    most = settings.max_upload_bytes
    concat = protocol.concat_from_headers(request.headers)
    is_final = concat is not None and bool(concat.partial_ids)
    joined = joining.length_of(concat) if concat is not None and is_final else None
    intake = replace(
        protocol.intake_from_headers(request.headers, settings.default_policy, most, joined), concat=concat
    )
    with_body = request.mimetype == protocol.PATCH_TYPE
    expected = Expected(declared_length(), checksum_from_headers(request.headers))
    if is_final and with_body and expected.size != 0:
        raise ApiError("upload_final")
    if with_body and intake.length is not None and (expected.size or 0) > intake.length:
        raise ApiError("upload_overflow")
    transfer = begin(intake) if concat is None or is_final else joining.begin_partial(intake)
    if is_final:
        settle(_created(transfer))
        caller = auth.caller()

        def answer() -> Response:
            auth.act_as(caller)
            return _joined(transfer)

        return joining.join_now(transfer.id, answer)
    if with_body:
        settle(_created(transfer))
        return receive_body(transfer.id, expected, answer=lambda sent: _created_with(transfer, sent))
    return _created(transfer)


@_ROUTE("/v1/uploads/<upload_id>", methods=["HEAD"])
@auth.require(*auth.WRITERS, scope="upload", entrants=True)
@operation(
    "Ask how many bytes are durable",
    tag=TAG,
    request_headers=(_VERSION,),
    response_headers=(_OFFSET, _LENGTH, _NO_LENGTH, _CONCAT, _ASSET, _EXPIRES, _METADATA),
    errors=("tus_version", "entry_closed", "upload_not_found", "upload_expired", "storage_unavailable"),
)
def ask(upload_id: str) -> Response:
    """Where to go on, as soon as the request that was sending before is over. Also finishes an upload whose last
    request died before it could.
    """
    _check_version()
    caller, transfer = auth.caller(), _find(upload_id)

    def answer() -> Response:
        auth.act_as(caller)
        return _standing(upload_id)

    return when_settled(transfer.id, answer)


def _standing(upload_id: str) -> Response:
    transfer = _find(upload_id)
    if transfer.complete and not transfer.finished:
        transfer = _finish_stranded(transfer)
    headers = {**_offset(transfer), "Cache-Control": "no-store"}
    if transfer.concat is not None:
        headers["Upload-Concat"] = transfer.concat
    if transfer.length is None:
        headers["Upload-Defer-Length"] = "1"
    else:
        headers["Upload-Length"] = str(transfer.length)
    if transfer.metadata:
        headers["Upload-Metadata"] = transfer.metadata
    return Response(status=200, headers={**headers, **_common_headers(transfer)})


@_ROUTE("/v1/uploads/<upload_id>", methods=["PATCH"])
@auth.require(*auth.WRITERS, scope="upload", entrants=True)
@operation(
    "Send bytes",
    tag=TAG,
    status=204,
    consumes=protocol.PATCH_TYPE,
    request_headers=(_VERSION, _START, _TOLD_LENGTH, _CHECKSUM),
    response_headers=(_OFFSET, _ASSET, _EXPIRES),
    errors=(
        "tus_version",
        "entry_closed",
        "upload_not_found",
        "upload_expired",
        "wrong_content_type",
        "upload_offset_invalid",
        "upload_offset_mismatch",
        "upload_overflow",
        "upload_interrupted",
        "upload_finished",
        "upload_final",
        "upload_locked",
        "upload_length_invalid",
        "file_too_large",
        "file_empty",
        "checksum_malformed",
        "checksum_mismatch",
        "upload_checksum_unsupported",
        "upload_checksum_mismatch",
        "uploads_busy",
        "quota_exceeded",
        "storage_full",
        "storage_unavailable",
    ),
)
def send(upload_id: str) -> Response:
    """Append the body. What arrives before a broken connection is kept."""
    _check_version()
    if request.mimetype != protocol.PATCH_TYPE:
        raise ApiError("wrong_content_type", f"Send {protocol.PATCH_TYPE}.")
    offset = protocol.parse_number(request.headers.get("Upload-Offset", ""))
    if offset is None:
        raise ApiError("upload_offset_invalid")
    length = protocol.length_told(request.headers)
    expected = Expected(declared_length(), checksum_from_headers(request.headers))
    transfer = _find(upload_id)
    if transfer.is_final:
        raise ApiError("upload_final")
    return receive_body(transfer.id, expected, offset, length, answer=lambda sent: _appended(sent()))


def _appended(transfer: Transfer) -> Response:
    headers = {"Upload-Offset": str(transfer.received)}
    return Response(status=204, headers={**headers, **_common_headers(transfer)})


@_ROUTE("/v1/uploads/<upload_id>", methods=["DELETE"])
@auth.require(*auth.WRITERS, scope="upload")
@operation(
    "End an upload: an unfinished one goes with its asset, a finished one leaves its asset alone",
    tag=TAG,
    status=204,
    request_headers=(_VERSION,),
    errors=("tus_version", "upload_not_found", "upload_expired"),
)
def terminate(upload_id: str) -> Response:
    """Free what the upload holds, also while another request is still sending."""
    _check_version()
    transfer = _find(upload_id)
    with transaction() as session:
        audit.record(
            session,
            "upload.delete",
            transfer.organization_id,
            transfer.asset_id or transfer.id,
            received=transfer.received,
            finished=transfer.finished,
        )
        end_upload(transfer)
    return Response(status=204)


def _finish_stranded(transfer: Transfer) -> Transfer:
    try:
        upload_finish.finish_if_stranded(services().sessions, services().objects, transfer.id)
    except OrganizationClosed:
        raise ApiError("organization_closed") from None
    transfer = _find(transfer.id)
    if transfer.finished:
        services().wake()
    elif transfer.complete:
        # Not "all there": until the source stands as one object, it might still be lost.
        raise ApiError("storage_unavailable", headers={"Retry-After": "2"})
    return transfer


def _find(upload_id: str) -> Transfer:
    transfer = None
    if is_id(upload_id):
        with services().sessions() as session:
            transfer = uploads.find_upload(session, upload_id, auth.reach(), auth.only_own_uploads())
    if transfer is None:
        raise ApiError("upload_not_found")
    if transfer.expired:
        raise ApiError("upload_expired")
    return transfer


def _check_version() -> None:
    if request.headers.get("Tus-Resumable") != protocol.VERSION:
        raise ApiError("tus_version", headers={"Tus-Version": protocol.VERSION})


def _common_headers(transfer: Transfer) -> dict[str, str]:
    headers = {}
    if not transfer.is_partial:
        headers = {"Lessonstream-Asset": transfer.asset_id, "Lessonstream-Version": transfer.version_id}
    if not transfer.finished or transfer.is_partial:
        headers["Upload-Expires"] = format_datetime(transfer.expires_at, usegmt=True)
    return headers
