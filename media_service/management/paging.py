"""Pages of lists: what a query may ask of every list, and the cursors that lead from page to page."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from typing import Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from media_service.problems import ApiError
from media_service.strict_values import is_text
from storage.ids import is_id


class PageQuery(BaseModel):
    """Which page of a list."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(50, ge=1, le=200, description="Most entries of the page.")
    after: str | None = Field(None, max_length=2000, description="The `next` of the page before.")


class Identified(Protocol):
    """An entry of a list that is ordered by ID."""

    @property
    def id(self) -> str:
        """Its ID."""


Entry = TypeVar("Entry", bound=Identified)


def last_id(query: PageQuery) -> str | None:
    """The last ID of the page before. Raises ``invalid_cursor``."""
    cursor = read_cursor(query.after, 1)
    return cursor[0] if cursor else None


def cut(found: Sequence[Entry], limit: int) -> tuple[Sequence[Entry], str | None]:
    """The page itself of what was looked up with one entry more, and its ``next``."""
    page = found[:limit]
    return page, page[-1].id if len(found) > limit else None


def write_cursor(values: Sequence[str]) -> str:
    """Where a list goes on: the values that it is ordered by, the last of which is the ID. One alone stays as it is."""
    if len(values) == 1:
        return values[0]
    return base64.urlsafe_b64encode(json.dumps(values, ensure_ascii=False).encode()).decode().rstrip("=")


def read_cursor(text: str | None, length: int) -> list[str] | None:
    """What ``write_cursor`` wrote of so many values; None of no text. Raises ``invalid_cursor``."""
    if text is None:
        return None
    try:
        padded = text + "=" * (-len(text) % 4)
        values = (
            [text] if length == 1 else json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        )
    except (binascii.Error, ValueError, RecursionError):
        raise ApiError("invalid_cursor") from None
    are_texts = isinstance(values, list) and all(isinstance(value, str) for value in values)
    if not are_texts or len(values) != length or not is_id(values[-1]) or not all(map(is_text, values)):
        raise ApiError("invalid_cursor")
    return values
