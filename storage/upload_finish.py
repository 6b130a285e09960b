"""The end of an upload, good or bad: the source object is completed or everything of it is removed.

Each step may be done twice, and a crash between any two of them is made good by the next request for the upload
or by the keeper (``finish_stranded``, ``expire``).
"""

from __future__ import annotations

import logging

from sqlalchemy.orm import Session, sessionmaker

from storage.catalogue import uploads
from storage.catalogue.uploads import LockLost, Transfer
from storage.ids import new_id
from storage.keys import source_key, upload_prefix
from storage.objects import ObjectStore, StorageError
from storage.sha256 import ResumableSha256

log = logging.getLogger(__name__)


def finish(sessions: sessionmaker[Session], objects: ObjectStore, transfer: Transfer) -> None:
    """Complete the source of a transfer whose bytes are all durable and queue its version, exactly once."""
    key = source_key(transfer.asset_id, transfer.version_id)
    if transfer.multipart_id is not None:
        objects.complete_multipart(key, transfer.multipart_id, transfer.parts)
    digest = ResumableSha256(transfer.sha256_state).hexdigest()
    with sessions.begin() as session:
        uploads.finish(session, transfer, key, digest)
    _remove_tails(objects, transfer)


def discard(sessions: sessionmaker[Session], objects: ObjectStore, transfer: Transfer) -> None:
    """Remove an unfinished upload: its bytes first, then its rows, so that no byte is left without a row."""
    key = source_key(transfer.asset_id, transfer.version_id)
    if transfer.multipart_id is not None:
        objects.abort_multipart(key, transfer.multipart_id)
    objects.remove([key, *(info.key for info in objects.list(upload_prefix(transfer.id)))])
    with sessions.begin() as session:
        uploads.forget(session, transfer)


def finish_stranded(sessions: sessionmaker[Session], objects: ObjectStore) -> int:
    """Finish uploads whose web process died between the last byte and the last transaction; returns how many."""
    with sessions() as session:
        found = uploads.stranded(session)
    return sum(_while_locked(sessions, objects, upload_id, finishing=True) for upload_id in found)


def expire(sessions: sessionmaker[Session], objects: ObjectStore) -> int:
    """Remove unfinished uploads that nobody continued in time; returns how many."""
    with sessions() as session:
        found = uploads.abandoned(session)
    return sum(_while_locked(sessions, objects, upload_id, finishing=False) for upload_id in found)


def _while_locked(
    sessions: sessionmaker[Session], objects: ObjectStore, upload_id: str, *, finishing: bool
) -> bool:
    owner = new_id()
    try:
        with sessions.begin() as session:
            transfer = uploads.lock(session, upload_id, owner)
        if transfer is None or transfer.finished:
            return False
        if finishing:
            finish(sessions, objects, transfer)
        else:
            discard(sessions, objects, transfer)
    except LockLost:
        return False
    except StorageError as error:
        log.warning("upload %s must wait: %s", upload_id, error)
        return False
    return True


def _remove_tails(objects: ObjectStore, transfer: Transfer) -> None:
    try:
        objects.remove([info.key for info in objects.list(upload_prefix(transfer.id))])
    except StorageError as error:
        log.warning("the tail of upload %s stays until it is swept: %s", transfer.id, error)
