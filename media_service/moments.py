"""Dates and times as clients send them (RFC 3339). Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Final

from pydantic import BeforeValidator, Field

_WRITTEN: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d(:\d\d([.]\d+)?)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


def _read(given: object) -> datetime:
    if not (isinstance(given, str) and _WRITTEN.fullmatch(given)):
        raise ValueError(
            "must be a date and time with its offset, such as 2026-11-29T08:00:00Z; in an address, + is written %2B"
        )
    try:
        return datetime.fromisoformat(given.upper()).astimezone(UTC)
    except OverflowError:
        raise ValueError("must lie in the years 1 to 9999 of UTC") from None


Moment = Annotated[datetime, BeforeValidator(_read), Field(examples=["2026-11-29T08:00:00Z"])]
"""A date and time as RFC 3339 writes them, in UTC. Numbers would be taken for seconds."""
