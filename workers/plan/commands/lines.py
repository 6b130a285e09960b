"""What all command lines share: how a source is named, guarded and opened, and how a graph becomes arguments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import ffmpeg

from workers.plan.model.plan import VideoPlan
from workers.plan.model.sounds import AudioPlan
from workers.plan.source.demuxers import reader_options

REPRODUCIBLE = {"map_metadata": -1, "map_chapters": -1, "fflags": "+bitexact", "flags": "+bitexact"}


JPEG_COLOURS = {"out_color_matrix": "bt601", "out_range": "pc"}
"""JPEG files know no other colours (JFIF, ITU-T T.871)."""


JPEG = {"q:v": 3, "pix_fmt": "yuvj420p", "strict": "unofficial", **REPRODUCIBLE}


@dataclass(frozen=True)
class Input:
    """Where the tool finds a source: an address inside the sandbox, and the options that guard it."""

    address: str
    guards: Mapping[str, Any]


def options_of(source: Input, plan: VideoPlan | AudioPlan) -> dict[str, Any]:
    """Options that stand before a source however it is read."""
    return {**source.guards, **reader_options(plan.entry.demuxer)}


def entered(plan: VideoPlan | AudioPlan, entry: float) -> dict[str, Any]:
    """Options that open a source at ``entry`` seconds, and have times count from where the source starts."""
    options = {"ss": f"{entry:.6f}"} if entry > 0 else {}
    if plan.entry.start_offset > entry:
        options["itsoffset"] = f"{plan.entry.start_offset - entry:.6f}"
    return options


def beside(opened: Any, plan: VideoPlan | AudioPlan) -> list[Any]:
    """Outputs that make ffmpeg read the other streams of a source whose timestamps start again."""
    return thrown_away(opened, [stream for stream in plan.entry.joint_streams if stream != plan.stream])


def thrown_away(opened: Any, streams: Sequence[int]) -> list[Any]:
    """Outputs that only have these streams read."""
    if not streams:
        return []
    return [ffmpeg.output(*(opened[str(stream)] for stream in streams), "-", format="null", c="copy")]


def guard_options(source: Input) -> list[str]:
    """A source's guards for ffprobe, which ``ffmpeg-python`` does not compose for."""
    return [part for name, value in source.guards.items() for part in (f"-{name}", str(value))]


def compiled(*outputs: Any) -> list[str]:
    """Return the arguments after the program's name."""
    stream = outputs[0] if len(outputs) == 1 else ffmpeg.merge_outputs(*outputs)
    return cast("list[str]", stream.compile())[1:]
