"""Connections to the catalogue."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.engine.interfaces import ExecutionContext
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.orm import Session, sessionmaker

from storage.breaker import Breaker
from storage.catalogue.connection import AnsweredConnection, probe
from storage.measures import Observe, ignore

MIGRATIONS = Path(__file__).with_name("migrations")

_BEGAN = "lessonstream.statement_began"

PLANNED_ANEW: Final[Mapping[str, Any]] = {"planned_anew": True}
"""Execution options of statements that are best planned for what they are asked with, each time: how common a word is
decides on the way. A prepared statement is soon planned once for all, and makes of its words anew what is looked for
with each row."""


@dataclass(frozen=True)
class Patience:
    """How long a process waits for the catalogue, in seconds: for a connection; for a lock; for a statement, which the
    server then ends; and for any word of the server. ``idle`` is how long the server bears a transaction in which
    nothing is asked: what a client whose network was cut had locked, it has to let go by itself. 0 is no limit."""

    connect: int
    lock: int
    statement: int
    answer: float
    idle: int


UNHURRIED = Patience(connect=5, lock=30, statement=0, answer=float("inf"), idle=0)
"""What may take hours, as migrations and commands on a large catalogue; who waits for it can stop it."""

PATIENT = Patience(connect=5, lock=30, statement=60, answer=70, idle=20)
"""Workers, whose work can wait."""

KEEPING = Patience(connect=5, lock=10, statement=20, answer=25, idle=20)
"""Keepers: another one could do it meanwhile."""

HURRIED = Patience(connect=3, lock=4, statement=10, answer=15, idle=20)
"""Whom somebody waits for. That the server says nothing at all is found sooner, by its breaker."""

# Whoever stops reading a table half-way, as searches do, shall meet the same rows on each page.
_SERVER_OPTIONS = (
    "-c synchronize_seqscans=off "
    "-c timezone=utc -c lock_timeout={lock}s -c statement_timeout={statement}s "
    "-c idle_in_transaction_session_timeout={idle}s -c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 "
    "-c tcp_keepalives_count=3 -c tcp_user_timeout=25s"
)
_CLIENT_OPTIONS = {
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 25_000,  # milliseconds
}


def connect(
    database_url: str,
    *,
    pool_size: int = 5,
    overflow: int | None = None,
    patience: Patience = UNHURRIED,
    breaker: Breaker | None = None,
    observe: Observe = ignore,
) -> Engine:
    """An engine whose connections are looked at before use, so that a restarted server is not noticed.

    It holds ``pool_size`` connections and for moments up to ``overflow`` (as many again if None) more. A server that
    does not answer is an ``OperationalError``, after ``patience`` or as soon as ``breaker`` knows of it. ``observe`` is
    told of every statement.
    """
    engine = create_engine(
        with_driver(database_url),
        pool_size=pool_size,
        max_overflow=pool_size if overflow is None else overflow,
        pool_timeout=patience.connect * 2,
        connect_args={
            "connect_timeout": patience.connect,
            "options": _SERVER_OPTIONS.format(**asdict(patience)),
            **_CLIENT_OPTIONS,
        },
    )
    _watch(engine, observe)
    _plan_anew(engine)

    @event.listens_for(engine, "do_connect")
    def open_connection(
        _dialect: object, _record: object, arguments: list[Any], named: dict[str, Any]
    ) -> AnsweredConnection:
        return AnsweredConnection.open(arguments, named, patience.answer, breaker)

    @event.listens_for(engine, "checkout")
    def look(connection: AnsweredConnection, *_: object) -> None:
        if connection.was_ended():
            raise InvalidatePoolError

    return engine


def reading(sessions: sessionmaker[Session]) -> sessionmaker[Session]:
    """The same sessions for what only reads. Each statement sees what was committed before it, as everywhere here, but
    none opens a transaction: two round trips less."""
    options = {**sessions.kw, "bind": sessions.kw["bind"].execution_options(isolation_level="AUTOCOMMIT")}
    return type(sessions)(**options)


def _watch(engine: Engine, observe: Observe) -> None:
    """A statement that the server refuses was answered all the same; only one that cut the connection failed."""

    @event.listens_for(engine, "before_cursor_execute")
    def begin(connection: Connection, *_: object) -> None:
        connection.info[_BEGAN] = time.perf_counter()

    @event.listens_for(engine, "after_cursor_execute")
    def end(connection: Connection, *_: object) -> None:
        observe("postgresql", time.perf_counter() - connection.info[_BEGAN], False)

    @event.listens_for(engine, "handle_error")
    def fail(context: ExceptionContext) -> None:
        if context.is_disconnect:
            began = context.connection.info.get(_BEGAN) if context.connection else None
            observe("postgresql", time.perf_counter() - began if began else 0.0, True)


def _plan_anew(engine: Engine) -> None:
    @event.listens_for(engine, "do_execute")
    def execute(cursor: Any, statement: str, parameters: Any, context: ExecutionContext | None) -> bool:
        if context is None or not context.execution_options.get("planned_anew"):
            return False
        cursor.execute(statement, parameters, prepare=False)
        return True


def breaker_for(database_url: str, places: int) -> Breaker:
    """What a process knows of the catalogue's server; ``places`` is how many of its threads may wait for it."""
    return Breaker("PostgreSQL", lambda: probe(database_url), places=places)


def pending_migrations(engine: Engine) -> bool:
    """Whether the schema is older than this code."""
    with engine.connect() as connection:
        if connection.execute(text("SELECT to_regclass('alembic_version')")).scalar_one() is None:
            return True
        return (
            connection.execute(text("SELECT version_num FROM alembic_version")).scalar() != newest_migration()
        )


@cache
def newest_migration() -> str:
    """Return the newest revision. Migrations are numbered: Alembic, slow to import, is for who runs them."""
    return max(path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def with_driver(database_url: str) -> str:
    """Return the address as SQLAlchemy wants it, with psycopg for a driver."""
    parts = urlsplit(database_url)
    return urlunsplit(parts._replace(scheme="postgresql+psycopg"))
