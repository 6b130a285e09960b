"""oEmbed 1.0 (oembed.com): the address of a player page in, how to embed it out. Pure."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape

from media_service.embed.snippet import DEFAULT_HEIGHT, DEFAULT_WIDTH

_PAGE = re.compile(r"/embed/(courses/)?([0-9a-z]{20,32})/?")


@dataclass(frozen=True)
class PageAddress:
    """What a player page plays: the playback ID ``plays``, or, of the course with this public ID, the playback ID
    ``lesson``, None for the first. ``token`` is empty if there is none."""

    plays: str
    is_course: bool
    lesson: str | None
    token: str


def parse_page_url(url: str, hosts: set[str]) -> PageAddress | None:
    """What the address of one of our own player pages says; None for any other address."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    match = _PAGE.fullmatch(parts.path)
    if parts.scheme not in ("http", "https") or parts.netloc not in hosts or match is None:
        return None
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    return PageAddress(match[2], match[1] is not None, query.get("lesson"), query.get("token", ""))


def fit(
    width: int | None, height: int | None, max_width: int | None, max_height: int | None
) -> tuple[int, int]:
    """The picture's shape, as large as the limits allow; without limits as large as the default player."""
    width, height = width or DEFAULT_WIDTH, height or DEFAULT_HEIGHT
    if max_width is None and max_height is None:
        max_width, max_height = DEFAULT_WIDTH, DEFAULT_HEIGHT
    scale = min((max_width or math.inf) / width, (max_height or math.inf) / height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def to_xml(document: dict[str, Any]) -> str:
    """The answer as XML; characters that XML 1.0 cannot hold are left out."""
    members = "".join(
        f"<{name}>{escape(without_controls(str(value)))}</{name}>" for name, value in document.items()
    )
    return f'<?xml version="1.0" encoding="utf-8" standalone="yes"?><oembed>{members}</oembed>'


def without_controls(text: str) -> str:
    """Text without characters that XML 1.0 cannot hold."""
    return "".join(c for c in text if c in "\t\n\r" or (c >= " " and c not in "\ufffe\uffff"))
