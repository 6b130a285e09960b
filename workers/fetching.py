"""What has arrived of a source that is fetched: durable parts, as uploads keep them, and what is not enough for one.

All that is written is written under the step's fence: whoever lost the step, or whose asset is gone, changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

from sqlalchemy.orm import Session

from storage import upload_finish, upload_tail
from storage.catalogue import imports, steps, upload_locks, uploads
from storage.catalogue.quotas import Holder, Limits, QuotaExceeded, require_kept
from storage.catalogue.steps import StaleFence
from storage.catalogue.upload_locks import LockLost
from storage.catalogue.uploads import Transfer
from storage.keys import tail_key
from storage.objects import ObjectNotFound, Part, StorageError, StorageFull
from storage.sha256 import ResumableSha256
from storage.upload_finish import SourceLost
from workers.context import StepContext
from workers.plan.failure import MediaFailure
from workers.retries import with_retries


class Fetched:
    """The bytes of one source so far, taken over from whoever fetched them before. Every method may raise
    ``StaleFence`` and ``MediaFailure``.
    """

    def __init__(self, context: StepContext, transfer: Transfer) -> None:
        self._context = context
        self._owner = f"{context.claim.step_id}:{context.claim.fence}"
        self._transfer = transfer
        if not transfer.finished:
            self._write(lambda _session: None, seize=True)
        tail = with_retries(partial(upload_tail.read, context.sessions, context.objects, transfer))
        self._loose = bytearray(tail.data)
        self._tail_key = tail.key
        self._hasher = ResumableSha256(transfer.sha256_state)

    @property
    def transfer(self) -> Transfer:
        """What is durable."""
        return self._transfer

    @property
    def position(self) -> int:
        """The byte to go on from."""
        return self._transfer.received - self._transfer.tail_size + len(self._loose)

    def begin(self, validator: str, length: int | None) -> None:
        """Begin at the first byte, of a file of ``length`` bytes (None: the origin does not say): nothing that came
        before stays. What is too large or has no room is refused before anything is stored.
        """
        before, old_tail = self._transfer, self._tail_key
        self._require_room(length or 0)

        def write(session: Session) -> None:
            uploads.start_over(session, before)
            imports.learn(session, before.version_id, validator, length)
            if length is not None:
                self._require_quota(session)

        self._write(write, seize=True)
        self._transfer = replace(
            before,
            length=length,
            received=0,
            tail_size=0,
            parts=(),
            multipart_id=None,
            sha256_state=None,
        )
        self._loose, self._tail_key, self._hasher = bytearray(), None, ResumableSha256()
        self._remove(before, old_tail)

    def add(self, data: bytes) -> None:
        """Take bytes that follow those that are there; whole parts of them become durable."""
        size = self._transfer.part_size
        assert size is not None  # noqa: S101  (imports are begun without a length)
        while data:
            now, data = data[: size - len(self._loose)], data[size - len(self._loose) :]
            self._loose += now
            self._hasher.update(now)
            if len(self._loose) == size:
                self._store()

    def keep(self) -> None:
        """Make all that has arrived durable, for whoever goes on later."""
        if self.position == self._transfer.received:
            return
        key, old = tail_key(self._transfer.id, self.position), self._tail_key
        with_retries(lambda: self._context.objects.put(key, bytes(self._loose)))
        self._record(replace(self._transfer, tail_size=len(self._loose)))
        self._tail_key = key
        if old is not None:
            with_retries(lambda: self._context.objects.remove([old]))

    def end(self) -> str:
        """All of it is there: make one object of it. Its SHA-256 in hexadecimal."""
        if not self._transfer.complete or self._transfer.tail_size:
            if self._loose and self._transfer.multipart_id is None:
                self._require_lock()
                with_retries(partial(self._context.objects.put, self._transfer.key, bytes(self._loose)))
                self._record(replace(self._transfer, length=self.position, tail_size=0))
            elif self._loose:
                self._store(length=self.position)
            else:
                self._record(replace(self._transfer, length=self.position, tail_size=0))
        try:
            return upload_finish.complete_source(
                self._context.sessions, self._context.objects, self._transfer
            )
        except SourceLost as error:
            raise StorageError(str(error)) from error

    def discard(self) -> None:
        """Keep nothing of what ended badly. What cannot be removed now goes with the upload."""
        before, tail = self._transfer, self._tail_key

        def write(session: Session) -> None:
            uploads.start_over(session, before)
            imports.learn(session, before.version_id, "", None)

        self._write(write)
        self._remove(before, tail)

    def _store(self, length: int | None = None) -> None:
        """The loose bytes become a part."""
        self._require_lock()
        objects, transfer = self._context.objects, self._transfer
        if transfer.multipart_id is None:
            made = with_retries(partial(objects.begin_multipart, transfer.key))
            transfer = replace(transfer, multipart_id=made)
            # Recorded before it is used, so that it can be aborted whatever happens.
            with _told_as_stale(), self._context.sessions.begin() as session:
                uploads.record_multipart(session, transfer, self._owner)
            self._transfer = transfer
        number, data = len(transfer.parts) + 1, bytes(self._loose)
        try:
            stored: Part = with_retries(
                partial(objects.put_part, transfer.key, transfer.multipart_id or "", number, data)
            )
        except ObjectNotFound as error:
            self.discard()
            raise StorageError(f"the storage lost what was fetched: {error}") from error
        tail, self._tail_key = self._tail_key, None
        self._record(
            replace(transfer, length=length or transfer.length, tail_size=0, parts=(*transfer.parts, stored))
        )
        self._loose.clear()
        if tail is not None:
            with_retries(lambda: objects.remove([tail]))

    def _record(self, after: Transfer) -> None:
        after = replace(after, received=self.position, sha256_state=self._hasher.state())

        def write(session: Session) -> None:
            uploads.record(session, after, self._owner, imports.KEPT)
            imports.note(session, after.version_id, after.received)
            if self._transfer.length is None:
                self._require_quota(session)

        self._write(write)
        self._transfer = after
        self._context.heartbeat.progress = after.received / after.length if after.length else 0.0

    def _write(self, write: Callable[[Session], None], *, seize: bool = False) -> None:
        """One transaction, if the step is still ours."""

        def attempt() -> None:
            with self._context.sessions.begin() as session:
                # First, as whoever removes the version does.
                steps.lock_version(session, self._transfer.version_id)
                steps.renew(session, self._context.claim, self._context.heartbeat.progress)
                write(session)
                if seize:
                    upload_locks.seize(session, self._transfer.id, self._owner)

        with _told_as_stale():
            with_retries(attempt)

    def _require_lock(self) -> None:
        """Nothing is stored for an upload that was ended meanwhile."""
        with _told_as_stale(), self._context.sessions.begin() as session:
            upload_locks.renew(session, self._transfer.id, self._owner)

    def _require_quota(self, session: Session) -> None:
        transfer, settings = self._transfer, self._context.settings
        holder = Holder(transfer.organization_id, transfer.owner_id, Limits(bytes=settings.quota_bytes))
        try:
            require_kept(session, holder)
        except QuotaExceeded as exceeded:
            raise MediaFailure("import_over_quota", f"quota of {exceeded.standing.holder_id}") from None

    def _require_room(self, size: int) -> None:
        free, reserve = self._context.objects.room(), self._context.settings.disk_reserve_bytes
        if free is not None and free - size < reserve:
            raise StorageFull(f"{size} bytes are to come, {free} are free, {reserve} of them are kept")

    def _remove(self, transfer: Transfer, tail: str | None) -> None:
        objects = self._context.objects
        if transfer.multipart_id is not None:
            with_retries(partial(objects.abort_multipart, transfer.key, transfer.multipart_id))
        with_retries(lambda: objects.remove([transfer.key, *([tail] if tail else [])]))


@contextmanager
def _told_as_stale() -> Iterator[None]:
    """Who ended the upload took it as another worker would."""
    try:
        yield
    except LockLost:
        raise StaleFence from None
