"""Receives the bytes of an upload: from a request body into S3 parts, each recorded once it is durable.

What is recorded is what was acknowledged, and the byte to resume from. Bytes that are too few for a part when a
request ends are kept as the *tail* and read again once they make a part. While one part travels to the object
storage, in a thread, the next one arrives, in the event loop.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Final, ParamSpec, TypeVar, cast

from flask import Flask, current_app
from sqlalchemy.exc import SQLAlchemyError

from media_service.bodies import Body
from media_service.problems import ApiError
from media_service.services import Services
from media_service.uploads.arriving import Arriving, End
from media_service.uploads.locks import Held, Locks
from media_service.uploads.part import Part, Room
from media_service.uploads.protocol import part_size
from storage import upload_finish, upload_tail
from storage.catalogue import uploads
from storage.catalogue.uploads import LockLost, Transfer
from storage.keys import source_key, tail_key
from storage.objects import ObjectNotFound, StorageError
from storage.objects import Part as StoredPart
from storage.sha256 import ResumableSha256
from storage.upload_finish import SourceLost

log = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")

_EXTENSION: Final = "lessonstream_uploads"
AT_ONCE: Final = 2
"""Uploads of one process that begin or end at a time, while the others wait without a thread. Each takes milliseconds
of Python; a thousand that were cut off at once would keep the event loop from viewers for seconds."""

_PART_ATTEMPTS: Final = 2
"""A part that fails so often, while the storage takes the same bytes as an object, fails for ever: a disk that was full
leaves such multipart uploads behind."""


class Receiver:
    """Receives the uploads of one process. ``room`` is what is left of its memory for them."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._locks = Locks(services.sessions)
        self.room = Room(services.settings.data_dir / "arriving")
        self._places = asyncio.Semaphore(services.settings.web_uploads)
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def receive(self, transfer: Transfer, owner: str, body: Body, declared: int | None) -> Transfer:
        """Take in a request body of ``declared`` bytes (None: not told) and return where the upload stands then.

        The caller holds the lock as ``owner``; it is given back. When the last byte is durable the upload is finished.
        Raises ``upload_locked``, ``upload_interrupted``, ``upload_overflow``, ``upload_offset_mismatch``,
        ``uploads_busy``, ``storage_full`` and ``checksum_mismatch``; whatever is raised, the ledger tells the truth.
        """
        loop = asyncio.get_running_loop()
        held = Held(transfer.id, owner, lambda: body.heard, lambda: loop.call_soon_threadsafe(body.stop))
        try:
            with self._locks.hold(held):
                async with self._places:
                    return await self._receive(transfer, held, body, declared)
        except LockLost:
            raise ApiError("upload_locked", "Another request has taken this upload over.") from None
        except SourceLost:
            raise ApiError(
                "upload_offset_mismatch",
                "The object storage lost this upload. Send it again.",
                headers={"Upload-Offset": "0"},
            ) from None
        finally:
            await self._in_turn(release, self._services, transfer, owner)

    async def _receive(self, transfer: Transfer, held: Held, body: Body, declared: int | None) -> Transfer:
        room = transfer.length - transfer.received
        if declared is not None and declared > room:
            raise ApiError("upload_overflow", f"{declared} bytes were announced, {room} are missing.")
        require_room(self._services, room)
        arriving = Arriving(body, room if declared is None else declared, is_declared=declared is not None)
        transfer, end = await self._store_all(transfer, held, body, arriving)
        if transfer.complete:
            await self._in_turn(_finish, self._services, transfer)
            return replace(transfer, finished=True)
        if end is End.OVERFLOW:
            raise ApiError("upload_overflow")
        if end is End.CUT:
            raise ApiError("upload_interrupted", f"{transfer.received} bytes are kept.")
        return transfer

    async def _store_all(
        self, transfer: Transfer, held: Held, body: Body, arriving: Arriving
    ) -> tuple[Transfer, End]:
        hasher = ResumableSha256(transfer.sha256_state)
        size = part_size(transfer.length)
        missing = size - transfer.tail_size
        part, end = Part(self.room), None
        stored_so_far: asyncio.Future[Transfer] = asyncio.get_running_loop().create_future()
        stored_so_far.set_result(transfer)
        try:
            while end is None:
                try:
                    end = await arriving.fill(part, missing)
                except OSError as error:
                    raise ApiError("uploads_busy", headers={"Retry-After": "30"}) from error
                finally:
                    transfer = await stored_so_far
                if held.is_lost:
                    raise LockLost
                if end is End.OVERFLOW:
                    break
                stored = self._services, transfer, held.owner, part, hasher
                stored_so_far = asyncio.ensure_future(
                    asyncio.to_thread(_store, *stored) if end is None else self._in_turn(_store, *stored)
                )
                # Who sends what cannot be stored need not go on.
                stored_so_far.add_done_callback(lambda done: body.stop() if done.exception() else None)
                part, missing = Part(self.room), size
        finally:
            part.close()  # the one that is still arriving, also when the one before could not be stored
        return await stored_so_far, end

    async def _in_turn(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        async with self._turns:
            return await asyncio.to_thread(function, *args, **kwargs)


def register(app: Flask, services: Services) -> None:
    """Give the application what receives its uploads."""
    app.extensions[_EXTENSION] = Receiver(services)


def receiver() -> Receiver:
    """That of the application that handles the current request."""
    return cast("Receiver", current_app.extensions[_EXTENSION])


def require_room(services: Services, size: int) -> None:
    """Refuse what would fill the disk of the object storage, as far as that is known: PostgreSQL may be on it too.

    Raises ``storage_full``.
    """
    free, reserve = services.objects.room(), services.settings.disk_reserve_bytes
    if free is not None and free - size < reserve:
        raise ApiError(
            "storage_full",
            f"{size} bytes are to come, {free} are free, {reserve} of them are kept.",
            headers={"Retry-After": "60"},
        )


def release(services: Services, transfer: Transfer, owner: str) -> None:
    """Give the lock back; if the catalogue is away, the lock runs out by itself."""
    try:
        with services.sessions.begin() as session:
            uploads.release(session, transfer.id, owner)
    except SQLAlchemyError as error:
        log.warning("lock of upload %s is left to run out: %s", transfer.id, error)


def _finish(services: Services, transfer: Transfer) -> None:
    upload_finish.finish(services.sessions, services.objects, transfer)
    services.wake()
    upload_finish.remove_tails(services.objects, transfer)


def _store(
    services: Services, transfer: Transfer, owner: str, part: Part, hasher: ResumableSha256
) -> Transfer:
    """Make what has arrived durable and record it: the tail with it, if that makes a part."""
    try:
        data = part.read()
    finally:
        part.close()
    if not data:
        return transfer
    size = part_size(transfer.length)
    hasher.update(data)
    tail_size = transfer.tail_size + len(data)
    after = replace(
        transfer, received=transfer.received + len(data), tail_size=tail_size, sha256_state=hasher.state()
    )
    if after.complete:
        _check_digest(services, after)
    with services.sessions.begin() as session:
        # Nothing is stored for an upload that another request has taken over.
        uploads.renew(session, transfer.id, owner)
        is_piece = tail_size < size and not after.complete and upload_tail.is_small(session, transfer, data)
    before = None
    if not is_piece:
        tail, before = upload_tail.read(services.sessions, services.objects, transfer)
        after = _store_together(services, transfer, after, owner, tail + data)
    with services.sessions.begin() as session:
        uploads.record(session, after, owner, _lifetime(services))
        if is_piece:
            upload_tail.keep_piece(session, transfer, data)
        else:
            uploads.forget_pieces(session, transfer.id)
    services.measures.count(("upload_bytes",), len(data))
    if before is not None:
        services.objects.remove([before])
    return after


def _store_together(
    services: Services, transfer: Transfer, after: Transfer, owner: str, data: bytes
) -> Transfer:
    """Store a tail with what has followed it: as the source, one more part of it or an object by itself."""
    size = part_size(transfer.length)
    if after.complete and after.length <= size:
        services.objects.put(source_key(after.asset_id, after.version_id), data)
        return replace(after, tail_size=0)
    if after.complete or len(data) == size:
        multipart_id, stored = _store_part(services, transfer, owner, data)
        return replace(after, tail_size=0, multipart_id=multipart_id, parts=(*transfer.parts, stored))
    services.objects.put(tail_key(after.id, after.received), data)
    return after


def _store_part(services: Services, transfer: Transfer, owner: str, data: bytes) -> tuple[str, StoredPart]:
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
        uploads.record(session, transfer, owner, _lifetime(services))


def _lifetime(services: Services) -> timedelta:
    return timedelta(seconds=services.settings.upload_lifetime)


def _check_digest(services: Services, transfer: Transfer) -> None:
    digest = ResumableSha256(transfer.sha256_state).hexdigest()
    if transfer.expected_sha256 not in (None, digest):
        upload_finish.discard(services.sessions, services.objects, transfer)
        raise ApiError("checksum_mismatch", f"The SHA-256 of what arrived is {digest}.")
