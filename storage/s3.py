"""Object storage over the S3 protocol: the only file that imports ``minio``.

Held to what every S3 server does, the embedded ``rclone serve s3`` included, which answers a range request with
status 200, sends errors as ``text/xml`` (minio-py does not parse those), loses unfinished multipart uploads when it
is restarted, gives stored objects no ETag, since it would have to read each one whole to make it, and answers before
what it stored is on the disk.
"""

from __future__ import annotations

import contextlib
import io
import re
import secrets
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, BinaryIO, Protocol, Self
from urllib.parse import urlsplit

import urllib3
from minio import Minio
from minio.datatypes import ListMultipartUploadsResult
from minio.datatypes import Part as MinioPart
from minio.deleteobjects import DeleteObject
from minio.error import InvalidResponseError, MinioException, S3Error

from storage.durability import sync_file
from storage.keys import CHECKS
from storage.measures import Observe, ignore
from storage.objects import (
    BucketMissing,
    ObjectInfo,
    ObjectNotFound,
    Part,
    PendingUpload,
    StorageError,
    StorageFull,
    StorageRefused,
)
from storage.s3_requests import Requests

MEBIBYTE = 1024 * 1024
PART_SIZE = 16 * MEBIBYTE
"""Part size of ``put_file``: 10,000 of them, S3's limit, make 156 GiB."""
PIECE_SIZE = MEBIBYTE // 4
"""Largest piece that ``stream`` yields."""

_PRESIGNED_CACHE_CONTROL = "private, max-age=31536000, immutable"
"""No key is ever written twice. What S3 servers do not know of the query's ``response-`` parameters they ignore."""

_OCTETS = "application/octet-stream"
_NOT_FOUND = ("NoSuchKey", "NoSuchUpload")
_REFUSED = ("InvalidAccessKeyId", "SignatureDoesNotMatch", "AccessDenied")
_LOST_PARTS = ("InvalidPart", "InvalidPartOrder")
_FULL = ("XMinioStorageFull", "QuotaExceeded", "XMinioAdminBucketQuotaExceeded")
_FULL_TEXTS = ("no space left", "Response code: 507", "No writable volumes", "no free volumes")
"""Besides codes: what POSIX says, the HTTP status, SeaweedFS."""

_ROOM_FOR_NAMES = MEBIBYTE
"""What an object's names and folders may take on a disk besides its bytes."""


class S3Settings(Protocol):
    """What the settings of a process say of its S3 server."""

    @property
    def s3_endpoint(self) -> str:
        """A URL: ``http://host:port``."""

    @property
    def s3_access_key(self) -> str:
        """Access key."""

    @property
    def s3_secret_key(self) -> str:
        """Secret key."""

    @property
    def s3_bucket(self) -> str:
        """The one bucket."""

    @property
    def s3_region(self) -> str:
        """Region used in signatures."""

    @property
    def s3_folder(self) -> str:
        """Where a server of this machine that does not sync keeps its buckets; empty if it does, or is elsewhere."""

    @property
    def s3_public_url(self) -> str:
        """What browsers call the server; empty if it is the endpoint."""


