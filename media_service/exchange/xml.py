"""XML as text: what users wrote becomes characters that XML 1.0 can hold, and never markup. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from xml.sax.saxutils import escape, quoteattr

_IMPOSSIBLE: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Outside of Char (XML 1.0, section 2.2)."""

_KEPT: Final = {"\r": "&#13;"}
"""What readers would change."""


def text(said: str) -> str:
    """Characters of an element."""
    return escape(_IMPOSSIBLE.sub("", said), _KEPT)


def element(name: str, content: str = "", attributes: Mapping[str, str | None] | None = None) -> str:
    """An element with ``content``, which is XML already; attributes that are None are left out."""
    told = "".join(
        f" {key}={quoteattr(_IMPOSSIBLE.sub('', value), _KEPT)}"
        for key, value in (attributes or {}).items()
        if value is not None
    )
    return f"<{name}{told}>{content}</{name}>" if content else f"<{name}{told}/>"


def simple(name: str, said: str, attributes: Mapping[str, str | None] | None = None) -> str:
    """An element with text."""
    return element(name, text(said), attributes)
