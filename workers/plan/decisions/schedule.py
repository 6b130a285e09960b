"""Which steps a plan becomes, in which order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from configs.jobs import kinds_making
from configs.words import StepKind
from storage.catalogue.file_names import AUDIO_FILE, VIDEO_FILE
from storage.catalogue.new_steps import NewStep
from workers.plan.decisions.av1 import av1_plan
from workers.plan.decisions.pace import PIXELS_PER_CPU_SECOND, pixels_of
from workers.plan.decisions.quality import sample_pieces, why_unmeasured
from workers.plan.model.plan import Plan, VideoPlan
from workers.plan.model.rungs import Rung
from workers.plan.model.sounds import AudioPlan
from workers.plan.model.time_grid import HEAD_SECONDS
from workers.plan.timing import AAC_FRAME, SAMPLE_RATE, Span

PICTURES: Final = kinds_making("video")
ENCODES: Final = (*PICTURES, *kinds_making("audio"))

_TRIALS = 2.0
"""How many times the encoding of all pieces in all rungs an analysis takes: measuring them, and trying some again."""

_LISTENING_WEIGHT = 3.0
_STAND_IN_WEIGHT = 10.0
_DRAW_WEIGHT = 30.0
_FOLLOW_WEIGHT = 2.0

UNSEEN_WEIGHT = 20.0
"""What the steps may weigh that follow once a source can be read for which something stands in."""


def stand_in_step() -> NewStep:
    """Return the step that comes before a plan can be made of a source that FFmpeg cannot read."""
    return NewStep(kind="stand_in", name="stand_in", weight=_STAND_IN_WEIGHT)


def draw_step() -> NewStep:
    """Return the step that comes before a plan can be made of a source that only a browser draws."""
    return NewStep(kind="draw", name="draw", weight=_DRAW_WEIGHT)


def first_steps(plan: Plan, *, level: bool) -> list[NewStep]:
    """Return the steps that can begin at once: the lowest rung's first chunks, ahead of everything, and the sounds.

    The ladder follows as soon as it is known how good each rung has to be. With ``level`` the sounds wait until it is
    known how loud they are.
    """
    video = plan.video
    together = not level and _first_together(plan)
    # With sound alone the lowest quality is the last one; languages are wanted in their order.
    sounds = [
        _sound(sound, span)
        for sound in (plan.sounds if video else plan.sounds[::-1])
        for span in sound.chunks[together:]
    ]
    if sounds and level:
        sounds.insert(0, NewStep(kind="loudness", name="loudness", weight=_LISTENING_WEIGHT))
    if video is None:
        return [*sounds, *_last_steps()]
    head = [_encode("encode_first", span, video.rungs[-1:]) for span in _head(video)]
    if together:
        head[0].params["sounds"] = [sound.name for sound in plan.sounds]
    steps = [*head[:1], *sounds, *head[1:]]
    if why_unmeasured(plan):
        return [*steps, *ladder_steps(video)]
    # Not beside the first seconds, which a viewer waits for.
    first: tuple[StepKind, ...] = ("encode_first", "audio_first")
    return [*steps, NewStep(kind="analyse", name="analyse", after=first, weight=_analysis_weight(video))]


def _analysis_weight(video: VideoPlan) -> float:
    frames = sum(piece.count for piece in sample_pieces(video))
    return 1.0 + _TRIALS * frames * pixels_of(video.rungs) / PIXELS_PER_CPU_SECOND


def follow_step() -> NewStep:
    """Return the step that finds out what of another version fits this one. It may fail: then all is to be checked."""
    return NewStep(kind="follow", name="follow", after=ENCODES, weight=_FOLLOW_WEIGHT, optional=True)


def unplanned_weight(plan: Plan) -> float:
    """Return the weight of the steps that the ladder becomes once analysed; it has no more rungs then than now."""
    if plan.video is None or why_unmeasured(plan):
        return 0.0
    return sum(step.weight for step in ladder_steps(plan.video))


def _first_together(plan: Plan) -> bool:
    """Return whether one step makes the first chunk of picture and sounds: a player begins with both, and both are read
    from the source's beginning. Not where ffmpeg would count their times from different moments.
    """
    video = plan.video
    if video is None or not video.grid.head_chunks:
        return False
    return not video.entry.start_offset and not any(sound.entry.start_offset for sound in plan.sounds)


def ladder_steps(video: VideoPlan, apart: int | None = None) -> list[NewStep]:
    """Return the other rungs of the first chunks, then all rungs chunk by chunk; then what needs all of them. The
    lowest rung comes first in ``apart`` chunks, if not only in the head. A rung that is only repackaged has steps of
    its own.

    Whichever step encodes the lowest rung also makes the storyboard's pictures.
    """
    own = [rung for rung in video.rungs if rung.passthrough]
    made = [rung for rung in video.rungs if not rung.passthrough]
    apart = video.grid.head_chunks if apart is None else apart
    steps = [_encode("encode", span, made[-1:]) for span in video.grid.chunks[video.grid.head_chunks : apart]]
    if len(made) > 1:
        steps += [_encode("encode", span, made[:-1]) for span in video.grid.chunks[:apart]]
    steps += [_encode("encode", span, made) for span in video.grid.chunks[apart:]]
    steps += [_encode("encode", span, [rung]) for rung in own for span in video.grid.chunks]
    return [*steps, *_last_steps()]


def _head(video: VideoPlan) -> Sequence[Span]:
    return video.grid.chunks[: video.grid.head_chunks]


def _last_steps() -> list[NewStep]:
    return [
        NewStep(kind="images", name="images", after=PICTURES, weight=2.0),
        NewStep(kind="verify", name="verify", after=ENCODES, weight=5.0),
        NewStep(
            kind="publish",
            name="publish",
            after=(*ENCODES, "images", "verify", "tracks", "follow"),
            weight=0.5,
        ),
    ]


def chunks_of(params: Mapping[str, Any]) -> set[tuple[str, int]]:
    """Rendition and number of each chunk that a step with these parameters makes."""
    sound = [params["sound"]] if "sound" in params else []
    made = [*params.get("rungs", ()), *params.get("sounds", ()), *sound]
    return {(rendition, params["chunk"]) for rendition in made}


def encodes(params: Mapping[str, Any], rendition: str, chunk: int) -> bool:
    """Return whether a step with these parameters makes this chunk of a rendition."""
    return (rendition, chunk) in chunks_of(params)


def _sound(sound: AudioPlan, span: Span) -> NewStep:
    seconds = span.start * AAC_FRAME / SAMPLE_RATE
    return NewStep(
        kind="audio_first" if seconds < HEAD_SECONDS else "audio",
        name=f"{sound.name}-{span.number}",
        params={"chunk": span.number, "sound": sound.name},
        after=("loudness",),
        weight=span.count * AAC_FRAME / SAMPLE_RATE / 60,
    )


def extra_steps(plan: Plan, *, downloads: bool, av1: bool, slides: bool, speech: bool) -> list[NewStep]:
    """Return the steps that follow when a version is ready; the switches say what is wanted."""
    names = [VIDEO_FILE] if plan.video else []
    names += [AUDIO_FILE] if plan.sounds else []
    steps = [_extra("preview", "preview")] if plan.video else []
    steps += [_extra("peaks", "peaks")] if plan.sounds else []
    steps += [_extra("slides", "slides")] if slides and plan.kind == "video" else []
    if downloads:
        steps += [_extra("download", name, file=name) for name in names]
    steps += [_extra("transcribe", "transcribe")] if speech and plan.sounds else []
    return [*steps, *_av1_steps(plan)] if av1 else steps


def _av1_steps(plan: Plan) -> list[NewStep]:
    if plan.kind != "video":
        return []
    video = av1_plan(plan).picture
    encodes = [_encode("encode_av1", span, video.rungs) for span in video.grid.chunks]
    last = NewStep(kind="publish_av1", name="publish_av1", after=("encode_av1",))
    return [replace(step, optional=True) for step in (*encodes, last)]


def _extra(kind: StepKind, name: str, **params: str) -> NewStep:
    return NewStep(kind=kind, name=name, params=params, optional=True)


def _encode(kind: StepKind, span: Span, rungs: Sequence[Rung]) -> NewStep:
    pixels = span.count * pixels_of(rung for rung in rungs if not rung.passthrough)
    return NewStep(
        kind=kind,
        name=f"encode-{span.number}-{rungs[0].name}",
        params={"chunk": span.number, "rungs": [rung.name for rung in rungs]},
        weight=0.2 + pixels / PIXELS_PER_CPU_SECOND,
    )
