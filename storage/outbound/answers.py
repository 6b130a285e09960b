"""What strangers answer: heads and bodies, bounded."""

from __future__ import annotations

import http.client
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from storage.strangers import OutboundError

MOST_HEAD_BYTES: Final = 64 * 1024
_SLICE: Final = 256 * 1024

_DANGEROUS: Final = re.compile(r"[\r\n\0]")
"""In values of headers each of them becomes a blank (RFC 9110, section 5.5)."""


class Clock(Protocol):
    """The deadline of a request."""

    @property
    def is_over(self) -> bool:
        """Whether it has passed."""


@dataclass(frozen=True)
class Answer:
    """A short answer; names of headers in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class BoundedHead(http.client.HTTPResponse):
    """An answer whose head, interim ones included, has ``MOST_HEAD_BYTES`` at most."""

    def begin(self) -> None:
        plain = self.fp
        self.fp = _Lines(plain)  # type: ignore[assignment]
        super().begin()
        if isinstance(self.fp, _Lines):
            self.fp = plain


class _Lines:
    """Of a file the lines, up to so many bytes in all."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self._left = MOST_HEAD_BYTES

    def readline(self, limit: int = -1) -> bytes:
        line: bytes = self._file.readline(limit)
        self._left -= len(line)
        if self._left < 0:
            raise OutboundError("answer_too_large", f"a head of more than {MOST_HEAD_BYTES} bytes")
        return line

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


class Download:
    """An answer that is read bit by bit. ``start`` is the offset of its first byte in the whole, ``size`` that of the
    whole in bytes (None: not told); ``validator`` tells later whether it is still the same ("": nothing does)."""

    def __init__(self, response: http.client.HTTPResponse, url: str, clock: Clock) -> None:
        self.status = response.status
        self.url = url
        self.headers: dict[str, str] = {
            name.lower(): _DANGEROUS.sub(" ", value) for name, value in response.getheaders()
        }
        self.start, self.size = _extent(self.status, self.headers)
        self._response = response
        self._clock = clock
        self._expected = response.length
        self._received = 0

    @property
    def is_over(self) -> bool:
        """Whether all of it was read, so that its connection may be used again."""
        return not self._response.will_close and (self._response.isclosed() or self._response.length == 0)

    def let_go(self) -> None:
        """Leave the connection to the next request."""
        self._response.close()

    @property
    def content_type(self) -> str:
        """Without parameters, in lower case."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def validator(self) -> str:
        """A strong entity tag, or when it was changed last (RFC 9110, section 13.1.5)."""
        tag = self.headers.get("etag", "")
        return tag if tag.startswith('"') else self.headers.get("last-modified", "")

    def read(self, most_bytes: int) -> bytes:
        """Up to so many bytes in all; what comes after them is left. Raises ``OutboundError``."""
        parts, left = [], most_bytes
        while left > 0 and (part := self._read(min(left, _SLICE))):
            parts.append(part)
            left -= len(part)
        return b"".join(parts)

    def slices(self, most_bytes: int) -> Iterator[bytes]:
        """All of it, as it comes. Raises ``OutboundError``: ``answer_too_large`` after ``most_bytes``, ``broken_off``
        where less came than was told."""
        while part := self._read(_SLICE):
            if self._received > most_bytes:
                raise OutboundError("answer_too_large", f"more than {most_bytes} bytes")
            yield part
        if self._expected is not None and self._received != self._expected:
            raise OutboundError("broken_off", f"{self._received} of {self._expected} bytes came")

    def _read(self, most: int) -> bytes:
        if self.headers.get("content-encoding", "identity").lower() != "identity":
            raise OutboundError("answer_invalid", "the answer is compressed, which nobody asked for")
        try:
            part = self._response.read1(most)
        except OutboundError:
            raise
        except TimeoutError as error:
            raise OutboundError("timed_out", "nothing came for too long") from error
        except (OSError, http.client.HTTPException) as error:
            raise OutboundError("timed_out" if self._clock.is_over else "broken_off", str(error)) from error
        except ValueError as error:
            raise OutboundError("answer_invalid", str(error)) from error
        if not part and self._clock.is_over:
            raise OutboundError("timed_out", "the answer took too long")
        self._received += len(part)
        return part


def _extent(status: int, headers: Mapping[str, str]) -> tuple[int, int | None]:
    """Offset of the first byte, and bytes of the whole. Raises ``OutboundError`` with ``answer_invalid``."""
    length = headers.get("content-length", "")
    if status != 206:
        return 0, int(length) if length.isdecimal() else None
    found = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+|\*)", headers.get("content-range", ""), re.ASCII)
    if found is None:
        raise OutboundError("answer_invalid", "206 without a Content-Range of bytes")
    return int(found[1]), None if found[3] == "*" else int(found[3])
