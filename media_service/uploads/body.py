"""Reads a request body in the background: while one part travels to the object storage, the next one arrives.

Whatever the size of the body, at most two parts are in memory.
"""

from __future__ import annotations

import io
import queue
import threading
import time
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final, Protocol

from storage.sha256 import ResumableSha256

PIECE_SIZE: Final = 64 * 1024
"""Bytes asked for at a time. The server fills each piece, so this is also how finely a slow client is noticed."""

_PARTS_IN_MEMORY: Final = 2


class Readable(Protocol):
    """``wsgi.input`` (PEP 3333)."""

    def read(self, size: int = ..., /) -> bytes:
        """At most ``size`` bytes; fewer, or none, at the end of the body or of the connection."""


class End(Enum):
    """How a body came to its end."""

    WHOLE = "all that was declared has arrived"
    CUT = "the connection ended early, or the client fell silent"
    OVERFLOW = "there is more than the upload has room for"


@dataclass(frozen=True)
class Piece:
    """A whole part or, with ``end``, the rest. ``sha256_state`` is the hash of everything up to its last byte."""

    data: bytes
    sha256_state: bytes
    end: End | None


class BodyReader:
    """Hashes a body and cuts it into parts. ``limit`` is how many bytes it may have; ``declared`` whether the client
    promised exactly so many; ``tail`` the bytes that stand before it in its first part."""

    def __init__(
        self,
        body: Readable,
        *,
        limit: int,
        declared: bool,
        part_size: int,
        tail: bytes,
        hasher: ResumableSha256,
    ) -> None:
        self._body = body
        self._left = limit
        self._declared = declared
        self._part_size = part_size
        self._hasher = hasher
        self._buffer = io.BytesIO()
        self._buffer.write(tail)
        self._lock = threading.Lock()
        self._abandoned = False
        self._heard = time.monotonic()
        self._pieces: queue.SimpleQueue[Piece] = queue.SimpleQueue()
        self._free = threading.Semaphore(_PARTS_IN_MEMORY - 1)
        # A daemon: a client that holds its connection open without a word must not keep the process from ending.
        threading.Thread(target=self._run, name="upload-body", daemon=True).start()

    @property
    def silence(self) -> float:
        """Seconds since the last byte arrived."""
        return time.monotonic() - self._heard

    def take(self, timeout: float) -> Piece | None:
        """The next piece, or None if none is ready within ``timeout`` seconds."""
        try:
            return self._pieces.get(timeout > 0, timeout)
        except queue.Empty:
            return None

    def stored(self) -> None:
        """Tell that the piece taken last is no longer needed: one more may be read."""
        self._free.release()

    def abandon(self) -> Piece:
        """Stop reading. What has arrived and was not taken yet is the last piece."""
        with self._lock:
            self._abandoned = True
            waiting = self.take(0)
            piece = waiting or Piece(self._buffer.getvalue(), self._hasher.state(), End.CUT)
            self._buffer = io.BytesIO()
        self._free.release()
        return replace(piece, end=piece.end or End.CUT)

    def _run(self) -> None:
        end = None
        while end is None and not self._abandoned:
            end = self._fill()
            with self._lock:
                if self._abandoned:
                    return
                piece = Piece(self._buffer.getvalue(), self._hasher.state(), end)
                self._buffer = io.BytesIO()
                self._pieces.put(piece)
            del piece
            self._free.acquire()

    def _fill(self) -> End | None:
        """Read until the part is full (None) or the body ends."""
        while (room := self._part_size - self._buffer.tell()) > 0:
            wanted = min(PIECE_SIZE, room, self._left)
            if wanted == 0:
                return End.OVERFLOW if not self._declared and self._read(1) else End.WHOLE
            data = self._read(wanted)
            self._heard = time.monotonic()
            with self._lock:
                if self._abandoned:
                    return End.CUT
                self._hasher.update(data)
                self._buffer.write(data)
            self._left -= len(data)
            if len(data) < wanted:
                return End.CUT if self._declared else End.WHOLE
        return None

    def _read(self, size: int) -> bytes:
        try:
            return self._body.read(size)
        except Exception:  # each server has its own way to say that the client is gone
            return b""
