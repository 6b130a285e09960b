"""The end of an upload, good or bad: the source object is completed or everything of it is removed.

Each step may be done twice, and a crash between any two of them is made good by the next request for the upload
or by the keeper (``finish_stranded``, ``expire``).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sqlalchemy.orm import Session, sessionmaker

from storage import upload_join
from storage.catalogue import upload_leftovers, upload_locks, uploads
from storage.catalogue.organization_tree import OrganizationClosed
from storage.catalogue.upload_locks import LockLost
from storage.catalogue.uploads import Transfer
from storage.ids import new_id
from storage.keys import upload_prefix, version_prefix
from storage.objects import ObjectNotFound, ObjectStore, StorageError
from storage.sha256 import ResumableSha256
from storage.upload_join import PartialLost, WrongDigest

log = logging.getLogger(__name__)


class SourceLost(StorageError):
    """The object storage forgot the parts of an upload, which starts over at its first byte."""


def finish(sessions: sessionmaker[Session], objects: ObjectStore, transfer: Transfer) -> None:
    """Complete the source of a transfer whose bytes are all durable and queue its version, exactly once.

    Raises ``SourceLost``, and ``OrganizationClosed`` if nothing new may come in: the upload waits then until the
    organization is open again, or until it expires.
    """
    digest = complete_source(sessions, objects, transfer)
    with sessions.begin() as session:
        uploads.finish(session, transfer, digest)


def complete_source(sessions: sessionmaker[Session], objects: ObjectStore, transfer: Transfer) -> str:
    """Make one object of a transfer whose bytes are all durable; its SHA-256. Raises ``SourceLost``."""
    key = transfer.key
    if transfer.multipart_id is not None:
        try:
            done = objects.complete_multipart(key, transfer.multipart_id, transfer.parts)
            if done.size != transfer.length:
                # A power cut met an earlier try, after the server had named the object and before it was on the disk.
                raise ObjectNotFound(f"{key} has {done.size} of {transfer.length} bytes")
        except ObjectNotFound as error:
            start_over(sessions, objects, transfer)
            raise SourceLost(f"upload {transfer.id} starts over: {error}") from error
    return ResumableSha256(transfer.sha256_state).hexdigest()


def remove_tails(objects: ObjectStore, transfer: Transfer) -> None:
    """Remove what a finished upload kept of its last part; nobody waits for that."""
    try:
        kept = objects.list(upload_prefix(transfer.id))
        objects.remove([info.key for info in kept if info.key != transfer.key])
    except StorageError as error:
        log.warning("the tail of upload %s stays until it is swept: %s", transfer.id, error)


def start_over(sessions: sessionmaker[Session], objects: ObjectStore, transfer: Transfer) -> None:
    """Tell the truth about an upload that the object storage lost, so that the client sends it again."""
    log.warning("upload %s starts over: the object storage lost %d bytes", transfer.id, transfer.received)
    with sessions.begin() as session:
        uploads.start_over(session, transfer)
    if transfer.multipart_id is not None:
        try:
            objects.abort_multipart(transfer.key, transfer.multipart_id)
        except StorageError as error:
            log.warning("what is left of upload %s stays until it is swept: %s", transfer.id, error)


def discard(sessions: sessionmaker[Session], objects: ObjectStore, transfer: Transfer) -> None:
    """Remove an unfinished upload: its bytes first, then its rows, so that no byte is left without a row."""
    key = transfer.key
    if transfer.multipart_id is not None:
        objects.abort_multipart(key, transfer.multipart_id)
    prefixes = [upload_prefix(transfer.id)]
    if not transfer.is_partial:
        prefixes.append(version_prefix(transfer.asset_id, transfer.version_id))
    objects.remove([key, *(info.key for prefix in prefixes for info in objects.list(prefix))])
    with sessions.begin() as session:
        uploads.forget(session, transfer)


def finish_stranded(sessions: sessionmaker[Session], objects: ObjectStore) -> int:
    """Finish uploads whose web process died between the last byte and the last transaction; returns how many."""
    with sessions() as session:
        found = upload_leftovers.stranded(session)
    finished = 0
    for upload_id in found:
        with suppress(OrganizationClosed):
            finished += finish_if_stranded(sessions, objects, upload_id)
    return finished


def finish_if_stranded(sessions: sessionmaker[Session], objects: ObjectStore, upload_id: str) -> bool:
    """Finish one such upload, unless a request is at it; False if that was not possible now. Raises
    ``OrganizationClosed``.
    """
    with _locked(sessions, upload_id) as (transfer, owner):
        if transfer is None or transfer.finished or not (transfer.complete or transfer.is_final):
            return False
        try:
            whole = upload_join.join(sessions, objects, transfer, owner) if transfer.is_final else transfer
            finish(sessions, objects, whole)
            remove_tails(objects, whole)
        except (PartialLost, WrongDigest) as error:
            log.warning("upload %s cannot be finished: %s", upload_id, error)
            discard(sessions, objects, transfer)
            return False
        except ObjectNotFound as error:
            log.warning("upload %s is joined anew: %s", upload_id, error)
            start_over(sessions, objects, transfer)
            return False
        except (StorageError, LockLost) as error:
            log.warning("upload %s cannot be finished yet: %s", upload_id, error)
            return False
        return True


def expire(sessions: sessionmaker[Session], objects: ObjectStore) -> int:
    """Remove unfinished uploads that nobody continued in time; returns how many. Finished ones are forgotten: the table
    of uploads does not grow with the catalogue.
    """
    with sessions.begin() as session:
        upload_leftovers.forget_finished(session)
        found = upload_leftovers.abandoned(session)
    count = 0
    for upload_id in found:
        with _locked(sessions, upload_id) as (transfer, _):
            if transfer is not None and (transfer.is_partial or not transfer.finished):
                discard(sessions, objects, transfer)
                count += 1
    return count


@contextmanager
def _locked(sessions: sessionmaker[Session], upload_id: str) -> Iterator[tuple[Transfer | None, str]]:
    owner = new_id()
    with sessions.begin() as session:
        transfer = uploads.lock(session, upload_id, owner)
    try:
        yield transfer, owner
    finally:
        with sessions.begin() as session:
            upload_locks.release(session, upload_id, owner)
