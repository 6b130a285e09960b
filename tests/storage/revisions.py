"""Catalogues as older releases left them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from alembic import command
from sqlalchemy import Engine, create_engine, text
from support import RunningStack

from storage.catalogue import database, migrate
from storage.ids import new_id


@contextmanager
def database_at(stack: RunningStack, revision: str) -> Iterator[tuple[str, Engine]]:
    base, _, _ = stack.environment["DATABASE_URL"].rpartition("/")
    name = f"test_{new_id()}"
    server = create_engine(
        f"{base}/postgres".replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT"
    )
    with server.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    url = f"{base}/{name}"
    engine = database.connect(url)
    command.upgrade(migrate.alembic_config(url), revision)
    try:
        yield url, engine
    finally:
        engine.dispose()
        with server.connect() as connection:
            connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
        server.dispose()
