"""A row of a sheet turned into what the API takes, or into all that is wrong with it. Pure.

Values go through the very model that the API checks changes by, so what is good here is good there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic import ValidationError

from configs.words import SheetFaultCode
from media_service.cataloguing.changes import AssetChanges
from media_service.sheets.cells import Cell, Reading
from media_service.sheets.columns import FILE, Head
from media_service.sheets.faults import CellInvalid, Fault, Words
from media_service.uploads.protocol import COLOUR_PATTERN, SHA256_PATTERN, clean_name

_FIELDS: Final[Mapping[str, str]] = {
    "categories": "category_ids",
    "licence_text": "licence",
    "licence_url": "licence",
    "source_organization_id": "source_organization",
    "presenter": "contributors",
    "author": "contributors",
    "publisher": "contributors",
}
"""Columns whose values belong to a field of the API of another name."""

_CODES: Final[Mapping[str, SheetFaultCode]] = {
    "external_id": "external_id_invalid",
    "language": "language_unknown",
    "original_date": "date_invalid",
    "published_at": "moment_invalid",
    "withdraw_at": "moment_invalid",
    "old_views": "number_invalid",
    "other_ids": "other_ids_invalid",
    "licence": "licence_incomplete",
}
"""What is wrong with a field where it is nothing more special."""

_COLOUR: Final = re.compile(COLOUR_PATTERN)
_SHA256: Final = re.compile(SHA256_PATTERN)


@dataclass(frozen=True)
class RowValues:
    """What a row says. ``changes`` are fields of the API by name, for what its sheet has columns for; the rest belongs
    to the upload."""

    number: int
    file: str
    changes: dict[str, Any]
    policy: str | None = None
    background: str | None = None
    sha256: str | None = None
    course: str | None = None
    """Title of the course that it belongs to, if that is told."""
    position: int | None = None
    """Its place there, by which lessons of a sheet are ordered."""
    faults: list[Fault] = field(default_factory=list)
    heads: Mapping[str, str] = field(default_factory=dict)
    """What the sheet's author called the columns."""

    @property
    def external_id(self) -> str | None:
        """What the row's organization calls the lesson."""
        found: str | None = self.changes.get("external_id")
        return found

    def fault(self, code: SheetFaultCode, column: str = "", **words: Any) -> None:
        """Note something that is wrong with it."""
        self.faults.append(Fault(code, self.number, self.heads.get(column, column), words))


def read_row(number: int, cells: Mapping[str, tuple[Head, Cell]], reading: Reading) -> RowValues:
    """All that a row says, and all that is wrong with it."""
    values, faults = _values(number, cells, reading)
    heads = {name: head.shown for name, (head, _) in cells.items()}
    row = RowValues(
        number,
        values.pop(FILE, None) or "",
        {},
        values.pop("policy", None),
        values.pop("background", None),
        (values.pop("sha256", None) or "").lower() or None,
        clean_name(values.pop("course", None) or "") or None,
        values.pop("course_position", None),
        faults,
        heads,
    )
    if row.background and not _COLOUR.fullmatch(row.background):
        row.fault("colour_invalid", "background")
    if row.sha256 and not _SHA256.fullmatch(row.sha256):
        row.fault("checksum_invalid", "sha256")
    if not row.file and not any(fault.column == heads.get(FILE) for fault in faults):
        row.fault("file_missing", FILE)
    fields = _fields(values)
    try:
        # As the API reads it: a JSON document, strictly.
        checked = AssetChanges.model_validate_json(json.dumps(fields), strict=True)
    except ValidationError as error:
        for code, column, words in _told(error, values):
            row.fault(code, column, **words)
        # It is still told which rows have the same.
        row.changes["external_id"] = values.get("external_id")
    else:
        row.changes.update(json.loads(checked.model_dump_json(include=checked.model_fields_set)))
    places = list(heads.values())
    faults.sort(key=lambda fault: places.index(fault.column) if fault.column in places else len(places))
    return row


def is_blank(cells: Mapping[str, tuple[Head, Cell]]) -> bool:
    """Whether a row says nothing at all."""
    return all(cell is None or (isinstance(cell, str) and not cell.strip()) for _, cell in cells.values())


def _values(
    number: int, cells: Mapping[str, tuple[Head, Cell]], reading: Reading
) -> tuple[dict[str, Any], list[Fault]]:
    values: dict[str, Any] = {}
    faults: list[Fault] = []
    for name, (head, cell) in cells.items():
        try:
            values[name] = head.column.read(cell, reading)
        except CellInvalid as invalid:
            faults.append(Fault(invalid.code, number, head.shown, invalid.words))
    return values, faults


def _fields(values: Mapping[str, Any]) -> dict[str, Any]:
    """Columns put together into fields of the API. A title that is not given is that of the file."""
    fields = {name: value for name, value in values.items() if name not in _FIELDS}
    if not fields.get("title"):
        fields.pop("title", None)
    if "categories" in values:
        fields["category_ids"] = values["categories"]
    if any(name in values for name in ("licence", "licence_text", "licence_url")):
        code, text, url = (values.get(name) for name in ("licence", "licence_text", "licence_url"))
        told = {"code": code or "custom", "text": text or None, "url": url}
        fields["licence"] = told if code or text or url else None
    if "source_organization" in values:
        name, known = values["source_organization"], values.get("source_organization_id")
        fields["source_organization"] = {"name": name or "", "id": known} if name or known else None
    named = [
        {"role": role, "name": name, "organization": None}
        for role in ("presenter", "author", "publisher")
        for name in values.get(role) or ()
    ]
    if named or any(role in values for role in ("contributors", "presenter", "author", "publisher")):
        fields["contributors"] = [*(values.get("contributors") or ()), *named]
    return fields


def _told(error: ValidationError, values: Mapping[str, Any]) -> Iterator[tuple[SheetFaultCode, str, Words]]:
    """What the API would say, in the words of a sheet: each field once."""
    seen: set[str] = set()
    for fault in error.errors(include_url=False, include_input=False):
        name = str(fault["loc"][0]) if fault["loc"] else ""
        if name in seen:
            continue
        seen.add(name)
        code, words = _code(name, fault)
        yield code, _column(name, fault["loc"], values), words


def _code(name: str, fault: Any) -> tuple[SheetFaultCode, Words]:
    limit = {"limit": str((fault.get("ctx") or {}).get("max_length", ""))}
    reason = {"reason": str(fault["msg"]).removeprefix("Value error, ")}
    found: tuple[SheetFaultCode, Words]
    if fault["type"] == "string_too_long":
        found = "value_too_long", limit
    elif fault["type"] == "too_long":
        found = "values_too_many", limit
    elif fault["type"] == "json_invalid":  # half of a surrogate pair
        found = "character_invalid", {}
    elif not name:
        found = "withdrawn_too_early", {}
    elif name == "licence" and fault["loc"][-1:] == ("url",):
        found = "url_invalid", {}
    elif name in _CODES:
        found = _CODES[name], {}
    else:
        found = "value_invalid", reason
    return found


def _column(name: str, location: Sequence[Any], values: Mapping[str, Any]) -> str:
    """The column that a fault of a field lies in."""
    if not name:
        return "withdraw_at" if "withdraw_at" in values else ""
    if name == "licence" and len(location) > 1 and location[1] in ("text", "url"):
        return f"licence_{location[1]}"
    if name == "source_organization" and len(location) > 1 and location[1] == "id":
        return "source_organization_id"
    return (
        next((column for column, its in _FIELDS.items() if its == name and column in values), name)
        if (name not in values)
        else name
    )
