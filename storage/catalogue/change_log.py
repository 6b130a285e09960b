"""The log of changes as somebody reads it, who sees some of the catalogue and not all.

Lines are read in their order, and what was read once stays as it was; ``storage.catalogue.recording`` writes them. Who
reads is a set of words (``visibility.words_of``).
"""

from __future__ import annotations

from collections.abc import Collection as AnyOf
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ARRAY, ColumnElement, Text, and_, func, literal, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from configs.words import RecordChange, RecordKind
from storage.catalogue.models import CatalogueChange, ChangeLog
from storage.catalogue.recording import LOCK

WINDOW: Final = 20_000
"""Lines that are looked at for one page: most of them may be nothing for who asks."""

MOST_COUNTED: Final = 100_000


@dataclass(frozen=True)
class Head:
    """How far the log is. ``safe_at`` is a moment of which everything is told: what comes later has that time or a
    later one."""

    epoch: str
    sequence: int
    safe_at: datetime


@dataclass(frozen=True)
class Line:
    """A line as somebody reads it: ``change`` is what it is for them."""

    sequence: int
    at: datetime
    record_id: str
    kind: RecordKind
    organization_id: str
    version_id: str | None
    change: RecordChange
    changed: Sequence[str]
    sets: Sequence[str]


@dataclass(frozen=True)
class Wanted:
    """Which lines: after one number and up to another, of what belongs to a set, by kind or all."""

    after: int = 0
    until: int | None = None
    of_set: str | None = None


def head(session: Session) -> Head:
    """How far the log is."""
    # Of a transaction that writes the times are not known yet; but they are no earlier than the last line's.
    is_quiet = session.execute(select(func.pg_try_advisory_xact_lock_shared(LOCK))).scalar_one()
    row = session.execute(
        select(ChangeLog.epoch, ChangeLog.sequence, ChangeLog.at, func.clock_timestamp().label("now"))
    ).one()
    return Head(row.epoch, row.sequence, max(row.at, row.now) if is_quiet else row.at)


def position(session: Session) -> tuple[str, int]:
    """Epoch and number of the last line: all that one has to ask to know that there is nothing new."""
    row = session.execute(select(ChangeLog.epoch, ChangeLog.sequence)).one()
    return row.epoch, row.sequence


def page(session: Session, words: AnyOf[str], wanted: Wanted, limit: int) -> Sequence[Line]:
    """The first of the wanted lines that tell somebody something."""
    return _lines(session, words, _among(wanted), limit)


def newest(session: Session, words: AnyOf[str], wanted: Wanted, limit: int) -> Sequence[Line]:
    """The same, of each record only the last line that tells them something: each record once."""
    return _lines(session, words, and_(_among(wanted), _is_newest(words)), limit)


def last_before(session: Session, words: AnyOf[str], sequence: int, of_set: str | None) -> Sequence[Line]:
    """The last line up to a number that tells somebody something, if there is one."""
    where = and_(_among(Wanted(until=sequence, of_set=of_set)), _tells(CatalogueChange, words))
    number = select(CatalogueChange.sequence).where(where).order_by(CatalogueChange.sequence.desc()).limit(1)
    return _lines(session, words, CatalogueChange.sequence == number.scalar_subquery(), 1)


def count_newest(session: Session, words: AnyOf[str], wanted: Wanted) -> int | None:
    """How many ``newest`` has in all; None of more than are counted."""
    rows = (
        select(CatalogueChange.sequence)
        .where(_among(wanted), _tells(CatalogueChange, words), _is_newest(words))
        .limit(MOST_COUNTED + 1)
        .subquery()
    )
    found = session.execute(select(func.count()).select_from(rows)).scalar_one()
    return found if found <= MOST_COUNTED else None


def find(session: Session, words: AnyOf[str], record_id: str) -> Line | None:
    """The last line that tells somebody something of a record."""
    found = _lines(session, words, and_(CatalogueChange.record_id == record_id, _is_newest(words)), 1)
    return found[0] if found else None


def superseded(session: Session, words: AnyOf[str], lines: AnyOf[Line]) -> set[int]:
    """Which of some lines are not the last ones of their records for somebody."""
    numbers = {line.sequence for line in lines}
    last = select(CatalogueChange.sequence).where(CatalogueChange.sequence.in_(numbers), _is_newest(words))
    return numbers - {*session.execute(last).scalars()}


def sequence_before(session: Session, moment: datetime) -> int:
    """The number of the last line before a moment; 0 if there is none."""
    query = (
        select(CatalogueChange.sequence)
        .where(CatalogueChange.at < moment)
        .order_by(CatalogueChange.at.desc(), CatalogueChange.sequence.desc())
        .limit(1)
    )
    return session.execute(query).scalar_one_or_none() or 0


def first_at(session: Session) -> datetime | None:
    """The time of the first line that is kept."""
    query = select(CatalogueChange.at).order_by(CatalogueChange.sequence).limit(1)
    return session.execute(query).scalar_one_or_none()


def sets(session: Session, words: AnyOf[str]) -> Sequence[str]:
    """All sets that something belongs to which somebody sees."""
    rows = (
        select(func.unnest(CatalogueChange.sets).label("name"))
        .where(_overlaps(CatalogueChange.audience, words), _is_newest(words))
        .subquery()
    )
    return session.execute(select(rows.c.name).distinct().order_by(rows.c.name)).scalars().all()


def _lines(session: Session, words: AnyOf[str], where: ColumnElement[bool], limit: int) -> Sequence[Line]:
    query = (
        select(CatalogueChange)
        .where(where, _tells(CatalogueChange, words))
        .order_by(CatalogueChange.sequence)
        .limit(limit)
    )
    return [_line(row, frozenset(words)) for row in session.execute(query).scalars()]


def _line(row: CatalogueChange, words: frozenset[str]) -> Line:
    sees, saw = bool(words & {*row.audience}), bool(words & {*row.before})
    return Line(
        row.sequence,
        row.at,
        row.record_id,
        row.kind,
        row.organization_id,
        row.version_id if sees else None,
        "deleted" if not sees else "updated" if saw else "created",
        row.changed if sees and saw else (),
        row.sets,
    )


def _among(wanted: Wanted) -> ColumnElement[bool]:
    return and_(
        CatalogueChange.sequence > wanted.after,
        true() if wanted.until is None else CatalogueChange.sequence <= wanted.until,
        true() if wanted.of_set is None else CatalogueChange.sets.bool_op("@>")(_array([wanted.of_set])),
    )


def _is_newest(words: AnyOf[str]) -> ColumnElement[bool]:
    later = aliased(CatalogueChange)
    return ~(
        select(later.sequence)
        .where(later.record_id == CatalogueChange.record_id, later.sequence > CatalogueChange.sequence)
        .where(_tells(later, words))
        .exists()
    )


def _tells(of: type[CatalogueChange], words: AnyOf[str]) -> ColumnElement[bool]:
    return or_(_overlaps(of.audience, words), _overlaps(of.before, words))


def _overlaps(column: InstrumentedAttribute[list[str]], words: AnyOf[str]) -> ColumnElement[bool]:
    return column.bool_op("&&")(_array(words))


def _array(words: AnyOf[str]) -> ColumnElement[Any]:
    return literal(sorted(words), ARRAY(Text))
