"""The checker: no output is published that was not looked at. A tool's exit status proves nothing.

Works on the bytes themselves and needs no reference: frame counts, keyframes, decoding times, sizes, codecs.
``workers.compare`` compares with the source.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

from storage.catalogue.models import Chunk, Rendition
from workers.package import PackagedChunk
from workers.plan.commands.encoders import video_ticks
from workers.plan.decisions.preview import LARGEST
from workers.plan.decisions.reference import judge_durations
from workers.plan.formats.mp4_writer import Movie, Samples
from workers.plan.formats.webp import Animation
from workers.plan.model.plan import Plan, VideoPlan
from workers.plan.model.rungs import Rung
from workers.plan.model.sounds import AudioPlan
from workers.plan.timing import AAC_FRAME, SAMPLE_RATE, Span

MOVIE_TOLERANCE: Final = 0.002
"""Seconds; the file as a whole counts milliseconds."""

PREVIEW_TOLERANCE: Final = 0.5
"""Seconds; a preview shows fewer pictures than its video."""


CODECS: Final = {"h264": "avc1.64", "av1": "av01.0."}
"""How the codec strings of what is encoded begin: H.264 High, AV1 Main."""


class OutputRejected(Exception):
    """An output is not what was planned; ``problems`` holds one sentence for each fault."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(problems))


class ChunksRejected(OutputRejected):
    """Some chunks are wrong and must be made again: ``chunks`` holds a rendition's name and a number for each."""

    def __init__(self, problems: Sequence[str], chunks: Iterable[tuple[str, int]]) -> None:
        self.chunks = frozenset(chunks)
        super().__init__(problems)


def check_video_chunk(chunk: PackagedChunk, plan: VideoPlan, rung: Rung, span: Span) -> None:
    """Check one chunk of one rung. Raises ``OutputRejected``."""
    timescale, ticks = video_ticks(plan)
    problems = _check_grid(chunk, timescale, ticks, span, plan.grid.segment_of(span))
    if (chunk.track.width, chunk.track.height) != (rung.width, rung.height):
        problems.append(f"{chunk.track.width}x{chunk.track.height} instead of {rung.width}x{rung.height}")
    if not rung.passthrough and not chunk.track.codecs.startswith(CODECS[rung.codec]):
        problems.append(f"codec {chunk.track.codecs} is not {rung.codec} as planned")
    for number, segment in enumerate(chunk.segments):
        samples = segment.fragment.samples
        if not samples[0].keyframe:
            problems.append(f"segment {number} does not start with a keyframe")
        if not rung.passthrough and any(sample.keyframe for sample in samples[1:]):
            problems.append(f"segment {number} has a keyframe inside, which other rungs do not have")
        times = sorted(segment.fragment.presentation_times)
        if times[0] != segment.fragment.decode_time or any(b - a != ticks for a, b in pairwise(times)):
            problems.append(f"segment {number} does not show one frame after the other")
    _raise_if(problems)


def check_audio_chunk(chunk: PackagedChunk, plan: AudioPlan, span: Span) -> None:
    """Check one chunk of the sound. Raises ``OutputRejected``."""
    problems = _check_grid(chunk, SAMPLE_RATE, AAC_FRAME, span, plan.segment_frames)
    if chunk.track.codecs != "mp4a.40.2":
        problems.append(f"codec {chunk.track.codecs} is not AAC-LC")
    _raise_if(problems)


def check_version(
    plan: Plan,
    renditions: Sequence[Rendition],
    stored_sizes: dict[str, int],
    source_duration: float | None = None,
) -> None:
    """Check the whole before it becomes ready: nothing missing, nothing double, every rung cut alike, as long as the
    source.

    ``stored_sizes`` maps object keys to the sizes that the object storage reports; ``source_duration`` in seconds
    is what inspection measured, None if it did not. Raises ``OutputRejected``, or ``ChunksRejected`` with those that
    do not belong together.
    """
    problems: list[str] = []
    differing: set[tuple[str, int]] = set()
    expected = plan.spans
    if {rendition.name for rendition in renditions} != expected.keys():
        problems.append("the renditions are not those of the plan")
    for rendition in renditions:
        spans = expected.get(rendition.name, ())
        if [(chunk.number, chunk.frames) for chunk in rendition.chunks] != [
            (s.number, s.count) for s in spans
        ]:
            problems.append(f"{rendition.name}: chunks or frames are missing")
        if len({chunk.init_sha256 for chunk in rendition.chunks}) > 1:
            problems.append(f"{rendition.name}: chunks differ in their initialization segment")
            differing.update((rendition.name, chunk.number) for chunk in rendition.chunks)
        if not rendition.codecs:
            problems.append(f"{rendition.name}: the codec is not known")
        for chunk in rendition.chunks:
            problems += _check_ranges(rendition.name, chunk, stored_sizes, plan.segment_seconds)
    cuts = {
        tuple(segment[0] for chunk in rendition.chunks for segment in chunk.segments)
        for rendition in renditions
        if rendition.kind == "video"
    }
    if len(cuts) > 1:
        problems.append("the rungs are not cut at the same frames")
    if source_duration is not None:
        sums = {
            rendition.name: sum(segment[0] for chunk in rendition.chunks for segment in chunk.segments)
            for rendition in renditions
        }
        problems += judge_durations(plan, sums, source_duration)
    if differing:
        raise ChunksRejected(problems, differing)
    _raise_if(problems)


