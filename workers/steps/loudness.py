"""Measure how loud the sounds of a source are, and decide how loud their renditions become."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy.orm import Session

from workers.blame import forgiving_tools
from workers.context import Publish, StepContext
from workers.media import OpenSource
from workers.plan.commands.loudness import MOMENTS, PEAKS, measure_loudness
from workers.plan.decisions.loudness import Heard, judge_heard, levelled, parse_values, sample_starts
from workers.plan.model.plan import Plan
from workers.replan import change_plan
from workers.stored_plan import plan_of

log = logging.getLogger(__name__)

SAMPLES_SECONDS = 120.0
WHOLE_SECONDS = 600.0
AT_ONCE = 4
"""Samples are read side by side: most of the time goes into opening the source and waiting for the storage."""


def loudness(context: StepContext) -> Publish:
    """Give every sound its gain. What cannot be measured stays as it is."""
    plan, target = plan_of(context), context.settings.loudness_target
    if target is None:
        return lambda _session: None
    with context.tools.source(context.reader, context.source_key, context.outputs) as source:
        heard = listen(source, plan)
    for sound in levelled(plan, heard, target).sounds:
        log.info(
            "version %s, %s: %s, %+.1f dB",
            context.version.id,
            sound.name,
            heard.get(sound.stream),
            sound.gain,
        )

    def publish(session: Session) -> None:
        change_plan(session, context.version.id, lambda present: levelled(present, heard, target))

    return publish


def listen(source: OpenSource, plan: Plan) -> dict[int, Heard]:
    """Return how loud each sound of the source is, by stream."""
    sounds = list({sound.stream: sound for sound in plan.sounds}.values())
    starts = sample_starts(plan)
    groups = [None] if starts is None else [starts[number::AT_ONCE] for number in range(AT_ONCE)]

    def measure(number: int) -> None:
        seconds = WHOLE_SECONDS if starts is None else SAMPLES_SECONDS
        # Tools fail where there is no sound at all; what was heard before or elsewhere counts.
        with forgiving_tools():
            source.ffmpeg(measure_loudness(source.input, sounds, groups[number], number), seconds=seconds)

    with ThreadPoolExecutor(len(groups)) as pool:
        list(pool.map(measure, range(len(groups))))

    def values(stream: int, name: str) -> list[float]:
        files = [source.outputs.find(name.format(number, stream)) for number in range(len(groups))]
        return [value for file in files if file is not None for value in parse_values(file)]

    return {
        sound.stream: judge_heard(
            values(sound.stream, MOMENTS), values(sound.stream, PEAKS), whole=starts is None
        )
        for sound in sounds
    }
