"""Migrations are numbered, so that their newest is known without Alembic."""

from __future__ import annotations

from alembic.script import ScriptDirectory

from storage.catalogue.database import MIGRATIONS, newest_migration


def test_the_newest_by_its_number_is_where_alembic_ends() -> None:
    scripts = ScriptDirectory(str(MIGRATIONS))
    assert scripts.get_heads() == [newest_migration()]
