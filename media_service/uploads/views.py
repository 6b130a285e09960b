"""The upload protocol: tus 1.0 with creation, creation-with-upload, termination and expiration."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from email.utils import format_datetime
from functools import partial
from typing import Any, Final

from flask import Blueprint, Response, request

from media_service import audit, auth
from media_service.changes import settle, transaction
from media_service.openapi import Header, operation
from media_service.problems import ApiError
from media_service.services import services
from media_service.uploads import protocol
from media_service.uploads.lifecycle import (
    address_of,
    begin,
    declared_length,
    end_upload,
    receive_body,
    when_settled,
)
from storage import upload_finish
from storage.catalogue import assets, uploads
from storage.catalogue.models import Version
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
    required=True,
    example="$(stat -c %s lesson.mp4)",
    pattern=_WHOLE_NUMBER,
)
_OFFSET = Header("Upload-Offset", "The byte to go on from: how many are durable.")
_START = Header(
    "Upload-Offset", "The byte that the body starts at.", required=True, example="0", pattern=_WHOLE_NUMBER
)
_METADATA = Header(
    "Upload-Metadata",
    "Pairs of a key and a value in base64, by commas: `filename`, `title`, `filetype`, `sha256`, `policy`, "
    "`background`, `external_id`.",
)
_ASSET = Header("Lessonstream-Asset", "ID of the asset that the upload fills.")
_LOCATION = Header("Location", "Address of the upload.")
_EXPIRES = Header("Upload-Expires", "When an unfinished upload ends, if nothing more arrives.")

_ON_EVERY_ANSWER: Final = [
    ("Tus-Resumable", protocol.VERSION),
    ("Access-Control-Allow-Origin", "*"),
    (
        "Access-Control-Expose-Headers",
        "Location, Upload-Offset, Upload-Length, Upload-Metadata, Upload-Expires, Tus-Version, Tus-Resumable, "
        "Tus-Max-Size, Tus-Extension, Lessonstream-Asset, Retry-After, X-Request-Id, Idempotency-Replayed",
    ),
]

_ROUTE: Final = partial(blueprint.route, provide_automatic_options=False)
# tus clients are often given an address that ends with a slash, as tusd's own does.
_BEGIN: Final = partial(_ROUTE, "/v1/uploads", strict_slashes=False)


@_BEGIN(methods=["OPTIONS"])
@_ROUTE("/v1/uploads/<upload_id>", methods=["OPTIONS"])
def describe(upload_id: str = "") -> Response:  # noqa: ARG001
    """What this server can do; also the answer to a browser that asks before it uploads from another origin."""
    return Response(
        status=204,
        headers={
            "Tus-Version": protocol.VERSION,
            "Tus-Extension": protocol.EXTENSIONS,
            "Tus-Max-Size": str(services().settings.max_upload_bytes),
            "Access-Control-Allow-Methods": "POST, HEAD, PATCH, DELETE, OPTIONS",
            "Access-Control-Allow-Headers": "Authorization, Content-Type, Tus-Resumable, Upload-Length, "
            "Upload-Metadata, Upload-Offset, X-HTTP-Method-Override, X-Requested-With, Idempotency-Key, "
            "X-Request-Id, traceparent",
            "Access-Control-Max-Age": "86400",
        },
    )


def _created(transfer: Transfer) -> Response:
    headers = {**address_of(transfer), "Upload-Offset": str(transfer.received)}
    return Response(status=201, headers={**headers, **_common_headers(transfer)})


def _begun_before(created: Response) -> Response | None:
    """Where an upload stands that an earlier request has begun; None if it is gone with its asset."""
    upload_id = created.headers["Location"].rpartition("/")[2]
    with services().sessions() as session:
        transfer = uploads.find_upload(session, upload_id, auth.reach())
        asset = assets.find_asset(session, created.headers["Lessonstream-Asset"], auth.reach())
        version = session.get(Version, asset.current_version_id) if asset else None
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
    request_headers=(_VERSION, _LENGTH, _METADATA),
    response_headers=(_LOCATION, _OFFSET, _ASSET, _EXPIRES),
    errors=(
        "tus_version",
        "upload_length_missing",
        "upload_length_deferred",
        "upload_metadata_invalid",
        "upload_concat_unsupported",
        "upload_overflow",
        "upload_interrupted",
        "file_too_large",
        "file_empty",
        "file_type_refused",
        "checksum_malformed",
        "checksum_mismatch",
        "invalid_request",
        "external_id_taken",
        "uploads_busy",
        "storage_full",
        "storage_unavailable",
    ),
    refresh=_begun_before,
)
def create() -> Response:
    """Make the asset and the place for its source."""
    _check_version()
    settings = services().settings
    intake = protocol.intake_from_headers(request.headers, settings.default_policy, settings.max_upload_bytes)
    declared = declared_length()
    with_body = request.mimetype == protocol.PATCH_TYPE
    if with_body and declared is not None and declared > intake.length:
        raise ApiError("upload_overflow")
    transfer = begin(intake)
    if with_body:
        settle(_created(transfer))
        return receive_body(transfer.id, declared, answer=lambda sent: _created(sent()))
    return _created(transfer)


@_ROUTE("/v1/uploads/<upload_id>", methods=["HEAD"])
@auth.require(*auth.WRITERS, scope="upload")
@operation(
    "Ask how many bytes are durable",
    tag=TAG,
    request_headers=(_VERSION,),
    response_headers=(_OFFSET, _LENGTH, _ASSET, _EXPIRES, _METADATA),
    errors=("tus_version", "upload_not_found", "upload_expired", "storage_unavailable"),
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
    headers = {
        "Upload-Offset": str(transfer.received),
        "Upload-Length": str(transfer.length),
        "Cache-Control": "no-store",
    }
    if transfer.metadata:
        headers["Upload-Metadata"] = transfer.metadata
    return Response(status=200, headers={**headers, **_common_headers(transfer)})


@_ROUTE("/v1/uploads/<upload_id>", methods=["PATCH"])
@auth.require(*auth.WRITERS, scope="upload")
@operation(
    "Send bytes",
    tag=TAG,
    status=204,
    consumes=protocol.PATCH_TYPE,
    request_headers=(_VERSION, _START),
    response_headers=(_OFFSET, _ASSET, _EXPIRES),
    errors=(
        "tus_version",
        "upload_not_found",
        "upload_expired",
        "wrong_content_type",
        "upload_offset_invalid",
        "upload_offset_mismatch",
        "upload_overflow",
        "upload_interrupted",
        "upload_finished",
        "upload_locked",
        "checksum_mismatch",
        "uploads_busy",
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
    transfer = _find(upload_id)
    return receive_body(transfer.id, declared_length(), offset, answer=lambda sent: _appended(sent()))


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
            transfer.asset_id,
            received=transfer.received,
            finished=transfer.finished,
        )
        end_upload(transfer)
    return Response(status=204)


def speak_tus(application: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
    """``application``, speaking tus 1.0 under ``/v1/uploads``: ``X-HTTP-Method-Override`` counts instead of the method,
    for clients that cannot send PATCH, and every answer, also where no view is, has the headers of the protocol.
    """

    def speaking(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if not protocol.is_tus(environ.get("PATH_INFO", "")):
            return application(environ, start_response)
        wanted = environ.get("HTTP_X_HTTP_METHOD_OVERRIDE", "").upper()
        if wanted in {"PATCH", "DELETE", "HEAD"}:
            environ["REQUEST_METHOD"] = wanted

        def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            return start_response(status, headers + _ON_EVERY_ANSWER, *error)

        return application(environ, start)

    return speaking


def _finish_stranded(transfer: Transfer) -> Transfer:
    upload_finish.finish_if_stranded(services().sessions, services().objects, transfer.id)
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
    headers = {"Lessonstream-Asset": transfer.asset_id}
    if not transfer.finished:
        headers["Upload-Expires"] = format_datetime(transfer.expires_at, usegmt=True)
    return headers
