"""The object storage as the rest of the project sees it: a small interface and its errors.

``storage.s3`` implements it over any S3 server; ``storage.memory`` for fast tests. One contract suite
(``tests/storage/test_object_store_contract.py``) holds for both.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol


class StorageError(Exception):
    """The object storage could not do what was asked; trying again later may help."""


class ObjectNotFound(StorageError):
    """There is no object with this key."""


class StorageRefused(StorageError):
    """The object storage knows the access key not, or not with this secret, or does not allow it that."""


class BucketMissing(StorageError):
    """The object storage has no such bucket."""


class StorageFull(StorageError):
    """The object storage has no room left."""


@dataclass(frozen=True)
class ObjectInfo:
    """``size`` in bytes; ``etag`` without quotes."""

    key: str
    size: int
    etag: str
    modified: datetime


@dataclass(frozen=True)
class Part:
    """One stored part of a multipart upload; ``number`` counts from 1."""

    number: int
    etag: str
    size: int


@dataclass(frozen=True)
class PendingUpload:
    """A multipart upload that was begun and neither completed nor aborted."""

    key: str
    upload_id: str
    started: datetime


class ObjectStore(Protocol):
    """Keys are texts of ``storage.keys``. Every method may raise ``StorageError``."""

    def put(self, key: str, data: bytes, content_type: str = ...) -> ObjectInfo:
        """Store ``data`` whole. An existing object is replaced in one step."""

    def put_file(self, key: str, path: Path, content_type: str = ...) -> ObjectInfo:
        """Store a file of any size without holding it in memory."""

    def get(self, key: str, start: int = 0, length: int | None = None) -> bytes:
        """Bytes ``start`` to ``start + length`` (to the end if None). Raises ``ObjectNotFound``."""

    def stream(self, key: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        """Like ``get``, in pieces. Raises before the first piece if there is no such object; the
        connection is given back when the iterator is closed or exhausted."""

    def stat(self, key: str) -> ObjectInfo:
        """Size and ETag. Raises ``ObjectNotFound``."""

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """All objects whose key starts with ``prefix``."""

    def folders(self, prefix: str, after: str = ...) -> Iterator[str]:
        """Prefixes one level below ``prefix``, each ending with a slash, that come after ``after``; in order."""

    def presign(self, key: str, signed_at: datetime, seconds: int) -> str:
        """A public URL that gives the object to anyone for ``seconds`` from ``signed_at``, 7 days at most. Made without
        a round trip, and the same for the same arguments."""

    def remove(self, keys: Iterable[str]) -> None:
        """Remove objects; those that do not exist are passed over."""

    def begin_multipart(self, key: str, content_type: str = ...) -> str:
        """Begin a multipart upload and return its ID."""

    def put_part(self, key: str, upload_id: str, number: int, data: bytes | BinaryIO) -> Part:
        """Store one part; all but the last hold at least 5 MiB. The same number again replaces the part."""

    def complete_multipart(self, key: str, upload_id: str, parts: Iterable[Part]) -> ObjectInfo:
        """Join the parts into the object. Completing a second time, after the object exists, succeeds. Raises
        ``ObjectNotFound`` if the upload, or one of its parts, is lost."""

    def abort_multipart(self, key: str, upload_id: str) -> None:
        """Forget a multipart upload and its parts; an unknown one is passed over."""

    def pending_multipart(self, prefix: str = ...) -> Iterator[PendingUpload]:
        """Multipart uploads under ``prefix`` that were never finished."""

    def room(self) -> int | None:
        """Bytes that can still be stored; None if the storage does not say."""

    def check(self) -> Mapping[str, str]:
        """Prove that the bucket can be written, read and cleaned. Raises ``StorageError`` if not."""
