"""Stretches of days: the whole months in them, and how days are put together to be shown. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

Bucket = Literal["day", "week", "month"]
"""By what days are added up; weeks begin on Monday (ISO 8601)."""

_DAY: Final = timedelta(days=1)

Days = tuple[date, date]
"""The first day and the last one."""


@dataclass(frozen=True)
class Pieces:
    """A stretch as whole months, told by the first day of the first and of the last, and the days before and after."""

    months: Days | None
    days: Sequence[Days]


def first_of_month(day: date) -> date:
    """The first day of its month."""
    return day.replace(day=1)


def first_of_next_month(day: date) -> date:
    """The first day of the month after its own."""
    return first_of_month(first_of_month(day) + timedelta(days=31))


def pieces(first: date, last: date, today: date) -> Pieces:
    """Cut a stretch so that as much as possible is whole months. The month that has not ended is whole as far as it
    goes: nothing is told of days to come."""
    begin = first if first.day == 1 else first_of_next_month(first)
    ends_month = last + _DAY == first_of_next_month(last) or last >= today
    end = first_of_next_month(last) if ends_month else first_of_month(last)
    if begin >= end:
        return Pieces(None, ((first, last),))
    edges = ((first, begin - _DAY), (end, last))
    return Pieces((begin, first_of_month(end - _DAY)), tuple(edge for edge in edges if edge[0] <= edge[1]))


def buckets(first: date, last: date, by: Bucket) -> Iterator[Days]:
    """The days, weeks or months of a stretch in order; those at its ends as far as they belong to it."""
    start = first
    while start <= last:
        following = _following(start, by)
        yield start, min(last, following - _DAY)
        start = following


def _following(day: date, by: Bucket) -> date:
    if by == "month":
        return first_of_next_month(day)
    return day + timedelta(days=7 - day.weekday()) if by == "week" else day + _DAY
