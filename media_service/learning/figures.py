"""Figures of views as the API tells them, as JSON and as CSV. Pure."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from datetime import date
from io import StringIO
from typing import Any, Final

from pydantic import BaseModel

from media_service.sheets.formulas import MARK, is_formula
from storage.learning.figures import Figures


class SumsDocument(BaseModel):
    """Sums. ``views`` were counted by the rule; ``viewers`` are exact for one asset or one organization on one day, and
    sums of those beyond: who came on three days is three, for nobody knows one day who came the day before;
    ``attendance`` counts those before one screen. ``plays`` are those that somebody may have
    watched, views or not, and what follows is of them: ``completion`` is the mean part of a lesson that was seen,
    ``completed`` how many saw enough of it; ``bitrate`` is in kilobits per second, ``traffic_bytes`` what players say
    that they loaded. ``starts`` are playlists that any player fetched. A mean of nothing is null. ``views_elsewhere``
    and ``watched_seconds_elsewhere`` are those parts of ``views`` and ``watched_seconds`` that other platforms told of;
    they tell nothing of start-up, stalls, errors, bit rate, traffic and starts."""

    views: int
    viewers: int
    attendance: int
    plays: int
    starts: int
    played_seconds: float
    watched_seconds: float
    completion: float | None
    completed: int
    startup_seconds: float | None
    stalls: int
    stall_seconds: float
    errors: int
    bitrate: float | None
    traffic_bytes: int
    views_elsewhere: int
    watched_seconds_elsewhere: float


class FiguresDocument(SumsDocument):
    """Sums, and in ``refused`` how many plays were not counted, by reason."""

    refused: dict[str, int]


class DayDocument(FiguresDocument):
    """One day, by the installation's time zone; of a week or a month its first ``day`` and its ``last``, as far as they
    were asked for."""

    day: date
    last: date


DAY_COLUMNS: Final = ("day", *FiguresDocument.model_fields, "last")


def describe(figures: Figures) -> FiguresDocument:
    """Sums as they are told, with what was refused."""
    return FiguresDocument(**sums_of(figures), refused=_refused(figures))


def describe_day(day: date, last: date, figures: Figures) -> DayDocument:
    """The same of a day, a week or a month."""
    return DayDocument(day=day, last=last, **sums_of(figures), refused=_refused(figures))


def sums_of(figures: Figures) -> dict[str, Any]:
    """The values of a ``SumsDocument``."""
    return {
        "views": figures.views,
        "viewers": figures.viewers,
        "attendance": figures.attendance,
        "plays": figures.plays,
        "starts": figures.starts,
        "played_seconds": figures.played_ms / 1000,
        "watched_seconds": figures.watched_ms / 1000,
        "completion": _mean(figures.completion, figures.plays, 4),
        "completed": figures.completed,
        "startup_seconds": _mean(figures.startup_ms / 1000, figures.startups, 3),
        "stalls": figures.stalls,
        "stall_seconds": figures.stall_ms / 1000,
        "errors": figures.errors,
        "bitrate": _mean(figures.bitrate_ms, figures.measured_ms, 1),
        "traffic_bytes": figures.bytes,
        "views_elsewhere": figures.views_elsewhere,
        "watched_seconds_elsewhere": figures.watched_elsewhere_ms / 1000,
    }


def _refused(figures: Figures) -> dict[str, int]:
    return dict(sorted(figures.refused.items()))


def days_as_csv(days: Iterable[DayDocument]) -> str:
    """A line for each day, week or month; ``refused`` is the sum of all reasons."""
    return rows_as_csv(
        DAY_COLUMNS,
        ({**day.model_dump(mode="json"), "refused": sum(day.refused.values())} for day in days),
    )


def rows_as_csv(columns: tuple[str, ...], rows: Iterable[Mapping[str, Any]]) -> str:
    """A line for each row, with these of its values; no text is taken for a formula."""
    written = StringIO()
    written.write(MARK)
    lines = csv.writer(written)
    lines.writerow(columns)
    lines.writerows([_cell(row[name]) for name in columns] for row in rows)
    return written.getvalue()


def _cell(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and is_formula(value) else value


def _mean(total: float, number: int, digits: int) -> float | None:
    return round(total / number, digits) if number else None
