"""Sums over plays. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Final


@dataclass(frozen=True)
class Figures:
    """What rows of days add up to (``storage.catalogue.models.views`` says what each is); times in milliseconds."""

    views: int = 0
    attendance: int = 0
    viewers: int = 0
    plays: int = 0
    starts: int = 0
    played_ms: int = 0
    watched_ms: int = 0
    completion: float = 0.0
    completed: int = 0
    startups: int = 0
    startup_ms: int = 0
    stalls: int = 0
    stall_ms: int = 0
    errors: int = 0
    bitrate_ms: int = 0
    measured_ms: int = 0
    bytes: int = 0
    views_elsewhere: int = 0
    watched_elsewhere_ms: int = 0
    refused: Mapping[str, int] = field(default_factory=dict)


_MILLION: Final = 1_000_000
"""Parts of ``completion`` that are added up as whole ones: sums of fractions depend on their order."""

SUMMED: Final = tuple(each.name for each in fields(Figures) if each.name != "refused")
"""All that are numbers."""


def add_up(several: Iterable[Figures]) -> Figures:
    """The sum of figures of different plays; its ``viewers`` were each once in one of them."""
    those = list(several)
    numbers = {name: sum(getattr(each, name) for each in those) for name in SUMMED if name != "completion"}
    completion = sum(round(each.completion * _MILLION) for each in those)
    refused: Counter[str] = Counter()
    for each in those:
        refused.update(each.refused)
    return Figures(**numbers, completion=completion / _MILLION, refused=dict(refused))
