"""Takes samples of a source and of what was made of it, and lets ``workers.plan.decisions.reference`` judge them.

A few places of each rendition are decoded, whole segments and strictly; of the source only what belongs to them.
"""

from __future__ import annotations

import json
import logging
import shutil
from array import array
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, islice
from pathlib import Path
from typing import Final

from storage.catalogue.models import Chunk, Rendition
from storage.object_slices import ObjectSlices, Reader, Slice
from workers.blame import Blame, judge
from workers.ffmpeg import ToolFailed, ToolTimedOut
from workers.media import MediaTools, OpenSource
from workers.outputs import Outputs
from workers.plan.commands import samples
from workers.plan.decisions import reference
from workers.plan.decisions.reference import SOUND_RATE, Score, Window
from workers.plan.model.plan import Plan, VideoPlan
from workers.plan.model.rungs import Rung
from workers.plan.model.sounds import AudioPlan
from workers.plan.timing import AAC_FRAME, SAMPLE_RATE
from workers.verify import ChunksRejected

log = logging.getLogger(__name__)

SAMPLE_SECONDS: Final = 600.0
"""Limit of one tool's work on one source's samples, of which it may have to decode much to get there."""


@dataclass(frozen=True)
class Fault:
    """What is wrong with some chunks of a rendition."""

    rendition: str
    chunks: tuple[int, ...]
    problem: str

    def __str__(self) -> str:
        chunks = ", ".join(map(str, self.chunks))
        return f"{self.rendition}, chunk {chunks}: {self.problem}"


@dataclass(frozen=True)
class Sides:
    """Where the two sides are read: the source by its key, outputs by their rows, with tools that write into a part of
    the work folder ``folder``. ``seed`` chooses the places."""

    tools: MediaTools
    reader: Reader
    source_key: str
    folder: Path
    seed: str

    @property
    def outputs(self) -> Outputs:
        """Where the tools write."""
        return Outputs.below(self.folder)


@dataclass
class _Reference:
    """The source's part of one window. ``damaged`` where the source's own decoder complained."""

    window: Window
    thumbnails: list[bytes] = field(default_factory=list)
    sound: array[int] = field(default_factory=lambda: array("h"))
    quality: list[int] = field(default_factory=list)
    damaged: bool = False


@dataclass(frozen=True)
class _Cut:
    """The segments in which some windows lie, as one file; ``places`` are the windows' first frames in it."""

    slices: tuple[Slice, ...]
    places: tuple[int, ...]
    bit_rates: tuple[float, ...]


def compare(sides: Sides, plan: Plan, renditions: Mapping[str, Rendition]) -> list[Fault]:
    """Compare every rendition with the source. Raises as tools and storage do where nothing could be found out."""
    if plan.read_once:
        # To get to a sample of such a source would take as long as encoding it.
        return []
    faults: list[Fault] = []
    if plan.video:
        faults += _compare_pictures(sides, plan.video, renditions)
    for stream in sorted({sound.stream for sound in plan.sounds}):
        faults += _compare_sounds(sides, [s for s in plan.sounds if s.stream == stream], renditions)
    return faults


def require_alike(sides: Sides, plan: Plan, renditions: Sequence[Rendition]) -> None:
    """Raises ``ChunksRejected`` with the chunks that must be made again, if some do not show what the source does."""
    faults = compare(sides, plan, {rendition.name: rendition for rendition in renditions})
    if faults:
        chunks = {(fault.rendition, number) for fault in faults for number in fault.chunks}
        raise ChunksRejected([str(fault) for fault in faults], chunks)


def _compare_pictures(sides: Sides, plan: VideoPlan, renditions: Mapping[str, Rendition]) -> Iterator[Fault]:
    frames = sides.folder / samples.REFERENCE
    references = []
    with (
        sides.tools.source(sides.reader, sides.source_key, sides.outputs) as source,
        frames.open("wb") as sink,
    ):
        for window in reference.picture_windows(plan, sides.seed):
            taken = _source_picture(sides, source, plan, window)
            references.append(taken)
            if taken.quality:
                with sides.outputs.open(samples.REFERENCE) as written:
                    shutil.copyfileobj(written, sink)
    for rung in plan.rungs:
        yield from _compare_rung(sides, plan, rung, references, renditions[rung.name].chunks)
    frames.unlink()


