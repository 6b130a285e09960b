"""Which steps a plan becomes, in which order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from storage.catalogue.steps import NewStep
from workers.plan.plan import HEAD_SECONDS, AudioPlan, Plan, Rung
from workers.plan.timing import AAC_FRAME, SAMPLE_RATE, Span

ENCODES = ("encode_first", "encode", "audio_first", "audio")

_PIXELS_PER_CPU_SECOND = 60e6
"""What a core encodes of an ordinary picture with the veryfast preset; only progress and ETA depend on it."""


def encoding_steps(plan: Plan) -> list[NewStep]:
    """All steps after inspection. They are queued in this order: first seconds first, then chunk by chunk.

    The first chunks of the lowest rung are steps of their own, ahead of everything; the rest of the ladder
    follows. Whichever step encodes the lowest rung also makes the storyboard's pictures.
    """
    video = plan.video
    # With sound alone the lowest quality is the last one; languages are wanted in their order.
    sounds = [
        _sound(sound, span)
        for sound in (plan.sounds if video else plan.sounds[::-1])
        for span in sound.chunks
    ]
    steps: list[NewStep] = []
    if video is None:
        steps += sounds
    else:
        head = video.chunks[: video.head_chunks]
        steps += [_encode("encode_first", span, video.rungs[-1:]) for span in head[:1]]
        steps += sounds
        steps += [_encode("encode_first", span, video.rungs[-1:]) for span in head[1:]]
        if len(video.rungs) > 1:
            steps += [_encode("encode", span, video.rungs[:-1]) for span in head]
        steps += [_encode("encode", span, video.rungs) for span in video.chunks[video.head_chunks :]]
    steps.append(NewStep(kind="images", name="images", after=ENCODES[:2], weight=2.0))
    steps.append(NewStep(kind="verify", name="verify", after=ENCODES, weight=5.0))
    steps.append(NewStep(kind="publish", name="publish", after=(*ENCODES, "images", "verify"), weight=0.5))
    return steps


def encodes(params: Mapping[str, Any], rendition: str, chunk: int) -> bool:
    """Whether a step with these parameters makes this chunk of a rendition."""
    made = [*params.get("rungs", ()), params.get("sound")]
    return params.get("chunk") == chunk and rendition in made


def _sound(sound: AudioPlan, span: Span) -> NewStep:
    seconds = span.start * AAC_FRAME / SAMPLE_RATE
    return NewStep(
        kind="audio_first" if seconds < HEAD_SECONDS else "audio",
        name=f"{sound.name}-{span.number}",
        params={"chunk": span.number, "sound": sound.name},
        weight=span.count * AAC_FRAME / SAMPLE_RATE / 60,
    )


def _encode(kind: str, span: Span, rungs: Sequence[Rung]) -> NewStep:
    pixels = span.count * sum(rung.width * rung.height for rung in rungs)
    return NewStep(
        kind=kind,
        name=f"encode-{span.number}-{rungs[0].name}",
        params={"chunk": span.number, "rungs": [rung.name for rung in rungs]},
        weight=0.2 + pixels / _PIXELS_PER_CPU_SECOND,
    )
