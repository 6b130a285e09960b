"""Joins partial uploads to the source of an asset, for the concatenation extension of tus 1.0.

The parts are read once, in their order, hashed and stored as parts of the source. S3 could copy them by itself
(UploadPartCopy), but does not tell the SHA-256 of the whole, and that of a whole does not follow from those of its
parts: all has to be read here in any case. Nor can every server copy. The embedded one does not refuse, but keeps a
part of no bytes (https://github.com/rclone/rclone/issues/7454), so whoever asked would lose the file. Whoever goes on
after a crash begins at the part that was recorded last.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from sqlalchemy.orm import Session, sessionmaker

from storage.catalogue import upload_locks, uploads
from storage.catalogue.uploads import Transfer
from storage.objects import ObjectNotFound, ObjectStore
from storage.sha256 import ResumableSha256

_LIFETIME: Final = timedelta(hours=48)
"""Of an upload that is being joined, after each part."""


class PartialLost(Exception):
    """A partial upload is gone, so the whole can never be there."""


class WrongDigest(Exception):
    """The whole is not what its client said. The message is its SHA-256."""


def join(sessions: sessionmaker[Session], objects: ObjectStore, transfer: Transfer, owner: str) -> Transfer:
    """Store what is missing of a final upload, under the lock of ``owner``, and return it complete, to be finished.
    Raises ``LockLost``, ``PartialLost`` and ``WrongDigest``, and ``StorageError``, after which it may be called again;
    after ``ObjectNotFound`` from the first byte on.
    """
    if transfer.complete:
        return transfer
    assert transfer.part_size is not None  # noqa: S101  (for the type checker)
    with sessions() as session:
        partials = uploads.find_partials(session, transfer.partial_ids)
    if len(partials) != len(transfer.partial_ids):
        raise PartialLost("a partial upload is gone")
    hasher = ResumableSha256(transfer.sha256_state)
    for data in _pieces(objects, partials, transfer.received, transfer.part_size):
        with sessions.begin() as session:
            upload_locks.renew(session, transfer.id, owner)
        hasher.update(data)
        received = transfer.received + len(data)
        if received == transfer.length and transfer.expected_sha256 not in (None, hasher.hexdigest()):
            raise WrongDigest(hasher.hexdigest())
        transfer = _store(sessions, objects, transfer, owner, data)
        transfer = replace(transfer, received=received, sha256_state=hasher.state())
        with sessions.begin() as session:
            uploads.record(session, transfer, owner, _LIFETIME)
    return transfer


def _store(
    sessions: sessionmaker[Session], objects: ObjectStore, transfer: Transfer, owner: str, data: bytes
) -> Transfer:
    if len(data) == transfer.length:
        objects.put(transfer.key, data)
        return transfer
    multipart_id = transfer.multipart_id
    if multipart_id is None:
        multipart_id = objects.begin_multipart(transfer.key)
        transfer = replace(transfer, multipart_id=multipart_id)
        with sessions.begin() as session:
            uploads.record_multipart(session, transfer, owner)
    part = objects.put_part(transfer.key, multipart_id, len(transfer.parts) + 1, data)
    return replace(transfer, parts=(*transfer.parts, part))


def _pieces(
    objects: ObjectStore, partials: Sequence[Transfer], start: int, part_size: int
) -> Iterator[bytes]:
    """The bytes of partial uploads one after the other, from ``start``, ``part_size`` at a time."""
    waiting = bytearray()
    for partial in partials:
        if start >= partial.received:
            start -= partial.received
            continue
        for data in _stream(objects, partial.key, start):
            waiting += data
            while len(waiting) >= part_size:
                yield bytes(waiting[:part_size])
                del waiting[:part_size]
        start = 0
    if waiting:
        yield bytes(waiting)


def _stream(objects: ObjectStore, key: str, start: int) -> Iterator[bytes]:
    try:
        yield from objects.stream(key, start)
    except ObjectNotFound as error:
        raise PartialLost(str(error)) from error
