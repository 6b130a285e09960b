"""Receives the bytes of an upload: from a request body into S3 parts, each recorded once it is durable.

What is recorded is what was acknowledged, and the byte to resume from. Bytes that are too few for a part when a
request ends are kept as the *tail* and read again once they make a part. While one part travels to the object
storage, in a thread, the next one arrives, in the event loop.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, ParamSpec, TypeVar, cast

from flask import Flask, current_app
from sqlalchemy.exc import SQLAlchemyError

from media_service.bodies import Body
from media_service.problems import ApiError, ErrorCode
from media_service.services import Services
from media_service.uploads.arriving import Arriving, End
from media_service.uploads.checksum import Checksum
from media_service.uploads.locks import Held, Locks
from media_service.uploads.part import Part, Room
from media_service.uploads.storing import Storing, size_of_parts
from storage import upload_finish
from storage.catalogue import upload_locks
from storage.catalogue.organization_tree import OrganizationClosed
from storage.catalogue.upload_locks import LockLost
from storage.catalogue.uploads import Transfer
from storage.sha256 import ResumableSha256
from storage.upload_finish import SourceLost

log = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")

_EXTENSION: Final = "lessonstream_uploads"
_OVERFLOW: Final[ErrorCode] = "upload_overflow"
_TOO_LARGE: Final[ErrorCode] = "file_too_large"
AT_ONCE: Final = 2
"""Uploads of one process that begin or end at a time, while the others wait without a thread. Each takes milliseconds
of Python; a thousand that were cut off at once would keep the event loop from viewers for seconds."""


@dataclass(frozen=True)
class Expected:
    """What a request says of its body: its bytes (None: it comes in chunks) and their checksum."""

    size: int | None
    checksum: Checksum | None = None


class Receiver:
    """Receives the uploads of one process. ``room`` is what is left of its memory for them."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._locks = Locks(services.sessions)
        self.room = Room(services.settings.data_dir / "arriving")
        self._places = asyncio.Semaphore(services.settings.web_uploads)
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def receive(self, transfer: Transfer, owner: str, body: Body, expected: Expected) -> Transfer:
        """Take in a request body and return where the upload stands then.

        The caller holds the lock as ``owner``; it is given back. When the last byte is durable the upload is finished.
        Raises ``upload_locked``, ``upload_interrupted``, ``upload_overflow``, ``upload_offset_mismatch``,
        ``uploads_busy``, ``storage_full``, ``checksum_mismatch``, ``upload_checksum_mismatch``, ``organization_closed``
        and, of an upload whose length is not known, ``file_too_large``; whatever is raised, the ledger tells the truth.
        """
        loop = asyncio.get_running_loop()
        held = Held(transfer.id, owner, lambda: body.heard, lambda: loop.call_soon_threadsafe(body.stop))
        try:
            with self._locks.hold(held):
                async with self._places:
                    return await self._receive(transfer, held, body, expected)
        except OrganizationClosed:
            raise ApiError("organization_closed") from None
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

    async def _receive(self, transfer: Transfer, held: Held, body: Body, expected: Expected) -> Transfer:
        most, code = transfer.length, _OVERFLOW
        if most is None:
            most, code = self._services.settings.max_upload_bytes, _TOO_LARGE
        room, declared = most - transfer.received, expected.size
        if declared is not None and declared > room:
            raise ApiError(code, f"{declared} bytes were announced, there is room for {room}.")
        require_room(self._services, (declared or 0) if transfer.length is None else room)
        arriving = Arriving(body, room if declared is None else declared, is_declared=declared is not None)
        storing = Storing(
            self._services, held.owner, ResumableSha256(transfer.sha256_state), expected.checksum
        )
        try:
            transfer, end = await self._store_all(transfer, held, body, arriving, storing)
        finally:
            if storing.checksum is not None:
                await asyncio.to_thread(storing.forget)
        if transfer.complete:
            await self._in_turn(_finish, self._services, transfer)
            return replace(transfer, finished=True)
        if end is End.OVERFLOW:
            raise ApiError(code)
        if end is End.CUT:
            raise ApiError("upload_interrupted", f"{transfer.received} bytes are kept.")
        return transfer

    async def _store_all(
        self, transfer: Transfer, held: Held, body: Body, arriving: Arriving, storing: Storing
    ) -> tuple[Transfer, End]:
        size = size_of_parts(transfer)
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
                if storing.checksum is not None and end in (End.CUT, End.OVERFLOW):
                    break  # nobody can tell whether what has arrived is right
                if end is End.OVERFLOW:
                    break
                store = partial(storing.store, transfer, part, is_last=end is not None)
                stored_so_far = asyncio.ensure_future(
                    asyncio.to_thread(store) if end is None else self._in_turn(store)
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
            upload_locks.release(session, transfer.id, owner)
    except SQLAlchemyError as error:
        log.warning("lock of upload %s is left to run out: %s", transfer.id, error)


def _finish(services: Services, transfer: Transfer) -> None:
    upload_finish.finish(services.sessions, services.objects, transfer)
    services.wake()
    upload_finish.remove_tails(services.objects, transfer)
