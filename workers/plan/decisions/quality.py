"""How good each rung is to be: decided from short pieces of the source that were encoded and measured.

One constant rate factor for all wastes bytes on slides and starves film. So each rung has an aim, a VMAF of the
rung at its own size, and gets the factor that reaches it. The model is ``vmaf_v0.6.1``, made for 1080p on a
television: stricter than its sibling for phones. A rung at which nobody would see a difference is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from math import log2
from typing import Any

from workers.plan.model.passthrough import SourceEncoding
from workers.plan.model.plan import Plan, VideoPlan
from workers.plan.model.rungs import Rung
from workers.plan.timing import Span

LEAST_SECONDS = 12.0
"""Shorter sources are encoded by the ladder's own factors: measuring would cost more than it could save."""

PIECE_SECONDS = 0.5
SAMPLED_SHARE = 0.01
LEAST_SAMPLED, MOST_SAMPLED = 2.0, 6.0
"""Seconds of all pieces together; each piece is a decoder that is open at the same time."""

MEASURED_EVERY = 7
"""Of so many frames the VMAF of one is measured: neighbours differ little, and it costs more than encoding. In step
with no cadence (film at 24 in 30 or 60 has every fifth frame twice), or it would be the same frame of each."""

LOWEST_CRF, HIGHEST_CRF = 18.0, 36.0
CLOSE_ENOUGH = 2.0
"""VMAF from which the usual slope leads near enough to the aim, without another trial."""

LONGEST_STEP, SURE_STEP = 6.0, 2.0
"""How far past what was tried a factor may be tried, and how far it may be used untried."""

NOTHING_VISIBLE = 2.0
"""VMAF by which a rung must surpass the next smaller one, scaled up to its size, to be worth its bytes."""

LIGHT_ENOUGH = 350.0
"""kbit/s. Whoever cannot receive a rung of so little needs the lowest one, and nothing in between."""

STILL = 45.0
"""kbit/s of the lowest rung's first seconds up to which the best one may well take no more than ``LIGHT_ENOUGH``."""

WORTH_A_STEP = 0.75
"""A rung takes at most this share of the bit rate of the one above, or a player gains nothing by switching."""

UNBOUNDED = 200_000
"""kbit/s that no rung takes."""

HELD = 0.8
"""Of its maximum, what a rung takes that is held to it: scenes that need less take less, and the others get no more."""

NO_HEAVIER = 1.1
"""Bit rate of the source's own encoding, to that of an encoding that reaches the aim, up to which it is served: it
looks better and costs nothing to make."""


@dataclass(frozen=True)
class Trial:
    """One rung encoded by one factor: ``vmaf`` at its own size, and ``bit_rate`` in kbit/s."""

    crf: float
    vmaf: float
    bit_rate: float


@dataclass(frozen=True)
class Measured:
    """All trials of a rung. ``below`` is the VMAF of the next smaller rung's first trial, scaled up to this rung's
    size; None for the lowest."""

    trials: tuple[Trial, ...]
    below: float | None


def why_unmeasured(plan: Plan) -> str | None:
    """For people: why no pieces of the source are tried before the ladder is encoded; None if they are."""
    if plan.kind == "audio":
        return "Sound alone: one encoding for every connection, and one of half its bit rate for slow ones."
    if plan.kind == "animation":
        return "Not tried, for it is an animation: the ladder's own factors."
    if plan.duration < LEAST_SECONDS:
        return f"Not tried, for it is shorter than {LEAST_SECONDS:g} s: the ladder's own factors."
    if plan.picture.entry.joint_streams:
        return "Not tried, for it can be read from its beginning only: the ladder's own factors."
    return None


def sample_pieces(plan: VideoPlan) -> tuple[Span, ...]:
    """Pieces spread evenly over the picture. The source is entered at the keyframe before each, so they lie there."""
    seconds = min(max(LEAST_SAMPLED, plan.grid.duration * SAMPLED_SHARE), MOST_SAMPLED)
    count = round(seconds / PIECE_SECONDS)
    length = max(MEASURED_EVERY + 1, round(PIECE_SECONDS * plan.grid.frame_rate))
    # Or what is measured would fall on keyframes again and again.
    length += length % MEASURED_EVERY == 0
    # Of a picture that is shorter than the pieces some would be the same.
    starts = sorted({int(plan.grid.picture_frames * (number + 0.5) / count) for number in range(count)})
    return tuple(Span(number, start, length) for number, start in enumerate(starts))


def next_crf(trials: Sequence[Trial], rung: Rung) -> float | None:
    """Return the factor to try next on the way to the rung's aim; None if a trial is close enough, or none would come
    nearer.
    """
    if min(abs(trial.vmaf - rung.target_vmaf) for trial in trials) <= CLOSE_ENOUGH:
        return None
    wanted = _crf_for(trials, rung.target_vmaf, LONGEST_STEP)
    held = _held_crf(trials, wanted, rung)
    near = 1 if held == wanted else SURE_STEP
    return None if min(abs(trial.crf - held) for trial in trials) < near else rung.nearest(held)


