"""Lessons as sheets: CSV for spreadsheets, JSON Lines for programs. Pure.

A lesson comes as values by column (``columns.WRITTEN``); what is written is read back to the letter by ``tables`` and
``rows``.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from media_service.sheets.columns import WRITTEN, Column
from media_service.sheets.formulas import MARK, guarded

Lesson = Mapping[str, Any]


def to_csv(pages: Iterable[Sequence[Lesson]]) -> Iterator[bytes]:
    """CSV (RFC 4180) in UTF-8 with its mark, a piece for each page. No cell is taken for a formula."""
    yield (MARK + _records([[column.name for column in WRITTEN]])).encode()
    for page in pages:
        yield _records(
            [[_cell(column, lesson[column.name]) for column in WRITTEN] for lesson in page]
        ).encode()


def to_json_lines(pages: Iterable[Sequence[Lesson]]) -> Iterator[bytes]:
    """An object in each line, a piece for each page."""
    names: Final = [column.name for column in WRITTEN]
    for page in pages:
        lines = (
            json.dumps({name: lesson[name] for name in names}, ensure_ascii=False) + "\n" for lesson in page
        )
        yield "".join(lines).encode()


def _records(rows: Iterable[Sequence[str]]) -> str:
    written = io.StringIO(newline="")
    csv.writer(written).writerows(rows)
    return written.getvalue()


def _cell(column: Column, value: Any) -> str:
    if value is None or value in ([], {}):
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return guarded(column.write(value))
