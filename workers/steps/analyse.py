"""Try short pieces of the source and decide how good each rung of the ladder has to be."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import Final

from sqlalchemy.orm import Session

from storage.catalogue import renditions, steps
from workers.blame import Blame, judge
from workers.context import Publish, StepContext
from workers.ffmpeg import ToolFailed
from workers.hardware import UNUSABLE
from workers.media import OpenSource
from workers.plan.commands import trials
from workers.plan.decisions.hardware import by_hardware, hardware_for
from workers.plan.decisions.pace import Pace, chunks_ahead, pixels_of, usual_cost
from workers.plan.decisions.quality import (
    STILL,
    Measured,
    Trial,
    choose,
    ends,
    is_light,
    mean_vmaf,
    next_crf,
    sample_pieces,
    unbounded,
)
from workers.plan.decisions.schedule import ladder_steps
from workers.plan.formats.cmaf import MalformedMp4, read_file
from workers.plan.model.plan import VideoPlan
from workers.plan.model.rungs import Rung
from workers.plan.timing import Span
from workers.planned_renditions import drop_renditions, keep_made
from workers.replan import change_plan
from workers.stored_plan import plan_of

log = logging.getLogger(__name__)

ROUNDS: Final = 2

TRIAL_SECONDS: Final = 240.0
SECONDS_PER_TRIED_SECOND: Final = 120.0
"""Processor time that encoding or comparing all pieces in all rungs may take: to start, and for each second of them."""


@dataclass
class _Paced:
    """How long a worker took to encode a second of ``pixels`` (of all rungs together), once that is known."""

    seconds: float | None = None
    pixels: int = 0

    def cost(self, video: VideoPlan) -> float:
        """Seconds that a worker will take for a second of all rungs that are encoded."""
        made = pixels_of(rung for rung in video.rungs if not rung.passthrough)
        if self.seconds is None:
            return usual_cost(video)
        return self.seconds * made / self.pixels


def analyse(context: StepContext) -> Publish:
    """Measure, decide, and let the ladder begin. A source that cannot be measured gets the ladder's own factors."""
    began = time.monotonic()
    plan = plan_of(context)
    with context.tools.source(context.reader, context.source_key, context.outputs) as source:
        video, paced = _by_hardware(context, source, plan.picture) or _by_software(
            context, source, plan.picture
        )
    workers = max(1, context.tools.cores // context.tools.threads)
    apart = chunks_ahead(video, Pace(workers, paced.cost(video), time.monotonic() - began))
    dropped = {rung.name for rung in plan.picture.rungs} - {rung.name for rung in video.rungs}

    def publish(session: Session) -> None:
        version_id = context.version.id
        change_plan(session, version_id, lambda present: replace(present, video=video))
        drop_renditions(session, version_id, dropped)
        encodes = keep_made(session, version_id, ladder_steps(video, apart))
        steps.add_steps(session, version_id, encodes)
        steps.expect(session, version_id, 0.0)

    return publish


def _by_hardware(
    context: StepContext, source: OpenSource, plan: VideoPlan
) -> tuple[VideoPlan, _Paced] | None:
    """Measure what graphics hardware makes of it; None if there is none, or none that can."""
    hardware = context.tools.hardware
    if hardware is None or not plan.hardware:
        return None
    plan, paced = by_hardware(plan, hardware.name), _Paced()
    try:
        return choose(plan, _measure(context, source, plan, paced)), paced
    except (ToolFailed, *UNUSABLE) as error:
        log.warning("version %s is encoded by software: %s: %s", context.version.id, hardware, error)
        return None


def _by_software(context: StepContext, source: OpenSource, plan: VideoPlan) -> tuple[VideoPlan, _Paced]:
    paced = _Paced()
    try:
        return choose(plan, _measure(context, source, plan, paced)), paced
    except (ToolFailed, MalformedMp4) as error:
        if judge(error).blame is not Blame.STEP:
            raise
        log.warning("version %s is encoded unmeasured: %s", context.version.id, error)
        return replace(plan, notes=("Not measured: the ladder's own factors.",)), paced


def _measure(context: StepContext, source: OpenSource, plan: VideoPlan, paced: _Paced) -> dict[str, Measured]:
    """All rungs, or the best and the lowest alone where it turns out that no other is needed."""
    if len(plan.rungs) > 2 and _first_bit_rate(context, plan.rungs[-1]) <= STILL:
        two = ends(plan)
        found = _measure_all(context, source, two, paced)
        if is_light(two, found):
            return found
    return _measure_all(context, source, plan, paced)


def _first_bit_rate(context: StepContext, rung: Rung) -> float:
    """kbit/s of what is stored of a rung; without end if that is nothing."""
    with context.sessions() as session:
        made = next(
            each for each in renditions.renditions_of(session, context.version.id) if each.name == rung.name
        )
        segments = [segment for chunk in made.chunks for segment in chunk.segments]
    seconds = sum(segment[0] for segment in segments)
    return sum(segment[2] for segment in segments) * 8 / 1000 / seconds if seconds else inf


def _measure_all(
    context: StepContext, source: OpenSource, plan: VideoPlan, paced: _Paced
) -> dict[str, Measured]:
    """Every rung by its usual factor; then those that missed their aim again, nearer to it."""
    pieces = sample_pieces(plan)
    trials: dict[str, tuple[Trial, ...]] = {rung.name: () for rung in plan.rungs}
    below: dict[str, float] = {}
    rungs: Sequence[Rung] = plan.rungs
    for number in range(ROUNDS):
        first = number == 0
        for name, trial in _try(context, source, plan, pieces, rungs, paced=paced, below=first).items():
            trials[name] = (*trials[name], trial)
        if first:
            below = {rung.name: _vmaf(context, f"{rung.name}-below", pieces) for rung in plan.rungs[:-1]}
        wanted = [(rung, next_crf(trials[rung.name], rung)) for rung in plan.rungs]
        rungs = [replace(rung, crf=crf) for rung, crf in wanted if crf is not None]
        if not rungs:
            break
    return {name: Measured(tried, below.get(name)) for name, tried in trials.items()}


def _try(
    context: StepContext,
    source: OpenSource,
    plan: VideoPlan,
    pieces: Sequence[Span],
    rungs: Sequence[Rung],
    *,
    paced: _Paced,
    below: bool,
) -> dict[str, Trial]:
    threads = context.tools.threads
    tried = float(pieces[0].count * len(pieces) / plan.grid.frame_rate)
    seconds = TRIAL_SECONDS + SECONDS_PER_TRIED_SECOND * tried
    hardware = context.tools.hardware if hardware_for(rungs) else None
    encoding = trials.encode_pieces(
        source.input,
        plan,
        pieces,
        [unbounded(rung) for rung in rungs],
        threads=threads,
        node=hardware.node if hardware else None,
    )
    encoded = source.ffmpeg(encoding, seconds=seconds, hardware=hardware)
    if paced.seconds is None:
        # A machine that has much else to do needs longer than the processor time.
        paced.seconds = max(encoded.cpu_seconds, encoded.wall_seconds) / tried
        paced.pixels = pixels_of(rungs)
    comparison = trials.compare_pieces(source.input, plan, pieces, rungs, below=below, threads=threads)
    source.ffmpeg(comparison, seconds=seconds)
    return {
        rung.name: Trial(rung.crf, _vmaf(context, rung.name, pieces), _bit_rate(context, rung.name, plan))
        for rung in rungs
    }


def _vmaf(context: StepContext, name: str, pieces: Sequence[Span]) -> float:
    return mean_vmaf(json.loads(context.outputs.read(f"{name}.json")), pieces[0].count)


def _bit_rate(context: StepContext, name: str, plan: VideoPlan) -> float:
    """kbit/s. Each piece has a keyframe as whole segments have, so keyframes are weighed by a segment's length."""
    _track, fragments = read_file(context.outputs.read(f"{name}.mp4"))
    keyframes = sum(fragment.samples[0].size for fragment in fragments) / len(fragments)
    others = [sample.size for fragment in fragments for sample in fragment.samples[1:]]
    frame = sum(others) / len(others) if others else keyframes
    frames = plan.grid.longest_segment_frames
    return (keyframes + frame * (frames - 1)) * 8 / 1000 / float(frames / plan.grid.frame_rate)
