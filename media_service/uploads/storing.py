"""Makes arrived bytes of an upload durable: as parts of its source, or as the tail until they are enough for one.

What is recorded is what was acknowledged, and the byte to resume from. A body whose checksum is to be compared waits in
objects of its own until that is done: not every S3 server takes other bytes for a part that it has.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Final

from media_service.problems import ApiError
from media_service.services import Services
from media_service.uploads import quotas
from media_service.uploads.checksum import Checksum
from media_service.uploads.part import Part
from media_service.uploads.protocol import part_size
from storage import upload_finish, upload_tail
from storage.catalogue import upload_locks, uploads
from storage.catalogue.quotas import Holder, require_kept
from storage.catalogue.uploads import Transfer
from storage.keys import tail_key, unproven_key
from storage.objects import ObjectNotFound, StorageError
from storage.objects import Part as StoredPart
from storage.sha256 import ResumableSha256
from storage.upload_finish import SourceLost

log = logging.getLogger(__name__)

_PART_ATTEMPTS: Final = 2
"""A part that fails so often, while the storage takes the same bytes as an object, fails for ever: a disk that was full
leaves such multipart uploads behind."""


@dataclass
class Storing:
    """How the bytes of one request are stored: under the lock of ``owner``, hashed by ``hasher`` with all that came
    before, and compared with the ``checksum`` of the request, if it has one."""

    services: Services
    owner: str
    hasher: ResumableSha256
    checksum: Checksum | None = None
    _waiting: list[str] = field(default_factory=list)

    def store(self, transfer: Transfer, part: Part, *, is_last: bool) -> Transfer:
        """Make what has arrived durable and record it, once its checksum is compared. ``is_last``: no more of the body
        follows. Raises ``upload_checksum_mismatch`` and ``checksum_mismatch``, ``LockLost`` and ``SourceLost``.
        """
        try:
            data = part.read()
        finally:
            part.close()
        if self.checksum is None:
            return self._keep(transfer, data)
        self.checksum.update(data)
        if not is_last:
            self._let_wait(transfer, data)
            return transfer
        try:
            self.checksum.require_match()
            for key in self._waiting:
                transfer = self._keep(transfer, self.services.objects.get(key))
            return self._keep(transfer, data)
        finally:
            self.forget()

    def forget(self) -> None:
        """Throw away what waits to be compared, or was."""
        waiting, self._waiting = self._waiting, []
        try:
            self.services.objects.remove(waiting)
        except StorageError as error:
            log.warning("%d unproven pieces stay until their upload is over: %s", len(waiting), error)

    def _let_wait(self, transfer: Transfer, data: bytes) -> None:
        with self.services.sessions.begin() as session:
            upload_locks.renew(session, transfer.id, self.owner)
        key = unproven_key(transfer.id, self.owner, len(self._waiting))
        self._waiting.append(key)
        self.services.objects.put(key, data)

    def _keep(self, transfer: Transfer, data: bytes) -> Transfer:
        """Make bytes durable, the tail with them, if that makes a part."""
        if not data and not transfer.is_length_new:
            return transfer
        services = self.services
        self.hasher.update(data)
        after = replace(
            transfer,
            received=transfer.received + len(data),
            tail_size=transfer.tail_size + len(data),
            sha256_state=self.hasher.state(),
            is_length_new=False,
        )
        if after.complete:
            self._check_digest(after)
        with services.sessions.begin() as session:
            # Nothing is stored for an upload that another request has taken over.
            upload_locks.renew(session, transfer.id, self.owner)
            is_piece = (
                after.tail_size < size_of_parts(after)
                and not after.complete
                and upload_tail.is_small(session, transfer, data)
            )
        before = None
        if not is_piece and after.tail_size:
            tail, before = upload_tail.read(services.sessions, services.objects, transfer)
            after = self._store_together(transfer, after, tail + data)
        with services.sessions.begin() as session:
            uploads.record(session, after, self.owner, _lifetime(services))
            if transfer.length is None or transfer.is_length_new:
                default = quotas.default_limits(services.settings)
                with quotas.refusing():
                    require_kept(session, Holder(after.organization_id, after.owner_id, default))
            if not is_piece:
                uploads.forget_pieces(session, transfer.id)
            elif data:
                upload_tail.keep_piece(session, transfer, data)
        services.measures.count(("upload_bytes",), len(data))
        if before is not None:
            services.objects.remove([before])
        return after

    def _store_together(self, transfer: Transfer, after: Transfer, data: bytes) -> Transfer:
        """Store a tail with what has followed it: as the source, one more part of it or an object by itself."""
        if after.complete and transfer.multipart_id is None and len(data) <= size_of_parts(after):
            self.services.objects.put(after.key, data)
            return replace(after, tail_size=0)
        if after.complete or len(data) == size_of_parts(after):
            multipart_id, stored = self._store_part(transfer, data)
            return replace(after, tail_size=0, multipart_id=multipart_id, parts=(*transfer.parts, stored))
        self.services.objects.put(tail_key(after.id, after.received), data)
        return after

    def _store_part(self, transfer: Transfer, data: bytes) -> tuple[str, StoredPart]:
        services, multipart_id = self.services, transfer.multipart_id
        if multipart_id is None:
            multipart_id = services.objects.begin_multipart(transfer.key)
            # Recorded before it is used, so that it can be aborted whatever happens.
            transfer = replace(transfer, multipart_id=multipart_id)
            with services.sessions.begin() as session:
                uploads.record_multipart(session, transfer, self.owner)
        number = len(transfer.parts) + 1
        for _ in range(_PART_ATTEMPTS):
            try:
                return multipart_id, services.objects.put_part(transfer.key, multipart_id, number, data)
            except ObjectNotFound:
                break
            except StorageError as error:
                log.warning("part %d of upload %s could not be stored: %s", number, transfer.id, error)
                self._prove_storable(transfer, data)
        upload_finish.start_over(services.sessions, services.objects, transfer)
        raise SourceLost

    def _prove_storable(self, transfer: Transfer, data: bytes) -> None:
        """Store ``data`` by itself, for once: where even that fails, the storage is away or full, and nothing is
        lost."""
        probe = tail_key(transfer.id, transfer.received + len(data))
        self.services.objects.put(probe, data)
        self.services.objects.remove([probe])

    def _check_digest(self, transfer: Transfer) -> None:
        digest = ResumableSha256(transfer.sha256_state).hexdigest()
        if transfer.expected_sha256 not in (None, digest):
            upload_finish.discard(self.services.sessions, self.services.objects, transfer)
            raise ApiError("checksum_mismatch", f"The SHA-256 of what arrived is {digest}.")


def size_of_parts(transfer: Transfer) -> int:
    """Bytes of each part of an upload, but for the last."""
    assert transfer.part_size is not None or transfer.length is not None  # noqa: S101  (for the type checker)
    return transfer.part_size or part_size(transfer.length or 0)


def _lifetime(services: Services) -> timedelta:
    return timedelta(seconds=services.settings.upload_lifetime)
