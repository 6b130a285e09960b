"""On which ground a drawing with transparent parts is seen."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from storage.catalogue.facts import Notice
from workers.plan.model.treatment import WHITE

DARK: Final = 0x20242B
"""What white drawings are laid on: they were made for a dark page."""

INDISTINCT: Final = 8
"""Of some 220 steps of light, and as many of colour: what differs by no more is not told apart on a screen."""

_EXTREME: Final = re.compile(r"lavfi\.signalstats\.([YUV])(?:MIN|MAX)=(\d{1,5})\s")


@dataclass(frozen=True)
class Ground:
    """The colour (0xRRGGBB) behind what is transparent, and what its author should know of it."""

    colour: int
    notices: tuple[Notice, ...] = ()


def shows_something(measured: str) -> bool:
    """Return whether pictures are more than one colour throughout, by what ``reading.measure_on_ground`` wrote. Those
    of which nothing could be measured are not doubted."""
    found: dict[str, list[int]] = {}
    for channel, value in _EXTREME.findall(measured):
        found.setdefault(channel, []).append(int(value))
    return not found or any(max(values) - min(values) > INDISTINCT for values in found.values())


def choose_ground(wanted: int, is_seen_on: Callable[[int], bool]) -> Ground:
    """Return the ground of a drawing for which its author, or nobody, ``wanted`` a colour: white is what it gets where
    nobody has chosen one, so it gives way to another on which the drawing is seen. Whoever has chosen keeps the choice.
    """
    if is_seen_on(wanted):
        return Ground(wanted)
    other = WHITE if _is_dark(wanted) else DARK
    if not is_seen_on(other):
        return Ground(wanted, (Notice("picture_plain"),))
    if wanted == WHITE:
        return Ground(other, (Notice("ground_changed", {"colour": _name(other)}),))
    return Ground(wanted, (Notice("drawing_unseen", {"colour": _name(wanted)}),))


def _is_dark(colour: int) -> bool:
    red, green, blue = colour >> 16, colour >> 8 & 255, colour & 255
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue < 128


def _name(colour: int) -> str:
    return f"#{colour:06x}"