def mean_vmaf(document: Mapping[str, Any], piece: int) -> float:
    """Return the mean of libvmaf's log over pieces of ``piece`` frames. The first frame of each does not count: it is a
    keyframe, of which a piece has more than its share.
    """
    scores = [frame["metrics"]["vmaf"] for frame in document["frames"] if frame["frameNum"] % piece]
    return float(sum(scores) / len(scores))


def unbounded(rung: Rung) -> Rung:
    """Return the rung as it is tried: pieces have a keyframe each half second, and held to a maximum all other frames
    would pay for them.
    """
    return replace(rung, maxrate=UNBOUNDED, bufsize=2 * UNBOUNDED)


def ends(plan: VideoPlan) -> VideoPlan:
    """Return the plan with its best and its lowest rung alone."""
    return replace(plan, rungs=(plan.rungs[0], plan.rungs[-1]))


def is_light(plan: VideoPlan, measured: Mapping[str, Measured]) -> bool:
    """Return whether the best rung takes so little that nobody needs one between it and the lowest."""
    best = plan.rungs[0]
    return (_decide(best, measured[best.name]).expected_bit_rate or 0) <= LIGHT_ENOUGH


def choose(plan: VideoPlan, measured: Mapping[str, Measured]) -> VideoPlan:
    """Return the plan with each rung's factor, without the rungs that add nothing, and with a sentence for each
    decision. Rungs that were not measured are not needed, for the best ``is_light``.

    The lowest rung always stays: its first seconds are being watched already.
    """
    kept: list[Rung] = []
    notes: list[str] = []
    decisions = [_decide(rung, measured[rung.name]) for rung in plan.rungs if rung.name in measured]
    light = f"{decisions[0].name} takes only {decisions[0].expected_bit_rate} kbit/s"
    needless = [f"{rung.name}: left out, {light}" for rung in plan.rungs if rung.name not in measured]
    decisions[-1] = _with_head(decisions[-1], measured[decisions[-1].name], plan)
    decisions[0] = _taken_over(decisions[0], plan.source_encoding)
    for position, decided in enumerate(decisions):
        reason = None
        if position < len(decisions) - 1:
            below = _below(measured, decided, decisions[position + 1])
            reason = _needless(decided, below, kept)
        if reason is None:
            kept.append(decided)
            notes.append(_describe(decided))
        else:
            notes.append(f"{decided.name}: left out, {reason}")
    return replace(plan, rungs=tuple(kept), notes=(*notes[:1], *needless, *notes[1:]))


def encoded_after_all(plan: Plan, rejected: Set[str]) -> Plan:
    """Return the plan with its best rung to be encoded, if that was to be the source's own encoding and is
    ``rejected``.
    """
    video = plan.video
    if video is None or not video.rungs[0].passthrough or video.rungs[0].name not in rejected:
        return plan
    best, *others = video.rungs
    note = f"{best.name}: {best.asked}, for the source's own encoding is not in order"
    rungs = (replace(best, passthrough=False), *others)
    return replace(plan, video=replace(video, rungs=rungs, notes=(note, *video.notes[1:])))


def _decide(rung: Rung, found: Measured) -> Rung:
    crf = rung.nearest(_crf_for(found.trials, rung.target_vmaf, SURE_STEP))
    expected = _vmaf_at(found.trials, _held_crf(found.trials, crf, rung))
    bit_rate = min(_bit_rate_at(found.trials, crf), rung.maxrate)
    return replace(rung, crf=crf, expected_vmaf=round(expected, 1), expected_bit_rate=round(bit_rate))


def _held_crf(trials: Sequence[Trial], crf: float, rung: Rung) -> float:
    """Return the factor to which an encoder is driven that is held to the rung's maximum."""
    if _bit_rate_at(trials, crf) <= HELD * rung.maxrate:
        return crf
    worse = (crf + step / 10 for step in range(round(10 * (HIGHEST_CRF - crf))))
    return next((each for each in worse if _bit_rate_at(trials, each) <= HELD * rung.maxrate), HIGHEST_CRF)


def _with_head(lowest: Rung, found: Measured, plan: VideoPlan) -> Rung:
    """Return what the lowest rung becomes as a whole: its first seconds are encoded by the usual factor, before
    anything is measured.
    """
    usual = plan.rungs[-1].crf
    head = sum(span.count for span in plan.grid.chunks[: plan.grid.head_chunks]) / plan.grid.frames

    def whole(decided: float, first: float) -> float:
        return head * first + (1 - head) * decided

    vmaf = whole(lowest.expected_vmaf or 0.0, _vmaf_at(found.trials, usual))
    bit_rate = whole(lowest.expected_bit_rate or 0, min(_bit_rate_at(found.trials, usual), lowest.maxrate))
    return replace(lowest, expected_vmaf=round(vmaf, 1), expected_bit_rate=round(bit_rate))


