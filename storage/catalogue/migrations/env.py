"""Runs the migrations; called by Alembic."""

from __future__ import annotations

from alembic import context
from sqlalchemy import create_engine

from storage.catalogue.models import Base

url = context.config.get_main_option("sqlalchemy.url")
assert url is not None  # noqa: S101  (set by storage.catalogue.migrate.alembic_config)
engine = create_engine(url)
with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        compare_type=True,
        # Indexes of large tables are built outside of any.
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()
engine.dispose()
