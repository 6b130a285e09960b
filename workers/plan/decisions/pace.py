"""How far the lowest rung has to run ahead of the others, so that who plays at once does not catch up with the encoder.

All rungs of a chunk at once cost one decode of the source; the lowest one ahead of them costs another.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from workers.plan.model.plan import VideoPlan
from workers.plan.model.rungs import Rung

PIXELS_PER_CPU_SECOND: Final = 60e6
"""What a core encodes of an ordinary picture with the veryfast preset."""

_LOWEST_SHARE: Final = 0.25
"""Of the work for all rungs, what the lowest one alone takes: its own, and decoding the source."""

_SURE: Final = 1.25
"""How much longer everything may take than it was measured."""


@dataclass(frozen=True)
class Pace:
    """``workers`` are at work at a time, each of which takes ``cost`` seconds for a second of all rungs; somebody may
    have been watching for ``elapsed`` seconds."""

    workers: int
    cost: float
    elapsed: float


def pixels_of(rungs: Iterable[Rung]) -> int:
    """Pixels of a frame of each."""
    return sum(rung.width * rung.height for rung in rungs)


def usual_cost(video: VideoPlan) -> float:
    """Seconds that a worker takes for a second of all rungs of a source of which nothing was measured."""
    made = pixels_of(rung for rung in video.rungs if not rung.passthrough)
    return made * float(video.grid.frame_rate) / PIXELS_PER_CPU_SECOND


def chunks_ahead(video: VideoPlan, pace: Pace) -> int:
    """Return of how many chunks the lowest rung has to be encoded alone: as few as can be, at least the grid's head."""
    chunks = video.grid.chunks
    fitting = (n for n in range(video.grid.head_chunks, len(chunks)) if _is_in_time(video, pace, n))
    return next(fitting, len(chunks))


def _is_in_time(video: VideoPlan, pace: Pace, apart: int) -> bool:
    """Return whether the lowest rung of every chunk is there before somebody gets to it who has been watching since the
    steps began, if workers take ``ladder_steps`` in their order."""
    free = [0.0] * pace.workers
    for cost, due in _work(video, pace, apart):
        done = heapq.heappop(free) + cost * _SURE
        heapq.heappush(free, done)
        if due is not None and done > due:
            return False
    return True


def _work(video: VideoPlan, pace: Pace, apart: int) -> Iterator[tuple[float, float | None]]:
    """What each step takes, and how many seconds from now on its lowest rung is wanted."""
    grid = video.grid
    seconds = [float(span.count / grid.frame_rate) for span in grid.chunks]
    due = [float(span.start / grid.frame_rate) - pace.elapsed for span in grid.chunks]
    for number in range(grid.head_chunks, apart):
        yield seconds[number] * pace.cost * _LOWEST_SHARE, due[number]
    for number in range(apart):
        yield seconds[number] * pace.cost, None
    for number in range(apart, len(grid.chunks)):
        yield seconds[number] * pace.cost, due[number]
