"""Values as ffprobe writes them."""

from __future__ import annotations

from typing import Any


def number(text: Any) -> float | None:
    """Return what ffprobe wrote as a number; None where it is none."""
    try:
        return float(text)
    except (TypeError, ValueError):
        return None


def integer(text: Any) -> int:
    """Return what ffprobe wrote as a whole number; 0 where it is none."""
    value = number(text)
    return int(value) if value else 0
