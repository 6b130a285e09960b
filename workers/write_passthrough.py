"""Takes a chunk of the source's own encoding over as it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from workers.plan.commands.encoders import video_ticks
from workers.plan.formats.cmaf import MalformedMp4
from workers.plan.formats.cmaf_writer import Frame, fragment, initialization
from workers.plan.formats.h264 import check_frame
from workers.plan.formats.mp4_index import find_movie_box, read_samples
from workers.plan.model.passthrough import frames_of
from workers.plan.model.plan import VideoPlan
from workers.plan.model.rungs import Rung
from workers.plan.timing import Span
from workers.source_server import SourceServer

SKIPPED_AT_MOST: Final = 256 * 1024
"""Bytes of other streams that are read and thrown away, rather than asking the storage again behind them."""


def write_passthrough(source: SourceServer, plan: VideoPlan, rung: Rung, span: Span, target: Path) -> None:
    """Write the chunk as ffmpeg would write an encoded one. Raises ``MalformedMp4`` and ``StorageError``."""
    index = find_movie_box(source.size, source.read)
    table = read_samples(index, plan.stream) if index else None
    if table is None or plan.source_encoding is None:
        raise MalformedMp4("the source is not what was planned")
    frames = frames_of(table, plan.grid.frame_rate, span.start, span.count)
    timescale, ticks = video_ticks(plan)
    configuration = plan.source_encoding.avc_c
    with target.open("wb") as sink:
        sink.write(initialization(configuration, rung.width, rung.height, timescale))
        for first in range(0, span.count, plan.grid.segment_frames):
            segment = frames[first : first + plan.grid.segment_frames]
            sink.write(fragment(segment, first // plan.grid.segment_frames + 1, span.start + first, ticks))
            for number, data in enumerate(_bytes_of(source, segment)):
                check_frame(data, configuration, at_cut=number == 0)
                sink.write(data)


def _bytes_of(source: SourceServer, frames: Sequence[Frame]) -> Iterator[bytes]:
    """Yield the bytes of each frame; what lies near together is read at once."""
    run: list[Frame] = []
    for frame in frames:
        end = run[-1].place + run[-1].size if run else frame.place
        if run and not 0 <= frame.place - end <= SKIPPED_AT_MOST:
            yield from _run(source, run)
            run = []
        run.append(frame)
    yield from _run(source, run)


def _run(source: SourceServer, run: Sequence[Frame]) -> Iterator[bytes]:
    start = run[0].place
    data = memoryview(source.read(start, run[-1].place + run[-1].size - start))
    for frame in run:
        yield bytes(data[frame.place - start : frame.place - start + frame.size])
