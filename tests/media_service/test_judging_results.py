"""What judges gave, counted together, and as a table."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fractions import Fraction

import pytest

from media_service.management.judging_documents import CriterionDocument
from media_service.management.judging_results import shown, standings, table

CRITERIA = [
    CriterionDocument(name="idea", label="创意", greatest=10, weight=0.1),
    CriterionDocument(name="craft", label="-制作", greatest=10, weight=2),
]


@dataclass
class Sheet:
    judge_id: str
    number: int
    idea: int | None
    craft: int | None
    comment: str = ""
    scores: dict[str, int] = field(init=False)

    def __post_init__(self) -> None:
        given = {"idea": self.idea, "craft": self.craft}
        self.scores = {name: score for name, score in given.items() if score is not None}

    @property
    def is_complete(self) -> bool:
        return len(self.scores) == 2


def test_totals_are_weighted_means_and_ties_share_a_rank() -> None:
    sheets = [
        Sheet("a", 1, 10, 5),
        Sheet("b", 1, 0, 5),
        Sheet("a", 2, 3, 10),
        Sheet("b", 2, None, 1),  # not done yet: it does not count
        Sheet("a", 3, 5, 5),
        Sheet("a", 5, 4, 1),
        Sheet("b", 5, 4, 0),
        Sheet("c", 5, 3, 0),
    ]
    found = standings(CRITERIA, [1, 2, 3, 4, 5], sheets)
    assert [(each.rank, each.number, each.judges) for each in found] == [
        (1, 2, 1),
        (2, 1, 2),
        (2, 3, 1),
        (4, 5, 3),
        (None, 4, 0),
    ]
    assert found[1].total == Fraction(21, 2) and found[1].means == {"idea": 5, "craft": 5}
    assert found[3].means["craft"] == Fraction(1, 3) and shown(found[3].means["craft"]) == 0.3333
    assert found[4].total is None and found[4].means == {}


def test_a_table_holds_nothing_that_a_spreadsheet_carries_out() -> None:
    sheets = [Sheet("a", 1, 10, 5, "=1+1"), Sheet("b", 1, None, 5, ' @sum, "x"')]
    text = table(
        CRITERIA,
        [("a", "+86 张"), ("b", "李")],
        standings(CRITERIA, [1, 2], sheets),
        sheets,
        headings=["file", "\tschool"],
        about={1: ["＝课.mp4", "－"], 2: ["ok", "一中\r二"]},
        closed_at=datetime(2026, 11, 30, 8, tzinfo=UTC),
    )
    assert text.startswith("\ufeffrank,")
    head, first, second = csv.reader(io.StringIO(text.removeprefix("\ufeff")))
    assert head[:7] == ["rank", "number", "judges", "total", "mean: 创意", "mean: -制作", "file"]
    assert head[7:12] == ["'\tschool", "closed", "'+86 张: 创意", "'+86 张: -制作", "'+86 张: comment"]
    assert first[:6] == ["1", "1", "1", "11.0", "10.0", "5.0"]
    assert first[6:] == [
        *("'＝课.mp4", "'－", "2026-11-30T08:00:00+00:00", "10", "5", "'=1+1"),
        *("", "5", '\' @sum, "x"'),
    ]
    assert second[:6] == ["", "2", "0", "", "", ""] and second[7] == "一中\r二"


@pytest.mark.parametrize("weight", [0.1, 0.3, 1000.0, 1e-7])
def test_weights_are_what_was_written(weight: float) -> None:
    criteria = [CriterionDocument(name="idea", label="x", greatest=10, weight=weight)]
    sheets = [Sheet("a", 1, 3, 0)]
    (found,) = standings(criteria, [1], sheets)
    assert found.total is not None and float(found.total) == float(Fraction(str(weight)) * 3)
