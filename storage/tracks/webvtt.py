"""Writes WebVTT (https://www.w3.org/TR/webvtt1/)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from storage.tracks.cue import Cue

MEDIA_TYPE: Final = "text/vtt; charset=utf-8"

_ESCAPES: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def to_webvtt(cues: Iterable[Cue]) -> bytes:
    """The file that is kept: header, times and text, nothing else; so it is a whole segment of HLS, too.

    It has no ``X-TIMESTAMP-MAP``: without one, cue time 0 is the time 0 of the other renditions (RFC 8216bis, section
    3.1.4), where the pictures of every version begin.
    """
    parts = ["WEBVTT\n"]
    parts += [
        f"\n{_stamp(cue.start)} --> {_stamp(cue.end)}\n{cue.text.translate(_ESCAPES)}\n" for cue in cues
    ]
    return "".join(parts).encode()


def cut(cues: Iterable[Cue], start: float, end: float) -> bytes:
    """The file of a clip from ``start`` to ``end`` seconds of the version: only its cues, on its own time line.

    Players of HLS know the version's time line from the pictures, so the header tells them which of its seconds is 0
    here (RFC 8216bis, section 3.1.4; MPEG counts 90,000 a second). Browsers' own tracks take no notice of it.
    """
    first, last = round(1000 * start), 1000 * end
    kept = [
        Cue(max(0, cue.start - first), cue.end - first, cue.text)
        for cue in cues
        if cue.start < last and cue.end > first
    ]
    mark = f"WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:{90 * first},LOCAL:00:00:00.000\n"
    return to_webvtt(kept).replace(b"WEBVTT\n", mark.encode(), 1)


def _stamp(milliseconds: int) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{rest:03}"
