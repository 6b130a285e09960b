"""The ledger of uploads: how many bytes of each are durable, and which request may add to them.

A request that writes holds a *lock* that it renews while bytes arrive. A lock that was not renewed for ``LOCK``
may be taken over; whoever lost it is refused by ``record``, so that no two requests ever advance the same upload.
All times are the database's own.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, CursorResult, delete, func, or_, select, true, tuple_, update
from sqlalchemy.orm import Session

from configs.words import Policy
from storage.catalogue import steps
from storage.catalogue.assets import WHITE, begin_processing, create_asset
from storage.catalogue.models import Asset, Upload, UploadPiece, Version
from storage.catalogue.reach import Reach
from storage.objects import Part

LOCK = timedelta(seconds=10)
"""How long a silent request keeps others away; after a crash a client waits at most this long."""


class LockLost(Exception):
    """Another request has taken the upload over, or it is gone. Nothing more may be written."""


@dataclass(frozen=True)
class Transfer:
    """An upload as the ledger has it. Sizes are in bytes.

    ``received`` bytes are durable: the ``parts``, and after them a tail of ``tail_size`` bytes.
    ``sha256_state`` is the hash of exactly those bytes (see ``storage.sha256``).
    """

    id: str
    organization_id: str
    asset_id: str
    version_id: str
    length: int
    received: int
    tail_size: int
    parts: tuple[Part, ...]
    multipart_id: str | None
    sha256_state: bytes | None
    expected_sha256: str | None
    metadata: str
    expires_at: datetime
    expired: bool
    finished: bool

    @property
    def complete(self) -> bool:
        """Whether all bytes are durable."""
        return self.received == self.length


def create_upload(
    session: Session,
    *,
    organization_id: str,
    api_key_id: str,
    title: str,
    file_name: str,
    policy: Policy,
    length: int,
    expected_sha256: str | None,
    metadata: str,
    lifetime: timedelta,
    background: int = WHITE,
    external_id: str | None = None,
) -> Transfer:
    """A new asset whose source is about to arrive. ``metadata`` is kept as the client sent it.

    Raises ``ExternalIdTaken``.
    """
    version = create_asset(
        session, organization_id, title, file_name, policy, background=background, external_id=external_id
    )
    upload = Upload(
        organization_id=organization_id,
        api_key_id=api_key_id,
        version_id=version.id,
        length=length,
        expected_sha256=expected_sha256,
        metadata_=metadata,
        expires_at=func.now() + lifetime,
    )
    session.add(upload)
    session.flush()
    transfer = _one_or_none(session, Upload.id == upload.id)
    assert transfer is not None  # noqa: S101  (for the type checker)
    return transfer


def find_upload(
    session: Session, upload_id: str, reach: Reach, api_key_id: str | None = None
) -> Transfer | None:
    """The upload, unless it belongs to an organization outside ``reach``, another key than ``api_key_id`` (if it is
    given) has begun it, or its asset was deleted."""
    found = _one_or_none(
        session,
        Upload.id == upload_id,
        true() if api_key_id is None else Upload.api_key_id == api_key_id,
        Asset.deleted_at.is_(None),
    )
    return found if found is not None and reach.includes(session, found.organization_id) else None


def upload_of(session: Session, version_id: str) -> Transfer | None:
    """The upload that brings the source of a version."""
    return _one_or_none(session, Upload.version_id == version_id)


def unfinished_of(
    session: Session, organization_id: str, external_id: str, api_key_id: str | None = None
) -> Transfer | None:
    """The upload that is to bring what the organization calls ``external_id``; with ``api_key_id``, if that key has
    begun it."""
    return _one_or_none(
        session,
        Asset.organization_id == organization_id,
        Asset.external_id == external_id,
        true() if api_key_id is None else Upload.api_key_id == api_key_id,
        Asset.deleted_at.is_(None),
        Upload.finished_at.is_(None),
    )


def was_begun_by(session: Session, version_id: str | None, api_key_id: str) -> bool:
    """Whether this key began the upload that brings the source of a version."""
    begun = select(Upload.id).where(Upload.version_id == version_id, Upload.api_key_id == api_key_id)
    return session.execute(begun).first() is not None


def is_held(session: Session, upload_id: str) -> bool:
    """Whether a request is writing the upload."""
    return session.execute(select(Upload.id).where(Upload.id == upload_id, ~_unlocked())).first() is not None


def silent_until(session: Session, upload_id: str) -> datetime | None:
    """Until when whoever writes the upload may stay silent; None if nobody does."""
    held = select(Upload.lock_until).where(Upload.id == upload_id, ~_unlocked())
    return session.execute(held).scalar_one_or_none()


def lock(session: Session, upload_id: str, owner: str) -> Transfer | None:
    """Take the upload for ``owner``, a text of this request alone; None if another request holds it or it is gone."""
    taken = session.execute(
        update(Upload)
        .where(Upload.id == upload_id, _unlocked())
        .values(lock_owner=owner, lock_until=func.now() + LOCK)
    )
    return _one_or_none(session, Upload.id == upload_id) if _count(taken) else None


def seize(session: Session, upload_id: str, owner: str) -> None:
    """Take the upload whoever holds it: the holder is refused at its next ``record``."""
    session.execute(
        update(Upload).where(Upload.id == upload_id).values(lock_owner=owner, lock_until=func.now() + LOCK)
    )


def renew(session: Session, upload_id: str, owner: str) -> None:
    """Keep the lock while bytes arrive. Raises ``LockLost``."""
    renewed = session.execute(
        update(Upload)
        .where(Upload.id == upload_id, Upload.lock_owner == owner)
        .values(lock_until=func.now() + LOCK)
    )
    if not _count(renewed):
        raise LockLost


def renew_all(session: Session, held: Collection[tuple[str, str]]) -> set[tuple[str, str | None]]:
    """Keep locks, given as IDs of uploads and their owners; those that still were the owners'."""
    if not held:
        return set()
    renewed = session.execute(
        update(Upload)
        .where(tuple_(Upload.id, Upload.lock_owner).in_(held))
        .values(lock_until=func.now() + LOCK)
        .returning(Upload.id, Upload.lock_owner)
    )
    return {(upload_id, owner) for upload_id, owner in renewed}


