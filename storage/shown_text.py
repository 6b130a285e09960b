"""Text of strangers as it is shown to people. Pure."""

from __future__ import annotations

import re
import unicodedata
from typing import Any, Final

_TURNS: Final = re.compile(r"[\u202a-\u202e\u2066-\u2069]")
"""Embeddings, overrides and isolates: with them ``gpj.exe`` is shown as ``exe.jpg``
(https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing)."""

_LINE_ENDS: Final = re.compile(r"\r\n?|[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_EMPTY_LINES: Final = re.compile(r"\n{3,}")
_BLANKS: Final = re.compile(r"\s+")


def printable(line: str) -> str:
    """A line as it is shown: without control characters, and without those that turn what stands after them."""
    if line.isprintable():
        return line  # as nearly all are
    return "".join(
        character
        for character in _TURNS.sub("", line)
        if unicodedata.category(character) not in ("Cc", "Cs", "Co", "Cn")
    )


def shown_line(text: str) -> str:
    """Text in one line, whatever was in it, each run of blanks as one."""
    return printable(_BLANKS.sub(" ", unicodedata.normalize("NFC", text))).strip()


def shown_lines(text: str) -> str:
    """Text of several lines: each as ``printable`` has it, at most one empty line between two."""
    lines = _LINE_ENDS.sub("\n", unicodedata.normalize("NFC", text)).split("\n")
    shown = "\n".join("\t".join(map(printable, line.split("\t"))).rstrip() for line in lines)
    return _EMPTY_LINES.sub("\n\n", shown).strip("\n")


def is_kept(value: Any) -> bool:
    """Whether the catalogue can keep all texts of a document, names of members among them: none has U+0000."""
    if isinstance(value, str):
        return "\0" not in value
    if isinstance(value, dict):
        return all(is_kept(name) and is_kept(inner) for name, inner in value.items())
    if isinstance(value, list | tuple):
        return all(map(is_kept, value))
    return True
