"""What an author sent, kept beside what is played: styles, regions, notes, settings and tags survive there."""

from __future__ import annotations

from storage.tracks.read import is_webvtt
from storage.tracks.text import decode


def source_of(sent: bytes, cleaned: bytes) -> bytes | None:
    """A WebVTT file as it was sent, in UTF-8 as the format wants; None where ``cleaned`` is all there is of it, and of
    other formats, whose source is their WebVTT.
    """
    try:
        text, source = sent.decode("utf-8"), sent
    except UnicodeDecodeError:
        decoded = decode(sent)
        if isinstance(decoded, int):
            return None
        text, source = decoded, decoded.encode("utf-8")
    return None if source == cleaned or not is_webvtt(text) else source
