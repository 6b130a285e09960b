"""Chapters as people write them down, a time and a title in each line, as WebVTT. Pure."""

from __future__ import annotations

import re
from typing import Final

from media_service.sheets.faults import CellInvalid
from storage.tracks.cue import Cue
from storage.tracks.read import read
from storage.tracks.text import decode, lines_of, one_line
from storage.tracks.webvtt import to_webvtt

_LINE: Final = re.compile(
    r"\s*(?:([0-9]{1,3})[:：])?([0-9]{1,2})[:：]([0-9]{2})(?:[.,]([0-9]{1,3}))?[\s\-–—:：、.]*(\S.*)?"
)
_END: Final = 1000 * 3600 * 100 - 1
"""Milliseconds: the last chapter ends with the lesson, whose length nobody knows yet."""


def chapters_as_webvtt(data: bytes, name: str) -> bytes:
    """What is sent of a file of chapters: of lines such as ``00:01:23 Title`` WebVTT, anything else as it is. Raises
    ``CellInvalid``."""
    text = decode(data)
    if isinstance(text, int):
        raise CellInvalid("chapters_invalid", file=name, line=str(text))
    if "-->" in text:
        _require_cues(data, name)
        return data
    found: list[tuple[int, str]] = []
    for number, line in enumerate(lines_of(text), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = _LINE.fullmatch(line)
        start = _milliseconds(match) if match else -1
        title = one_line(match[5] or "") if match else ""
        if not title or (found and start <= found[-1][0]) or start < 0:
            raise CellInvalid("chapters_invalid", file=name, line=str(number))
        found.append((start, title))
    if not found:
        raise CellInvalid("chapters_invalid", file=name, line="1")
    ends = [start for start, _ in found[1:]] + [_END]
    return to_webvtt(Cue(start, end, title) for (start, title), end in zip(found, ends, strict=True))


def _require_cues(data: bytes, name: str) -> None:
    if faults := read(data).faults:
        raise CellInvalid("chapters_invalid", file=name, line=str(faults[0].line))


def _milliseconds(match: re.Match[str]) -> int:
    hours, minutes, seconds, fraction = match.groups()[:4]
    whole = (int(hours or 0) * 60 + int(minutes)) * 60 + int(seconds)
    return whole * 1000 + int((fraction or "0").ljust(3, "0"))
