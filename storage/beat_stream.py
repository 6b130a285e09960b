"""Beats on their way to the catalogue: a stream in Redis, so that a catalogue that is away loses none.

Web processes append, the keeper reads. What was read stays until it is committed (``settle``), and is read again by
whoever leads next if it never was. The stream is bounded by refusing more and not by dropping what is there: players
keep what was refused and send it again.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol, cast

from redis import Redis
from redis.exceptions import RedisError, ResponseError

STREAM: Final = "lessonstream:beats"
_GROUP: Final = "keeper"
_CONSUMER: Final = "keeper"
"""One name for all keepers: only one leads, and the next one goes on with what the last one had read."""

_SALT: Final = "lessonstream:viewers:"
_SALT_SECONDS: Final = 2 * 24 * 3600
_FULL_SECONDS: Final = 1.0


class BeatsRefused(Exception):
    """Redis is away or holds as many as it may: to be sent again later."""


class BeatTaker(Protocol):
    """Where web processes leave beats."""

    def append(self, text: str) -> None:
        """Append one entry. Raises ``BeatsRefused`` unless it cannot be lost any more."""

    def salt(self, day: str) -> bytes:
        """A secret that all processes share on one day and that nobody has two days later: hashes made with it cannot
        be traced back. Raises ``BeatsRefused``."""


class NoBeats:
    """Takes none, as a Redis that is away."""

    def append(self, text: str) -> None:
        """As ``BeatTaker`` says."""
        raise BeatsRefused(f"{len(text)} characters for nobody")

    def salt(self, day: str) -> bytes:
        """As ``BeatTaker`` says."""
        raise BeatsRefused(day)


@dataclass(frozen=True)
class Entry:
    """What was appended, and the name that Redis gave it."""

    id: str
    text: str


class BeatSink:
    """The end where beats go in. Holds at most ``most`` entries, as far as one process knows."""

    def __init__(self, redis: Redis, most: int) -> None:
        self._redis = redis
        self._most = most
        self._full_until = float("-inf")
        self._salts: dict[str, bytes] = {}

    def append(self, text: str) -> None:
        """As ``BeatTaker`` says."""
        if time.monotonic() < self._full_until:
            raise BeatsRefused("full")
        try:
            with self._redis.pipeline(transaction=False) as pipe:
                pipe.xadd(STREAM, {"text": text})
                pipe.xlen(STREAM)
                _, waiting = pipe.execute()
        except RedisError as error:
            raise BeatsRefused(str(error)) from error
        if waiting >= self._most:
            self._full_until = time.monotonic() + _FULL_SECONDS

    def salt(self, day: str) -> bytes:
        """As ``BeatTaker`` says."""
        known = self._salts.get(day)
        if known is None:
            try:
                self._redis.set(_SALT + day, secrets.token_bytes(32), nx=True, ex=_SALT_SECONDS)
                known = cast("bytes | None", self._redis.get(_SALT + day))
            except RedisError as error:
                raise BeatsRefused(str(error)) from error
            if known is None:
                raise BeatsRefused("Redis keeps nothing")
            self._salts = {**dict(list(self._salts.items())[-2:]), day: known}
        return known


class BeatSource:
    """The end where the keeper takes them out."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._is_behind = True

    def read(self, most: int) -> Sequence[Entry]:
        """The next entries, at most so many; those first that were read and never settled. Raises ``RedisError``."""
        if self._is_behind:
            left = self._read("0", most)
            if left:
                return left
            self._is_behind = False
        # Until it is settled, whatever comes between.
        self._is_behind = True
        found = self._read(">", most)
        if not found:
            self._is_behind = False
        return found

    def settle(self, entries: Iterable[Entry]) -> None:
        """They are committed. Raises ``RedisError``."""
        ids = [entry.id for entry in entries]
        if ids:
            with self._redis.pipeline(transaction=True) as pipe:
                pipe.xack(STREAM, _GROUP, *ids)
                pipe.xdel(STREAM, *ids)
                pipe.execute()
        self._is_behind = False

    def waiting(self) -> int:
        """How many entries are not settled. Raises ``RedisError``."""
        return int(self._redis.xlen(STREAM))

    def _read(self, after: str, most: int) -> list[Entry]:
        try:
            answer: Any = self._redis.xreadgroup(_GROUP, _CONSUMER, {STREAM: after}, count=most)
        except ResponseError as error:
            if not str(error).startswith("NOGROUP"):
                raise
            # Redis lost its data, or this is the first time.
            self._redis.xgroup_create(STREAM, _GROUP, id="0", mkstream=True)
            answer = self._redis.xreadgroup(_GROUP, _CONSUMER, {STREAM: after}, count=most)
        streams = answer.values() if isinstance(answer, dict) else [entries for _, entries in answer or []]
        found: list[Entry] = []
        for entries in streams:
            for id_, fields in _flat(entries):
                # One that was removed while it was pending has no fields.
                text = (fields or {}).get(b"text", b"")
                found.append(Entry(id_.decode(), text.decode()))
        return found


def _flat(entries: Any) -> Any:
    """RESP3 has a list of lists where RESP2 has a list."""
    return entries[0] if entries and isinstance(entries[0], list) else entries
