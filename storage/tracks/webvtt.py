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


def _stamp(milliseconds: int) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{rest:03}"
