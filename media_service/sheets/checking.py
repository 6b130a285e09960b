"""Goes through a sheet and its folder, and tells of each row what it brings and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from media_service.sheets.cells import Reading
from media_service.sheets.columns import FILE
from media_service.sheets.files import RowFiles, look
from media_service.sheets.folder import Folder
from media_service.sheets.rows import RowValues, is_blank, read_row
from media_service.sheets.tables import Table


@dataclass(frozen=True)
class Rules:
    """By what a sheet is checked: ``language`` is that of texts that name none; ``reads_texts``: captions, chapters and
    pictures are looked into."""

    reading: Reading
    language: str
    reads_texts: bool = True


@dataclass(frozen=True)
class Checked:
    """A row, with its faults in ``row.faults``. ``files`` is None where no file was found."""

    row: RowValues
    files: RowFiles | None

    @property
    def identity(self) -> str:
        """What the row is known by however its sheet changes: the lesson's external ID, or else its file."""
        external_id = self.row.external_id
        return f"id {external_id}" if external_id else f"file {self.files.file if self.files else ''}"


@dataclass
class _Seen:
    """Numbers of the first rows with an external ID, and of those with a file and none."""

    ids: dict[str, int] = field(default_factory=dict)
    files: dict[str, int] = field(default_factory=dict)


def check(table: Table, folder: Folder, rules: Rules) -> Iterator[Checked]:
    """All rows that say anything. Raises ``SheetInvalid``."""
    seen = _Seen()
    for sheet_row in table.rows:
        if is_blank(sheet_row.cells) and not sheet_row.too_many:
            continue
        row = read_row(sheet_row.number, sheet_row.cells, rules.reading)
        if sheet_row.too_many:
            row.fault("cells_too_many")
        files = look(row, folder, rules.language, reads_texts=rules.reads_texts)
        _note(row, files, seen)
        yield Checked(row, files)


def _note(row: RowValues, files: RowFiles | None, seen: _Seen) -> None:
    """Only one row may be a lesson, and without an ID only its file tells which lesson it is."""
    if (external_id := row.external_id) is not None:
        if (first := seen.ids.setdefault(external_id, row.number)) != row.number:
            row.fault("external_id_twice", "external_id", row=str(first))
    elif files is not None and (first := seen.files.setdefault(files.file, row.number)) != row.number:
        row.fault("file_twice", FILE, row=str(first))