def _source_picture(sides: Sides, source: OpenSource, plan: VideoPlan, window: Window) -> _Reference:
    quality = reference.quality_frames(window) if reference.has_quality(plan.rungs[0]) else []
    arguments = samples.source_picture(source.input, plan, window, quality, sides.tools.threads)
    complaints = source.ffmpeg(["-y", "-loglevel", "error", *arguments], seconds=SAMPLE_SECONDS).stderr_tail
    thumbnails = _thumbnails(sides.outputs, plan)
    if complaints or len(thumbnails) != window.count:
        log.info("the source's frames from %d on: %s", window.start, complaints.strip()[-500:])
    return _Reference(window, thumbnails, quality=quality, damaged=bool(complaints))


def _compare_rung(
    sides: Sides, plan: VideoPlan, rung: Rung, references: Sequence[_Reference], chunks: Sequence[Chunk]
) -> Iterator[Fault]:
    windows = [taken.window for taken in references]
    cut = _cut(chunks, windows, plan.grid.frames, plan.grid.segment_starts)
    wanted = [
        place + number
        for place, taken in zip(cut.places, references, strict=True)
        for number in (taken.quality if rung == plan.rungs[0] else [])
    ]
    ranges = [(place, window.count) for place, window in zip(cut.places, windows, strict=True)]
    with sides.tools.file(ObjectSlices(sides.reader, cut.slices), sides.outputs) as output:
        frames = sides.folder / samples.REFERENCE
        whole = output.input_path(samples.REFERENCE, frames)
        arguments = samples.output_picture(output.input, plan, rung, ranges, wanted, whole=whole)
        complaint = _run_strictly(output, arguments, {samples.REFERENCE: frames})
        if not complaint:
            pictures = iter(_thumbnails(sides.outputs, plan))
            scores = _scores(output, rung, references, cut.bit_rates, frames) if wanted else {}
    if complaint:
        touched = sorted({number for window in windows for number in window.chunks(plan.grid.chunks)})
        yield Fault(rung.name, tuple(touched), f"does not decode: {complaint}")
        return
    for taken, bit_rate in zip(references, cut.bit_rates, strict=True):
        shown = list(islice(pictures, taken.window.count))
        capped = reference.is_capped(bit_rate, rung)
        problems = reference.judge_picture(
            taken.thumbnails, shown, float(1 / plan.grid.frame_rate), capped=capped
        )
        problems += reference.judge_quality(scores.get(taken.window, []), bit_rate, rung)
        yield from _faults(rung.name, taken, taken.window.chunks(plan.grid.chunks), problems)


def _compare_sounds(
    sides: Sides, plans: Sequence[AudioPlan], renditions: Mapping[str, Rendition]
) -> Iterator[Fault]:
    """Compare the renditions of one of the source's sounds, which differ in their quality only."""
    references = []
    with sides.tools.source(sides.reader, sides.source_key, sides.outputs) as source:
        for window in reference.sound_windows(plans[0], sides.seed):
            arguments = samples.source_sound(source.input, plans[0], window)
            complaints = source.ffmpeg(
                ["-y", "-loglevel", "error", *arguments], seconds=SAMPLE_SECONDS
            ).stderr_tail
            sound = _samples(sides.outputs)
            references.append(_Reference(window, sound=sound, damaged=bool(complaints)))
    for plan in plans:
        yield from _compare_sound(sides, plan, references, renditions[plan.name].chunks)


def _compare_sound(
    sides: Sides, plan: AudioPlan, references: Sequence[_Reference], chunks: Sequence[Chunk]
) -> Iterator[Fault]:
    windows = [taken.window for taken in references]
    cut = _cut(chunks, windows, plan.frames, range(0, plan.frames, plan.segment_frames))
    ranges = [(place, window.count) for place, window in zip(cut.places, windows, strict=True)]
    with sides.tools.file(ObjectSlices(sides.reader, cut.slices), sides.outputs) as output:
        complaint = _run_strictly(output, samples.output_sound(output.input, plan, ranges))
    if complaint:
        touched = sorted({number for window in windows for number in window.chunks(plan.chunks)})
        yield Fault(plan.name, tuple(touched), f"does not decode: {complaint}")
        return
    sound, first = _samples(sides.outputs), 0
    for taken in references:
        window = taken.window
        last = first + round(window.count * AAC_FRAME * SOUND_RATE / SAMPLE_RATE) * plan.channels
        problems = reference.judge_sound(taken.sound, sound[first:last], plan.channels)
        yield from _faults(plan.name, taken, window.chunks(plan.chunks), problems)
        first = last


