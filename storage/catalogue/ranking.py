"""Order and pages of candidates."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from storage.catalogue.candidates import Candidate, Candidates, SearchOrder

_KEYS: Final[Mapping[SearchOrder, Callable[[Candidate], tuple[Any, ...]]]] = {
    "relevance": lambda one: (-one.fit, one.clicks, one.id),
    "clicks": lambda one: (one.clicks, one.id),
    "-created_at": lambda one: (one.id,),
}
"""The largest comes first."""


def page(
    found: Candidates, order: SearchOrder, limit: int, cursor: Sequence[str] | None
) -> tuple[list[Candidate], list[str] | None]:
    """The next ``limit`` ones after ``cursor``, and the cursor of those that follow, None at the end.
    Raises ``ValueError`` of a cursor that is none."""
    key = _KEYS[order]
    ranked = sorted(found.found, key=key, reverse=True)
    if cursor is not None:
        after = (*(int(value) for value in cursor[:-1]), cursor[-1])
        ranked = [one for one in ranked if key(one) < after]
    shown = ranked[:limit]
    following = [str(value) for value in key(shown[-1])] if len(ranked) > limit else None
    return shown, following


def length_of_cursor(order: SearchOrder) -> int:
    """How many values it has."""
    return {"relevance": 3, "clicks": 2, "-created_at": 1}[order]
