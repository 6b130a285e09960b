"""The checksum of one request's body, as the checksum extension of tus 1.0 has it. Pure.

``Upload-Checksum: sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=`` is the name of an algorithm and a digest in base64. A CRC-32 is
its four bytes, the highest first, as S3 writes it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import zlib
from typing import Final, Protocol

from werkzeug.datastructures import Headers

from media_service.problems import ApiError


class _Digest(Protocol):
    def update(self, data: bytes, /) -> None: ...
    def digest(self) -> bytes: ...


class _Crc32:
    """CRC-32 (ISO 3309) as ``hashlib`` would have it."""

    digest_size: Final = 4

    def __init__(self) -> None:
        self._value = 0

    def update(self, data: bytes, /) -> None:
        self._value = zlib.crc32(data, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(self.digest_size)


_SIZES: Final = {"sha1": 20, "sha256": 32, "crc32": _Crc32.digest_size}

ALGORITHMS: Final = ",".join(_SIZES)
"""Those that are known, as ``Tus-Checksum-Algorithm`` tells them."""


def _begin(algorithm: str) -> _Digest:
    return _Crc32() if algorithm == "crc32" else hashlib.new(algorithm, usedforsecurity=False)


class Checksum:
    """What a body should have as its checksum, and that of what has arrived of it."""

    def __init__(self, algorithm: str, expected: bytes) -> None:
        self._expected = expected
        self._running = _begin(algorithm)

    def update(self, data: bytes) -> None:
        """Some more of the body."""
        self._running.update(data)

    def require_match(self) -> None:
        """Go on if the whole body was what it should be. Raises ``upload_checksum_mismatch``."""
        if not hmac.compare_digest(self._running.digest(), self._expected):
            raise ApiError("upload_checksum_mismatch")


def checksum_from_headers(headers: Headers) -> Checksum | None:
    """The checksum that a request announces of its body, if it does.

    Raises ``upload_checksum_unsupported`` for algorithms that are not known and for checksums that are to follow the
    body, and ``checksum_malformed``.
    """
    trailers = {name.strip().lower() for name in headers.get("Trailer", "").split(",")}
    if "upload-checksum" in trailers:
        raise ApiError("upload_checksum_unsupported", "The checksum must be sent before the body.")
    given = headers.get("Upload-Checksum")
    if given is None:
        return None
    algorithm, _, encoded = given.strip().partition(" ")
    if algorithm not in _SIZES:
        raise ApiError("upload_checksum_unsupported", f"Known are {ALGORITHMS}.")
    try:
        expected = base64.b64decode(encoded.strip(), validate=True)
    except binascii.Error:
        expected = b""
    if len(expected) != _SIZES[algorithm]:
        raise ApiError("checksum_malformed", f"{algorithm} has {_SIZES[algorithm]} bytes, in base64.")
    return Checksum(algorithm, expected)
