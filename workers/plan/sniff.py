"""What the first bytes of a source give away, before any tool sees it."""

from __future__ import annotations

SNIFF_BYTES = 4096

_REFERENCES = (b"#EXTM3U", b"ffconcat", b"[playlist]", b"v=0\no=", b"v=0\r\no=", b"[Reference]", b"RTSPtext")
_XML_REFERENCES = (b"<MPD", b"<SmoothStreamingMedia", b"<smil", b"<asx", b"<ASX", b"<playlist")


def sniff(head: bytes) -> str | None:
    """The failure code of a source that starts with ``head``, or None if it may be media.

    Playlists of any kind are refused here: a source is one file and refers to no other file or host.
    """
    if not head:
        return "source_empty"
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith(_REFERENCES) or (
        text.startswith(b"<") and any(tag in text for tag in _XML_REFERENCES)
    ):
        return "source_is_reference"
    if _is_text(head):
        return "source_not_media"
    return None


def _is_text(head: bytes) -> bool:
    """Whether all of it is plain text or markup: no media container starts with a page of that."""
    try:
        # A multi-byte character may be cut at the end.
        text = head.decode("utf-8", errors="strict" if len(head) < SNIFF_BYTES else "ignore")
    except UnicodeDecodeError:
        return False
    return all(character.isprintable() or character in "\t\r\n\f" for character in text)
