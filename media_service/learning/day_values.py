"""Days as clients send them (RFC 3339, full-date). Pure."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Final

from pydantic import BeforeValidator, Field

_WRITTEN: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_YEARS: Final = range(1900, 9001)
"""Calendars end at 1 and 9999, and months and stretches are reckoned from days."""


def _read(given: object) -> date:
    if not (isinstance(given, str) and _WRITTEN.fullmatch(given)):
        raise ValueError("must be a day, such as 2026-11-29")
    day = date.fromisoformat(given)
    if day.year not in _YEARS:
        raise ValueError(f"must lie in the years {_YEARS[0]} to {_YEARS[-1]}")
    return day


Day = Annotated[date, BeforeValidator(_read), Field(examples=["2026-11-29"])]
"""Numbers would be taken for seconds."""
