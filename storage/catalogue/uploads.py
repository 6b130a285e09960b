"""The ledger of uploads: how many bytes of each are durable, and which request may add to them.

Whoever writes holds the upload's lock (``upload_locks``); who lost it is refused by ``record``, so that no two requests
ever advance the same upload. All times are the database's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    case,
    delete,
    func,
    select,
    true,
    update,
)
from sqlalchemy.orm import Session

from configs.words import Policy, Visibility
from storage.catalogue import link_entries, organization_tree, steps, upload_locks
from storage.catalogue.assets import WHITE, begin_processing, create_asset
from storage.catalogue.models import Asset, Import, Upload, UploadPiece, Version
from storage.catalogue.reach import Reach
from storage.catalogue.upload_locks import LOCK, LockLost, changed_rows
from storage.keys import partial_key, source_key
from storage.objects import Part


@dataclass(frozen=True)
class Transfer:
    """An upload as the ledger has it. Sizes are in bytes.

    ``received`` bytes are durable: the ``parts``, and after them a tail of ``tail_size`` bytes.
    ``sha256_state`` is the hash of exactly those bytes (see ``storage.sha256``). ``length`` is None until the client
    has told it; then ``part_size`` is what the parts have. ``is_length_new``: the ledger does not have it yet.
    ``concat`` is Upload-Concat as the client sent it; the IDs of asset and version are empty of a partial one.
    """

    id: str
    organization_id: str
    asset_id: str
    version_id: str
    length: int | None
    part_size: int | None
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
    owner_id: str | None = None
    concat: str | None = None
    partial_ids: tuple[str, ...] = ()
    is_length_new: bool = False

    @property
    def key(self) -> str:
        """Where its bytes are to lie."""
        return partial_key(self.id) if self.is_partial else source_key(self.asset_id, self.version_id)

    @property
    def is_partial(self) -> bool:
        """Whether it brings a part of a file, which belongs to no asset yet."""
        return not self.version_id

    @property
    def is_final(self) -> bool:
        """Whether its bytes are those of partial uploads, joined."""
        return bool(self.partial_ids)

    @property
    def complete(self) -> bool:
        """Whether all bytes are durable."""
        return self.received == self.length


@dataclass(frozen=True)
class Announced:
    """What is known of an upload before its first byte. ``length`` in bytes, None if it is told later, and then
    ``part_size`` is what its parts have. ``metadata`` is kept as the client sent it, ``owner_id`` is the person who
    brings it."""

    organization_id: str
    api_key_id: str | None
    length: int | None
    lifetime: timedelta
    metadata: str = ""
    part_size: int | None = None
    expected_sha256: str | None = None
    relative_path: str | None = None
    head_tail_sha256: str | None = None
    owner_id: str | None = None
    declared_seconds: float | None = None
    concat: str | None = None
    partial_ids: Sequence[str] = ()


def create_upload(
    session: Session,
    announced: Announced,
    *,
    title: str,
    file_name: str,
    policy: Policy,
    background: int = WHITE,
    external_id: str | None = None,
    visibility: Visibility | None = None,
) -> Transfer:
    """A new asset whose source is about to arrive. Raises ``ExternalIdTaken``."""
    version = create_asset(
        session,
        announced.organization_id,
        title,
        file_name,
        policy,
        background=background,
        external_id=external_id,
        owner_id=announced.owner_id,
        visibility=visibility,
    )
    return await_source(session, version, announced)


def await_source(session: Session, version: Version | None, announced: Announced) -> Transfer:
    """The upload that is going to bring the source of a version; without one, a part of a file."""
    upload = Upload(
        organization_id=announced.organization_id,
        api_key_id=announced.api_key_id,
        owner_id=announced.owner_id,
        version_id=version.id if version else None,
        length=announced.length,
        part_size=announced.part_size,
        expected_sha256=announced.expected_sha256,
        metadata_=announced.metadata,
        relative_path=announced.relative_path,
        head_tail_sha256=announced.head_tail_sha256,
        declared_seconds=announced.declared_seconds,
        concat=announced.concat,
        partial_ids=list(announced.partial_ids) or None,
        expires_at=func.now() + announced.lifetime,
    )
    session.add(upload)
    session.flush()
    transfer = _one_or_none(session, Upload.id == upload.id)
    assert transfer is not None  # noqa: S101  (for the type checker)
    return transfer


def find_upload(
    session: Session, upload_id: str, reach: Reach, api_key_id: str | None = None
) -> Transfer | None:
    """The upload, unless it is outside ``reach``, another key than ``api_key_id`` (if it is
    given) has begun it, its asset was deleted, or we fetch it ourselves."""
    found = _one_or_none(
        session,
        Upload.id == upload_id,
        reach.owned(Upload.owner_id),
        true() if api_key_id is None else Upload.api_key_id == api_key_id,
        Asset.deleted_at.is_(None),
        ~select(Import.version_id).where(Import.version_id == Upload.version_id).exists(),
    )
    return found if found is not None and reach.includes(session, found.organization_id) else None


def upload_of(session: Session, version_id: str) -> Transfer | None:
    """The upload that brings the source of a version."""
    return _one_or_none(session, Upload.version_id == version_id)


def unfinished_of(
    session: Session, reach: Reach, external_id: str, api_key_id: str | None = None
) -> Transfer | None:
    """The upload that is to bring what the organization at the root of ``reach`` calls ``external_id``, if it may be
    seen; with ``api_key_id``, if that key has begun it."""
    return _one_or_none(
        session,
        Asset.organization_id == reach.root,
        reach.owned(Upload.owner_id),
        Asset.external_id == external_id,
        true() if api_key_id is None else Upload.api_key_id == api_key_id,
        Asset.deleted_at.is_(None),
        Upload.finished_at.is_(None),
    )


def was_begun_by(session: Session, version_id: str | None, api_key_id: str) -> bool:
    """Whether this key began the upload that brings the source of a version."""
    begun = select(Upload.id).where(Upload.version_id == version_id, Upload.api_key_id == api_key_id)
    return session.execute(begun).first() is not None


def lock(session: Session, upload_id: str, owner: str) -> Transfer | None:
    """Take the upload for ``owner``, a text of this request alone; None if another request holds it or it is gone."""
    return (
        _one_or_none(session, Upload.id == upload_id)
        if upload_locks.take(session, upload_id, owner)
        else None
    )


def record(session: Session, transfer: Transfer, owner: str, lifetime: timedelta) -> None:
    """Write down what is durable now; the upload lives for ``lifetime`` from here. Raises ``LockLost``."""
    written = session.execute(
        update(Upload)
        .where(Upload.id == transfer.id, Upload.lock_owner == owner, Upload.finished_at.is_(None))
        .values(
            length=transfer.length,
            received=transfer.received,
            last_byte_at=case((Upload.received < transfer.received, func.now()), else_=Upload.last_byte_at),
            tail_size=transfer.tail_size,
            parts=[[part.number, part.etag, part.size] for part in transfer.parts],
            multipart_id=transfer.multipart_id,
            sha256_state=transfer.sha256_state,
            lock_until=func.now() + LOCK,
            expires_at=func.now() + lifetime,
        )
    )
    if not changed_rows(written):
        raise LockLost


def record_multipart(session: Session, transfer: Transfer, owner: str) -> None:
    """Write down the multipart upload that is about to be used. Raises ``LockLost``."""
    written = session.execute(
        update(Upload)
        .where(Upload.id == transfer.id, Upload.lock_owner == owner, Upload.finished_at.is_(None))
        .values(multipart_id=transfer.multipart_id)
    )
    if not changed_rows(written):
        raise LockLost


def finish(session: Session, transfer: Transfer, sha256: str) -> bool:
    """The one transaction that ends an upload: its source is complete, its version is queued.

    False if that had been done before. What was deleted or cancelled meanwhile is not queued. Raises
    ``OrganizationClosed``.
    """
    organization_tree.require_open(session, transfer.organization_id)
    finished = session.execute(
        update(Upload)
        .where(Upload.id == transfer.id, Upload.finished_at.is_(None))
        .values(finished_at=func.now(), tail_size=0, lock_owner=None, lock_until=None)
    )
    if not changed_rows(finished):
        return False
    if transfer.is_partial:
        return True
    link_entries.receive(session, transfer.version_id, transfer.received, sha256)
    unwanted = session.execute(
        select(func.coalesce(Asset.deleted_at, Version.discarded_at))
        .join(Version, Version.asset_id == Asset.id)
        .where(Version.id == transfer.version_id)
    ).scalar_one()
    if unwanted is None:
        begin_processing(session, transfer.version_id, transfer.key, transfer.received, sha256)
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
    if changed_rows(forgotten):
        forget_pieces(session, transfer.id)


def forget_pieces(session: Session, upload_id: str) -> None:
    """Forget the small pieces of an upload's tail: it is lost, or has become a part or an object."""
    session.execute(delete(UploadPiece).where(UploadPiece.upload_id == upload_id))


