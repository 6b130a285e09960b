"""Cues of one recording on the time line of another. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from storage.tracks.cue import Cue

SHORTEST: Final = 200
"""Milliseconds of a cue that must be left of it where a part was cut out."""

_STAMP: Final = r"(?:[0-9]{1,3}:)?[0-5]?[0-9]:[0-5]?[0-9](?:[.,][0-9]{1,3})?"
_TIMES: Final = re.compile(rf"^([ \t]*)({_STAMP})([ \t]*-->[ \t]*)({_STAMP})(?=[ \t\r]|$)", re.MULTILINE)

Stretch = tuple[float, float, float]
"""First and last second of what was found again, and how much later it lies there."""


def moved(cues: Iterable[Cue], stretches: Sequence[Stretch]) -> list[Cue]:
    """The cues where their sound lies now. What lies in none of the ``stretches`` was cut out, and goes."""
    found = [
        Cue(max(0, start + round(1000 * offset)), end + round(1000 * offset), cue.text)
        for cue in cues
        for first, last, offset in stretches
        for start, end in [(max(cue.start, round(1000 * first)), min(cue.end, round(1000 * last)))]
        if end - start >= min(SHORTEST, cue.end - cue.start) and end + 1000 * offset > 0
    ]
    return sorted(found, key=lambda cue: (cue.start, cue.end))


def offset_of(before: Sequence[Cue], after: Sequence[Cue]) -> int | None:
    """Milliseconds that all cues were moved by; None if it is not the same for all, or some are gone."""
    offsets = {there.start - here.start for here, there in zip(before, after, strict=False)}
    offsets |= {there.end - here.end for here, there in zip(before, after, strict=False)}
    return offsets.pop() if len(before) == len(after) and len(offsets) == 1 else None


def moved_source(text: str, by: int) -> str:
    """A WebVTT file whose cues come ``by`` milliseconds later, with everything else of it as it was."""

    def moved_times(found: re.Match[str]) -> str:
        return f"{found[1]}{_moved_stamp(found[2], by)}{found[3]}{_moved_stamp(found[4], by)}"

    return _TIMES.sub(moved_times, text)


def _moved_stamp(stamp: str, by: int) -> str:
    whole, _, fraction = stamp.replace(",", ".").partition(".")
    seconds = 0
    for part in whole.split(":"):
        seconds = 60 * seconds + int(part)
    milliseconds = max(0, 1000 * seconds + int((fraction or "0").ljust(3, "0")) + by)
    seconds, rest = divmod(milliseconds, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{rest:03}"
