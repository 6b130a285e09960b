"""Sheets as files: CSV in UTF-8 or GB18030, workbooks, JSON Lines. Rows come one by one; no sheet is held in memory."""

from __future__ import annotations

import codecs
import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from io import StringIO, TextIOWrapper
from pathlib import Path
from typing import IO, AnyStr, BinaryIO, Final

from media_service.sheets import workbook
from media_service.sheets.cells import Cell
from media_service.sheets.columns import Head, Heads, heads_of, known_heads
from media_service.sheets.faults import Fault, SheetInvalid
from media_service.sheets.formulas import unguarded

MOST_BYTES: Final = 256 * 1024 * 1024
LONGEST_CELL: Final = 1024 * 1024
"""Characters: a description has 10,000, a list in JSON may have more."""

LONGEST_LINE: Final = 4 * 1024 * 1024
"""Characters, of JSON Lines bytes: cells of a row are held in memory together, and empty ones take eight times as much
there as in the file."""

_LONGEST_HEADS: Final = 64 * 1024
_SURELY: Final = 8
"""So many characters beyond ASCII are not in UTF-8 by chance."""

_BLOCK: Final = 1024 * 1024
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DELIMITERS: Final = ",;\t"
_ZIP: Final = b"PK\x03\x04"

Cells = Mapping[str, tuple[Head, Cell]]


@dataclass(frozen=True)
class SheetRow:
    """``number`` counts as spreadsheets do, the heads being row 1; of JSON Lines it is the line. ``too_many``: there
    are cells without a head."""

    number: int
    cells: Cells
    too_many: bool = False


@dataclass(frozen=True)
class Table:
    """A sheet that is open: its heads (None of JSON Lines, where each line has its own) and its rows."""

    heads: Heads | None
    rows: Iterator[SheetRow]


def open_table(file: BinaryIO, name: str) -> Table:
    """The table in a file; its content decides what it is, and ``name`` only tells JSON Lines apart. Raises
    ``SheetInvalid``, also while rows are taken."""
    if file.seek(0, 2) > MOST_BYTES:
        raise SheetInvalid(Fault("sheet_too_large", words={"limit": f"{MOST_BYTES // 2**20} MiB"}))
    file.seek(0)
    beginning = file.read(8)
    file.seek(0)
    if beginning.startswith(_ZIP):
        return _with_heads(workbook.rows_of(file))
    if Path(name).suffix.lower() in (".jsonl", ".ndjson"):
        return Table(None, _lines(file))
    if beginning.startswith(b"\xd0\xcf\x11\xe0"):
        raise SheetInvalid(Fault("sheet_damaged", words={"reason": ".xls"}))
    return _with_heads(_records(file))


def _with_heads(rows: Iterator[Sequence[Cell]]) -> Table:
    first = next(rows, None)
    if first is None:
        raise SheetInvalid(Fault("sheet_empty"))
    heads = heads_of(first)
    return Table(heads, _placed(heads, rows))


def _placed(heads: Heads, rows: Iterator[Sequence[Cell]]) -> Iterator[SheetRow]:
    wide = len(heads.places)
    for number, row in enumerate(rows, 2):
        more = any(cell not in (None, "") for cell in row[wide:])
        yield SheetRow(number, heads.cells(row), more)


def _records(file: BinaryIO) -> Iterator[Sequence[Cell]]:
    encoding = _encoding(file)
    # A cell that is never closed would be the rest of the file.
    csv.field_size_limit(LONGEST_CELL)
    try:
        delimiter = _delimiter(file, encoding)
        file.seek(0)
        text = TextIOWrapper(file, encoding, newline="")
        try:
            for record in csv.reader(_lines_of(text), delimiter=delimiter):
                yield [unguarded(cell) for cell in record]
        finally:
            with suppress(ValueError):  # the file was closed before the last row was taken
                text.detach()
    except (csv.Error, UnicodeError) as error:
        raise SheetInvalid(Fault("sheet_damaged", words={"reason": str(error)})) from error


def _lines_of(file: IO[AnyStr]) -> Iterator[AnyStr]:
    while line := file.readline(LONGEST_LINE + 1):
        if len(line) > LONGEST_LINE:
            reason = f"a line of more than {LONGEST_LINE // 2**20} MiB"
            raise SheetInvalid(Fault("sheet_damaged", words={"reason": reason}))
        yield line


def _delimiter(file: BinaryIO, encoding: str) -> str:
    """What stands between cells: that by which most heads mean something."""
    file.seek(0)
    text = TextIOWrapper(file, encoding, newline="")
    try:
        beginning = text.read(_LONGEST_HEADS)
    finally:
        text.detach()

    def known(delimiter: str) -> int:
        return known_heads(next(csv.reader(StringIO(beginning, newline=""), delimiter=delimiter), []))

    return max(_DELIMITERS, key=known)


def _encoding(file: BinaryIO) -> str:
    """By its mark, else UTF-8, else GB18030, in which Excel saves CSV in China. Raises ``SheetInvalid``."""
    beginning = file.read(4)
    for mark, encoding in _MARKS:
        if beginning.startswith(mark):
            return encoding
    read, line = _decodes(file, "utf-8")
    if line is None:
        return "utf-8"
    # Text of another encoding is no UTF-8 from its first Chinese words on: this one is damaged.
    if read < _SURELY and _decodes(file, "gb18030")[1] is None:
        return "gb18030"
    raise SheetInvalid(Fault("sheet_encoding", words={"line": str(line)}))


def _decodes(file: BinaryIO, encoding: str) -> tuple[int, int | None]:
    """How many characters beyond ASCII were read, and the line of what cannot be; None if all can."""
    file.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)()
    read, line = 0, 1
    while True:
        block = file.read(_BLOCK)
        try:
            text = decoder.decode(block, final=not block)
        except UnicodeDecodeError as error:
            good = error.object[: error.start].decode(encoding, "ignore")
            return read + _beyond_ascii(good), line + good.count("\n")
        if not block:
            return read, None
        read += _beyond_ascii(text)
        line += text.count("\n")


def _beyond_ascii(text: str) -> int:
    return 0 if text.isascii() else sum(character > "\x7f" for character in text)


def _lines(file: BinaryIO) -> Iterator[SheetRow]:
    for number, line in enumerate(_lines_of(file), 1):
        text = line.removeprefix(codecs.BOM_UTF8).strip()
        if not text:
            continue
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise SheetInvalid(Fault("line_invalid", number))
        heads = heads_of(list(found))
        yield SheetRow(number, heads.cells(list(found.values())))
