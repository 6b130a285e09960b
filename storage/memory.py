"""Object storage in memory, for fast tests. The same contract suite holds for it as for S3."""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from storage.objects import ObjectInfo, ObjectNotFound, Part, PendingUpload

PIECE_SIZE = 64 * 1024


@dataclass
class _Upload:
    key: str
    started: datetime
    parts: dict[int, bytes] = field(default_factory=dict)


class MemoryObjectStore:
    """``storage.objects.ObjectStore`` without a server. Safe to share between threads."""

    def __init__(self) -> None:
        self._objects: dict[str, tuple[bytes, ObjectInfo]] = {}
        self._uploads: dict[str, _Upload] = {}
        self._lock = threading.Lock()

    def put(self, key: str, data: bytes, content_type: str = "") -> ObjectInfo:  # noqa: ARG002
        info = ObjectInfo(key, len(data), _etag(data), datetime.now(UTC))
        with self._lock:
            self._objects[key] = (bytes(data), info)
        return info

    def put_file(self, key: str, path: Path, content_type: str = "") -> ObjectInfo:
        return self.put(key, path.read_bytes(), content_type)

    def get(self, key: str, start: int = 0, length: int | None = None) -> bytes:
        data, _ = self._object(key)
        return data[start:] if length is None else data[start : start + length]

    def stream(self, key: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        data = self.get(key, start, length)
        return (data[at : at + PIECE_SIZE] for at in range(0, len(data), PIECE_SIZE))

    def stat(self, key: str) -> ObjectInfo:
        return self._object(key)[1]

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        with self._lock:
            found = [info for key, (_, info) in sorted(self._objects.items()) if key.startswith(prefix)]
        return iter(found)

    def folders(self, prefix: str, after: str = "") -> Iterator[str]:
        names = {info.key[len(prefix) :].partition("/") for info in self.list(prefix)}
        found = {f"{prefix}{name}/" for name, slash, _ in names if slash}
        return iter(sorted(folder for folder in found if folder > after))

    def presign(self, key: str, signed_at: datetime, seconds: int) -> str:
        return f"memory://{key}?date={int(signed_at.timestamp())}&expires={seconds}"

    def remove(self, keys: Iterable[str]) -> None:
        for key in keys:
            with self._lock:
                self._objects.pop(key, None)

    def begin_multipart(self, key: str, content_type: str = "") -> str:  # noqa: ARG002
        upload_id = secrets.token_hex(8)
        with self._lock:
            self._uploads[upload_id] = _Upload(key, datetime.now(UTC))
        return upload_id

    def put_part(self, key: str, upload_id: str, number: int, data: bytes | BinaryIO) -> Part:
        body = data if isinstance(data, bytes) else data.read()
        with self._lock:
            if upload_id not in self._uploads:
                raise ObjectNotFound(f"{key}: NoSuchUpload")
            self._uploads[upload_id].parts[number] = body
        return Part(number, _etag(body), len(body))

    def complete_multipart(self, key: str, upload_id: str, parts: Iterable[Part]) -> ObjectInfo:
        with self._lock:
            upload = self._uploads.pop(upload_id, None)
        if upload is None:
            return self.stat(key)
        numbers = sorted(part.number for part in parts)
        return self.put(key, b"".join(upload.parts[number] for number in numbers))

    def abort_multipart(self, key: str, upload_id: str) -> None:  # noqa: ARG002
        with self._lock:
            self._uploads.pop(upload_id, None)

    def pending_multipart(self, prefix: str = "") -> Iterator[PendingUpload]:
        with self._lock:
            pending = [
                PendingUpload(upload.key, upload_id, upload.started)
                for upload_id, upload in self._uploads.items()
                if upload.key.startswith(prefix)
            ]
        return iter(pending)

    def room(self) -> int | None:
        return None

    def check(self) -> Mapping[str, str]:
        return {"endpoint": "memory"}

    def _object(self, key: str) -> tuple[bytes, ObjectInfo]:
        with self._lock:
            if key not in self._objects:
                raise ObjectNotFound(f"{key}: NoSuchKey")
            return self._objects[key]


def _etag(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()
