"""Rows of an .xlsx workbook, read one after another, however large a stranger has made it."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Iterator, Sequence
from typing import BinaryIO, Final
from zipfile import BadZipFile, ZipFile

import openpyxl

from media_service.sheets.cells import Cell
from media_service.sheets.faults import Fault, SheetInvalid
from media_service.sheets.formulas import unguarded

MOST_BYTES: Final = 512 * 1024 * 1024
"""Of all parts of a workbook, unpacked: some 500,000 rows."""

MOST_TEXTS: Final = 128 * 1024 * 1024
"""Of its table of texts, which is held in memory."""

MOST_ROWS: Final = 1_048_576
"""Of any spreadsheet. Rows that are left out on the way to a number are told as empty ones, and a stranger may write
whatever number."""

MOST_PARTS: Final = 5000
MOST_COLUMNS: Final = 500


def rows_of(file: BinaryIO) -> Iterator[Sequence[Cell]]:
    """The rows of the first sheet that is shown; of formulas what they came to. Raises ``SheetInvalid``."""
    _require_modest(file)
    file.seek(0)
    try:
        with warnings.catch_warnings():
            # Of what is no cell: charts, rules of validation.
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(file, read_only=True, data_only=True)
            shown = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"] or book.worksheets
            # What it says of its own size is often wrong.
            shown[0].reset_dimensions()
            for number, row in enumerate(shown[0].iter_rows(values_only=True, max_col=MOST_COLUMNS), 1):
                if number > MOST_ROWS:
                    raise SheetInvalid(Fault("sheet_too_large", words={"limit": f"{MOST_ROWS} rows / 行"}))
                yield [unguarded(cell) if isinstance(cell, str) else cell for cell in row]
    except SheetInvalid:
        raise
    except Exception as error:  # a stranger's file breaks the parser in as many ways as there are
        raise SheetInvalid(Fault("sheet_damaged", words={"reason": type(error).__name__})) from error


def _require_modest(file: BinaryIO) -> None:
    """Refuse what would unpack to more than it looks like. No part is read beyond the size that stands here."""
    try:
        with ZipFile(file) as archive:
            parts = archive.infolist()
    except (BadZipFile, zipfile.LargeZipFile, OSError, ValueError, NotImplementedError) as error:
        raise SheetInvalid(Fault("sheet_damaged", words={"reason": type(error).__name__})) from error
    texts = max((part.file_size for part in parts if part.filename.endswith("sharedStrings.xml")), default=0)
    if sum(part.file_size for part in parts) > MOST_BYTES or texts > MOST_TEXTS or len(parts) > MOST_PARTS:
        raise SheetInvalid(Fault("sheet_too_large", words={"limit": f"{MOST_BYTES // 2**20} MiB"}))
