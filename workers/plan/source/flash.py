"""What becomes of a Flash movie that has to be drawn: how many frames of it, at which rate."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from typing import Any, Final

from workers.plan.failure import MediaFailure
from workers.plan.formats.swf.outline import Outline
from workers.plan.source.limits import (
    MAX_ANIMATION_DECODED_PIXELS,
    MAX_ANIMATION_FRAMES,
    MAX_ANIMATION_SECONDS,
    check_canvas,
)
from workers.plan.timing import MAX_RATE, snapped

SCRIPTED_SECONDS: Final = 60
"""How long a movie is watched whose only frame is moved by a script."""

REST_SECONDS: Final = 2
"""How much is kept of an end at which nothing moves or is heard any more, of a movie that has no end of its own."""


@dataclass(frozen=True)
class MovieDrawing:
    """``frames`` of the movie, of which every ``step``-th is drawn; ``rate`` is that of what is drawn, in pictures per
    second. ``rests``: an end without movement and sound is left out; ``cut``: the movie would go on."""

    width: int
    height: int
    frames: int
    step: int
    rate: Fraction
    rests: bool
    cut: bool

    def as_json(self) -> dict[str, Any]:
        """As the program takes it."""
        return {
            "width": self.width,
            "height": self.height,
            "frames": self.frames,
            "step": self.step,
            "rate": (self.rate * self.step).as_integer_ratio(),
            "delay": (1 / self.rate).as_integer_ratio(),
            "rest": ceil(REST_SECONDS * self.rate) if self.rests else None,
        }


def plan_movie(movie: Outline) -> MovieDrawing:
    """To the end of its main timeline, or of the longest in it, as far as limits allow. Raises ``MediaFailure``."""
    check_canvas(movie.width, movie.height)
    rate = snapped(movie.rate)
    step = ceil(rate / MAX_RATE)
    wanted = movie.frames if movie.frames > 1 else movie.longest
    endless = movie.frames == 1 and movie.scripted
    if endless:
        wanted = max(wanted, ceil(SCRIPTED_SECONDS * rate))
    wanted = max(wanted, ceil(REST_SECONDS * rate)) if movie.frames == 1 else wanted
    most = min(
        floor(MAX_ANIMATION_SECONDS * rate),
        MAX_ANIMATION_FRAMES * step,
        MAX_ANIMATION_DECODED_PIXELS // (movie.width * movie.height) * step,
    )
    frames = min(wanted, most) // step * step
    if frames < 1:
        raise MediaFailure("animation_too_complex", f"{float(rate)} frames per second")
    return MovieDrawing(
        movie.width,
        movie.height,
        frames,
        step,
        rate / step,
        rests=movie.waits or movie.frames == 1,
        cut=wanted > most,
    )
