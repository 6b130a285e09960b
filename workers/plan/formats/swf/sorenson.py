"""Sorenson H.263 as Flash has it (Adobe's Flash Video specification 10.1, E.4.3.1): whether a picture stands alone."""

from __future__ import annotations

from workers.plan.formats.swf.bits import Bits

_DIMENSION_BITS = {0: 16, 1: 32}
_START, _VERSION, _REFERENCE, _SIZE, _TYPE = 17, 5, 8, 3, 2


def is_key(data: bytes) -> bool:
    """Return whether the picture needs none before it."""
    bits = Bits(data)
    bits.unsigned(_START + _VERSION + _REFERENCE)
    bits.unsigned(_DIMENSION_BITS.get(bits.unsigned(_SIZE), 0))
    return bits.unsigned(_TYPE) == 0
