"""How far ffmpeg says it is (``-progress``, doc/ffmpeg.texi)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

FINAL_KEY = "progress"
"""The last line of each report: ``progress=continue`` or ``progress=end``."""


@dataclass(frozen=True)
class Progress:
    """``frame`` frames written, up to ``out_time_seconds``; ``speed`` is 1.0 for real time, None if unknown."""

    frame: int
    out_time_seconds: float
    speed: float | None


def parse_progress(lines: Iterable[str]) -> Progress:
    """Read one report: ``key=value`` lines in any order. What is missing or ``N/A`` counts as nothing yet."""
    values = {key.strip(): value.strip() for key, _, value in (line.partition("=") for line in lines)}
    speed = _number(values.get("speed", "").removesuffix("x"))
    return Progress(
        frame=int(_number(values.get("frame", "")) or 0),
        out_time_seconds=max(0.0, (_number(values.get("out_time_us", "")) or 0.0) / 1_000_000),
        speed=speed,
    )


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
