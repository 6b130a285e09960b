"""What the beginning of a JPEG XL file says of itself (ISO/IEC 18181-1, annexes C and D; 18181-2 for its boxes)."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

_CODESTREAM: Final = b"\xff\x0a"
_BOXES: Final = b"\0\0\0\x0cJXL \r\n\x87\n"
_RATIOS: Final = (
    Fraction(1), Fraction(12, 10), Fraction(4, 3), Fraction(3, 2), Fraction(16, 9), Fraction(5, 4), Fraction(2)
)  # fmt: skip

_Choice = tuple[int, int]
"""A number, and how many bits are added to it."""

_SIDES: Final[tuple[_Choice, ...]] = ((1, 9), (1, 13), (1, 18), (1, 30))
_PREVIEW_EIGHTHS: Final[tuple[_Choice, ...]] = ((16, 0), (32, 0), (1, 5), (33, 9))
_PREVIEW_SIDES: Final[tuple[_Choice, ...]] = ((1, 6), (65, 8), (321, 10), (1345, 12))
_TICKS: Final[tuple[_Choice, ...]] = ((100, 0), (1000, 0), (1, 10), (1, 30))
_TICKS_OVER: Final[tuple[_Choice, ...]] = ((1, 0), (1001, 0), (1, 8), (1, 10))
_LOOPS: Final[tuple[_Choice, ...]] = ((0, 0), (0, 3), (0, 16), (0, 32))


@dataclass(frozen=True)
class JpegXl:
    """``plays`` is how often it is played, 0 for without end; None of a still picture."""

    width: int
    height: int
    plays: int | None


def is_jpeg_xl(head: bytes) -> bool:
    """Return whether a file begins as one."""
    return head.startswith((_CODESTREAM, _BOXES))


def read_jpeg_xl(head: bytes) -> JpegXl | None:
    """Return what the beginning of a file says, or None where it is none or does not say it."""
    stream = _codestream(head)
    if stream is None:
        return None
    try:
        return _read(_Bits(stream))
    except EOFError:
        return None


class _Bits:
    """Bits of bytes, the lowest first."""

    def __init__(self, data: bytes) -> None:
        self._number = int.from_bytes(data[:128], "little")
        self._left = 8 * min(len(data), 128)

    def take(self, count: int) -> int:
        """Return the next bits as a number. Raises ``EOFError``."""
        self._left -= count
        if self._left < 0:
            raise EOFError
        value = self._number & (1 << count) - 1
        self._number >>= count
        return value

    def chosen(self, choices: tuple[_Choice, ...]) -> int:
        """Return a number that is written as one of four choices."""
        least, count = choices[self.take(2)]
        return least + self.take(count)


def _codestream(head: bytes) -> bytes | None:
    if head.startswith(_CODESTREAM):
        return head[2:]
    return _boxed(head) if head.startswith(_BOXES) else None


def _boxed(head: bytes) -> bytes | None:
    """The last box of a beginning is cut off, so that boxes are gone through here by their lengths alone."""
    at = 0
    while at + 8 <= len(head):
        length, kind, body = int.from_bytes(head[at : at + 4], "big"), head[at + 4 : at + 8], at + 8
        if length == 1:
            length, body = int.from_bytes(head[at + 8 : at + 16], "big"), at + 16
        if kind in (b"jxlc", b"jxlp"):
            # A part of a stream begins with its number.
            stream = head[body + (4 if kind == b"jxlp" else 0) :]
            return stream[2:] if stream.startswith(_CODESTREAM) else None
        if length < 8:
            return None
        at += length
    return None


def _read(bits: _Bits) -> JpegXl:
    width, height = _size(bits)
    plays = None
    all_default = bits.take(1)
    if not all_default and bits.take(1):
        bits.take(3)  # how it is turned
        if bits.take(1):
            _size(bits)
        if bits.take(1):
            _skip_preview(bits)
        if bits.take(1):
            bits.chosen(_TICKS)
            bits.chosen(_TICKS_OVER)
            plays = bits.chosen(_LOOPS)
    return JpegXl(width, height, plays)


def _size(bits: _Bits) -> tuple[int, int]:
    def side() -> int:
        return 8 * (1 + bits.take(5)) if eighths else bits.chosen(_SIDES)

    eighths = bits.take(1)
    height = side()
    ratio = bits.take(3)
    return (int(height * _RATIOS[ratio - 1]) if ratio else side()), height


def _skip_preview(bits: _Bits) -> None:
    choices = _PREVIEW_EIGHTHS if bits.take(1) else _PREVIEW_SIDES
    bits.chosen(choices)
    if not bits.take(3):
        bits.chosen(choices)
