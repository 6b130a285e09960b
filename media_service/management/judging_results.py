"""What judges gave, counted together: means, totals and ranks, and the same as a table for spreadsheets.

Only complete sheets count. Fractions are kept exact until they are shown, so that ties are ties.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Final, Protocol

from media_service.sheets.formulas import MARK, is_formula

DECIMALS: Final = 4
"""Of means and totals, as they are shown."""


class Counted(Protocol):
    """By what is judged. A total is the sum of means, each times the ``weight`` of its criterion."""

    @property
    def name(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def weight(self) -> float: ...


class Given(Protocol):
    """What a judge gave to the entry with a number."""

    @property
    def judge_id(self) -> str: ...
    @property
    def number(self) -> int: ...
    @property
    def scores(self) -> Mapping[str, int]: ...
    @property
    def comment(self) -> str: ...
    @property
    def is_complete(self) -> bool: ...


@dataclass(frozen=True)
class Standing:
    """Where an entry stands: of those with equal totals each has the same ``rank``, and the ranks after it are left
    out. Rank and total are None if ``judges`` (who have judged it) is 0."""

    number: int
    rank: int | None
    judges: int
    total: Fraction | None
    means: Mapping[str, Fraction]


def standings(criteria: Sequence[Counted], numbers: Sequence[int], sheets: Sequence[Given]) -> list[Standing]:
    """All entries, best first; those that nobody has judged last, by number."""
    by_number: dict[int, list[Given]] = {number: [] for number in numbers}
    for sheet in sheets:
        if sheet.is_complete and sheet.number in by_number:
            by_number[sheet.number].append(sheet)
    means = {number: _means(criteria, given) for number, given in by_number.items()}
    totals = {
        number: sum((exact(each.weight) * means[number][each.name] for each in criteria), Fraction())
        for number, given in by_number.items()
        if given
    }
    first: dict[Fraction, int] = {}
    for place, total in enumerate(sorted(totals.values(), reverse=True), 1):
        first.setdefault(total, place)
    ranks = {number: first[total] for number, total in totals.items()}
    order = sorted(by_number, key=lambda number: (ranks.get(number, len(by_number) + 1), number))
    return [
        Standing(number, ranks.get(number), len(by_number[number]), totals.get(number), means[number])
        for number in order
    ]


def exact(weight: float) -> Fraction:
    """A number as it was written: 0.1 is a tenth."""
    return Fraction(str(weight))


def shown(value: Fraction | None) -> float | None:
    """As people are told it."""
    return None if value is None else float(round(value, DECIMALS))


def table(
    criteria: Sequence[Counted],
    judges: Sequence[tuple[str, str]],
    found: Sequence[Standing],
    sheets: Sequence[Given],
    *,
    headings: Sequence[str],
    about: Mapping[int, Sequence[str]],
    closed_at: datetime | None,
) -> str:
    """Results as CSV (RFC 4180), a line for each entry: rank, number, judges, total, means, what is known ``about`` it
    under ``headings``, since when that is final, and then each score and comment of each of ``judges`` (ID and name),
    also of sheets that do not count yet."""
    given = {(sheet.judge_id, sheet.number): sheet for sheet in sheets}
    written = io.StringIO()
    written.write(MARK)
    lines = csv.writer(written)
    lines.writerow(
        [
            *("rank", "number", "judges", "total"),
            *(_cell(f"mean: {each.label}") for each in criteria),
            *(_cell(heading) for heading in headings),
            "closed",
            *(_cell(f"{name}: {label}") for _, name in judges for label in _columns(criteria)),
        ]
    )
    for standing in found:
        row: list[object] = [standing.rank, standing.number, standing.judges, shown(standing.total)]
        row += [shown(standing.means.get(each.name)) for each in criteria]
        row += [_cell(text) for text in about.get(standing.number, [""] * len(headings))]
        row.append(closed_at.isoformat(timespec="seconds") if closed_at else None)
        for judge_id, _ in judges:
            sheet = given.get((judge_id, standing.number))
            row += [sheet.scores.get(each.name) if sheet else None for each in criteria]
            row.append(_cell(sheet.comment) if sheet else None)
        lines.writerow(row)
    return written.getvalue()


def _means(criteria: Sequence[Counted], sheets: Sequence[Given]) -> dict[str, Fraction]:
    if not sheets:
        return {}
    return {
        each.name: Fraction(sum(sheet.scores[each.name] for sheet in sheets), len(sheets))
        for each in criteria
    }


def _columns(criteria: Sequence[Counted]) -> list[str]:
    return [*(each.label for each in criteria), "comment"]


def _cell(text: str) -> str:
    """A text that no spreadsheet takes for a formula: an apostrophe before it says so."""
    return f"'{text}" if is_formula(text) else text
