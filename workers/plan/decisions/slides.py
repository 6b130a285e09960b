"""Where a new slide comes, told from small grey pictures of a lesson; of film, of a speaker and of a cartoon, nowhere.

Slides stand still. What moves beside them (a speaker in a corner, a pointer) moves all the time and in one place, so
those places are left out. A new slide takes away what was written; a line that is added to it does not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import StatisticsError, correlation
from typing import Final

from storage.tracks.cue import Cue
from storage.tracks.names import UNKNOWN

WIDTH: Final = 160
HEIGHT: Final = 90
"""Of the pictures, in pixels of a byte each: a character of a line of text is some three of them high."""

PICTURE_BYTES: Final = WIDTH * HEIGHT

MOST_SLIDES: Final = 1000

_FEWEST: Final = 4
"""Pictures from which it can be told whether they stand still."""

_CELL: Final = 10
_COLUMNS: Final = WIDTH // _CELL
_CELLS: Final = _COLUMNS * (HEIGHT // _CELL)
_ALL: Final = (1 << _CELLS) - 1
_CELL_OF: Final = tuple(
    (place // WIDTH // _CELL) * _COLUMNS + place % WIDTH // _CELL for place in range(WIDTH * HEIGHT)
)
_LEFT: Final = sum(1 << cell for cell in range(0, _CELLS, _COLUMNS))
_RIGHT: Final = _LEFT << (_COLUMNS - 1)

_FADING: Final = 2
"""Pictures for which one slide goes over into the next at most."""

_OTHER: Final = 14
"""Levels of grey by which a pixel is another one; encoding again makes less."""

_INK: Final = 16
"""Levels from a pixel to the next on its right at the edge of what is written. Lines across the page are none."""

_FEW: Final = 3
"""Pixels by which a cell has changed, or has ink."""

_AROUND: Final = 12
"""Pictures before and after one of which it is asked what moves all the time."""

_OFTEN: Final = 0.4
"""Share of those in which what moves all the time has changed."""

_QUIET: Final = 6
"""Cells outside of what moves that may change while a slide stands: a pointer."""

_MOST_MOVING: Final = 0.5
"""Share of the picture above which it is film."""

_KEPT: Final = 0.1
"""Share of the ink that may be gone while a slide grows."""

_LOST: Final = 0.3
"""Share of the ink that is gone when a new slide has come."""

_FADED: Final = 0.85
"""Correlation of the ink before and after above which it is the same, but paler."""

_ALL_NEW: Final = 0.6
"""Share of all cells that change when a slide of another ground comes."""

_LEAST_FLAT: Final = 0.3
"""Share of a slide on which there is nothing; a camera's picture has something nearly everywhere."""

_STROKE: Final = 8
"""Levels by which a stroke differs from what is left and right of it."""

_NEAR: Final = 6
"""Pixels from one stroke of a text to the next."""

_WORD: Final = 5
"""Strokes so near to each other that are text. Drawn figures have two or three."""

_LEAST_TEXT: Final = 25
"""Such strokes on a slide; a title has more."""

_LEAST_SECONDS: Final = 8
"""For which slides stand on average; what changes faster is told in shots."""

_LEAST_STILL: Final = 0.3
_MOSTLY: Final = 0.6
"""Shares in a lesson with slides: of the pictures that are as the one before, of those that are so or have grown, and
of the slides that look like some."""


@dataclass(frozen=True)
class Slide:
    """``start`` and ``end`` are seconds; ``picture`` is the number of the picture that shows all that is on it."""

    start: float
    end: float
    picture: int


def find_slides(pictures: Sequence[bytes], times: Sequence[float], duration: float) -> tuple[Slide, ...]:
    """Return the slides of a lesson of ``duration`` seconds, in order, the first from 0 on: none if they are fewer than
    two, or it is no lesson with slides.

    Each of ``pictures`` has ``WIDTH`` times ``HEIGHT`` bytes; ``times`` are their seconds, rising.
    """
    if len(pictures) < _FEWEST:
        return ()
    changed = [_changed(before, after) for before, after in pairwise(pictures)]
    moving = _moving(changed)
    still = [
        (change & ~place).bit_count() <= _QUIET and place.bit_count() <= _MOST_MOVING * _CELLS
        for change, place in zip(changed, moving, strict=True)
    ]
    if sum(still) < _LEAST_STILL * len(still):
        return ()
    quiet = [
        stands or _grows(before, after, change, place)
        for stands, (before, after), change, place in zip(
            still, pairwise(pictures), changed, moving, strict=True
        )
    ]
    if sum(quiet) < _MOSTLY * len(quiet):
        return ()
    # A picture is settled if it is as the one before or the one after.
    settled = [
        number
        for number in range(len(pictures))
        if (number and quiet[number - 1]) or (number < len(quiet) and quiet[number])
    ]
    stretches = _stretches(pictures, moving, settled)
    if not 2 <= len(stretches) <= min(MOST_SLIDES, duration / _LEAST_SECONDS):
        return ()
    if not _are_slides(pictures, moving, stretches):
        return ()
    starts = [0.0, *(times[_beginning(before, after)] for before, after in pairwise(stretches))]
    ends = [*starts[1:], max(duration, starts[-1])]
    return tuple(
        Slide(start, end, stretch[-1]) for start, end, stretch in zip(starts, ends, stretches, strict=True)
    )


def _beginning(before: Sequence[int], after: Sequence[int]) -> int:
    """Return the picture by which a slide has begun: while it fades in, it is not settled yet."""
    return before[-1] + 1 if after[0] - before[-1] <= _FADING else after[0]


