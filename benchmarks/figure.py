"""What every benchmark gives: two measurements of one run and their ratio."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Figure:
    """One claim. ``goal`` is the largest ratio that keeps it or, if ``more_is_better``, the smallest."""

    claim: str
    ours: float
    reference: float
    unit: str
    goal: float
    more_is_better: bool = False
    note: str = ""

    @property
    def ratio(self) -> float:
        """Ours by the reference's."""
        return self.ours / self.reference

    @property
    def kept(self) -> bool:
        """Whether the goal is reached."""
        return self.ratio >= self.goal if self.more_is_better else self.ratio <= self.goal


Measure = Callable[[Path], Sequence[Figure]]
"""Measures in a folder, where clips are kept and stacks have their data."""


def table(figures: Sequence[Figure]) -> str:
    """All figures, one a line, with the load of the machine: only ratios mean anything, and those only if it is low."""
    rows = [("claim", "ours", "reference", "ratio", "goal", "verdict")]
    for figure in figures:
        goal = f"{'≥' if figure.more_is_better else '≤'} {figure.goal:g}"
        measured = [f"{value:.4g} {figure.unit}" for value in (figure.ours, figure.reference)]
        verdict = "kept" if figure.kept else "MISSED"
        rows.append((figure.claim, measured[0], measured[1], f"{figure.ratio:.2f}", goal, verdict))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    notes = [f"{figure.claim}: {figure.note}" for figure in figures if figure.note]
    load = "load average " + " ".join(f"{value:.1f}" for value in os.getloadavg())
    return "\n".join([*lines, *notes, f"{load}, {os.cpu_count()} cores"])


def report(figures: Sequence[Figure]) -> int:
    """Print the table; an exit status that tells whether every goal is kept."""
    print(table(figures))
    sys.stdout.flush()
    return 0 if all(figure.kept for figure in figures) else 1
