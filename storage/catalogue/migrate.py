"""Brings the catalogue's schema up to date. Apart from ``database``, for most processes never migrate anything."""

from __future__ import annotations

import time
from typing import Final

from alembic import command
from alembic.config import Config
from sqlalchemy import text

from storage.catalogue.database import MIGRATIONS, connect, with_driver

_LOCK: Final = {"key": 7_205_001}
"""Key of the advisory lock that keeps two processes from migrating at the same time."""

_LOCK_PAUSE: Final = 0.2


def migrate(database_url: str) -> None:
    """Bring the schema up to date. Safe to call from several processes at once."""
    engine = connect(database_url)
    with engine.connect() as connection:
        # Whoever waited within a statement would be waited for by one that builds an index while others are at work.
        while not connection.execute(text("SELECT pg_try_advisory_lock(:key)"), _LOCK).scalar_one():
            connection.commit()
            time.sleep(_LOCK_PAUSE)
        connection.commit()
        try:
            command.upgrade(alembic_config(database_url), "head")
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), _LOCK)
            connection.commit()
    engine.dispose()


def alembic_config(database_url: str) -> Config:
    """Alembic's configuration without an ini file."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("sqlalchemy.url", with_driver(database_url).replace("%", "%%"))
    return config
