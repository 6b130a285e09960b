"""Dates as readers of both languages write them, in one form on all pages. Pure."""

from __future__ import annotations

from calendar import month_name

from media_service.reference_text import Language


def written(language: Language, year: int, month: int | None = None, day: int | None = None) -> str:
    """``30 November 2026`` or ``2026年11月30日``; as much of it as is known."""
    if language == "zh":
        return f"{year}年" + (f"{month}月" if month else "") + (f"{day}日" if day else "")
    said = (str(day) if day else "", month_name[month] if month else "", str(year))
    return " ".join(filter(None, said))
