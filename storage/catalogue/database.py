"""Connections to the catalogue, and its migrations."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, text

MIGRATIONS = Path(__file__).with_name("migrations")

_MIGRATION_LOCK = 7_205_001
"""Key of the advisory lock that keeps two processes from migrating at the same time."""

KEEPER_LOCK = 7_205_002
"""Key of the advisory lock that the keeper at work holds for as long as it lives."""


def is_locked(connection: Connection, key: int) -> bool:
    """Whether any session of this database holds the advisory lock."""
    held = text(
        "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database "
        "WHERE locktype = 'advisory' AND granted AND datname = current_database() "
        "AND classid = 0 AND objid = :key AND objsubid = 1"
    )
    return bool(connection.execute(held, {"key": key}).scalar_one())


def connect(database_url: str, *, pool_size: int = 5) -> Engine:
    """An engine whose connections are tested before use, so that a restarted server is not noticed."""
    return create_engine(
        _with_driver(database_url),
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_pre_ping=True,
        pool_timeout=10,
        connect_args={"connect_timeout": 5, "options": "-c timezone=utc -c lock_timeout=30000"},
    )


def migrate(database_url: str) -> None:
    """Bring the schema up to date. Safe to call from several processes at once."""
    engine = connect(database_url)
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _MIGRATION_LOCK})
        connection.commit()
        try:
            command.upgrade(alembic_config(database_url), "head")
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _MIGRATION_LOCK})
            connection.commit()
    engine.dispose()


def pending_migrations(engine: Engine) -> bool:
    """Whether the schema is older than this code."""
    head = ScriptDirectory(str(MIGRATIONS)).get_current_head()
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() != head


def alembic_config(database_url: str) -> Config:
    """Alembic's configuration without an ini file."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("sqlalchemy.url", _with_driver(database_url).replace("%", "%%"))
    return config


def _with_driver(database_url: str) -> str:
    parts = urlsplit(database_url)
    return urlunsplit(parts._replace(scheme="postgresql+psycopg"))