def still_held(session: Session, held: Collection[tuple[str, str]]) -> set[tuple[str, str | None]]:
    """Those locks that nobody else has taken; they are not renewed, so that others may."""
    if not held:
        return set()
    found = session.execute(
        select(Upload.id, Upload.lock_owner).where(tuple_(Upload.id, Upload.lock_owner).in_(held))
    )
    return {(upload_id, owner) for upload_id, owner in found}


def release(session: Session, upload_id: str, owner: str) -> None:
    """Give the lock back, if it is still held."""
    session.execute(
        update(Upload)
        .where(Upload.id == upload_id, Upload.lock_owner == owner)
        .values(lock_owner=None, lock_until=None)
    )


def record(session: Session, transfer: Transfer, owner: str, lifetime: timedelta) -> None:
    """Write down what is durable now; the upload lives for ``lifetime`` from here. Raises ``LockLost``."""
    written = session.execute(
        update(Upload)
        .where(Upload.id == transfer.id, Upload.lock_owner == owner, Upload.finished_at.is_(None))
        .values(
            received=transfer.received,
            tail_size=transfer.tail_size,
            parts=[[part.number, part.etag, part.size] for part in transfer.parts],
            multipart_id=transfer.multipart_id,
            sha256_state=transfer.sha256_state,
            lock_until=func.now() + LOCK,
            expires_at=func.now() + lifetime,
        )
    )
    if not _count(written):
        raise LockLost


def finish(session: Session, transfer: Transfer, source_key: str, sha256: str) -> bool:
    """The one transaction that ends an upload: its source is complete, its version is queued.

    False if that had been done before. A deleted asset is not queued.
    """
    finished = session.execute(
        update(Upload)
        .where(Upload.id == transfer.id, Upload.finished_at.is_(None))
        .values(finished_at=func.now(), tail_size=0, lock_owner=None, lock_until=None)
    )
    if not _count(finished):
        return False
    deleted_at = session.execute(select(Asset.deleted_at).where(Asset.id == transfer.asset_id)).scalar_one()
    if deleted_at is None:
        begin_processing(session, transfer.version_id, source_key, transfer.length, sha256)
    return True


