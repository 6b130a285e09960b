"""What counts as a view, case by case."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telling import NOW, beat, sending

from storage.learning.beats import Beat, Quality, from_text, to_text
from storage.learning.plays import Play, heard, opened
from storage.learning.ranges import BINS, clipped, length, to_bins, union
from storage.learning.rule import HOUR_MS, judge


def play_of(*beats: Beat, **told: Any) -> Play:
    sent = sending(*beats, **told)
    return heard(opened(sent), sent, sent.beats)


UNSEEN = {"muted": True, "in_view": False}
HIDDEN = {"muted": True, "visible": False}


@pytest.mark.parametrize(
    ("outcome", "play"),
    [
        ("counted", play_of(beat(0, 10_500, (0, 10_000)))),
        ("too_short", play_of(beat(0, 10_500, (0, 9_900)))),
        ("counted", play_of(beat(0, 11_000, (60_000, 65_000)), beat(1, 20_000, (0, 5_000)))),
        # PeerTube#6430: half of what is shorter than the limit.
        ("counted", play_of(beat(0, 5_000, (0, 4_600)), duration=9_000)),
        ("too_short", play_of(beat(0, 5_000, (0, 4_400)), duration=9_000)),
        # A short one that plays again and again.
        ("counted", play_of(beat(0, 2_000, (0, 1_000), (0, 500)), duration=2_000)),
        # Sound alone counts in another tab; a silent player off the screen does not.
        ("counted", play_of(beat(0, 11_000, (0, 10_000), visible=False))),
        ("counted", play_of(beat(0, 11_000, (0, 10_000), muted=True))),
        ("muted_off_screen", play_of(beat(0, 60_000, (0, 50_000), **UNSEEN))),
        ("muted_off_screen", play_of(beat(0, 60_000, (0, 50_000), **HIDDEN))),
        ("too_short", play_of(beat(0, 5_000, (0, 4_000), **UNSEEN))),
        ("counted", play_of(beat(0, 50_000, (0, 50_000), **UNSEEN), beat(1, 61_000, (50_000, 60_000)))),
        # Speed gains nothing.
        ("too_short", play_of(beat(0, 6_000, (0, 10_000), rate=2.0))),
        ("counted", play_of(beat(0, 11_000, (0, 20_000), rate=2.0))),
        ("too_short", play_of(beat(0, 11_000, (0, 5_000), rate=0.5))),
        # More than the page's own clock allows, and faster than any player.
        ("forged", play_of(beat(0, 3_000, (0, 10_000)))),
        ("forged", play_of(beat(0, 20_000, (0, 160_000), rate=16.0))),
        ("crawler", play_of(beat(0, 60_000, (0, 50_000)), suspicion="crawler")),
        ("prefetch", play_of(beat(0, 60_000, (0, 50_000)), suspicion="prefetch")),
        ("limited", play_of(beat(0, 60_000, (0, 50_000)), suspicion="limited")),
        ("counted", play_of(beat(0, 11_000, (0, 10_000)), duration=None)),
        ("too_short", play_of(beat(0, 11_000))),
    ],
)
def test_what_counts(outcome: str, play: Play) -> None:
    assert judge(play, None) == outcome


@pytest.mark.parametrize(
    ("before", "outcome"),
    [(None, "counted"), (0, "repeated"), (HOUR_MS - 1, "repeated"), (HOUR_MS, "counted")],
)
def test_once_an_hour(before: int | None, outcome: str) -> None:
    play = play_of(beat(0, 11_000, (0, 10_000)))
    assert judge(play, None if before is None else NOW - before) == outcome


def test_what_was_counted_stays_so_but_for_what_is_forged() -> None:
    play = replace(play_of(beat(0, 11_000, (0, 10_000))), counted_at=NOW)
    assert judge(play, NOW - 1) == "counted"
    assert judge(replace(play, playing_ms=60_000), None) == "forged"


def test_a_clock_that_runs_ahead_of_ours_is_not_believed() -> None:
    first = sending(beat(0, 11_000, (0, 10_000)))
    play = heard(opened(first), first, first.beats)
    later = sending(beat(1, 311_000, (10_000, 310_000)), received=NOW + 30_000)
    assert judge(heard(play, later, later.beats), None) == "forged"


def test_beats_that_waited_for_the_service_are_believed() -> None:
    """A play that goes on for ten minutes without a connection, told all at once."""
    beats = [beat(n, 15_000 * (n + 1), (15_000 * n, 15_000 * n + 14_900)) for n in range(40)]
    first = sending(*beats[:1], sent=15_000)
    late = sending(*beats[1:], received=NOW + 585_000, sent=600_000)
    play = heard(heard(opened(first), first, first.beats), late, late.beats)
    assert judge(play, None) == "counted"
    assert play.watched_ms == 599_900


def test_sums_of_a_play() -> None:
    play = play_of(
        beat(
            0,
            15_000,
            (0, 10_000),
            quality=Quality(startup_ms=800, bitrate=1_000, bytes=5, errors={"network": 1}),
        ),
        beat(
            1,
            30_000,
            (5_000, 15_000),
            quality=Quality(startup_ms=1, stalls=2, stall_ms=900, errors={"network": 2}),
        ),
    )
    assert (play.played_ms, play.watched_ms, play.startup_ms, play.stalls) == (20_000, 15_000, 800, 2)
    assert (play.bitrate_ms / play.measured_ms, play.errors, play.bytes) == (1_000, {"network": 3}, 5)


def test_text_and_back() -> None:
    sent = sending(
        beat(0, 11_000, (0, 10_000), rate=1.5, quality=Quality(errors={"media": 1})), partner_id="x"
    )
    assert from_text(to_text(sent)) == sent
    with pytest.raises(ValueError, match="no beats"):
        from_text('{"beats": 3}')


RANGES = st.lists(
    st.tuples(st.integers(0, 5_000), st.integers(1, 900)).map(lambda r: (r[0], r[0] + r[1])), max_size=30
)


@given(RANGES, RANGES)
def test_unions_hold_everything_once(some: list[tuple[int, int]], more: list[tuple[int, int]]) -> None:
    joined = union(some, more)
    assert union(joined) == joined == union(more, some)
    assert all(any(a <= start and end <= b for a, b in joined) for start, end in some + more)
    assert all(one[1] < next_[0] for one, next_ in itertools.pairwise(joined))
    assert length(clipped(joined, 2_000)) <= min(2_000, length(joined))


@pytest.mark.parametrize(
    ("ranges", "bins"),
    [
        ([(0, 600_000)], [(0, BINS)]),
        ([(0, 3_000)], [(0, 1)]),
        ([(0, 2_000)], []),
        ([(0, 8_000), (300_000, 306_000)], [(0, 1), (50, 51)]),
        ([], []),
    ],
)
def test_bins(ranges: list[tuple[int, int]], bins: list[tuple[int, int]]) -> None:
    assert to_bins(ranges, 600_000) == bins
