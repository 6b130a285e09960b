"""Content-Disposition (RFC 6266): the name under which a browser saves a file. Pure."""

from __future__ import annotations

import unicodedata
from typing import Final
from urllib.parse import quote

NAMELESS: Final = "lesson"
LONGEST: Final = 160
"""Most bytes of a name in UTF-8, without its extension: file systems allow 255 for all."""

_FORBIDDEN: Final = frozenset('/\\:*?"<>|')
"""Separators, and what Windows does not allow."""

_UNESCAPED: Final = "!#$&+-.^_`|~"
"""What may stand unescaped in an extended value besides letters and digits (RFC 8187, section 3.2.1)."""


def content_disposition(title: str, extension: str) -> str:
    """Return the value of Content-Disposition that saves under ``title`` with ``extension`` (``.mp4``); the same for
    recipients that know ASCII only."""
    name = safe_name(title)
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", name) if sign.isascii()).strip(" .")
    # In a quoted string a backslash or quote would need care; neither is left, nor is a percent sign, which some
    # browsers decode.
    plain = plain.replace("%", "_") or NAMELESS
    return (
        f'attachment; filename="{plain}{extension}"; '
        f"filename*=UTF-8''{quote(name, safe=_UNESCAPED)}{quote(extension, safe=_UNESCAPED)}"
    )


def safe_name(title: str) -> str:
    """A title as a file name, without extension: one line, no way to another folder, nothing invisible that could
    turn the name around, not hidden."""
    kept = "".join(
        "_" if sign in _FORBIDDEN else " " if sign.isspace() else sign
        for sign in unicodedata.normalize("NFC", title)
        if sign.isspace() or not unicodedata.category(sign).startswith("C")
    )
    cut = " ".join(kept.split()).encode()[:LONGEST].decode(errors="ignore")
    return cut.strip(" .") or NAMELESS