def start_over(session: Session, transfer: Transfer) -> None:
    """Forget the bytes of an unfinished upload, which the object storage lost."""
    forgotten = session.execute(
        update(Upload)
        .where(
            Upload.id == transfer.id,
            Upload.multipart_id == transfer.multipart_id,
            Upload.finished_at.is_(None),
        )
        .values(
            received=0,
            tail_size=0,
            parts=[],
            multipart_id=None,
            sha256_state=None,
            lock_owner=None,
            lock_until=None,
        )
    )
    if _count(forgotten):
        forget_pieces(session, transfer.id)


def forget_pieces(session: Session, upload_id: str) -> None:
    """Forget the small pieces of an upload's tail: it is lost, or has become a part or an object."""
    session.execute(delete(UploadPiece).where(UploadPiece.upload_id == upload_id))


def forget(session: Session, transfer: Transfer) -> None:
    """Delete an unfinished upload with the version and the asset that it was to fill."""
    steps.lock_version(session, transfer.version_id)
    session.execute(
        update(Asset).where(Asset.current_version_id == transfer.version_id).values(current_version_id=None)
    )
    session.execute(delete(Version).where(Version.id == transfer.version_id))
    others = select(Version.id).where(Version.asset_id == transfer.asset_id).exists()
    session.execute(delete(Asset).where(Asset.id == transfer.asset_id, ~others))


def forget_record(session: Session, transfer: Transfer) -> None:
    """Delete the record of a finished upload; its asset stays."""
    session.execute(delete(Upload).where(Upload.id == transfer.id))


def forget_finished(session: Session, limit: int = 1000) -> None:
    """Delete records of uploads that were finished as long ago as an unfinished one lives."""
    over = (
        select(Upload.id).where(Upload.expires_at < func.now(), Upload.finished_at.is_not(None)).limit(limit)
    )
    session.execute(delete(Upload).where(Upload.id.in_(over)))


def stranded(session: Session, limit: int = 100) -> Sequence[str]:
    """IDs of uploads whose bytes are all durable but whose last transaction did not happen."""
    return (
        session.execute(
            select(Upload.id)
            .where(Upload.finished_at.is_(None), Upload.received == Upload.length, _unlocked())
            .limit(limit)
        )
        .scalars()
        .all()
    )


def abandoned(session: Session, limit: int = 100) -> Sequence[str]:
    """IDs of unfinished uploads that have expired or whose asset was deleted."""
    return (
        session.execute(
            _joined(select(Upload.id))
            .where(
                Upload.finished_at.is_(None),
                or_(Upload.expires_at < func.now(), Asset.deleted_at.is_not(None)),
                _unlocked(),
            )
            .limit(limit)
        )
        .scalars()
        .all()
    )


def _unlocked() -> ColumnElement[bool]:
    return or_(Upload.lock_owner.is_(None), Upload.lock_until < func.now())


def _joined(query: Any) -> Any:
    return query.join(Version, Version.id == Upload.version_id).join(Asset, Asset.id == Version.asset_id)


def _one_or_none(session: Session, *where: ColumnElement[bool]) -> Transfer | None:
    query = _joined(select(Upload, Version.asset_id, Upload.expires_at < func.now())).where(*where)
    row = session.execute(query.execution_options(populate_existing=True)).one_or_none()
    if row is None:
        return None
    upload, asset_id, expired = row
    return Transfer(
        id=upload.id,
        organization_id=upload.organization_id,
        asset_id=asset_id,
        version_id=upload.version_id,
        length=upload.length,
        received=upload.received,
        tail_size=upload.tail_size,
        parts=tuple(Part(number, etag, size) for number, etag, size in upload.parts),
        multipart_id=upload.multipart_id,
        sha256_state=upload.sha256_state,
        expected_sha256=upload.expected_sha256,
        metadata=upload.metadata_,
        expires_at=upload.expires_at,
        expired=expired and upload.finished_at is None,
        finished=upload.finished_at is not None,
    )


def _count(result: Any) -> int:
    assert isinstance(result, CursorResult)  # noqa: S101
    return result.rowcount