def check_movie(
    movie: Movie, tracks: Sequence[Samples], stored_size: int, streams: Sequence[Mapping[str, Any]]
) -> None:
    """Check a whole file by what ffprobe, which had no part in making it, reads in it. Raises ``OutputRejected``."""
    problems: list[str] = []
    if stored_size != movie.size:
        problems.append(f"stored size is {stored_size} instead of {movie.size}")
    if len(streams) != len(tracks):
        problems.append(f"{len(streams)} tracks instead of {len(tracks)}")
    for number, (samples, stream) in enumerate(zip(tracks, streams, strict=False)):
        frames = int(stream.get("nb_frames", 0))
        if frames != len(samples.sizes):
            problems.append(f"track {number} has {frames} frames instead of {len(samples.sizes)}")
        start, duration = float(stream.get("start_time", "nan")), float(stream.get("duration", "nan"))
        if not (abs(start) <= MOVIE_TOLERANCE and abs(duration - samples.seconds) <= MOVIE_TOLERANCE):
            problems.append(f"track {number} lasts {duration} s from {start} s on, not {samples.seconds} s")
    _raise_if(problems)


def check_preview(animation: Animation, size: int, wanted: tuple[int, int], seconds: float) -> None:
    """Check a preview of ``size`` bytes that should last ``seconds``, or be still if nothing moves. Raises
    ``OutputRejected``."""
    problems = []
    if size > LARGEST:
        problems.append(f"{size} bytes, at most {LARGEST}")
    if (animation.width, animation.height) != wanted:
        problems.append(f"{animation.width}x{animation.height} instead of {wanted[0]}x{wanted[1]}")
    if animation.loops != 0:
        problems.append("it does not loop for ever")
    if animation.frames > 1 and abs(animation.seconds - seconds) > PREVIEW_TOLERANCE:
        problems.append(f"it lasts {animation.seconds:.2f} s instead of {seconds:.2f} s")
    _raise_if(problems)


def _check_grid(
    chunk: PackagedChunk, timescale: int, ticks: int, span: Span, segment_frames: int
) -> list[str]:
    problems = []
    if chunk.track.timescale != timescale:
        problems.append(f"timescale {chunk.track.timescale} instead of {timescale}")
    counts = [len(segment.fragment.samples) for segment in chunk.segments]
    if sum(counts) != span.count:
        problems.append(f"{sum(counts)} frames instead of {span.count}")
    if any(count != segment_frames for count in counts[:-1]) or counts[-1] > segment_frames:
        problems.append(f"segments of {counts} frames instead of {segment_frames}")
    time = span.start * ticks
    for number, segment in enumerate(chunk.segments):
        if segment.fragment.decode_time != time:
            problems.append(f"segment {number} is at {segment.fragment.decode_time} instead of {time}")
        if any(sample.duration != ticks for sample in segment.fragment.samples):
            problems.append(f"segment {number} has frames of uneven length")
        time += segment.fragment.duration
    return problems


def _check_ranges(name: str, chunk: Chunk, stored_sizes: dict[str, int], target: float) -> list[str]:
    where = f"{name}: chunk {chunk.number}"
    problems = []
    if stored_sizes.get(chunk.object_key) != chunk.size:
        problems.append(
            f"{where}: stored size is {stored_sizes.get(chunk.object_key)} instead of {chunk.size}"
        )
    end = chunk.init_length
    for duration, offset, length in chunk.segments:
        if offset < end or length <= 0:
            problems.append(f"{where}: byte ranges overlap")
        end = offset + length
        if round(duration) > max(1, round(target)):
            problems.append(f"{where}: a segment of {duration:.3f} s is longer than the target duration")
    if end != chunk.size:
        problems.append(f"{where}: byte ranges end at {end} of {chunk.size}")
    return problems


def _raise_if(problems: Sequence[str]) -> None:
    if problems:
        raise OutputRejected(problems)
