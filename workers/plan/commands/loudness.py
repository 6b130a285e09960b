"""Measure how loud the sounds of a source are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ffmpeg

from workers.plan.commands.chunks import joined, mixed, steadily_mixed
from workers.plan.commands.lines import Input, compiled, options_of
from workers.plan.decisions.loudness import PIECE_SECONDS
from workers.plan.model.sounds import AudioPlan
from workers.plan.timing import SAMPLE_RATE

MOMENTS = "moments-{}-{}.txt"
PEAKS = "peaks-{}-{}.txt"
"""Files for a number of the command's and a stream's."""


def measure_loudness(
    source: Input, sounds: Sequence[AudioPlan], starts: Sequence[float] | None, number: int
) -> list[str]:
    """Measure each of ``sounds`` as its renditions will sound, in samples that begin at ``starts`` (seconds) or, if
    None, as a whole; what was measured is written into ``MOMENTS`` and ``PEAKS``.
    """
    # Or pictures would be decoded too, to find out what they are.
    options = {**options_of(source, sounds[0]), "vn": None}
    if starts is None:
        opened = [ffmpeg.input(source.address, **options)]
    else:
        opened = [ffmpeg.input(source.address, **options, ss=f"{start:.3f}") for start in starts]
    return compiled(*(_measured(opened, sound, number, whole=starts is None) for sound in sounds))


def _measured(opened: Sequence[Any], plan: AudioPlan, number: int, *, whole: bool) -> Any:
    pieces = [
        joined([_counted(medium, stream, plan, whole=whole) for stream in plan.streams]) for medium in opened
    ]
    if not whole:
        pieces = [piece.filter("atrim", end_sample=round(PIECE_SECONDS * SAMPLE_RATE)) for piece in pieces]
    sound = pieces[0] if len(pieces) == 1 else ffmpeg.concat(*pieces, v=0, a=1)
    # A mono sound is heard from two loudspeakers.
    sound = sound.filter("ebur128", metadata=1, peak="true", dualmono=1, framelog="quiet")
    for key, name in (("M", MOMENTS), ("true_peak", PEAKS)):
        file = name.format(number, plan.stream)
        sound = sound.filter("ametadata", mode="print", key=f"lavfi.r128.{key}", file=file)
    return ffmpeg.output(sound, "-", format="null")


def _counted(opened: Any, stream: int, plan: AudioPlan, *, whole: bool) -> Any:
    """Return a stream of the sound with times that are counted. The form of a ``whole`` one may change: what follows
    would begin anew, and what was measured before be lost. One of many samples may be.
    """
    if whole:
        return steadily_mixed(opened, stream, plan).filter("asetpts", "N/SR/TB")
    return mixed(opened[str(stream)].filter("asetpts", "N/SR/TB"), plan)
