"""What an address gives, told by the first bytes and by what its server calls them. Pure."""

from __future__ import annotations

from typing import Final

from configs.words import FailureCode
from workers.plan.source.lottie import may_be_lottie
from workers.plan.source.sniff import sniff

_PAGES: Final = ("text/html", "application/xhtml+xml")
_PLAYLISTS: Final = (
    "application/vnd.apple.mpegurl",
    "application/x-mpegurl",
    "audio/mpegurl",
    "audio/x-mpegurl",
    "application/dash+xml",
)
_LIKE_PAGES: Final = ("<!doctype html", "<html")


def refusal(head: bytes, content_type: str) -> FailureCode | None:
    """Why what begins with ``head`` is not worth fetching; None if inspection may judge it. A server's word counts
    where the bytes are no media: it calls much a page or nothing at all.
    """
    code = None if may_be_lottie(head) else sniff(head)
    if code is None:
        return None
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if content_type in _PAGES or text.startswith(tuple(sign.encode() for sign in _LIKE_PAGES)):
        return "import_is_page"
    if content_type in _PLAYLISTS:
        return "source_is_reference"
    return code if code in ("source_empty", "source_is_reference", "source_is_document") else None