def _faults(
    rendition: str, taken: _Reference, chunks: Sequence[int], problems: Sequence[str]
) -> Iterator[Fault]:
    for problem in problems:
        if taken.damaged:
            # Entered at another place, a damaged source shows something else: nothing is proved by it.
            log.warning("%s, frame %d of a damaged source: %s", rendition, taken.window.start, problem)
        else:
            yield Fault(rendition, tuple(chunks), f"from frame {taken.window.start} on {problem}")


def _cut(chunks: Sequence[Chunk], windows: Sequence[Window], total: int, starts: Sequence[int]) -> _Cut:
    """``starts`` are the first frames of all segments."""
    lying = [
        (Slice(chunk.object_key, offset, length), seconds)
        for chunk in chunks
        for seconds, offset, length in chunk.segments
    ]
    wanted = [range(_lies_in(starts, w.start), _lies_in(starts, w.end - 1) + 1) for w in windows]
    numbers = sorted({number for segments in wanted for number in segments})
    ends = [*starts[1:], total]
    counts = [ends[number] - starts[number] for number in numbers]
    begins = dict(zip(numbers, accumulate(counts, initial=0), strict=False))
    return _Cut(
        (
            Slice(chunks[0].object_key, 0, chunks[0].init_length),
            *(lying[number][0] for number in numbers),
        ),
        tuple(
            begins[segments[0]] + w.start - starts[segments[0]]
            for w, segments in zip(windows, wanted, strict=True)
        ),
        tuple(
            sum(lying[number][0].length for number in segments)
            * 8
            / 1000
            / sum(lying[number][1] for number in segments)
            for segments in wanted
        ),
    )


def _lies_in(starts: Sequence[int], frame: int) -> int:
    return bisect_right(starts, frame) - 1


def _run_strictly(output: OpenSource, arguments: list[str], inputs: Mapping[str, Path] | None = None) -> str:
    """Return what the tool has to say about an output; empty if it is in order."""
    for name in (samples.THUMBNAILS, samples.SOUND, samples.SHOWN, samples.SIMILARITIES):
        output.outputs.remove(name)
    try:
        return output.ffmpeg(arguments, seconds=SAMPLE_SECONDS, inputs=inputs).stderr_tail.strip()[-500:]
    except ToolTimedOut:
        raise
    except ToolFailed as error:
        if error.returncode < 0 or judge(error).blame is not Blame.STEP:
            raise
        return error.stderr_tail.strip()[-500:] or f"status {error.returncode}"


def _thumbnails(outputs: Outputs, plan: VideoPlan) -> list[bytes]:
    width, height = samples.thumbnail_size(plan)
    data = outputs.read(samples.THUMBNAILS)
    size = width * height * 3
    return [data[at : at + size] for at in range(0, len(data), size)]


def _samples(outputs: Outputs) -> array[int]:
    data = outputs.read(samples.SOUND)
    sound = array("h")
    sound.frombytes(data[: len(data) // 2 * 2])
    return sound


def _scores(
    output: OpenSource,
    rung: Rung,
    references: Sequence[_Reference],
    bit_rates: Sequence[float],
    frames: Path,
) -> dict[Window, list[Score]]:
    """VMAF of the frames of those windows that SSIM leaves in doubt."""
    similar = samples.parse_similarities(output.outputs.read(samples.SIMILARITIES).decode())
    places = iter(range(len(similar)))
    doubtful = {}
    for taken, bit_rate in zip(references, bit_rates, strict=True):
        own = list(islice(places, len(taken.quality)))
        if reference.is_doubtful([similar[at] for at in own], bit_rate, rung):
            doubtful[taken.window] = own
    if not doubtful:
        return {}
    wanted = [at for own in doubtful.values() for at in own]
    whole = output.input_path(samples.REFERENCE, frames)
    output.outputs.remove(samples.SCORES)
    output.ffmpeg(
        samples.output_quality(rung, wanted, whole=whole),
        seconds=SAMPLE_SECONDS,
        inputs={samples.REFERENCE: frames},
    )
    logged = json.loads(output.outputs.read(samples.SCORES))["frames"]
    scores = iter(Score(frame["metrics"]["vmaf"], frame["metrics"]["float_ssim"]) for frame in logged)
    return {window: list(islice(scores, len(own))) for window, own in doubtful.items()}
