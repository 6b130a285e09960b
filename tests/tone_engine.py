"""An engine that hears tones: a stub for a speech model, small enough for tests, as the folder of a model brings one.

What is loud is speech. The pitch of a tone says what it is: a second of 400 Hz is the first of ``SAYINGS``, of 500 Hz
the second. Above those an engine runs away, at 2000 Hz it sleeps for ever, at 2500 Hz it breaks.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

RATE = 16_000
LOUD = 0.05
SAYINGS = ("大家好，", "今天我们学习种植番茄。", "首先要选择一个阳光充足的地方，", "Thank you.", "谢谢大家。")
FIRST, STEP = 400, 100
RUNS_AWAY, SLEEPS, BREAKS = 1500, 2000, 2500


def open_engine(given: Mapping[str, Any]) -> ToneEngine:
    """Return the engine; a folder with ``broken.txt`` has none."""
    if (Path(given["folder"]) / "broken.txt").exists():
        raise ValueError("broken")
    return ToneEngine()


class ToneEngine:
    """Hears."""

    def speech(self, blocks: Iterable[Sequence[float]]) -> Iterator[tuple[int, int]]:
        """Yield where it is loud."""
        at, start = 0, None
        for block in blocks:
            loud = max(map(abs, block)) > LOUD
            if loud and start is None:
                start = at
            if not loud and start is not None:
                yield start, at
                start = None
            at += len(block)
        if start is not None:
            yield start, at

    def text(self, samples: Sequence[float]) -> dict[str, Any]:
        """Return what each second of tone says."""
        loud = [number for number, value in enumerate(samples) if abs(value) > LOUD]
        first, last = loud[0], loud[-1] + 1
        tokens, times = [], []
        for start in range(first, last - RATE // 2, RATE):
            part = samples[start : start + RATE]
            tokens.append(self._said(pitch(part) * RATE / len(part)))
            times.append(start / RATE)
        return {"text": "".join(tokens), "language": "zh", "tokens": tokens, "times": times}

    @staticmethod
    def _said(hertz: float) -> str:
        if hertz > (SLEEPS + BREAKS) / 2:
            raise ValueError("broken")
        if hertz > (RUNS_AWAY + SLEEPS) / 2:
            time.sleep(3600)
        while hertz > RUNS_AWAY - STEP:
            pass
        return SAYINGS[round((hertz - FIRST) / STEP) % len(SAYINGS)]


def pitch(samples: Sequence[float]) -> int:
    """Return how often a tone rises through zero."""
    return sum(before < 0 <= after for before, after in pairwise(samples))
