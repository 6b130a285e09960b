"""How an upload begins, takes its bytes and ends: what tus and the upload in one request have in common."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from flask import Response, request

from media_service import auth
from media_service.bodies import Body, BodyWanted, Resume
from media_service.problems import ApiError
from media_service.services import services
from media_service.uploads.protocol import Intake
from media_service.uploads.receive import receiver, release, require_room
from storage import upload_finish
from storage.catalogue import uploads
from storage.catalogue.assets import ExternalIdTaken
from storage.catalogue.uploads import Transfer
from storage.ids import new_id

Received = Callable[[], Transfer]
"""Where an upload stands after its body was received; raises what came in between."""


def begin(intake: Intake) -> Transfer:
    """Make the asset, its version and its upload, owned by the caller's organization. Raises ``storage_full``."""
    require_room(services(), intake.length)
    with refuse_taken(), services().sessions.begin() as session:
        return uploads.create_upload(
            session,
            organization_id=auth.caller().organization_id,
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


@contextmanager
def refuse_taken() -> Iterator[None]:
    """Tell the caller that an asset of its organization has the external ID already."""
    try:
        yield
    except ExternalIdTaken:
        raise ApiError("external_id_taken") from None


def end_upload(transfer: Transfer) -> None:
    """Remove an unfinished upload and its asset, or the record of a finished one."""
    with services().sessions.begin() as session:
        if transfer.finished:
            uploads.forget_record(session, transfer)
            return
        uploads.seize(session, transfer.id, new_id())
    upload_finish.discard(services().sessions, services().objects, transfer)


def declared_length() -> int | None:
    """Bytes of the request's body; None if the client sends it in chunks of its own."""
    if "chunked" in request.headers.get("Transfer-Encoding", "").lower():
        return None
    return request.content_length or 0


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
