"""Cells of a sheet turned into values of the API, and values into cells. Pure.

People write lists and pairs as people do, ``a; b``. What cannot be read back from that to the letter is written as JSON
instead, so no value is lost on its way out and in again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any, Final

from media_service.sheets.choices import ROLES, chosen, shown_choices
from media_service.sheets.faults import CellInvalid
from media_service.strict_values import is_text

Cell = Any
"""A text, or what a workbook or JSON has instead: numbers, dates, lists."""

_BETWEEN: Final = re.compile(r"[;；\n、,，]")
_BETWEEN_ENTRIES: Final = re.compile(r"[;；\n]")
_CONTRIBUTOR: Final = re.compile(
    r"\s*(?P<role>[^:：]+?)\s*[:：]\s*(?P<name>.+?)\s*(?:[(（](?P<organization>[^()（）]+)[)）]\s*)?"
)
_PAIR: Final = re.compile(r"\s*(?P<system>[^=＝\s]+)\s*[=＝]\s*(?P<id>.*?)\s*", re.DOTALL)
_LONGEST_ENTRY: Final = 1000
"""Characters of one entry of a list, or of a number or date: more is none of these, and is not looked at."""

_EXACT: Final = 10**15
"""From here on spreadsheets round whole numbers, silently."""

_ROUNDED: Final = re.compile(r"[0-9](\.[0-9]+)?[eE]\+[0-9]+")
_WHOLE: Final = re.compile(r"([0-9]{1,3}([,， ][0-9]{3})+|[0-9]{1,18})(\.0+)?")
_DATE: Final = re.compile(
    r"([0-9]{4})(?:\s*[-/.年]\s*([0-9]{1,2})(?:\s*[-/.月]\s*([0-9]{1,2})\s*日?|\s*月)?|\s*年)?"
)
_CLOCK: Final = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?")
_SERIAL: Final = re.compile(r"[0-9]{5}(\.[0-9]+)?")
_FIRST_DAY: Final = datetime(1899, 12, 30)
"""Day 0 of Excel, as it counts since March 1900."""


@dataclass(frozen=True)
class Reading:
    """What cells are read by: ``zone`` is that of times without an offset; ``category`` finds the ID of a category by
    its code or ID, and raises ``CellInvalid``."""

    zone: tzinfo
    category: Callable[[str], str]


def text_of(cell: Cell) -> str:
    """What a cell says, as a line or several. Raises ``CellInvalid`` of numbers that a spreadsheet rounded."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, int | float):
        # Nor is NaN, which Python's JSON has, anything that a sheet meant.
        if not abs(cell) < _EXACT:
            raise CellInvalid("number_rounded")
        return str(int(cell)) if cell == int(cell) else repr(cell)
    if isinstance(cell, datetime | date | time):
        return cell.isoformat()
    if not isinstance(cell, str):
        raise CellInvalid("value_invalid", reason=type(cell).__name__)
    if not is_text(cell):
        raise CellInvalid("character_invalid")
    return cell


def line(cell: Cell, _: Reading) -> str | None:
    """One line; None of an empty cell."""
    return text_of(cell).strip() or None


def lines(cell: Cell, _: Reading) -> str:
    """Several lines, as they are."""
    return text_of(cell)


def own_id(cell: Cell, _: Reading) -> str | None:
    """What other systems call something: nothing that a spreadsheet took for a number and rounded."""
    text = text_of(cell).strip()
    if _ROUNDED.fullmatch(text):
        raise CellInvalid("number_rounded")
    return text or None


def whole_number(cell: Cell, _: Reading) -> int | None:
    """A number of 0 or more; thousands may be parted."""
    text = text_of(cell).strip()
    if not text:
        return None
    if _ROUNDED.fullmatch(text):
        raise CellInvalid("number_rounded")
    if not _WHOLE.fullmatch(text):
        raise CellInvalid("number_invalid")
    return int(re.sub(r"[,， ]|\.0+$", "", text))


def listed(cell: Cell, _: Reading) -> list[str]:
    """Words between semicolons, commas or line ends; or a list in JSON."""
    if isinstance(cell, list):
        return [text_of(each) for each in cell]
    text = text_of(cell)
    if isinstance(found := _json(text, "["), list) and all(isinstance(each, str) for each in found):
        return found
    return [word.strip() for word in _BETWEEN.split(text) if word.strip()]


def categories(cell: Cell, reading: Reading) -> list[str]:
    """IDs of categories that are named by code or ID."""
    return [reading.category(name) for name in listed(cell, reading)]


def other_ids(cell: Cell, _: Reading) -> dict[str, str]:
    """Pairs of a system and an ID: ``doi=10.1000/182; old=17``, or an object in JSON."""
    if isinstance(cell, dict):
        return cell
    text = text_of(cell)
    if isinstance(found := _json(text, "{"), dict):
        return found
    pairs: dict[str, str] = {}
    for entry in filter(str.strip, _BETWEEN_ENTRIES.split(text)):
        pair = _PAIR.fullmatch(entry) if len(entry) <= _LONGEST_ENTRY else None
        if pair is None or pair["system"] in pairs:
            raise CellInvalid("other_ids_invalid")
        pairs[pair["system"]] = pair["id"]
    return pairs


