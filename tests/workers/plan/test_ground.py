"""What is transparent gets a ground on which the rest is seen."""

from __future__ import annotations

import pytest

from workers.plan.decisions.ground import DARK, choose_ground, shows_something

WHITE, BLACK, BLUE, YELLOW = 0xFFFFFF, 0x000000, 0x0000FF, 0xFFFF00


@pytest.mark.parametrize(
    ("wanted", "seen_on", "colour", "notices"),
    [
        (WHITE, {WHITE, DARK}, WHITE, []),
        (WHITE, {DARK}, DARK, ["ground_changed"]),
        (WHITE, set(), WHITE, ["picture_plain"]),
        (BLUE, {BLUE, WHITE}, BLUE, []),
        (BLUE, {WHITE}, BLUE, ["drawing_unseen"]),
        (BLACK, {WHITE}, BLACK, ["drawing_unseen"]),
        (YELLOW, {DARK}, YELLOW, ["drawing_unseen"]),
        (BLUE, set(), BLUE, ["picture_plain"]),
    ],
)
def test_the_ground_is_the_authors_unless_nobody_chose_one(
    wanted: int, seen_on: set[int], colour: int, notices: list[str]
) -> None:
    ground = choose_ground(wanted, seen_on.__contains__)
    assert (ground.colour, [notice.code for notice in ground.notices]) == (colour, notices)


def measured(*pictures: tuple[int, int, int, int]) -> str:
    """As signalstats writes it, of light and of one colour."""
    names = ("YMIN", "YMAX", "UMIN", "UMAX")
    lines = []
    for number, values in enumerate(pictures):
        lines.append(f"frame:{number} pts:{number} pts_time:{number / 10}")
        lines += [f"lavfi.signalstats.{name}={value}" for name, value in zip(names, values, strict=True)]
        lines.append("lavfi.signalstats.YAVG=120.5")
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    ("pictures", "shown"),
    [
        ([(235, 235, 128, 128)] * 2, False),
        ([(231, 235, 128, 131)], False),
        ([(16, 235, 128, 128)], True),
        ([(120, 120, 100, 160)], True),
        ([(16, 16, 128, 128), (235, 235, 128, 128)], True),
        ([], True),
    ],
    ids=["plain", "nearly plain", "black on white", "as light, of another colour", "flashes", "not measured"],
)
def test_what_is_of_one_colour_throughout_shows_nothing(
    pictures: list[tuple[int, int, int, int]], shown: bool
) -> None:
    assert shows_something(measured(*pictures)) is shown
