"""Cues go where their sound lies now."""

from __future__ import annotations

from storage.tracks.cue import Cue
from storage.tracks.moving import moved, moved_source, offset_of

LESSON = [
    Cue(0, 2000, "one"),
    Cue(2500, 5000, "two"),
    Cue(39_000, 41_500, "three"),
    Cue(60_000, 62_000, "four"),
]


def test_all_lies_earlier_and_what_was_cut_from_the_front_is_gone() -> None:
    assert moved(LESSON, [(3.0, 1e6, -3.0)]) == [
        Cue(0, 2000, "two"),
        Cue(36_000, 38_500, "three"),
        Cue(57_000, 59_000, "four"),
    ]


def test_what_was_cut_out_within_takes_its_share_of_a_cue() -> None:
    assert moved(LESSON, [(0.0, 40.0, 0.0), (50.0, 1e6, -10.0)]) == [
        LESSON[0],
        LESSON[1],
        Cue(39_000, 40_000, "three"),
        Cue(50_000, 52_000, "four"),
    ]


def test_a_moment_that_is_left_of_a_cue_is_none() -> None:
    assert moved([Cue(1000, 4000, "long"), Cue(3900, 3950, "short")], [(3.9, 1e6, -3.9)]) == [
        Cue(0, 50, "short")
    ]


def test_what_is_kept_is_the_same() -> None:
    assert moved(LESSON, [(0.0, 1e6, 0.0)]) == LESSON


def test_what_was_sent_moves_as_a_whole_and_is_not_touched_elsewhere() -> None:
    sent = (
        "WEBVTT\r\n\r\nSTYLE\r\n::cue { color: red }\r\n\r\nNOTE from 00:01.000 on\r\n\r\nintro\r\n"
        "00:05.000 -->  01:00:07,25 align:start\r\n<v A>at 00:05.000 --> there</v>\r\n\r\n0:01.5 --> 0:02.5\r\nx"
    )
    assert moved_source(sent, -3000) == sent.replace(
        "00:05.000 -->  01:00:07,25", "00:00:02.000 -->  01:00:04.250"
    ).replace("0:01.5 --> 0:02.5", "00:00:00.000 --> 00:00:00.000")
    assert offset_of(LESSON[1:], moved(LESSON[1:], [(0.0, 1e6, 7.5)])) == 7500
    assert offset_of(LESSON, moved(LESSON, [(3.0, 1e6, -3.0)])) is None
    assert offset_of(LESSON[1:], moved(LESSON[1:], [(0.0, 40.0, 0.0), (50.0, 1e6, -10.0)])) is None