class S3ObjectStore:
    """``storage.objects.ObjectStore`` in one bucket of an S3 server. Safe to share between threads.

    ``endpoint`` is a URL (``http://host:port``), ``public_url`` what presigned URLs begin with instead;
    ``connections`` is how many are kept open for reuse. Requests are repeated a few times when the server is briefly
    away: each of them may safely arrive twice. ``answer_seconds``, ``places`` and ``observe``: see
    ``storage.s3_requests``.

    ``folder`` is where a server of this machine keeps each bucket as a folder and each object as a file, without
    bringing them to the disk by itself. Then what stores an object returns only after that was done.
    """

    def __init__(
        self,
        endpoint: str,
        access_key: str,
        secret_key: str,
        bucket: str,
        region: str,
        *,
        connections: int = 32,
        public_url: str = "",
        folder: str = "",
        answer_seconds: float = 60,
        places: int | None = None,
        observe: Observe = ignore,
    ) -> None:
        parts = urlsplit(endpoint)
        self.endpoint = endpoint
        self.bucket = bucket
        self._folder = Path(folder) if folder else None
        self._requests = Requests(endpoint, connections, answer_seconds, places, observe)
        self._client: Any = Minio(
            parts.netloc,
            access_key=access_key,
            secret_key=secret_key,
            secure=parts.scheme == "https",
            region=region,
            http_client=self._requests,
        )

        public = urlsplit(public_url or endpoint)
        # Signs only: with its region known, it never asks the server for anything.
        self._presigner: Any = Minio(
            public.netloc, access_key, secret_key, secure=public.scheme == "https", region=region
        )

    @classmethod
    def of(
        cls,
        settings: S3Settings,
        *,
        connections: int = 32,
        answer_seconds: float = 60,
        places: int | None = None,
        observe: Observe = ignore,
    ) -> Self:
        """The store that ``settings`` name."""
        return cls(
            settings.s3_endpoint,
            settings.s3_access_key,
            settings.s3_secret_key,
            settings.s3_bucket,
            settings.s3_region,
            connections=connections,
            public_url=settings.s3_public_url,
            folder=settings.s3_folder,
            answer_seconds=answer_seconds,
            places=places,
            observe=observe,
        )

    def ensure_bucket(self) -> None:
        """Make the bucket if there is none."""
        with _translated(self.bucket):
            if self._client.bucket_exists(self.bucket):
                return
            try:
                self._client.make_bucket(self.bucket)
            except S3Error as error:
                if error.code not in ("BucketAlreadyOwnedByYou", "BucketAlreadyExists"):
                    raise

    def put(self, key: str, data: bytes, content_type: str = _OCTETS) -> ObjectInfo:
        with self._storing(key, len(data)):
            result = self._client.put_object(
                self.bucket,
                key,
                io.BytesIO(data),
                len(data),
                content_type,
                # One request whatever the size: minio-py would cut at 5 MiB.
                part_size=max(len(data), 5 * MEBIBYTE),
            )
            self._sync(key)
        return ObjectInfo(key, len(data), result.etag or "", _date(result.http_headers))

    def put_file(self, key: str, path: Path, content_type: str = _OCTETS) -> ObjectInfo:
        with self._storing(key, path.stat().st_size):
            # Parts one after another, in order: rclone would hold the others in its memory.
            result = self._client.fput_object(
                self.bucket, key, str(path), content_type, part_size=PART_SIZE, num_parallel_uploads=1
            )
            self._sync(key)
        return ObjectInfo(key, path.stat().st_size, result.etag or "", _date(result.http_headers))

    def get(self, key: str, start: int = 0, length: int | None = None) -> bytes:
        return b"".join(self.stream(key, start, length))

    def stream(self, key: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        if length == 0:
            self.stat(key)
            return iter(())
        with _translated(key):
            try:
                response = self._client.get_object(self.bucket, key, start, length or 0)
            except MinioException as error:
                if _code(error) == "InvalidRange":  # nothing lies there, as beyond the end of a slice
                    return iter(())
                raise
        return self._pieces(key, response)

    def _pieces(self, key: str, response: Any) -> Iterator[bytes]:
        with contextlib.closing(response), _translated(key):
            while True:
                with self._requests.asking():
                    piece = response.read(PIECE_SIZE)
                if not piece:
                    break
                yield piece
            response.release_conn()

    def stat(self, key: str) -> ObjectInfo:
        with _translated(key):
            return _info(key, self._client.stat_object(self.bucket, key))

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        with _translated(prefix):
            for item in self._client.list_objects(self.bucket, prefix, recursive=True):
                yield _info(item.object_name, item)

    def folders(self, prefix: str, after: str = "") -> Iterator[str]:
        with _translated(prefix):
            for item in self._client.list_objects(self.bucket, prefix, start_after=after or None):
                # Servers differ in whether what begins like ``after`` comes after it; some pass over none.
                if item.is_dir and item.object_name > after:
                    yield item.object_name

    def presign(self, key: str, signed_at: datetime, seconds: int) -> str:
        with _translated(key):
            url: str = self._presigner.presigned_get_object(
                self.bucket,
                key,
                timedelta(seconds=seconds),
                response_headers={"response-cache-control": _PRESIGNED_CACHE_CONTROL},
                request_date=signed_at,
            )
        return url

    def remove(self, keys: Iterable[str]) -> None:
        with _translated(self.bucket):
            for error in self._client.remove_objects(self.bucket, (DeleteObject(key) for key in keys)):
                if error.code not in _NOT_FOUND:
                    raise StorageError(f"{error.name}: could not be removed: {error.code} {error.message}")

    # minio-py offers multipart uploads publicly only as one call over a whole stream. An upload that comes in by
    # HTTP requests over hours, to any of several processes, needs the single operations, which are its underscore
    # methods; 7.2 is pinned in the lock file and the contract suite runs over them.

    def begin_multipart(self, key: str, content_type: str = _OCTETS) -> str:
        with _translated(key):
            upload_id: str = self._client._create_multipart_upload(
                self.bucket, key, {"Content-Type": content_type}
            )
        return upload_id

    def put_part(self, key: str, upload_id: str, number: int, data: bytes | BinaryIO) -> Part:
        """Raises ``ObjectNotFound`` if the server does not know the upload (any more)."""
        body = data if isinstance(data, bytes) else data.read()
        with self._storing(key, len(body)):
            etag = self._client._upload_part(self.bucket, key, body, {}, upload_id, number)
        return Part(number, etag, len(body))

    def complete_multipart(self, key: str, upload_id: str, parts: Iterable[Part]) -> ObjectInfo:
        ordered = [MinioPart(part.number, part.etag) for part in sorted(parts, key=lambda part: part.number)]
        with _translated(key):
            try:
                self._client._complete_multipart_upload(self.bucket, key, upload_id, ordered)
            except MinioException as error:
                if _code(error) in _LOST_PARTS:
                    raise ObjectNotFound(f"{key}: {_code(error)}") from error
                if _code(error) != "NoSuchUpload":
                    raise
        done = self.stat(key)
        with _translated(key):
            self._sync(key)
        return done

    def abort_multipart(self, key: str, upload_id: str) -> None:
        with contextlib.suppress(ObjectNotFound), _translated(key):
            self._client._abort_multipart_upload(self.bucket, key, upload_id)

    def pending_multipart(self, prefix: str = "") -> Iterator[PendingUpload]:
        # Not minio-py's own method: it always sends an empty delimiter, over which rclone finds nothing.
        query = {"uploads": "", "prefix": prefix, "max-uploads": "1000"}
        while True:
            try:
                with _translated(prefix):
                    page: Any = ListMultipartUploadsResult(
                        self._client._execute("GET", self.bucket, query_params=query)
                    )
            except ObjectNotFound:
                return  # what rclone answers while it knows of no upload at all
            for upload in page.uploads:
                yield PendingUpload(upload.object_name, upload.upload_id, upload.initiated_time)
            if not page.is_truncated or not page.next_key_marker:
                return
            query["key-marker"] = page.next_key_marker

    def room(self) -> int | None:
        return None if self._folder is None else shutil.disk_usage(self._folder).free

    def check(self) -> Mapping[str, str]:
        key, data = f"{CHECKS}{secrets.token_hex(12)}", secrets.token_bytes(1024)
        began = time.monotonic()
        self.put(key, data)
        try:
            if self.get(key) != data or self.get(key, 100, 200) != data[100:300]:
                raise StorageError(f"{self.endpoint} gave back other bytes than were stored")
        finally:
            self.remove([key])
        milliseconds = (time.monotonic() - began) * 1000
        return {"endpoint": self.endpoint, "bucket": self.bucket, "round_trip_ms": f"{milliseconds:.0f}"}

    @contextlib.contextmanager
    def _storing(self, key: str, size: int) -> Iterator[None]:
        """Vendor errors become ours where ``size`` bytes are stored. Of a full disk rclone says no more than *internal
        error*, so its disk is looked at."""
        try:
            with _translated(key):
                yield
        except StorageError as error:
            room = self.room()
            if room is not None and room < size + _ROOM_FOR_NAMES:
                raise StorageFull(f"{key}: {size} bytes, but {room} are free: {error}") from error
            raise

    def _sync(self, key: str) -> None:
        """Bring an object to the disk that the server has just stored."""
        if self._folder is not None:
            try:
                sync_file(self._folder / self.bucket / key, self._folder)
            except OSError as error:
                raise StorageError(f"{key}: stored, but not brought to the disk: {error}") from error


@contextlib.contextmanager
def _translated(key: str) -> Iterator[None]:
    """Vendor errors become ours."""
    try:
        yield
    except MinioException as error:
        code = _code(error)
        if code in _NOT_FOUND:
            raise ObjectNotFound(f"{key}: {code}") from error
        if code in _REFUSED:
            raise StorageRefused(f"{key}: {code}") from error
        if code == "NoSuchBucket":
            raise BucketMissing(f"{key}: {code}") from error
        if code in _FULL or any(text in str(error) for text in _FULL_TEXTS):
            raise StorageFull(f"{key}: {error}") from error
        raise StorageError(f"{key}: {error}") from error
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise StorageError(f"{key}: the object storage does not answer: {error}") from error


def _code(error: MinioException) -> str:
    """S3's code of an error, also where minio-py took the answer for something else than XML."""
    if isinstance(error, S3Error):
        return str(error.code)
    found = re.search(r"<Code>(\w+)</Code>", str(error)) if isinstance(error, InvalidResponseError) else None
    return found[1] if found else ""


def _info(key: str, item: Any) -> ObjectInfo:
    modified = item.last_modified or datetime.now(UTC)
    return ObjectInfo(key, item.size, item.etag or f"{item.size:x}-{int(modified.timestamp()):x}", modified)


def _date(headers: Mapping[str, str]) -> datetime:
    """When the server answered; the time now if it did not say."""
    text = headers.get("Date")
    return parsedate_to_datetime(text) if text else datetime.now(UTC)