def _taken_over(best: Rung, own: SourceEncoding | None) -> Rung:
    """Return the best rung, which need not be encoded if the source's own encoding takes hardly more."""
    if own is None or own.bit_rate > NO_HEAVIER * (best.expected_bit_rate or 0):
        return best
    return replace(best, passthrough=True, expected_vmaf=100.0, expected_bit_rate=own.bit_rate)


def _below(measured: Mapping[str, Measured], rung: Rung, smaller: Rung) -> float:
    """VMAF, at the size of ``rung``, of the next smaller one as it was decided: it was tried by another factor."""
    tried = measured[smaller.name].trials[0].vmaf
    return (measured[rung.name].below or 0.0) - max(0.0, tried - (smaller.expected_vmaf or tried))


def _needless(rung: Rung, below: float, kept: Sequence[Rung]) -> str | None:
    vmaf, bit_rate = rung.expected_vmaf or 0.0, rung.expected_bit_rate or 0
    if below >= vmaf - NOTHING_VISIBLE:
        return f"the next smaller one looks as good at its size (VMAF {below:.1f} and {vmaf:.1f})"
    if not kept:
        return None
    above = kept[-1].expected_bit_rate or 0
    if above <= LIGHT_ENOUGH:
        return f"{kept[-1].name} takes only {above} kbit/s"
    if bit_rate > WORTH_A_STEP * above:
        return f"it would take {bit_rate} kbit/s where {kept[-1].name} takes {above}"
    return None


def _describe(rung: Rung) -> str:
    if rung.passthrough:
        own = f"the source's own encoding, {rung.expected_bit_rate} kbit/s"
        return f"{rung.name}: {own}, instead of {rung.asked}"
    held = f", held to {rung.maxrate} kbit/s" if rung.expected_bit_rate == rung.maxrate else ""
    return (
        f"{rung.name}: {rung.asked} for VMAF {rung.expected_vmaf:.1f} (aim {rung.target_vmaf:g}), "
        f"about {rung.expected_bit_rate} kbit/s{held}"
    )


def _crf_for(trials: Sequence[Trial], target: float, beyond: float) -> float:
    """Return the factor for ``target``: between the two trials that enclose it, or at most ``beyond`` past the nearest
    one.

    VMAF does not fall evenly: noise, say, is kept up to some factor and lost all at once at the next.
    """
    better, worse = _enclosing(trials, target)
    if better and worse:
        share = (better.vmaf - target) / (better.vmaf - worse.vmaf) if better.vmaf > worse.vmaf else 0.0
        wanted = better.crf + share * (worse.crf - better.crf)
    else:
        nearest = min(trials, key=lambda trial: abs(trial.vmaf - target))
        step = (nearest.vmaf - target) / _usual_slope(nearest.vmaf)
        wanted = nearest.crf + min(max(step, -beyond), beyond)
    return min(max(wanted, LOWEST_CRF), HIGHEST_CRF)


def _enclosing(trials: Sequence[Trial], target: float) -> tuple[Trial | None, Trial | None]:
    better = min((t for t in trials if t.vmaf >= target), key=lambda t: t.vmaf, default=None)
    worse = max((t for t in trials if t.vmaf < target), key=lambda t: t.vmaf, default=None)
    return better, worse


def _vmaf_at(trials: Sequence[Trial], crf: float) -> float:
    return min(100.0, max(0.0, _along(trials, crf, lambda t: t.vmaf, _usual_slope)))


def _bit_rate_at(trials: Sequence[Trial], crf: float) -> float:
    """Six steps of the factor halve the bit rate, as a rule; two trials say it more exactly."""
    return float(2 ** _along(trials, crf, lambda t: log2(t.bit_rate), lambda _: 1 / 6))


def _along(
    trials: Sequence[Trial], crf: float, value: Callable[[Trial], float], fall: Callable[[float], float]
) -> float:
    """A value that falls with the factor, at ``crf``: on the line between the trials on both sides, or from the
    nearest one by the usual ``fall`` for each step.
    """
    below = max((t for t in trials if t.crf <= crf), key=lambda t: t.crf, default=None)
    above = min((t for t in trials if t.crf > crf), key=lambda t: t.crf, default=None)
    if below and above:
        share = (crf - below.crf) / (above.crf - below.crf)
        return value(below) + share * (value(above) - value(below))
    nearest = below or above or trials[0]
    return value(nearest) - (crf - nearest.crf) * fall(value(nearest))


def _usual_slope(vmaf: float) -> float:
    """VMAF lost for each step of the factor, as usual around this VMAF."""
    return min(max((100 - vmaf) * 0.11, 0.3), 2.5)
