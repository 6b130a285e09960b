"""Turns of linked platforms: one that is away waits longer each time, and holds up no other."""

from __future__ import annotations

import pytest

from workers import link_turns
from workers.link_turns import FIRST_SECONDS, LONGEST_SECONDS, Turns


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr(link_turns.time, "monotonic", lambda: now[0])
    return now


def test_who_had_no_turn_is_first_and_then_who_waits_longest(clock: list[float]) -> None:
    turns = Turns()
    for link in ("a", "b"):
        clock[0] += 1
        turns.begin(link)
    assert sorted(("b", "a", "new"), key=turns.last) == ["new", "a", "b"]


def test_one_that_is_away_is_left_alone_longer_each_time_until_it_answers(clock: list[float]) -> None:
    turns, pauses = Turns(), []
    for _ in range(9):
        turns.away("a")
        assert turns.is_away("a") and not turns.is_away("b")
        began = clock[0]
        while turns.is_away("a"):
            clock[0] += 0.5
        pauses.append(clock[0] - began)
    assert pauses == [min(FIRST_SECONDS * 2**number, LONGEST_SECONDS) for number in range(9)]
    turns.answered("a")
    turns.away("a")
    clock[0] += FIRST_SECONDS
    assert not turns.is_away("a")
