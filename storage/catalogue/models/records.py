"""What the log of changes is made of: what was said of each record last, what has to be looked at, and the log."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Identity, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from configs.words import RecordKind
from storage.catalogue.models.base import Base


class RecordMark(Base):
    """Something that may have changed: written by triggers in the transaction of the change, taken away by whoever
    looks. Rows are only ever added, so nobody waits for anybody, and one that is committed late is found late, but
    found. ``kind`` is that of a record, or of what many records depend on (``storage.catalogue.recording``)."""

    __tablename__ = "record_marks"

    number: Mapped[int] = mapped_column(BigInteger, Identity(always=False), primary_key=True)
    kind: Mapped[str]
    id: Mapped[str]


class RecordState(Base):
    """How an asset or a course stood when it was looked at last. ``audience`` are the words of those who saw it then
    (``visibility.audience_of``), ``told`` what was known of it, by its parts, as short digests."""

    __tablename__ = "record_states"
    __table_args__ = (
        Index("ix_record_states_due_at", "due_at", postgresql_where=text("due_at IS NOT NULL")),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[RecordKind]
    audience: Mapped[list[str]] = mapped_column(ARRAY(Text))
    told: Mapped[dict[str, Any]]
    sets: Mapped[list[str]] = mapped_column(ARRAY(Text))
    due_at: Mapped[datetime | None]
    """When it begins or ends to be published, without anybody changing it."""


class CatalogueChange(Base):
    """A line of the log. Who is in ``audience`` sees the record from then on, who was only in ``before`` does not any
    more; nobody else is told. Lines never change. One that a later line of its record says all about again may go;
    so of what is gone there is always one."""

    __tablename__ = "catalogue_changes"
    __table_args__ = (
        Index("ix_catalogue_changes_record_id_sequence", "record_id", "sequence"),
        Index("ix_catalogue_changes_at_sequence", "at", "sequence"),
    )

    sequence: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    """Counts the lines, in the order in which they were committed."""
    at: Mapped[datetime]
    """By the database's clock; never falls from line to line."""
    record_id: Mapped[str]
    kind: Mapped[RecordKind]
    organization_id: Mapped[str]
    version_id: Mapped[str | None]
    """What plays from then on; None of courses, and of what is gone."""
    changed: Mapped[list[str]] = mapped_column(ARRAY(Text))
    """``configs.words.RecordPart``: what is not as it was; empty of what nobody saw before."""
    audience: Mapped[list[str]] = mapped_column(ARRAY(Text))
    before: Mapped[list[str]] = mapped_column(ARRAY(Text))
    sets: Mapped[list[str]] = mapped_column(ARRAY(Text))
    """What it belongs to: its organization and those above, its categories and those above, its licence."""


class ChangeLog(Base):
    """The one row that says how far the log is. ``epoch`` changes when a backup is put back: numbers of another one
    mean nothing."""

    __tablename__ = "change_log"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    epoch: Mapped[str]
    sequence: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime]