def _changed(before: bytes, after: bytes) -> int:
    """Return the cells that differ, a bit each."""
    if before == after:
        return 0
    return _mask(
        Counter(
            _CELL_OF[place]
            for place, (old, new) in enumerate(zip(before, after, strict=True))
            if old - new > _OTHER or new - old > _OTHER
        )
    )


def _mask(cells: Counter[int]) -> int:
    """Return the cells of which more than a few pixels count, a bit each."""
    return sum(1 << cell for cell, count in cells.items() if count >= _FEW)


def _moving(changed: Sequence[int]) -> list[int]:
    """Return for each change the cells that change all the time around it, and their neighbours."""
    found = []
    for number in range(len(changed)):
        around = changed[max(0, number - _AROUND) : number + _AROUND + 1]
        counts = [0] * _CELLS
        for mask in around:
            rest = mask
            while rest:
                low = rest & -rest
                counts[low.bit_length() - 1] += 1
                rest ^= low
        often = max(2.0, _OFTEN * len(around))
        found.append(_grown(sum(1 << cell for cell, count in enumerate(counts) if count >= often)))
    return found


def _grown(mask: int) -> int:
    wide = mask | (mask & ~_RIGHT) << 1 | (mask & ~_LEFT) >> 1
    return (wide | wide << _COLUMNS | wide >> _COLUMNS) & _ALL


def _stretches(pictures: Sequence[bytes], moving: Sequence[int], settled: Sequence[int]) -> list[list[int]]:
    """Return the settled pictures of each slide."""
    stretches: list[list[int]] = []
    for number in settled:
        if stretches:
            last = stretches[-1][-1]
            left_out = moving[max(0, number - 1)] | moving[max(0, last - 1)]
            if not _is_new(pictures[last], pictures[number], left_out):
                stretches[-1].append(number)
                continue
        stretches.append([number])
    return stretches


def slide_name(number: int, language: str) -> str:
    """What a slide is called of which nothing was read; in both languages in a lesson whose own is unknown."""
    names = {"zh": f"幻灯片 {number}", UNKNOWN: f"幻灯片 {number} · Slide {number}"}
    return names.get(language.split("-", maxsplit=1)[0], f"Slide {number}")


def chapters_of(slides: Sequence[Slide], titles: Sequence[str], language: str) -> list[Cue]:
    """Return a chapter for each slide, called like it; slides that follow each other with one title are one chapter."""
    chapters: list[Cue] = []
    for number, (slide, title) in enumerate(zip(slides, titles, strict=True), 1):
        start, end = round(1000 * slide.start), round(1000 * slide.end)
        name = title or slide_name(number, language)
        if chapters and chapters[-1].text == name:
            start = chapters.pop().start
        chapters.append(Cue(start, end, name))
    return chapters


def _grows(before: bytes, after: bytes, changed: int, moving: int) -> bool:
    """Return whether something was added to what stays as it is."""
    if (changed | moving).bit_count() > _MOST_MOVING * _CELLS:
        return False
    written = _written(before, moving)
    return _lost(before, after, written) <= _KEPT * len(written)


def _is_new(before: bytes, after: bytes, moving: int) -> bool:
    changed = _changed(before, after) & ~moving
    if changed.bit_count() <= _QUIET:
        return False
    if changed.bit_count() >= _ALL_NEW * (_CELLS - moving.bit_count()):
        return True
    written = _written(before, moving)
    if _lost(before, after, written) <= _LOST * len(written):
        return False
    return not _same([before[place] for place in written], [after[place] for place in written])


def _written(picture: bytes, moving: int) -> list[int]:
    """Return the pixels with ink, but for those where something moves."""
    return [place for place in _ink(picture) if not moving >> _CELL_OF[place] & 1]


def _lost(before: bytes, after: bytes, written: Sequence[int]) -> int:
    return sum(1 for place in written if abs(before[place] - after[place]) > _OTHER)


def _same(before: Sequence[int], after: Sequence[int]) -> bool:
    """Return whether one can be told from the other but for its contrast."""
    try:
        return correlation(before, after) > _FADED
    except StatisticsError:  # of one colour
        return False


def _ink(picture: bytes) -> list[int]:
    return [
        place
        for place, (here, right) in enumerate(pairwise(picture))
        if here - right > _INK or right - here > _INK
    ]


def _are_slides(pictures: Sequence[bytes], moving: Sequence[int], stretches: Sequence[Sequence[int]]) -> bool:
    """Return whether most have text, and room around it."""
    alike = 0
    for stretch in stretches:
        picture, place = pictures[stretch[-1]], moving[max(0, stretch[-1] - 1)]
        still = _ALL & ~place
        inked = _mask(Counter(_CELL_OF[place] for place in _ink(picture)))
        is_flat = (still & ~inked).bit_count() >= _LEAST_FLAT * still.bit_count()
        alike += is_flat and _text(picture, place) >= _LEAST_TEXT
    return alike >= _MOSTLY * len(stretches)


def _text(picture: bytes, moving: int) -> int:
    """Return how many strokes stand as close to others in their row as those of text do."""
    count, run, last = 0, 0, -WIDTH
    for place, (left, here, right) in enumerate(zip(picture, picture[1:], picture[2:], strict=False)):
        if not (left - here > _STROKE < right - here or here - left > _STROKE < here - right):
            continue
        if moving >> _CELL_OF[place] & 1:
            continue
        is_near = place - last <= _NEAR and place // WIDTH == last // WIDTH
        if not is_near:
            count += run if run >= _WORD else 0
            run = 0
        run, last = run + 1, place
    return count + (run if run >= _WORD else 0)
