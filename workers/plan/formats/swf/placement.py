"""Where and how a Flash movie places what it shows (SWF specification 19, chapter 3)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from workers.plan.failure import MediaFailure
from workers.plan.formats.swf.bits import Bits

_UNIT: Final = 1 << 16
_STRETCH: Final = 0.02
"""By how much more a picture may be scaled in one direction than in the other: recorders round."""

_ACTIONS, _CLIP_DEPTH, _NAME, _RATIO, _COLOURS, _MATRIX, _CHARACTER, _MOVE = (
    1 << bit for bit in range(7, -1, -1)
)


@dataclass(frozen=True)
class Matrix:
    """Scales and skews in 65536ths, shifts in twips."""

    scale: tuple[int, int] = (_UNIT, _UNIT)
    skew: tuple[int, int] = (0, 0)
    shift: tuple[int, int] = (0, 0)


@dataclass(frozen=True)
class Placement:
    """``character`` is what is placed, None if it stays the same; ``ratio`` is the number of a video's picture."""

    depth: int
    character: int | None
    matrix: Matrix | None
    ratio: int | None

    @property
    def distorted(self) -> bool:
        """Return whether the picture looks different from what it is, apart from its size."""
        if self.matrix is None:
            return False
        across, down = self.matrix.scale
        stretched = abs(across - down) > _STRETCH * max(across, down)
        return any(self.matrix.skew) or min(across, down) <= 0 or stretched

    def after(self, before: Placement) -> Placement:
        """This one, completed by what it leaves as it was. Raises ``MediaFailure`` if anything else than the picture
        changes.
        """
        if before.depth != self.depth:
            raise MediaFailure("flash_not_supported", "the video is shown twice")
        if self.matrix not in (None, before.matrix or Matrix()):
            raise MediaFailure("flash_not_supported", "the video is moved")
        ratio = before.ratio if self.ratio is None else self.ratio
        if ratio is not None and before.ratio is not None and ratio < before.ratio:
            raise MediaFailure("flash_not_supported", "the video is played in an order of the movie's own")
        return replace(self, matrix=before.matrix, ratio=ratio)


def read_placement_1(body: bytes) -> Placement:
    """A PlaceObject tag, without its colours: what had some would be longer. Raises ``MediaFailure``."""
    matrix, size = _read_matrix(body[4:])
    if len(body) > 4 + size:
        raise MediaFailure("flash_not_supported", "the video's colours are changed")
    return Placement(_number(body, 2), _number(body, 0), matrix, None)


def read_placement(body: bytes, *, version_3: bool = False) -> Placement:
    """A PlaceObject2 or PlaceObject3 tag. Raises ``MediaFailure`` if it does more than to place a thing."""
    flags, more = body[:1], body[1:2] if version_3 else b""
    if not flags or flags[0] & (_ACTIONS | _CLIP_DEPTH | _COLOURS) or any(more):
        raise MediaFailure("flash_not_supported", "the video is placed with effects or scripts")
    at = 2 if version_3 else 1
    depth, at = _number(body, at), at + 2
    character = matrix = ratio = None
    if flags[0] & _CHARACTER:
        character, at = _number(body, at), at + 2
    if flags[0] & _MATRIX:
        matrix, size = _read_matrix(body[at:])
        at += size
    if flags[0] & _RATIO:
        ratio = _number(body, at)
    return Placement(depth, character, matrix, ratio)


def _read_matrix(data: bytes) -> tuple[Matrix, int]:
    """Return the matrix that ``data`` begins with, and how many bytes it takes."""
    bits = Bits(data)
    scale = _pair(bits) if bits.unsigned(1) else (_UNIT, _UNIT)
    skew = _pair(bits) if bits.unsigned(1) else (0, 0)
    return Matrix(scale, skew, _pair(bits)), bits.whole_bytes()


def _pair(bits: Bits) -> tuple[int, int]:
    count = bits.unsigned(5)
    return bits.signed(count), bits.signed(count)


def _number(body: bytes, at: int) -> int:
    return int.from_bytes(body[at : at + 2], "little")
