"""How an upload begins, takes its bytes and ends: what tus and the upload in one request have in common."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Final

from flask import Response, request
from sqlalchemy.orm import Session

from media_service import audit, auth
from media_service.bodies import Body, BodyWanted, Resume
from media_service.changes import after_commit, transaction
from media_service.problems import ApiError
from media_service.services import services
from media_service.uploads import joining, quotas, replacements
from media_service.uploads.announcing import announced
from media_service.uploads.protocol import Intake, require_size
from media_service.uploads.receive import Expected, receiver, release, require_room
from storage import upload_finish
from storage.catalogue import upload_locks, uploads
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
    """Make the asset, its version and its upload, owned by the caller's organization or by the one below that is named;
    of a replacement only the version and its upload. Raises ``organization_not_found``, ``role_not_allowed``,
    ``storage_full`` and ``QUOTA_ERRORS``, and for a replacement what ``replacements.begin`` raises.
    """
    require_room(services(), intake.length or 0)
    if intake.replacement is not None:
        return replacements.begin(intake, intake.replacement)
    with refuse_taken(intake.organization_id), transaction() as session:
        organization_id = _owner(session, intake.organization_id)
        if intake.concat is not None:
            joining.give_way(intake.concat)
        quotas.reserve(session, organization_id, intake)
        transfer = uploads.create_upload(
            session,
            announced(intake, organization_id),
            title=intake.title,
            file_name=intake.file_name,
            policy=intake.policy,
            background=intake.background,
            external_id=intake.external_id,
            visibility=intake.visibility,
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


def _owner(session: Session, organization_id: str | None) -> str:
    """Whose a new asset is. Raises ``organization_not_found``, ``organization_closed``, and for those who do not
    administer what is below them ``role_not_allowed``."""
    own = auth.caller().organization_id
    if organization_id in (None, own):
        return own
    auth.require_role("admin")
    return auth.owner(session, organization_id)


@contextmanager
def refuse_taken(organization_id: str | None = None) -> Iterator[None]:
    """Tell the caller that an asset of its organization (or of the one below that is named) has the external ID
    already, and the address of its upload where that is not finished: the answer that had it may have been lost.
    """
    try:
        yield
    except ExternalIdTaken as taken:
        with services().sessions() as session:
            reach = auth.reach_of(session, organization_id)
            begun = uploads.unfinished_of(session, reach, str(taken), auth.only_own_uploads())
        raise ApiError("external_id_taken", headers=address_of(begun) if begun else None) from None


def address_of(transfer: Transfer) -> dict[str, str]:
    """Headers that lead to an upload and, unless it is of a part, to its asset."""
    address = {"Location": f"/v1/uploads/{transfer.id}"}
    if not transfer.is_partial:
        address |= {"Lessonstream-Asset": transfer.asset_id, "Lessonstream-Version": transfer.version_id}
    return address


def end_upload(transfer: Transfer) -> None:
    """Remove an unfinished upload and its asset, or the record of a finished one."""
    with transaction() as session:
        if transfer.finished and not transfer.is_partial:
            uploads.forget_record(session, transfer)
            return
        after_commit(lambda: drop_upload(transfer))


def drop_upload(transfer: Transfer) -> None:
    """Remove an unfinished upload and its asset at once, so that another one can take its place."""
    with services().sessions.begin() as session:
        upload_locks.seize(session, transfer.id, new_id())
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
            return upload_locks.silent_until(session, upload_id)

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
    expected: Expected,
    offset: int | None = None,
    length: int | None = None,
    *,
    answer: Callable[[Received], Response],
) -> Response:
    """Receive the body under the upload's lock, and let ``answer`` answer. ``offset`` is where the client thinks it
    goes on, ``length`` what it says that the whole upload has, if it said so.

    Raises ``upload_locked``, ``upload_finished``, ``upload_offset_mismatch``, ``upload_length_invalid``,
    ``file_too_large`` and ``file_empty``; ``answer`` gets what ``Receiver.receive`` raises.
    """
    owner = new_id()
    with services().sessions.begin() as session:
        transfer = uploads.lock(session, upload_id, owner)
    if transfer is None:
        raise ApiError("upload_locked", headers={"Retry-After": str(int(upload_locks.LOCK.total_seconds()))})
    try:
        if offset is not None and offset != transfer.received:
            raise ApiError("upload_offset_mismatch", headers={"Upload-Offset": str(transfer.received)})
        if transfer.finished and expected.size:
            raise ApiError("upload_finished")
        to, into = receiver(), _with_length(transfer, length)
    except ApiError:
        release(services(), transfer, owner)
        raise
    if transfer.finished:
        release(services(), transfer, owner)
        return answer(lambda: transfer)

    async def receive(body: Body) -> Resume:
        receiving = asyncio.ensure_future(to.receive(into, owner, body, expected))
        await asyncio.wait([receiving])
        return lambda: answer(receiving.result)

    raise BodyWanted(receive)


def _with_length(transfer: Transfer, length: int | None) -> Transfer:
    if length is None or length == transfer.length:
        return transfer
    if transfer.length is not None:
        raise ApiError("upload_length_invalid", f"It has {transfer.length} bytes.")
    require_size(length, services().settings.max_upload_bytes)
    if length < transfer.received:
        raise ApiError("upload_length_invalid", f"{transfer.received} bytes have arrived.")
    return replace(transfer, length=length, is_length_new=True)
