"""A file that comes in one request: who cannot go on with it later leaves nothing behind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from flask import Response, request

from media_service import auth
from media_service.changes import settle
from media_service.problems import ApiError
from media_service.uploads.lifecycle import (
    Received,
    address_of,
    begin,
    declared_length,
    drop_upload,
    receive_body,
)
from media_service.uploads.protocol import Intake, type_by_extension
from media_service.uploads.receive import Expected
from storage.catalogue.uploads import Transfer

_FORM: Final = "application/x-www-form-urlencoded"


def required_length() -> int:
    """Bytes of the request's body. Raises ``length_required``."""
    length = declared_length()
    if length is None or request.content_length is None:
        raise ApiError("length_required")
    return length


def content_type(file_name: str) -> str:
    """What the client says that it sends. curl gives no type with -T, and with --data-binary one that says nothing
    about the file.
    """
    return type_by_extension(file_name) if request.mimetype in ("", _FORM) else request.mimetype


def receive_at_once(intake: Intake, made: Callable[[Transfer], Response]) -> Response:
    """Begin the upload and receive the body; ``made`` answers once all of it is durable. Raises what ``begin`` raises,
    ``upload_lost``, and what receiving raises.
    """
    begun = begin(intake)
    settle(Response(status=201, headers=address_of(begun)))
    caller = auth.caller()

    def answer(sent: Received) -> Response:
        auth.act_as(caller)
        return made(_received(begun, sent))

    return receive_body(begun.id, Expected(intake.length), answer=answer)


def _received(begun: Transfer, sent: Received) -> Transfer:
    try:
        return sent()
    except Exception as error:
        # Nobody can resume what has no address.
        if not (isinstance(error, ApiError) and error.code == "checksum_mismatch"):
            drop_upload(begun)
        if isinstance(error, ApiError) and error.code == "upload_offset_mismatch":
            # The client knows of no offset: the storage lost what it was told to keep.
            raise ApiError("upload_lost", headers={"Retry-After": "5"}) from None
        raise
