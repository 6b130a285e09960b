"""When the disk will be full."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from media_service.storage_forecast import full_on, growth_of

TODAY = date(2026, 11, 18)
GIGABYTE = 10**9


def measured(*sizes: int) -> list[tuple[date, int]]:
    """A measure each day until today."""
    first = TODAY - timedelta(days=len(sizes) - 1)
    return [(first + timedelta(days=number), size) for number, size in enumerate(sizes)]


@pytest.mark.parametrize(
    ("sizes", "growth"),
    [
        ([], None),
        ([1, 2, 3], None),
        ([GIGABYTE * day for day in range(30)], GIGABYTE),
        # Four weeks ago it was another story.
        ([100 * GIGABYTE * day for day in range(40)] + [3_900 * GIGABYTE] * 29, 0),
        # One import of a terabyte among days of one gigabyte.
        ([GIGABYTE * day + (1000 * GIGABYTE if day > 24 else 0) for day in range(29)], GIGABYTE),
        ([-GIGABYTE * day for day in range(29)], -GIGABYTE),
    ],
)
def test_growth_is_what_days_of_late_had_in_common(sizes: list[int], growth: int | None) -> None:
    assert growth_of(measured(*sizes)) == growth


def test_days_on_which_nobody_measured_are_days_all_the_same() -> None:
    assert growth_of([each for each in measured(*range(0, 2900, 100)) if each[0].day % 3]) == 100


@pytest.mark.parametrize(
    ("room", "growth", "day"),
    [
        (10 * GIGABYTE, GIGABYTE, date(2026, 11, 28)),
        (0, GIGABYTE, TODAY),
        (-5, None, TODAY),
        (10 * GIGABYTE, None, None),
        (10 * GIGABYTE, 0, None),
        (10 * GIGABYTE, -GIGABYTE, None),
        (10 * GIGABYTE, 1, None),
    ],
)
def test_the_disk_is_full_when_its_room_is_used_up(room: int, growth: int | None, day: date | None) -> None:
    assert full_on(room, growth, TODAY) == day
