"""How texts become words that PostgreSQL finds them by."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from storage.search_folding import SIMPLIFIED, fold
from storage.search_words import (
    FORMAT,
    MOST_BEGINNINGS,
    pieces_of,
    search_query,
    search_vector,
)

TABLE_OF_FORMAT = {2: "d92b116f082fed68dc514106de1c25c30b7ac856f15f29fe88b8ff3281b87ed7"}
"""Of the table that texts are simplified by."""


def test_chinese_is_cut_into_pairs_and_other_letters_into_words() -> None:
    assert search_vector("社区教育 PPT", ["健康"], "Ｅxercise") == (
        "'#2' '社区':1A '区教':2A '教育':3A '育':4A 'ppt':5A '健康':16B '康':17B 'exercise':28D"
    )


def test_another_table_is_another_format() -> None:
    assert hashlib.sha256(repr(sorted(SIMPLIFIED.items())).encode()).hexdigest() == TABLE_OF_FORMAT[FORMAT]


@given(st.text())
def test_folding_once_is_enough(written: str) -> None:
    assert fold(fold(written)) == fold(written)


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("臺灣終身學習", "台湾终身学习"),
        ("後面 乾杯", "后面 干杯"),
        ("薴", "苎"),
        ("ＰＰＴ２０２６", "ppt2026"),
        ("㍿", "株式会社"),
        ("社区", "社区"),
    ],
)
def test_width_case_and_script_are_folded(written: str, folded: str) -> None:
    assert fold(written) == folded


def test_a_query_costs_no_more_than_so_many_words() -> None:
    letters = " ".join(chr(ord("a") + number % 26) + str(number) for number in range(80))
    for query in (letters, letters.replace(" ", "-"), "啊 " * 90, "a" * 10_000, "社区 " * 5_000):
        assert (search_query(query) or "").count(":*") <= MOST_BEGINNINGS
        assert len(search_query(query) or "") < 3_000


def test_nothing_of_a_query_is_syntax() -> None:
    assert search_query("a'b\\c:* & | ! ( ) <-> \0") == "('a':* <1> 'b':* <1> 'c':*)"
    assert search_query(" ?！ ") is None


@pytest.mark.integration
@pytest.mark.parametrize(
    ("query", "is_found"),
    [
        ("社区教育", True),
        ("区教育", True),
        ("教", True),
        ("育", True),
        ("社育", False),
        ("社教", False),
        ("教育社区", False),
        ("教育 社区", True),
        ("ppt制作", True),
        ("Ｐpt", True),
        ("pp", True),
        ("pt", False),
        ("第12课", True),
        ("第1", True),
        ("第2课", False),
        ("营养", True),
        ("课营", False),
        ("养血", False),
        ("血压 制作", True),
        ("血压 舞蹈", False),
        ("ガイド", True),
        ("한국", True),
        ("𠮷", True),
        ("straße", True),
        ("STRASSE", True),
        ("?", False),
        ("社區教育", True),
        ("營養", True),
        ("血壓 製作", True),
        ("ＰＰＴ制作", True),
        ("社区教育!!! (PPT)", True),
        ("教育：ppt", True),
        ("社区教育' | 'x", False),
        ("!社区", True),
        ("社区:*", True),
        ("社区 & 教育", True),
        ("社区\0教育", True),
        ("社区\ud800", True),
        ("\udfff\0", False),
    ],
)
def test_words_are_found(sessions: sessionmaker[Session], query: str, is_found: bool) -> None:
    vector = search_vector("社区教育：PPT 制作（第12课）", ["营养", "血压"], "ｶﾞｲﾄﾞ 한국어 𠮷野家 Straße")
    with sessions() as session:
        found = session.execute(
            text("SELECT CAST(:vector AS tsvector) @@ CAST(:query AS tsquery)"),
            {"vector": vector, "query": search_query(query) or ""},
        ).scalar_one()
    assert found is is_found


@pytest.mark.integration
def test_the_longest_text_is_taken(sessions: sessionmaker[Session]) -> None:
    vector = search_vector("长" * 255, ["词" * 50] * 20, "a" * 100 + " 很长" * 5000)
    with sessions() as session:
        length = text("SELECT length(CAST(:vector AS tsvector))")
        assert session.execute(length, {"vector": vector}).scalar_one() > 5


def _begins_inside_a_word(title: str, start: int) -> bool:
    pieces = [kind for kind, _ in pieces_of(fold(title[start - 1 : start + 1]))]
    return start > 0 and pieces == ["word"]


@pytest.mark.integration
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.text("社區区教育第课12３４aBｃ 臺，·-のガ", min_size=2, max_size=24),
    st.data(),
)
def test_any_two_characters_of_a_title_find_it(
    sessions: sessionmaker[Session], title: str, data: st.DataObject
) -> None:
    parts = [
        title[start:end]
        for start in range(len(title))
        for end in range(start + 2, len(title) + 1)
        # Of other words than Chinese ones their beginnings count.
        if not _begins_inside_a_word(title, start) and search_query(title[start:end])
    ]
    if not parts:
        return
    part = data.draw(st.sampled_from(parts))
    with sessions() as session:
        assert session.execute(
            text("SELECT CAST(:vector AS tsvector) @@ CAST(:query AS tsquery)"),
            {"vector": search_vector(title, [], ""), "query": search_query(part)},
        ).scalar_one(), part
