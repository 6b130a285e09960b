"""Frames of H.264 in MP4 (ITU-T H.264, ISO/IEC 14496-15), checked as bytes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from workers.plan.formats.cmaf import MalformedMp4

_UNIT_TYPE: Final = 0x1F
_IDR: Final = 5
_PARAMETERS: Final = (7, 8)
"""Kinds of NAL unit: sequence and picture parameter sets (ITU-T H.264, table 7-1)."""


def check_frame(frame: bytes, configuration: bytes, *, at_cut: bool) -> None:
    """Raise ``MalformedMp4`` if a frame is damaged, or brings other parameter sets than ``configuration`` has: the
    picture's size, for one, would be another from there on. ``at_cut`` a decoder must also forget all that was before
    (an IDR picture, ITU-T H.264, 7.4.1.2.4): files call some frames keyframes that only most decoders can begin with.
    """
    anew = False
    for unit in _units(frame, configuration):
        kind = unit[0] & _UNIT_TYPE
        anew |= kind == _IDR
        if kind in _PARAMETERS and unit not in configuration:
            raise MalformedMp4("the parameters of the picture change in the middle")
    if at_cut and not anew:
        raise MalformedMp4("nothing begins anew where it is to be cut")


def _units(frame: bytes, configuration: bytes) -> Iterator[bytes]:
    """Yield the NAL units of a frame (ISO/IEC 14496-15, 5.3.3). Raises ``MalformedMp4`` if they do not fill it."""
    width, at = (configuration[4] & 3) + 1, 0
    while at < len(frame):
        start = at + width
        at = start + int.from_bytes(frame[at:start], "big")
        if not start < at <= len(frame):
            raise MalformedMp4("a frame is damaged")
        yield frame[start:at]
