"""Stretches of days as whole months and what is left, and in buckets."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from storage.learning.periods import Bucket, Days, buckets, first_of_next_month, pieces

TODAY = date(2026, 11, 18)


def days(first: date, last: date) -> set[date]:
    return {first + timedelta(days=number) for number in range((last - first).days + 1)}


@pytest.mark.parametrize(
    ("first", "last", "months", "edges"),
    [
        (date(2026, 3, 5), date(2026, 3, 9), None, [(date(2026, 3, 5), date(2026, 3, 9))]),
        (date(2026, 3, 1), date(2026, 3, 31), (date(2026, 3, 1), date(2026, 3, 1)), []),
        (date(2025, 12, 1), TODAY, (date(2025, 12, 1), date(2026, 11, 1)), []),
        (
            date(2025, 12, 30),
            date(2026, 3, 2),
            (date(2026, 1, 1), date(2026, 2, 1)),
            [(date(2025, 12, 30), date(2025, 12, 31)), (date(2026, 3, 1), date(2026, 3, 2))],
        ),
        (date(2026, 1, 31), date(2026, 2, 1), None, [(date(2026, 1, 31), date(2026, 2, 1))]),
        (date(2026, 2, 1), date(2026, 2, 28), (date(2026, 2, 1), date(2026, 2, 1)), []),
    ],
)
def test_a_stretch_is_whole_months_and_what_is_left(
    first: date, last: date, months: Days | None, edges: list[Days]
) -> None:
    found = pieces(first, last, TODAY)
    assert (found.months, list(found.days)) == (months, edges)


def test_pieces_hold_every_day_once() -> None:
    for start in range(0, 70, 3):
        for length in range(0, 130, 7):
            first = date(2025, 12, 1) + timedelta(days=start)
            last = first + timedelta(days=length)
            found = pieces(first, last, date(2030, 1, 1))
            held = [day for edge in found.days for day in days(*edge)]
            if found.months:
                end = first_of_next_month(found.months[1]) - timedelta(days=1)
                held += days(found.months[0], end)
            assert sorted(held) == sorted(days(first, last))


@pytest.mark.parametrize(
    ("by", "found"),
    [
        ("month", [(28, 30), (1, 5)]),
        ("week", [(28, 28), (29, 5)]),  # the 29th of June 2026 is a Monday
        ("day", [(28, 28), (29, 29), (30, 30), (1, 1), (2, 2), (3, 3), (4, 4), (5, 5)]),
    ],
)
def test_buckets_are_those_of_the_calendar_as_far_as_was_asked(
    by: Bucket, found: list[tuple[int, int]]
) -> None:
    told = buckets(date(2026, 6, 28), date(2026, 7, 5), by)
    assert [(first.day, last.day) for first, last in told] == found
