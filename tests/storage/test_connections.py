"""Connections to the catalogue that rest in a pool: what happens to them there is not noticed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session, sessionmaker
from support import RunningStack

from storage.catalogue import database

pytestmark = pytest.mark.integration

PROCESS = text("SELECT pg_backend_pid()")


@pytest.fixture
def pool(stack: RunningStack) -> Iterator[Engine]:
    engine = database.connect(stack.environment["DATABASE_URL"], pool_size=1, overflow=0)
    yield engine
    engine.dispose()


def process(pool: Engine) -> int:
    with pool.connect() as connection:
        return int(connection.execute(PROCESS).scalar_one())


def test_one_that_the_server_ended_is_replaced(pool: Engine, sessions: sessionmaker[Session]) -> None:
    before = process(pool)
    with sessions() as session:
        assert session.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": before}).scalar_one()
    after = process(pool)
    assert after != before
    assert process(pool) == after


def test_one_that_was_told_something_stays(pool: Engine, sessions: sessionmaker[Session]) -> None:
    with pool.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(text("LISTEN news"))
    before = process(pool)
    with sessions.begin() as session:
        session.execute(text("NOTIFY news"))
    assert process(pool) == before


def test_sessions_that_only_read_hold_no_transaction(pool: Engine) -> None:
    begun = text("SELECT xact_start = query_start FROM pg_stat_activity WHERE pid = pg_backend_pid()")
    sessions = sessionmaker(pool, expire_on_commit=False)
    for made, alone in ((sessions, False), (database.reading(sessions), True), (sessions, False)):
        with made() as session:
            session.execute(PROCESS)
            assert session.execute(begun).scalar_one() is alone
            assert not session.expire_on_commit
