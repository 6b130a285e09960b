"""Previews along the time line: WebVTT cues that point into the storyboard's sheet. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from storage.catalogue.pictures import grid_from_json


@dataclass(frozen=True)
class Sheet:
    """A sheet of ``count`` tiles in rows; one tile stands for ``seconds`` of the version. Sizes in pixels, ``size`` in
    bytes."""

    columns: int
    tile_width: int
    tile_height: int
    seconds: float
    count: int
    size: int = 0

    @property
    def rows(self) -> int:
        """How many rows it takes."""
        return -(-self.count // self.columns)


def sheet_of(details: Mapping[str, Any], size: int) -> Sheet:
    """Return the sheet that an image's ``details`` describe."""
    grid = grid_from_json(details)
    return Sheet(grid.columns, grid.tile_width, grid.tile_height, grid.seconds, grid.count, size)


def storyboard_vtt(
    sheet: Sheet, duration: float, image_uri: str, first: float = 0.0, last: float = math.inf
) -> str:
    """One cue for each tile, its payload a spatial media fragment (Media Fragments URI 1.0, section 4.2.2); of a clip
    from ``first`` to ``last`` seconds only its tiles, on its own time line.
    """
    lines = ["WEBVTT", ""]
    for number in range(sheet.count):
        start, end = number * sheet.seconds, min((number + 1) * sheet.seconds, duration)
        if number == sheet.count - 1:
            end = max(duration, start + 0.001)
        if start >= last or end <= first:
            continue
        row, column = divmod(number, sheet.columns)
        x, y = column * sheet.tile_width, row * sheet.tile_height
        lines += [
            f"{_timestamp(max(0.0, start - first))} --> {_timestamp(end - first)}",
            f"{image_uri}#xywh={x},{y},{sheet.tile_width},{sheet.tile_height}",
            "",
        ]
    return "\n".join(lines)


def _timestamp(seconds: float) -> str:
    milliseconds = round(seconds * 1000)
    minutes, milliseconds = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{milliseconds // 1000:02d}.{milliseconds % 1000:03d}"
