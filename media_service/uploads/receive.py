"""Receives the bytes of an upload: from a request body into S3 parts, each recorded once it is durable.

What is recorded is what was acknowledged, and the byte to resume from. Bytes that are too few for a part when a
request ends are kept as the *tail* object and read again by the next request.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from media_service.bodies import UPLOAD_SILENCE
from media_service.errors import ApiError
from media_service.services import Services
from media_service.uploads.body import BodyReader, End, Piece, Readable
from media_service.uploads.protocol import part_size
from storage import upload_finish
from storage.catalogue import uploads
from storage.catalogue.uploads import LOCK, LockLost, Transfer
from storage.keys import source_key, tail_key
from storage.objects import ObjectNotFound, Part, StorageError
from storage.sha256 import ResumableSha256
from storage.upload_finish import SourceLost

log = logging.getLogger(__name__)

_PART_ATTEMPTS: Final = 2
"""A part that fails so often, while the storage takes the same bytes as an object, fails for ever: a disk that was full
leaves such multipart uploads behind."""

_TICK_SECONDS: Final = LOCK.total_seconds() / 4


def receive(
    services: Services, transfer: Transfer, owner: str, body: Readable, declared: int | None
) -> Transfer:
    """Take in a request body of ``declared`` bytes (None: not told) and return where the upload stands then.

    The caller holds the lock as ``owner``. When the last byte is durable the upload is finished. Raises
    ``upload_locked``, ``upload_interrupted``, ``upload_overflow``, ``upload_offset_mismatch`` and
    ``checksum_mismatch``; whatever is raised, the ledger tells the truth.
    """
    room = transfer.length - transfer.received
    if declared is not None and declared > room:
        raise ApiError("upload_overflow", f"{declared} bytes were announced, {room} are missing.")
    reader = BodyReader(
        body,
        limit=room if declared is None else declared,
        declared=declared is not None,
        part_size=part_size(transfer.length),
        tail=_read_tail(services, transfer),
        hasher=ResumableSha256(transfer.sha256_state),
    )
    try:
        transfer, end = _store_all(services, transfer, owner, reader)
        if transfer.complete:
            upload_finish.finish(services.sessions, services.objects, transfer)
            services.wake()
            upload_finish.remove_tails(services.objects, transfer)
            return replace(transfer, finished=True)
    except LockLost:
        raise ApiError("upload_locked", "Another request has taken this upload over.") from None
    except SourceLost:
        raise ApiError(
            "upload_offset_mismatch",
            "The object storage lost this upload. Send it again.",
            headers={"Upload-Offset": "0"},
        ) from None
    finally:
        reader.abandon()
    if end is End.OVERFLOW:
        raise ApiError("upload_overflow")
    if end is End.CUT:
        raise ApiError("upload_interrupted", f"{transfer.received} bytes are kept.")
    return transfer


def release(services: Services, transfer: Transfer, owner: str) -> None:
    """Give the lock back; if the catalogue is away, the lock runs out by itself."""
    try:
        with services.sessions.begin() as session:
            uploads.release(session, transfer.id, owner)
    except SQLAlchemyError as error:
        log.warning("lock of upload %s is left to run out: %s", transfer.id, error)


def _store_all(
    services: Services, transfer: Transfer, owner: str, reader: BodyReader
) -> tuple[Transfer, End]:
    end = None
    while end is None:
        piece = reader.take(_TICK_SECONDS)
        if piece is None:
            if reader.silence > UPLOAD_SILENCE:
                piece = reader.abandon()
            else:
                with services.sessions.begin() as session:
                    if reader.silence < _TICK_SECONDS:
                        uploads.renew(session, transfer.id, owner)
                    else:
                        uploads.require_lock(session, transfer.id, owner)
                continue
        end = piece.end
        if piece.data and end is not End.OVERFLOW:
            transfer = _store(services, transfer, owner, piece)
        del piece
        reader.stored()
    return transfer, end


def _store(services: Services, transfer: Transfer, owner: str, piece: Piece) -> Transfer:
    """Make one piece durable and record it. It stands right after the last part, in the place of the tail."""
    size = part_size(transfer.length)
    received = transfer.received - transfer.tail_size + len(piece.data)
    if received == transfer.received:
        return transfer
    after = replace(transfer, received=received, tail_size=0, sha256_state=piece.sha256_state)
    if after.complete:
        _check_digest(services, after)
    with services.sessions.begin() as session:
        # Nothing is stored for an upload that another request has taken over.
        uploads.renew(session, transfer.id, owner)
    if after.complete and after.length <= size:
        services.objects.put(source_key(after.asset_id, after.version_id), piece.data)
    elif after.complete or len(piece.data) == size:
        multipart_id, part = _store_part(services, transfer, owner, piece.data)
        after = replace(after, multipart_id=multipart_id, parts=(*transfer.parts, part))
    else:
        services.objects.put(tail_key(after.id, received), piece.data)
        after = replace(after, tail_size=len(piece.data))
    _record(services, after, owner)
    if transfer.tail_size:
        services.objects.remove([tail_key(transfer.id, transfer.received)])
    return after


def _store_part(services: Services, transfer: Transfer, owner: str, data: bytes) -> tuple[str, Part]:
    key = source_key(transfer.asset_id, transfer.version_id)
    multipart_id = transfer.multipart_id
    if multipart_id is None:
        multipart_id = services.objects.begin_multipart(key)
        # Recorded before it is used, so that it can be aborted whatever happens.
        transfer = replace(transfer, multipart_id=multipart_id)
        _record(services, transfer, owner)
    number = len(transfer.parts) + 1
    for _ in range(_PART_ATTEMPTS):
        try:
            return multipart_id, services.objects.put_part(key, multipart_id, number, data)
        except ObjectNotFound:
            break
        except StorageError as error:
            log.warning("part %d of upload %s could not be stored: %s", number, transfer.id, error)
            _prove_storable(services, transfer, data)
    upload_finish.start_over(services.sessions, services.objects, transfer)
    raise SourceLost


def _prove_storable(services: Services, transfer: Transfer, data: bytes) -> None:
    """Store ``data`` by itself, for once: where even that fails, the storage is away or full, and nothing is lost."""
    probe = tail_key(transfer.id, transfer.received + len(data))
    services.objects.put(probe, data)
    services.objects.remove([probe])


def _record(services: Services, transfer: Transfer, owner: str) -> None:
    with services.sessions.begin() as session:
        uploads.record(session, transfer, owner, timedelta(seconds=services.settings.upload_lifetime))


def _check_digest(services: Services, transfer: Transfer) -> None:
    digest = ResumableSha256(transfer.sha256_state).hexdigest()
    if transfer.expected_sha256 not in (None, digest):
        upload_finish.discard(services.sessions, services.objects, transfer)
        raise ApiError("checksum_mismatch", f"The SHA-256 of what arrived is {digest}.")


def _read_tail(services: Services, transfer: Transfer) -> bytes:
    if not transfer.tail_size:
        return b""
    return services.objects.get(tail_key(transfer.id, transfer.received))
