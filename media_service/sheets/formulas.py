"""Texts in cells that spreadsheets would take for formulas: marked by an apostrophe, and unmarked again. Pure."""

from __future__ import annotations

from typing import Final

FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""How cells begin that spreadsheets carry out (OWASP, "CSV Injection"); full-width signs count in Chinese ones, too."""

MARK: Final = "\ufeff"
"""By which spreadsheets know UTF-8."""


def is_formula(text: str) -> bool:
    """Whether a spreadsheet may carry out a cell with this text."""
    return text.lstrip(" ").startswith(FORMULA)


def guarded(text: str) -> str:
    """The text as a cell that no spreadsheet carries out; ``unguarded`` has it back to the letter."""
    return f"'{text}" if _needs_mark(text) else text


def unguarded(cell: str) -> str:
    """The text of a cell: without its apostrophe, if that is one of ``guarded`` and not the text's own."""
    return cell[1:] if cell.startswith("'") and _needs_mark(cell[1:]) else cell


def _needs_mark(text: str) -> bool:
    # One that begins with an apostrophe gets another, so that it is not taken for a mark.
    return text.startswith("'") or is_formula(text)
