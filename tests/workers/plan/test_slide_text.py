"""What is kept of what was read on slides, and of what a program says that has seen a hostile picture."""

from __future__ import annotations

import json

import pytest

from workers.plan.decisions.slide_text import (
    HEIGHT,
    LONGEST_TITLE,
    MOST_CHARACTERS,
    MOST_LINES,
    MOST_TEXT,
    Line,
    Written,
    parse_reading,
    written,
)


def told(*slides: object) -> bytes:
    return b"\n".join(json.dumps(slide).encode() for slide in slides)


def entry(
    text: str, left: float = 50.0, top: float = 20.0, height: float = 30.0, score: float = 0.9
) -> list[object]:
    return [text, left, top, left + 200.0, top + height, score]


def line(text: str, top: float, height: float = 20.0, left: float = 50.0) -> Line:
    return Line(text, left, top, height)


def test_the_title_is_the_first_of_the_large_lines_above() -> None:
    slide = [
        line("第三行", 200),
        line("上海社区教育", 8, height=14),
        line("家庭急救", 30, height=40),
        line("常识与方法", 80, height=38),
        line("大字在下面", 400, height=60),
    ]
    (found,) = written([slide])
    assert found == Written("家庭急救", ("上海社区教育", "常识与方法", "第三行", "大字在下面"))
    assert found.text == "家庭急救\n上海社区教育\n常识与方法\n第三行\n大字在下面"


def test_columns_are_read_from_left_to_right() -> None:
    (found,) = written([[line("右", 203, left=500), line("标题", 20, height=40), line("左", 205)]])
    assert found.lines == ("左", "右")


def test_what_stands_on_every_slide_is_left_out() -> None:
    slides = [
        [line("学院名称", 8, height=50), line(f"题目{n}", 100, height=30), line("2026", 500)]
        for n in range(4)
    ]
    assert written(slides) == [Written(f"题目{n}", ()) for n in range(4)]
    assert written(slides[:2])[0].title == "学院名称"  # of two slides nobody can tell


@pytest.mark.parametrize("between", range(500, 521))
def test_what_stands_a_hair_higher_on_every_other_slide_is_left_out_too(between: int) -> None:
    slides = [
        [line(f"第{n}讲", 40, 60), line("社区学院", between + n % 2 - 0.5, left=between + n % 2 - 0.5)]
        for n in range(9)
    ]
    assert all(page.lines == () for page in written(slides))


def test_a_slide_without_text_has_no_title() -> None:
    assert written([[], [line("下面", 500)]]) == [Written("", ()), Written("", ("下面",))]


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b'{"a": 1}',
        b"NaN",
        told([["text"]]),
        told([[1, 1.0, 1.0, 2.0, 2.0, 0.9]]),
        told([["x", 1.0, "1", 2.0, 2.0, 0.9]]),
        b'[["x", NaN, 1.0, 2.0, 2.0, 0.9]]',
        b'[["x", 1.0, 1.0, Infinity, 2.0, 0.9]]',
        b'[["x", 1.0, 1.0, 2.0, 2.0, NaN]]',
        told([entry("x", top=-5)]),
        told([entry("x", top=HEIGHT)]),
        told([entry("x", score=0.3)]),
        told([entry("\0\x07")]),
        told([entry("\ud800")]),
    ],
)
def test_what_is_no_reading_is_no_text(said: bytes) -> None:
    assert parse_reading(said, 1) == [()]


def test_text_is_cleaned_and_bounded() -> None:
    many = [entry(f"行{n}\0\x1b[31m", top=float(n)) for n in range(500)]
    long = [entry("长" * 100_000)]
    first, second, third = parse_reading(told(many, long, [], many), 3)
    assert len(first) == MOST_LINES
    assert first[0].text == "行0[31m"
    assert [len(each.text) for each in second] == [MOST_CHARACTERS]
    assert third == ()
    kept = written([[*second], [line("长" * MOST_CHARACTERS, float(10 * n)) for n in range(40)]])
    assert len(kept[0].title) == LONGEST_TITLE
    assert all(len(each.text) <= MOST_TEXT for each in kept)


def test_slides_that_were_not_read_have_no_text() -> None:
    assert parse_reading(told([entry("一")]), 3) == [(line("一", 20, height=30),), (), ()]