def forget(session: Session, transfer: Transfer) -> None:
    """Delete an unfinished upload with the version and the asset that it was to fill; or one of a part of a file."""
    if transfer.is_partial:
        session.execute(delete(Upload).where(Upload.id == transfer.id))
        return
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


def with_asset(query: Any) -> Any:
    """Join what an upload is for, if there is something, to a query of uploads."""
    return query.outerjoin(Version, Version.id == Upload.version_id).outerjoin(
        Asset, Asset.id == Version.asset_id
    )


def _one_or_none(session: Session, *where: ColumnElement[bool]) -> Transfer | None:
    query = with_asset(select(Upload, Version.asset_id, Upload.expires_at < func.now())).where(*where)
    row = session.execute(query.execution_options(populate_existing=True)).one_or_none()
    if row is None:
        return None
    upload, asset_id, expired = row
    return Transfer(
        id=upload.id,
        organization_id=upload.organization_id,
        asset_id=asset_id or "",
        version_id=upload.version_id or "",
        length=upload.length,
        part_size=upload.part_size,
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
        owner_id=upload.owner_id,
        concat=upload.concat,
        partial_ids=tuple(upload.partial_ids or ()),
    )


def find_partials(session: Session, upload_ids: Sequence[str]) -> list[Transfer]:
    """Those of some uploads that bring a part of a file, in this order."""
    found = {upload_id: _one_or_none(session, Upload.id == upload_id) for upload_id in {*upload_ids}}
    return [one for upload_id in upload_ids if (one := found[upload_id]) is not None and one.is_partial]


def let_join(session: Session, upload_ids: Sequence[str], kept: timedelta) -> None:
    """Let the upload that joins some partial ones count against quotas instead of them. They are kept for so long, and
    until they are joined, so that whoever did not get the answer can ask again."""
    session.execute(
        update(Upload)
        .where(Upload.id.in_(upload_ids))
        .values(is_joined=True, expires_at=func.least(Upload.expires_at, func.now() + kept))
    )
