"""Partitions by day of what was watched: made ahead, dropped whole once they are old."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final, Literal

from sqlalchemy import text
from sqlalchemy.orm import Session

Table = Literal["beats", "plays", "starts"]

TABLES: Final[tuple[Table, ...]] = ("beats", "plays", "starts")

_NAME: Final = re.compile(r"(beats|plays|starts)_([0-9]{4})([0-9]{2})([0-9]{2})")

_MADE: Final = text(
    "SELECT child.relname FROM pg_inherits JOIN pg_class AS child ON child.oid = inhrelid "
    "JOIN pg_class AS parent ON parent.oid = inhparent WHERE parent.relname = :table "
    "AND parent.relnamespace = current_schema()::regnamespace"
)


def days_of(session: Session, table: Table) -> set[date]:
    """The days of which there is a partition."""
    names = session.execute(_MADE, {"table": table}).scalars()
    found = (_NAME.fullmatch(name) for name in names)
    return {date(*map(int, match.groups()[1:])) for match in found if match}


def make(session: Session, days: Iterable[date]) -> None:
    """Make the partitions of some days where there are none."""
    wanted = sorted(set(days))
    for table in TABLES:
        for day in sorted({*wanted} - days_of(session, table)):
            # Names and dates are ours; DDL takes no parameters.
            session.execute(
                text(
                    f"CREATE TABLE IF NOT EXISTS {_name(table, day)} PARTITION OF {table} "
                    f"FOR VALUES FROM ('{day.isoformat()}') TO ('{(day + timedelta(days=1)).isoformat()}')"
                )
            )


def drop_before(session: Session, table: Table, day: date) -> list[date]:
    """Drop the partitions of all earlier days, and say which they were."""
    old = sorted(each for each in days_of(session, table) if each < day)
    for each in old:
        session.execute(text(f"DROP TABLE {_name(table, each)}"))
    return old


def _name(table: Table, day: date) -> str:
    return f"{table}_{day:%Y%m%d}"
