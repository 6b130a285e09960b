"""Try short pieces of a source: encode them, and measure how good that is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ffmpeg

from workers.plan.commands.encoders import device_options, encoded
from workers.plan.commands.frames import flatten, scaled, whole_pictures
from workers.plan.commands.lines import Input, compiled
from workers.plan.commands.vmaf import counted, judged
from workers.plan.decisions.quality import MEASURED_EVERY
from workers.plan.model.plan import VideoPlan
from workers.plan.model.rungs import Rung
from workers.plan.timing import Span


def encode_pieces(
    source: Input,
    plan: VideoPlan,
    pieces: Sequence[Span],
    rungs: Sequence[Rung],
    *,
    threads: int,
    node: str | None = None,
) -> list[str]:
    """Encode short pieces of the source, one after the other, into ``{rung.name}.mp4`` for each rung; ``node`` as
    ``chunks.encode_video`` takes it."""
    picture = _joined_pieces(source, plan, pieces)
    outputs = []
    for position, rung in enumerate(rungs):
        picture = scaled(picture, plan, rung, first=position == 0)
        wanted = picture
        if position < len(rungs) - 1:
            split = picture.split()
            picture, wanted = split[0], split[1]
        outputs.append(encoded(wanted, plan, rung, threads, pieces[0].count))
    return [*device_options(rungs, node), *compiled(*outputs)]


def compare_pieces(
    source: Input,
    plan: VideoPlan,
    pieces: Sequence[Span],
    rungs: Sequence[Rung],
    *,
    below: bool,
    threads: int,
) -> list[str]:
    """Measure what ``encode_pieces`` wrote: for each rung its VMAF at its own size as ``{rung.name}.json``, and with
    ``below`` for each but the last that of the next smaller one scaled up to it, as ``{rung.name}-below.json``.
    """
    picture = _joined_pieces(source, plan, pieces)
    sampled = {"n_subsample": MEASURED_EVERY, "n_threads": threads}
    outputs = []
    smaller: Any = None
    # From the smallest up, so that each is at hand for the one above it.
    references = []
    for position, rung in enumerate(rungs):
        picture = scaled(picture, plan, rung, first=position == 0)
        shared = counted(picture).split()
        references.append(shared)
        picture = shared[2]
    for rung, reference in zip(reversed(rungs), reversed(references), strict=True):
        file = ffmpeg.input(f"{rung.name}.mp4", protocol_whitelist="file", format_whitelist="mov", threads=1)
        written = counted(file["v"]).split()
        outputs.append(judged(written[0], reference[0], f"{rung.name}.json", **sampled))
        if smaller is not None:
            enlarged = smaller.filter("scale", rung.width, rung.height, flags="bicubic")
            outputs.append(judged(enlarged, reference[1], f"{rung.name}-below.json", **sampled))
        smaller = written[1] if below else None
    return compiled(*outputs)


def _joined_pieces(source: Input, plan: VideoPlan, pieces: Sequence[Span]) -> Any:
    """Return the pieces of the source, each from the keyframe before its start: nothing is decoded in vain."""
    rate = f"{plan.grid.rate[0]}/{plan.grid.rate[1]}"
    streams = []
    for piece in pieces:
        options: dict[str, Any] = {**source.guards, "threads": 1, "reinit_filter": 0}
        if piece.start > 0:
            options["ss"] = f"{float(piece.start / plan.grid.frame_rate):.6f}"
            options["noaccurate_seek"] = None
        picture = whole_pictures(ffmpeg.input(source.address, **options), plan)
        picture = picture.filter("setpts", "PTS-STARTPTS")
        picture = picture.filter("fps", fps=rate, start_time=0).filter("tpad", stop=-1, stop_mode="clone")
        picture = picture.filter("trim", end_frame=piece.count).filter("setpts", "PTS-STARTPTS")
        streams.append(flatten(picture, plan) if plan.treatment.flatten_alpha else picture)
    return streams[0] if len(streams) == 1 else ffmpeg.concat(*streams, v=1, a=0)
