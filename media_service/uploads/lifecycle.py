"""How an upload begins, takes its bytes and ends: what tus and the upload in one request have in common."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Final

from flask import Response, request

from media_service import audit, auth
from media_service.bodies import Body, BodyWanted, Resume
from media_service.changes import after_commit, transaction
from media_service.problems import ApiError
from media_service.services import services
from media_service.uploads.protocol import Intake
from media_service.uploads.receive import receiver, release, require_room
from storage import upload_finish
from storage.catalogue import uploads
from storage.catalogue.assets import ExternalIdTaken
from storage.catalogue.uploads import Transfer
from storage.ids import new_id

_PAUSE: Final = 0.05
_LONGEST_PAUSE: Final = 1.0
_SETTLING: Final = 5.0
"""Seconds after which a request that still renews its lock is one that goes on sending."""

Received = Callable[[], Transfer]
"""Where an upload stands after its body was received; raises what came in between."""


def begin(intake: Intake) -> Transfer:
    """Make the asset, its version and its upload, owned by the caller's organization. Raises ``storage_full``."""
    require_room(services(), intake.length)
    organization_id = auth.caller().organization_id
    with refuse_taken(), transaction() as session:
        transfer = uploads.create_upload(
            session,
            organization_id=organization_id,
            api_key_id=auth.caller().key_id,
            title=intake.title,
            file_name=intake.file_name,
            policy=intake.policy,
            length=intake.length,
            expected_sha256=intake.sha256,
            metadata=intake.metadata,
            background=intake.background,
            external_id=intake.external_id,
            lifetime=timedelta(seconds=services().settings.upload_lifetime),
        )
        audit.record(
            session,
            "asset.create",
            organization_id,
            transfer.asset_id,
            title=intake.title,
            file_name=intake.file_name,
            size=intake.length,
            external_id=intake.external_id,
        )
        return transfer


@contextmanager
def refuse_taken() -> Iterator[None]:
    """Tell the caller that an asset of its organization has the external ID already, and the address of its upload
    where that is not finished: the answer that had it may have been lost.
    """
    try:
        yield
    except ExternalIdTaken as taken:
        with services().sessions() as session:
            begun = uploads.unfinished_of(
                session, auth.caller().organization_id, str(taken), auth.only_own_uploads()
            )
        raise ApiError("external_id_taken", headers=address_of(begun) if begun else None) from None


def address_of(transfer: Transfer) -> dict[str, str]:
    """Headers that lead to an upload and to its asset."""
    return {"Location": f"/v1/uploads/{transfer.id}", "Lessonstream-Asset": transfer.asset_id}


def end_upload(transfer: Transfer) -> None:
    """Remove an unfinished upload and its asset, or the record of a finished one."""
    with transaction() as session:
        if transfer.finished:
            uploads.forget_record(session, transfer)
            return
        after_commit(lambda: drop_upload(transfer))


def drop_upload(transfer: Transfer) -> None:
    """Remove an unfinished upload and its asset at once, so that another one can take its place."""
    with services().sessions.begin() as session:
        uploads.seize(session, transfer.id, new_id())
    upload_finish.discard(services().sessions, services().objects, transfer)


def declared_length() -> int | None:
    """Bytes of the request's body; None if the client sends it in chunks of its own."""
    if "chunked" in request.headers.get("Transfer-Encoding", "").lower():
        return None
    return request.content_length or 0


def when_settled(upload_id: str, answer: Callable[[], Response]) -> Response:
    """Let ``answer`` answer once nobody writes the upload, so that it tells where the next request goes on. Who goes on
    sending is not waited for, and who is silent no longer than its lock lasts.
    """
    sessions = services().sessions

    def held_until() -> datetime | None:
        with sessions() as session:
            return uploads.silent_until(session, upload_id)

    first = held_until()
    if first is None:
        return answer()

    async def wait() -> None:
        loop = asyncio.get_running_loop()
        pause, settling = _PAUSE, loop.time() + _SETTLING
        # A request that comes to its end renews its lock while it stores what has arrived.
        while (until := await asyncio.to_thread(held_until)) == first or (until and loop.time() < settling):
            await asyncio.sleep(pause)
            pause = min(_LONGEST_PAUSE, 2 * pause)

    async def receive(_body: Body) -> Resume:
        waiting = asyncio.ensure_future(wait())
        await asyncio.wait([waiting])

        def resume() -> Response:
            waiting.result()
            return answer()

        return resume

    raise BodyWanted(receive)


def receive_body(
    upload_id: str,
    declared: int | None,
    offset: int | None = None,
    *,
    answer: Callable[[Received], Response],
) -> Response:
    """Receive the body under the upload's lock, and let ``answer`` answer. ``offset`` is where the client thinks it
    goes on, if it said so.

    Raises ``upload_locked``, ``upload_finished`` and ``upload_offset_mismatch``; ``answer`` gets what
    ``Receiver.receive`` raises.
    """
    owner = new_id()
    with services().sessions.begin() as session:
        transfer = uploads.lock(session, upload_id, owner)
    if transfer is None:
        raise ApiError("upload_locked", headers={"Retry-After": str(int(uploads.LOCK.total_seconds()))})
    try:
        if offset is not None and offset != transfer.received:
            raise ApiError("upload_offset_mismatch", headers={"Upload-Offset": str(transfer.received)})
        if transfer.finished and declared:
            raise ApiError("upload_finished")
    except ApiError:
        release(services(), transfer, owner)
        raise
    if transfer.finished:
        release(services(), transfer, owner)
        return answer(lambda: transfer)
    to, into = receiver(), transfer

    async def receive(body: Body) -> Resume:
        receiving = asyncio.ensure_future(to.receive(into, owner, body, declared))
        await asyncio.wait([receiving])
        return lambda: answer(receiving.result)

    raise BodyWanted(receive)
