"""A connection to PostgreSQL that nobody waits for in vain: libpq itself knows no time-out for an answer."""

from __future__ import annotations

import select
import time
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Self, TypeVar

import psycopg
from psycopg.errors import ConnectionTimeout
from psycopg.pq import TransactionStatus
from psycopg.rows import TupleRow

from storage.breaker import PROBE_SECONDS, Breaker, ServerSilent

T = TypeVar("T")

_TICK_SECONDS = 0.1


class AnsweredConnection(psycopg.Connection[TupleRow]):
    """A connection that breaks, with ``OperationalError``, when the server says nothing for ``patience`` seconds, or
    when ``breaker`` knows that it is silent."""

    patience = float("inf")
    breaker: Breaker | None = None

    @classmethod
    def open(
        cls, arguments: list[Any], named: dict[str, Any], patience: float, breaker: Breaker | None
    ) -> Self:
        """Connect as ``psycopg.connect`` does."""
        try:
            with _asking(breaker):
                connection = cls.connect(*arguments, **named)
        except ServerSilent as error:
            raise psycopg.OperationalError(str(error)) from error
        connection.patience, connection.breaker = patience, breaker
        return connection

    def wait(
        self, gen: Generator[Any, Any, T], interval: float = _TICK_SECONDS, timeout: float | None = None
    ) -> T:
        """As the method that all of psycopg waits by."""
        try:
            in_transaction = self.pgconn.transaction_status != TransactionStatus.IDLE
            with _asking(self.breaker, has_begun=in_transaction):
                return super().wait(_bounded(gen, self._give_up), interval, timeout)
        except ServerSilent as error:
            self.pgconn.finish()
            raise psycopg.OperationalError(str(error)) from error

    def was_ended(self) -> bool:
        """Return whether the server has ended it since it was last used, as a restart does. Asks nobody: of an end, a
        connection at rest has something to read."""
        if self.closed or not self._has_news():
            return self.closed
        try:
            self.pgconn.consume_input()  # what the server says unasked, such as a setting that was changed
        except psycopg.OperationalError:
            return True
        return self._has_news()

    def _has_news(self) -> bool:
        poll = select.poll()
        poll.register(self.fileno(), select.POLLIN)
        return bool(poll.poll(0))

    def _give_up(self, since: float) -> None:
        if self.breaker is not None:
            self.breaker.require()
        if time.monotonic() - since > self.patience:
            raise ServerSilent(f"PostgreSQL said nothing for {self.patience:.0f} s")


def probe(database_url: str) -> None:
    """Ask for a connection. Raises ``ServerSilent`` if nobody answers, ``psycopg.Error`` if it is refused."""
    try:
        psycopg.connect(database_url, connect_timeout=int(PROBE_SECONDS)).close()
    except ConnectionTimeout as error:
        raise ServerSilent(str(error)) from error


def _asking(breaker: Breaker | None, *, has_begun: bool = False) -> AbstractContextManager[None]:
    return nullcontext() if breaker is None else breaker.asking(has_begun=has_begun)


def _bounded(gen: Generator[Any, Any, T], give_up: Callable[[float], None]) -> Generator[Any, Any, T]:
    """``gen``, which is told every ``_TICK_SECONDS`` what is ready; when it is nothing, ``give_up`` may raise."""
    began = time.monotonic()
    ready = None
    while True:
        try:
            wanted = gen.send(ready)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]
        ready = yield wanted
        if not ready:
            give_up(began)
