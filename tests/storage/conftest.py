from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session, sessionmaker

from storage.catalogue import database
from storage.ids import new_id


@pytest.fixture(scope="session")
def sessions(stack: Any) -> Iterator[sessionmaker[Session]]:
    """A catalogue of its own on the stack's PostgreSQL, so that no worker takes the steps of these tests."""
    base, _, _ = stack.environment["DATABASE_URL"].rpartition("/")
    name = f"test_{new_id()}"
    server = create_engine(
        f"{base}/postgres".replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT"
    )
    with server.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    url = f"{base}/{name}"
    database.migrate(url)
    engine = database.connect(url)
    yield sessionmaker(engine, expire_on_commit=False)
    engine.dispose()
    with server.connect() as connection:
        connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
    server.dispose()
