"""What a Flash movie says of itself before it is played: its size, its rate, how long it is, and for whom it waits.

Numbers of tags and actions are those of Adobe's SWF specification, version 19; events are those of ActionScript 3.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from workers.plan.failure import MediaFailure
from workers.plan.formats.swf.movie import BrokenSwf, Swf

_SHOW_FRAME, _DO_ACTION, _SPRITE = 1, 12, 39
_BUTTONS: Final = frozenset({7, 34})
_ABC: Final = frozenset({72, 82})
_STOP: Final = 0x07
_LONG_ACTION: Final = 0x80

_EVENTS: Final = (b"MouseEvent", b"KeyboardEvent", b"TouchEvent")
"""Names of classes that a script needs to wait for its reader."""


@dataclass(frozen=True)
class Outline:
    """``width`` and ``height`` in pixels, ``rate`` in frames per second; ``frames`` of the main timeline, ``longest``
    of any timeline in it. ``scripted``: it may go on by its script; ``waits``: for its reader."""

    width: int
    height: int
    rate: Fraction
    frames: int
    longest: int
    scripted: bool
    waits: bool


def outline(pieces: Iterable[bytes]) -> Outline:
    """Read a movie to its end. Raises ``MediaFailure`` for what is none."""
    try:
        return _outline(Swf(pieces))
    except BrokenSwf as error:
        raise MediaFailure("source_damaged", f"SWF: {error}") from error


def _outline(swf: Swf) -> Outline:
    shown, longest = 0, 0
    stops: list[int] = []
    scripted = waits = False
    for tag in swf.tags():
        body = swf.body(tag)
        if tag.code == _SHOW_FRAME:
            shown += 1
        elif tag.code == _SPRITE and len(body) >= 4:
            longest = max(longest, struct.unpack_from("<H", body, 2)[0])
        elif tag.code == _DO_ACTION:
            scripted = True
            if _stops(body):
                stops.append(shown)
        elif tag.code in _BUTTONS:
            waits = True
        elif tag.code in _ABC:
            scripted = True
            waits = waits or any(name in body for name in _EVENTS)
    # Many a movie stops at its last frame, so as not to begin again.
    waits = waits or any(frame < shown - 1 for frame in stops)
    width, height = swf.size
    if min(width, height, shown) < 1 or not swf.rate:
        raise MediaFailure(
            "source_damaged", f"SWF of {width}x{height}, {shown} frames, {swf.rate} per second"
        )
    return Outline(width, height, swf.rate, shown, max(shown, longest), scripted, waits)


def _stops(actions: bytes) -> bool:
    """Return whether a script has the action ``stop``, outside of what it carries as data."""
    at = 0
    while at < len(actions):
        action = actions[at]
        if action == _STOP:
            return True
        at += 1
        if action >= _LONG_ACTION:
            at += 2 + int.from_bytes(actions[at : at + 2], "little")
    return False
