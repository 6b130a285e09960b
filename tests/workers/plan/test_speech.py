"""In which windows a lesson is heard, and what is believed of what a model says."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.plan.decisions.speech import (
    LONGEST_WINDOW,
    NEAR_END,
    SAMPLE_RATE,
    STRETCH,
    Heard,
    Window,
    language_of,
    parse_heard,
    parse_speech,
    spoken_of,
    windows_of,
)

SECOND = SAMPLE_RATE


def seconds(*pairs: tuple[float, float]) -> list[Window]:
    return [Window(round(start * SECOND), round(end * SECOND)) for start, end in pairs]


def test_what_is_said_with_short_pauses_is_heard_together() -> None:
    windows, after = windows_of(seconds((1, 4), (4.3, 6), (9, 10), (11, 11.05)), 60 * SECOND, is_last=False)
    assert windows == seconds((0.9, 6.1), (8.9, 10.1), (10.9, 11.15))
    assert after == 60 * SECOND


def test_what_a_stretch_ends_with_is_heard_in_the_next_one() -> None:
    speech = seconds((1, 4), (50, 59.9))
    assert windows_of(speech, 60 * SECOND, is_last=False) == (seconds((0.9, 4.1)), round(49.9 * SECOND))
    assert len(windows_of(speech, 60 * SECOND, is_last=True)[0]) == 2


def test_nothing_is_heard_of_silence() -> None:
    assert windows_of([], STRETCH, is_last=False) == ([], STRETCH)


@given(st.lists(st.tuples(st.integers(0, STRETCH), st.integers(1, STRETCH)), max_size=40), st.booleans())
def test_windows_are_short_and_in_order_and_every_stretch_leads_on(
    pairs: list[tuple[int, int]], is_last: bool
) -> None:
    told = b"\n".join(json.dumps([start, start + length]).encode() for start, length in sorted(pairs))
    speech = parse_speech(told, STRETCH)
    windows, after = windows_of(speech, STRETCH, is_last=is_last)
    assert all(0 <= each.start < each.end <= STRETCH for each in windows)
    assert all(each.end - each.start <= LONGEST_WINDOW for each in windows)
    assert all(before.end <= later.start for before, later in pairwise(windows))
    assert not windows or windows[-1].end <= max(after, windows[-1].end)
    assert after == STRETCH or (not is_last and after >= STRETCH - LONGEST_WINDOW - NEAR_END)


@pytest.mark.parametrize(
    "told", [b"", b"\xff", b"[" * 100_000, b'[1]\n["a",2]\n[5,3]\n{}\n[1e400,2]', b"[-3,9]"]
)
def test_what_is_no_speech_is_none(told: bytes) -> None:
    assert parse_speech(told, 100) == []


@pytest.mark.parametrize(
    "told",
    [
        b"{}",
        b"\xff\xfe",
        b'{"text": 1, "language": "", "tokens": [], "times": []}',
        b'{"text": "a", "language": "", "tokens": [1], "times": [0]}',
        b'{"text": "a", "language": "", "tokens": ["a"], "times": [NaN]}',
        b'{"text": "a", "language": "", "tokens": ["a"], "times": ["0"]}',
    ],
)
def test_what_makes_no_sense_was_not_heard(told: bytes) -> None:
    assert parse_heard(told) == [None]


def test_tokens_tell_when_each_character_is_said() -> None:
    heard = Heard(
        "你好，world 3", "zh", ("<|zh|>", "你", "好", "▁wor@@", "ld", "3"), (0, 0.5, 0.8, 1.2, 1.4, 1.9)
    )
    spoken = spoken_of(Window(10 * SECOND, 13 * SECOND), heard)
    assert spoken is not None
    times = dict(zip(spoken.text, spoken.times, strict=False))
    assert [times[each] for each in "你好w3"] == [10_500, 10_800, 11_200, 11_900]
    assert spoken.times[-1] == 13_000
    assert list(spoken.times) == sorted(spoken.times)


def test_a_model_without_times_speaks_evenly() -> None:
    spoken = spoken_of(Window(0, 4 * SECOND), Heard("一二三四"))
    assert spoken is not None
    assert spoken.times == (0, 1000, 2000, 3000, 4000)


@pytest.mark.parametrize("text", ["", " 。", "谢谢" * 400, "a" * 2000])
def test_nothing_and_what_nobody_can_say_in_the_time_is_left_out(text: str) -> None:
    assert spoken_of(Window(0, 5 * SECOND), Heard(text)) is None


@pytest.mark.parametrize(
    ("told", "wanted", "language"),
    [
        ([("zh", "你好你好"), ("en", "hi")], "und", "zh"),
        ([("<|zh|>", "你好")], "und", "zh"),
        ([("zh", "你好")], "zh-Hans", "zh-Hans"),
        ([("en", "hello")], "zh", "en"),
        ([("", "你好")], "zh-Hant", "zh-Hant"),
        ([("", "你好ok")], "und", "zh"),
        ([("", "hello")], "und", "und"),
        ([("", "こんにちは世界")], "und", "und"),
        ([("nonsense!", "hello")], "fr", "fr"),
    ],
)
def test_the_model_tells_the_language_else_the_lesson_else_its_writing(
    told: list[tuple[str, str]], wanted: str, language: str
) -> None:
    # As they come out of the program.
    lines = (
        json.dumps({"text": text, "language": tag, "tokens": [], "times": []}).encode() for tag, text in told
    )
    heard = [each for each in parse_heard(b"\n".join(lines)) if each]
    assert language_of(heard, wanted) == language


@given(
    st.text(max_size=60),
    st.lists(st.tuples(st.text(max_size=4), st.floats(-5, 40)), max_size=60),
)
def test_times_never_go_back(text: str, tokens: list[tuple[str, float]]) -> None:
    heard = Heard(text, "", tuple(token for token, _ in tokens), tuple(time for _, time in tokens))
    spoken = spoken_of(Window(SECOND, 30 * SECOND), heard)
    if spoken is not None:
        assert len(spoken.times) == len(spoken.text) + 1
        assert list(spoken.times) == sorted(spoken.times)
        assert 1000 <= spoken.times[0] <= spoken.times[-1] == 30_000
