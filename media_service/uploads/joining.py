"""Parallel uploads: parts of a file, each an upload of its own, and the upload that joins them (concatenation)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from flask import Response

from media_service import auth
from media_service.bodies import Body, BodyWanted, Resume
from media_service.changes import transaction
from media_service.problems import ApiError
from media_service.services import Services, services
from media_service.uploads import quotas
from media_service.uploads.announcing import announced
from media_service.uploads.protocol import Concat, Intake
from media_service.uploads.receive import require_room
from storage import upload_finish
from storage.catalogue import uploads
from storage.catalogue.organization_tree import OrganizationClosed
from storage.catalogue.uploads import Transfer

log = logging.getLogger(__name__)

_PATIENCE: Final = 20.0
"""Seconds that a client waits for a whole; a longer one is joined behind its back."""

_KEPT: Final = timedelta(hours=1)
"""How long parts are kept that were joined, for clients who did not get the answer."""


def begin_partial(intake: Intake) -> Transfer:
    """Make the place for a part of a file, which belongs to no asset. Raises ``storage_full`` and ``QUOTA_ERRORS``."""
    require_room(services(), intake.length or 0)
    organization_id = auth.caller().organization_id
    with transaction() as session:
        auth.require_open(session, organization_id)
        quotas.reserve(session, organization_id, intake)
        return uploads.await_source(session, None, announced(intake, organization_id))


def length_of(concat: Concat) -> int:
    """The bytes of all parts. Raises ``upload_concat_invalid`` and ``upload_concat_unfinished``."""
    with services().sessions() as session:
        found = uploads.find_partials(session, concat.partial_ids)
        seen = [
            one
            for one in found
            if not (one.expired and not one.finished)
            and one.organization_id == auth.caller().organization_id
            and auth.reach().is_owner(one.owner_id)
            and uploads.find_upload(session, one.id, auth.reach(), auth.only_own_uploads()) is not None
        ]
    if len(seen) != len(concat.partial_ids):
        raise ApiError("upload_concat_invalid", "Not every address is that of a partial upload of yours.")
    if not all(one.finished for one in seen):
        raise ApiError("upload_concat_unfinished")
    return sum(one.received for one in seen)


def give_way(concat: Concat) -> None:
    """Let parts count no more against quotas, but the whole, in the transaction that begins it."""
    with transaction() as session:
        uploads.let_join(session, concat.partial_ids, _KEPT)


def join_now(upload_id: str, answer: Callable[[], Response]) -> Response:
    """Join the parts, and let ``answer`` answer when that is done or takes long. What fails is tried again later."""
    known = services()

    async def receive(_body: Body) -> Resume:
        joining = asyncio.ensure_future(asyncio.to_thread(_join, known, upload_id))
        await asyncio.wait([joining], timeout=_PATIENCE)
        return answer

    raise BodyWanted(receive)


def _join(known: Services, upload_id: str) -> None:
    try:
        if upload_finish.finish_if_stranded(known.sessions, known.objects, upload_id):
            known.wake()
    except OrganizationClosed:
        log.info("upload %s waits until its organization is open again", upload_id)
    except Exception:
        log.exception("upload %s is joined later", upload_id)
