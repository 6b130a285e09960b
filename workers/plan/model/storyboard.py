"""The storyboard: small pictures of the whole video, taken at even intervals."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from workers.plan.sizes import fit
from workers.plan.timing import Span

MOST_TILES = 100
COLUMNS = 10
TILE_SIDE = 160


@dataclass(frozen=True)
class Storyboard:
    """``tile_every`` is the interval in frames, ``tile_width`` and ``tile_height`` the size of each picture."""

    tile_every: int
    tile_width: int
    tile_height: int

    def has_tiles(self, span: Span) -> bool:
        """Return whether a picture lies in a chunk; of long sources not in every one."""
        return -span.start % self.tile_every < span.count


def make_storyboard(width: int, height: int, frames: int, rate: Fraction) -> Storyboard:
    """Plan at most ``MOST_TILES`` pictures, and at most one for each second."""
    tile_width, tile_height = fit(width, height, TILE_SIDE)
    return Storyboard(max(1, ceil(frames / MOST_TILES), round(rate)), tile_width, tile_height)
