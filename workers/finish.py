"""What ffmpeg wrote for a chunk becomes what is stored of it: packaged, checked, described in a row."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from configs.words import FailureCode
from storage.catalogue.models import Chunk
from workers.package import PackagedChunk, package
from workers.plan.commands.encoders import video_ticks
from workers.plan.failure import MediaFailure
from workers.plan.formats.cmaf import MalformedMp4
from workers.plan.model.plan import VideoPlan
from workers.plan.model.rungs import Rung
from workers.plan.model.sounds import AudioPlan
from workers.plan.timing import AAC_FRAME, Span
from workers.verify import check_audio_chunk, check_video_chunk


def finish_picture(written: BinaryIO, folder: Path, plan: VideoPlan, rung: Rung, span: Span) -> PackagedChunk:
    """One rung of a chunk, as ``chunks.encode_video`` lets it be written, as a file in ``folder``. Raises
    ``MediaFailure`` and ``OutputRejected``.
    """
    _timescale, ticks = video_ticks(plan)
    sequence = plan.grid.segment_starts.index(span.start)
    chunk = _packaged(written, folder / f"{rung.name}.mp4", span, sequence, ticks, delay=plan.delay_of(rung))
    check_video_chunk(chunk, plan, rung, span)
    return chunk


def finish_sound(written: BinaryIO, folder: Path, plan: AudioPlan, span: Span) -> PackagedChunk:
    """Finish a chunk as ``chunks.encode_audio`` lets it be written."""
    sequence = span.start // plan.segment_frames
    chunk = _packaged(written, folder / f"{plan.name}.mp4", span, sequence, AAC_FRAME)
    check_audio_chunk(chunk, plan, span)
    return chunk


def chunk_row(rendition_id: str, span: Span, key: str, chunk: PackagedChunk) -> Chunk:
    """Return the row of a chunk that is stored under ``key``."""
    return Chunk(
        rendition_id=rendition_id,
        number=span.number,
        object_key=key,
        size=chunk.size,
        sha256=chunk.sha256,
        init_length=chunk.init_length,
        init_sha256=chunk.init_sha256,
        frames=span.count,
        segments=[
            [segment.fragment.duration / chunk.track.timescale, segment.offset, segment.length]
            for segment in chunk.segments
        ],
    )


def _packaged(
    written: BinaryIO, target: Path, span: Span, sequence: int, ticks: int, *, delay: int = 0
) -> PackagedChunk:
    """``sequence`` is how many segments of the rendition come before."""
    try:
        return package(written, target, sequence + 1, span.start * ticks, delay * ticks)
    except MalformedMp4 as error:
        # FFmpeg ended well and yet wrote no frame: nothing could be decoded here.
        code: FailureCode = "no_decodable_frames" if span.start == 0 else "source_truncated"
        raise MediaFailure(code, f"nothing to decode at frame {span.start}: {error}") from error
