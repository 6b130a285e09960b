"""Captions out of what a machine heard: how they are broken, and how long they stand."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.tracks.cue import Cue
from workers.plan.decisions.caption_lines import LONGEST, PAUSE, SHORTEST, Spoken, captions_of


def said(text: str, start: int = 0, each: int = 220) -> Spoken:
    """A text of which every character takes as long."""
    return Spoken(text, tuple(start + each * number for number in range(len(text) + 1)))


def lines(text: str, language: str, each: int = 220) -> list[str]:
    return [line for cue in captions_of([said(text, each=each)], language) for line in cue.text.split("\n")]


def test_chinese_lines_have_at_most_sixteen_characters_and_end_where_a_clause_does() -> None:
    text = "今天我们来学习如何种植番茄，首先要选择一个阳光充足的地方，然后准备好松软的土壤。"
    assert lines(text, "zh") == [
        "今天我们来学习如何种植番茄，",
        "首先要选择一个阳光充足的地方，",
        "然后准备好松软的土壤。",
    ]


def test_chinese_without_marks_is_parted_evenly() -> None:
    found = lines("今天我们来学习如何种植番茄首先要选择一个阳光充足的地方然后准备好松软的土壤", "zh")
    assert len(found) == 3
    assert max(map(len, found)) - min(map(len, found)) <= 2


def test_latin_lines_have_at_most_forty_two_letters_and_whole_words() -> None:
    text = (
        "Today we learn how to grow tomatoes, which want a sunny place and loose soil before anything else."
    )
    found = lines(text, "en", each=60)
    assert " ".join(found) == text
    assert all(len(line) <= 42 for line in found)
    assert found[0] == "Today we learn how to grow tomatoes,"


def test_letters_among_chinese_count_half_and_stay_whole() -> None:
    found = lines("打开浏览器输入github.com然后点击Pull Request按钮就可以提交3.14版本的代码了", "zh-Hans")
    assert "".join(found).replace(" ", "") == (
        "打开浏览器输入github.com然后点击PullRequest按钮就可以提交3.14版本的代码了"
    )
    assert any("github.com" in line for line in found)
    assert any("3.14" in line for line in found)


def test_a_mark_never_begins_a_line_and_a_bracket_never_ends_one() -> None:
    found = lines("这是一个非常非常非常长的句子啊，（括号里的内容也很长很长很长）！「引文」。", "zh")
    assert not any(line[0] in "，。！）」" or line[-1] in "（「" for line in found)


def test_a_pause_and_the_end_of_a_sentence_begin_another_caption() -> None:
    first = said("大家好", each=200)
    second = said("我们开始", start=600 + PAUSE + 400, each=200)
    assert [cue.text for cue in captions_of([first, second], "zh")] == ["大家好", "我们开始"]
    together = "第一句话说得比较长一点点。第二句话也说得比较长一点点。"
    assert [cue.text for cue in captions_of([said(together)], "zh")] == [
        "第一句话说得比较长一点点。",
        "第二句话也说得比较长一点点。",
    ]


def test_short_sentences_stand_on_one_line() -> None:
    assert [cue.text for cue in captions_of([said("好。对。我们继续。")], "zh")] == ["好。对。我们继续。"]


def test_a_short_word_stands_until_it_is_read_if_nothing_follows() -> None:
    [alone] = captions_of([said("好", each=150)], "zh")
    assert alone == Cue(0, SHORTEST, "好")


def test_what_was_said_in_two_windows_stands_apart_on_one_line() -> None:
    english = [said("I see.", each=60), said("Go on.", start=500, each=60)]
    assert [cue.text for cue in captions_of(english, "en")] == ["I see. Go on."]
    chinese = [said("我明白。"), said("继续。", start=1000)]
    assert [cue.text for cue in captions_of(chinese, "zh")] == ["我明白。继续。"]


def test_of_nothing_there_are_no_captions() -> None:
    assert captions_of([], "und") == []


def test_a_word_without_end_is_cut() -> None:
    assert max(map(len, lines("a" * 200, "en", each=20))) <= 42


@pytest.mark.parametrize(("language", "limit"), [("zh", 16), ("ja", 16), ("en", 42), ("und", 16)])
def test_the_language_tells_how_a_line_is_counted(language: str, limit: int) -> None:
    text = "番茄" * 60 if limit == 16 else "tomato " * 30
    assert max(map(len, lines(text.strip(), language, each=50))) <= limit


TEXTS = st.text(alphabet="今天我们学习种植，。！？（）abcXYZ0123456789.,!? '-é", min_size=1, max_size=300)


@st.composite
def lessons(draw: st.DrawFn) -> list[Spoken]:
    """Windows, one after the other, whose characters take from nothing to seconds."""
    found, time = [], 0
    for text in draw(st.lists(TEXTS, min_size=1, max_size=4)):
        steps = draw(st.lists(st.integers(1, 1500), min_size=len(text), max_size=len(text)))
        times = [time := time + draw(st.integers(0, 3000))]
        for step in steps:
            times.append(time := time + step)
        found.append(
            Spoken(" ".join(text.split()) or "a", tuple(times[: len(" ".join(text.split()) or "a") + 1]))
        )
    return found


@given(lessons(), st.sampled_from(["zh", "en", "und", "yue-Hant"]))
def test_captions_are_never_too_wide_too_long_or_over_each_other_and_nothing_is_lost(
    spoken: list[Spoken], language: str
) -> None:
    cues = captions_of(spoken, language)
    assert all(before.end <= after.start for before, after in pairwise(cues))
    for cue in cues:
        assert 0 < cue.end - cue.start <= LONGEST
        assert 1 <= len(cue.text.split("\n")) <= 2
        for line in cue.text.split("\n"):
            assert line == line.strip()
            assert len(line) <= 42
    told = "".join("".join(cue.text.split()) for cue in cues)
    assert told == "".join("".join(each.text.split()) for each in spoken)
