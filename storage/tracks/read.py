"""Reads a file of captions or chapters. The content decides what it is."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from storage.tracks.cue import MAX_CUE_CHARACTERS, MAX_CUES, MAX_FAULTS, Cue, Fault, Reading
from storage.tracks.text import (
    decode,
    lines_of,
    plain_ass,
    plain_webvtt,
    tidy,
    without_overrides,
    without_tags,
)

_STAMP: Final = r"(?:([0-9]{1,3}):)?([0-5]?[0-9]):([0-5]?[0-9])(?:[.,]([0-9]{1,3}))?"
_TIMES: Final = re.compile(rf"\s*{_STAMP}\s*-->\s*{_STAMP}(?:\s.*)?")
"""What follows the times, positions and alignment, is not looked at."""

_ASS_TIME: Final = re.compile(_STAMP)
_NUMBER: Final = re.compile(r"\s*[0-9]{1,9}\s*")
_HEADER: Final = re.compile(r"WEBVTT(?:[ \t].*)?")
_LONGEST_HEADER: Final = 2_000
"""Characters that are looked at for the first line."""

_ASS_SECTION: Final = re.compile(r"\s*\[(Script Info|V4\+? Styles|Events)\]\s*", re.IGNORECASE)
_SKIPPED: Final = re.compile(r"(?:NOTE|STYLE|REGION)(?:[ \t].*)?")
_ASS_FORMAT: Final[tuple[str, ...]] = (
    "layer",
    "start",
    "end",
    "style",
    "name",
    "marginl",
    "marginr",
    "marginv",
    "effect",
    "text",
)

_Read = Iterator[Cue | Fault]
_Plain = Callable[[str], str]


def read(data: bytes) -> Reading:
    """The cues of an SRT, WebVTT or ASS file in order of time, and its faults (``MAX_FAULTS`` at most).

    A file with faults may still hold good cues: whoever uploads one is told, while what came inside a source is
    used as far as it goes. Cues without text or without any length are nothing anybody could see, and left out.
    """
    text = decode(data)
    if isinstance(text, int):
        return Reading((), (Fault(text, "encoding"),))
    if "\0" in text:
        return Reading((), (Fault(len(lines_of(text[: text.index("\0")])), "not_text"),))
    cues: list[Cue] = []
    faults: list[Fault] = []
    for found in _cues(lines_of(text.removeprefix("\ufeff"))):
        if isinstance(found, Fault):
            faults.append(found)
        elif found.end > found.start and found.text:
            cues.append(found)
        if len(faults) >= MAX_FAULTS:
            break
        if len(cues) > MAX_CUES:
            cues.pop()
            faults.append(Fault(1, "too_many_cues"))
            break
    if not cues and not faults:
        faults.append(Fault(1, "empty"))
    # By start only: cues of the same time keep the order in which their lines stand on the screen.
    faults.sort(key=lambda fault: fault.line)
    return Reading(tuple(sorted(cues, key=lambda cue: cue.start)), tuple(faults))


def is_webvtt(text: str) -> bool:
    """Whether a file calls itself WebVTT, with or without a mark before its first line."""
    return _HEADER.fullmatch(lines_of(text.removeprefix("\ufeff")[:_LONGEST_HEADER])[0]) is not None


def _cues(lines: list[str]) -> _Read:
    first = next((line for line in lines if line.strip()), "")
    if is_webvtt(lines[0]):
        return _webvtt(lines)
    if _ASS_SECTION.fullmatch(first):
        return _ass(lines)
    if any("-->" in line for line in lines):
        return _srt(lines)
    return iter([Fault(1, "format" if first else "empty")])


def _blocks(lines: list[str]) -> Iterator[tuple[int, list[str]]]:
    """Lines between empty lines, with the number of the first. A line of times begins a block without one, too."""
    block: list[str] = []
    timed_first = False
    for number, line in enumerate([*lines, ""], 1):
        timed = "-->" in line and _TIMES.fullmatch(line) is not None
        if timed and len(block) > (1 if timed_first else 2):
            # The number that belongs to these times ended up as the last line of the text before.
            numbered = block[-1:] if _NUMBER.fullmatch(block[-1]) else []
            kept = block[: len(block) - len(numbered)]
            yield number - len(block), kept
            block, timed_first = numbered, False
        if line.strip():
            timed_first = timed if not block else timed_first
            block.append(line)
        elif block:
            yield number - len(block), block
            block = []


def _webvtt(lines: list[str]) -> _Read:
    for number, block in _blocks(lines):
        # A header may have no empty line after it.
        if (number == 1 and not _TIMES.fullmatch("".join(block[1:2]))) or _SKIPPED.fullmatch(block[0]):
            continue
        at = next((at for at, line in enumerate(block[:2]) if "-->" in line), None)
        if at is None:
            yield Fault(number, "time_missing")
        else:
            yield _cue(number + at, block[at], block[at + 1 :], plain_webvtt)


def _srt(lines: list[str]) -> _Read:
    waiting: tuple[int, str, list[str]] | None = None
    for number, block in _blocks(lines):
        at = next((at for at, line in enumerate(block[:2]) if "-->" in line), None)
        numbered = _NUMBER.fullmatch(block[0])
        if at == 1 and not numbered and not _TIMES.fullmatch(block[1]):
            at = None  # a text with an arrow in it
        if at is not None:
            if waiting:
                yield _cue(*waiting, _plain_srt)
            waiting = (number + at, block[at], block[at + 1 :])
        elif numbered and len(block) > 1:
            yield Fault(number + 1, "time")
        elif waiting:
            if not numbered:
                waiting[2].extend(block)  # a text with an empty line in it
        elif not numbered:
            yield Fault(number, "time_missing")
    if waiting:
        yield _cue(*waiting, _plain_srt)


def _plain_srt(text: str) -> str:
    return without_tags(without_overrides(text))


def _cue(number: int, times: str, text: list[str], plain: _Plain) -> Cue | Fault:
    match = _TIMES.fullmatch(times)
    if match is None:
        return Fault(number, "time")
    return _made(
        number, _milliseconds(*match.groups()[:4]), _milliseconds(*match.groups()[4:]), "\n".join(text), plain
    )


def _made(number: int, start: int, end: int, text: str, plain: _Plain) -> Cue | Fault:
    if end < start:
        return Fault(number, "order")
    if len(text) > MAX_CUE_CHARACTERS:
        return Fault(number, "cue_too_long")
    return Cue(start, end, tidy(plain(text)))


def _ass(lines: list[str]) -> _Read:
    section, fields = "", _ASS_FORMAT
    for number, line in enumerate(lines, 1):
        if (stripped := line.strip()).startswith("["):
            section = stripped.lower()
            continue
        kind, _, rest = stripped.partition(":")
        if section != "[events]" or kind.lower() not in ("format", "dialogue"):
            continue
        if kind.lower() == "format":
            fields = tuple(name.strip().lower() for name in rest.split(","))
            if not {"start", "end"} <= set(fields) or fields[-1] != "text":
                yield Fault(number, "dialogue")
                return
            continue
        values = dict(zip(fields, rest.split(",", len(fields) - 1), strict=False))
        start = _ASS_TIME.fullmatch(values.get("start", "").strip())
        end = _ASS_TIME.fullmatch(values.get("end", "").strip())
        if start is None or end is None or "text" not in values:
            yield Fault(number, "dialogue")
            continue
        yield _made(
            number,
            _milliseconds(*start.groups()),
            _milliseconds(*end.groups()),
            values["text"],
            lambda text: without_tags(plain_ass(text)),
        )


def _milliseconds(hours: str | None, minutes: str, seconds: str, fraction: str | None) -> int:
    whole = (int(hours or 0) * 60 + int(minutes)) * 60 + int(seconds)
    return whole * 1000 + int((fraction or "0").ljust(3, "0"))
