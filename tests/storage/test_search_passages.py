"""Captions in pieces that are found, and where in them words stand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.search_matches import matches
from storage.search_passages import LONGEST, MOST_CHARACTERS, passage_vector, passages_of
from storage.search_words import chunks_of
from storage.tracks.cue import Cue


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("社区教育", ["社\n區教育"]),
        ("ppt", ["PPT"]),
        ("ｐｐ", ["PP"]),
        ("ppt制作", ["PPT 製作"]),
        ("第1", ["第1"]),
        ("课", ["课"]),
        ("ガイ", ["ｶﾞｲ"]),
        ("社 育", ["社", "育"]),
        ("社区 區教", ["社\n區教"]),
        ("制作（第12", ["製作（第12"]),
        ("pt", []),
        ("2课", []),
        ("' & !", []),
    ],
)
def test_matches_are_shown_where_they_stand(query: str, found: list[str]) -> None:
    text = "今天我們講社\n區教育。 PPT 製作（第12课）ｶﾞｲﾄﾞ"
    assert [text[start:end] for start, end in matches(text, chunks_of(query))] == found


@given(st.text(), st.text(max_size=20))
def test_matches_are_in_order_and_inside(text: str, query: str) -> None:
    places = [place for found in matches(text, chunks_of(query)) for place in found]
    assert places == sorted(places) and (not places or (places[0] >= 0 and places[-1] <= len(text)))


def test_passages_last_half_a_minute_to_a_minute() -> None:
    cues = [Cue(4000 * number, 4000 * number + 3500, f"Sentence {number}.") for number in range(40)]
    passages = list(passages_of(cues, "captions"))
    assert [line.text for passage in passages for line in passage.lines] == [cue.text for cue in cues]
    for passage in passages[:-1]:
        assert 30_000 <= passage.lines[-1].end - passage.lines[0].start <= LONGEST
    assert len(list(passages_of(cues, "chapters"))) == 40


def test_a_sentence_that_goes_on_in_the_next_passage_is_not_parted() -> None:
    cues = [Cue(4000 * number, 4000 * number + 4000, "今天天气好") for number in range(20)]
    cues[7], cues[8] = Cue(28_000, 32_000, "現在講社"), Cue(32_000, 36_000, "區教育")
    passages = list(passages_of(cues, "captions"))
    assert [line.start for line in passages[1].lines][:1] == [32_000]
    assert "'社区':" in passage_vector(passages[0].text)
    assert matches(passages[0].text, chunks_of("社区教育")) != []


@given(st.lists(st.tuples(st.integers(0, 10**7), st.integers(1, 10**6), st.text(max_size=200)), max_size=60))
def test_nothing_that_is_said_is_left_out(rows: list[tuple[int, int, str]]) -> None:
    cues = [Cue(start, start + length, text) for start, length, text in sorted(rows)]
    passages = list(passages_of(cues, "captions"))
    said = {(line.start, line.text) for passage in passages for line in passage.lines}
    assert {start for start, _ in said} <= {cue.start for cue in cues}
    for passage in passages:
        assert (
            len(passage.lines) <= 2 or sum(len(line.text) for line in passage.lines[:-1]) <= MOST_CHARACTERS
        )
        assert "\0" not in passage.text