def contributors(cell: Cell, _: Reading) -> list[dict[str, Any]]:
    """Who did what: ``presenter: 李老师 (一中); author: 王老师``, or a list in JSON."""
    if isinstance(cell, list):
        return cell
    text = text_of(cell)
    if isinstance(found := _json(text, "["), list):
        return found
    made: list[dict[str, Any]] = []
    for entry in filter(str.strip, _BETWEEN_ENTRIES.split(text)):
        match = _CONTRIBUTOR.fullmatch(entry) if len(entry) <= _LONGEST_ENTRY else None
        role = chosen(ROLES, match["role"]) if match else None
        if match is None or role is None:
            raise CellInvalid("contributors_invalid", choices=shown_choices(ROLES))
        made.append({"role": role, "name": match["name"], "organization": match["organization"]})
    return made


def original_date(cell: Cell, _: Reading) -> str | None:
    """A year, a month or a day, in the forms that spreadsheets have for them."""
    if isinstance(cell, datetime | date):
        return cell.strftime("%Y-%m-%d").rjust(10, "0")
    text = text_of(cell).strip()[:_LONGEST_ENTRY]
    if not text:
        return None
    if _SERIAL.fullmatch(text):
        return _of_serial(text).strftime("%Y-%m-%d")
    day = text.split("T")[0].split(" ")[0] if _CLOCK.search(text) else text
    found = _DATE.fullmatch(day.strip())
    if found is None:
        raise CellInvalid("date_invalid")
    return "-".join(part.rjust(2, "0") for part in found.groups() if part)


def moment(cell: Cell, reading: Reading) -> str | None:
    """A date and time as RFC 3339 has them; without an offset those of ``Reading.zone``, without a time midnight."""
    if isinstance(cell, datetime):
        return _with_zone(cell, reading)
    if isinstance(cell, date):
        return _with_zone(datetime.combine(cell, time()), reading)
    text = text_of(cell).strip()[:_LONGEST_ENTRY]
    if not text:
        return None
    if _SERIAL.fullmatch(text):
        return _with_zone(_of_serial(text), reading)
    try:
        return _with_zone(_written(text), reading)
    except (ValueError, OverflowError):
        raise CellInvalid("moment_invalid") from None


def written_list(values: Sequence[str]) -> str:
    """``listed`` has it back."""
    text = "; ".join(values)
    return text if _same(listed, text, list(values)) else _as_json(list(values))


def written_other_ids(values: dict[str, str]) -> str:
    """``other_ids`` has it back."""
    text = "; ".join(f"{system}={name}" for system, name in values.items())
    return text if _same(other_ids, text, values) else _as_json(values)


def written_contributors(values: Sequence[dict[str, Any]]) -> str:
    """``contributors`` has it back."""
    entries = [
        f"{each['role']}: {each['name']}" + (f" ({each['organization']})" if each["organization"] else "")
        for each in values
    ]
    text = "; ".join(entries)
    return text if _same(contributors, text, list(values)) else _as_json(list(values))


def _same(read: Callable[[Cell, Reading], Any], text: str, values: Any) -> bool:
    try:
        return bool(read(text, _NOWHERE) == values)
    except CellInvalid:
        return False


def _json(text: str, begins: str) -> Any:
    if not text.startswith(begins):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _as_json(values: Any) -> str:
    return json.dumps(values, ensure_ascii=False)


def _of_serial(text: str) -> datetime:
    return _FIRST_DAY + timedelta(seconds=round(float(text) * 86_400))


def _written(text: str) -> datetime:
    """A date as people write it, with or without a time. Raises ``ValueError``."""
    clock = _CLOCK.search(text)
    if clock is None:
        found = _DATE.fullmatch(text)
        if found is None or found[3] is None:
            raise ValueError(text)
        return datetime(int(found[1]), int(found[2]), int(found[3]))
    day = _DATE.fullmatch(text[: clock.start()].rstrip("Tt \t"))
    if day is None or day[3] is None:
        raise ValueError(text)
    # Fractions of a second and offsets are as ISO 8601 has them.
    written = f"{int(clock[1]):02}:{clock[2]}:{clock[3] or '00'}{text[clock.end() :].strip().upper()}"
    return datetime.fromisoformat(f"{int(day[1]):04}-{int(day[2]):02}-{int(day[3]):02}T{written}")


def _with_zone(moment: datetime, reading: Reading) -> str:
    known = moment if moment.tzinfo else moment.replace(tzinfo=reading.zone)
    # The API knows offsets in whole minutes.
    text = known.isoformat()
    return text if re.search(r"[+-][0-9]{2}:[0-9]{2}$", text) else known.astimezone(_UTC).isoformat()


def _no_category(name: str) -> str:
    raise CellInvalid("category_unknown", value=name)


_UTC: Final = datetime.fromisoformat("1970-01-01T00:00:00+00:00").tzinfo
assert _UTC is not None  # noqa: S101  (for the type checker)
_NOWHERE: Final = Reading(_UTC, _no_category)
