"""How good each rung is to be: decided from short pieces of the source that were encoded and measured.

One constant rate factor for all wastes bytes on slides and starves film. So each rung has an aim, a VMAF of the
rung at its own size, and gets the factor that reaches it. The model is ``vmaf_v0.6.1``, made for 1080p on a
television: stricter than its sibling for phones. A rung at which nobody would see a difference is left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import log2
from typing import Any

from workers.plan.plan import Plan, Rung, VideoPlan
from workers.plan.timing import Span

LEAST_SECONDS = 12.0
"""Shorter sources are encoded by the ladder's own factors: measuring would cost more than it could save."""

PIECE_SECONDS = 0.5
SAMPLED_SHARE = 0.02
LEAST_SAMPLED, MOST_SAMPLED = 2.0, 6.0
"""Seconds of all pieces together; each piece is a decoder that is open at the same time."""

MEASURED_EVERY = 5
"""Of so many frames the VMAF of one is measured: neighbours differ little, and it costs more than encoding."""

LOWEST_FACTOR, HIGHEST_FACTOR = 18.0, 36.0
CLOSE_ENOUGH = 2.0
"""VMAF from which the usual slope leads near enough to the aim, without another trial."""

NOTHING_VISIBLE = 2.0
"""VMAF by which a rung must surpass the next smaller one, scaled up to its size, to be worth its bytes."""

LIGHT_ENOUGH = 350.0
"""kbit/s. Whoever cannot receive a rung of so little needs the lowest one, and nothing in between."""

WORTH_A_STEP = 0.75
"""A rung takes at most this share of the bit rate of the one above, or a player gains nothing by switching."""


@dataclass(frozen=True)
class Trial:
    """One rung encoded by one factor: ``vmaf`` at its own size, and ``bit_rate`` in kbit/s."""

    factor: float
    vmaf: float
    bit_rate: float


@dataclass(frozen=True)
class Measured:
    """All trials of a rung. ``below`` is the VMAF of the next smaller rung's first trial, scaled up to this rung's
    size; None for the lowest."""

    trials: tuple[Trial, ...]
    below: float | None


def worth_measuring(plan: Plan) -> bool:
    """Whether pieces of the source are to be tried before the ladder is encoded. One whose timestamps start again
    cannot be entered in the middle.
    """
    return plan.kind == "video" and plan.duration >= LEAST_SECONDS and not plan.picture.together


def sample_pieces(plan: VideoPlan) -> tuple[Span, ...]:
    """Pieces spread evenly over the picture. The source is entered at the keyframe before each, so they lie there."""
    seconds = min(max(LEAST_SAMPLED, plan.duration * SAMPLED_SHARE), MOST_SAMPLED)
    count = round(seconds / PIECE_SECONDS)
    length = max(MEASURED_EVERY + 1, round(PIECE_SECONDS * plan.frame_rate))
    # Or what is measured would fall on keyframes again and again.
    length += length % MEASURED_EVERY == 0
    return tuple(
        Span(number, int(plan.picture_frames * (number + 0.5) / count), length) for number in range(count)
    )


def next_factor(trials: Sequence[Trial], aim: float) -> float | None:
    """The factor to try next on the way to ``aim``; None if the last trial is close enough."""
    last = trials[-1]
    if abs(last.vmaf - aim) <= CLOSE_ENOUGH:
        return None
    wanted = _factor_for(trials, aim)
    return None if abs(wanted - last.factor) < 0.5 else wanted


def mean_vmaf(document: Mapping[str, Any], piece: int) -> float:
    """The mean of libvmaf's log over pieces of ``piece`` frames. The first frame of each does not count: it is a
    keyframe, of which a piece has more than its share.
    """
    scores = [frame["metrics"]["vmaf"] for frame in document["frames"] if frame["frameNum"] % piece]
    return float(sum(scores) / len(scores))


def choose(plan: VideoPlan, measured: Mapping[str, Measured]) -> VideoPlan:
    """The plan with each rung's factor, without the rungs that add nothing, and with a sentence for each decision.

    The lowest rung always stays: its first seconds are being watched already.
    """
    kept: list[Rung] = []
    notes: list[str] = []
    decisions = [_decide(rung, measured[rung.name]) for rung in plan.rungs]
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
    return replace(plan, rungs=tuple(kept), notes=tuple(notes))


def _decide(rung: Rung, found: Measured) -> Rung:
    factor = _factor_for(found.trials, rung.aim)
    bit_rate = _bit_rate_at(found.trials, factor)
    if bit_rate > rung.maximum:
        # The encoder is held to the maximum; this is the factor that it will be driven to.
        held = min(HIGHEST_FACTOR, factor + 6 * log2(bit_rate / rung.maximum))
        expected, bit_rate = _vmaf_at(found.trials, held), float(rung.maximum)
    else:
        expected = _vmaf_at(found.trials, factor)
    return replace(
        rung, quality=round(factor, 1), expected_vmaf=round(expected, 1), expected_bit_rate=round(bit_rate)
    )


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
    held = f", held to {rung.maximum} kbit/s" if rung.expected_bit_rate == rung.maximum else ""
    return (
        f"{rung.name}: CRF {rung.quality:g} for VMAF {rung.expected_vmaf:.1f} (aim {rung.aim:g}), "
        f"about {rung.expected_bit_rate} kbit/s{held}"
    )


def _factor_for(trials: Sequence[Trial], aim: float) -> float:
    last = trials[-1]
    return min(max(last.factor + (last.vmaf - aim) / _slope(trials), LOWEST_FACTOR), HIGHEST_FACTOR)


def _vmaf_at(trials: Sequence[Trial], factor: float) -> float:
    last = trials[-1]
    return min(100.0, max(0.0, last.vmaf - (factor - last.factor) * _slope(trials)))


def _bit_rate_at(trials: Sequence[Trial], factor: float) -> float:
    """Six steps of the factor halve the bit rate, as a rule; two trials say it more exactly."""
    last = trials[-1]
    per_halving = 6.0
    if len(trials) > 1 and abs(trials[-2].factor - last.factor) >= 1 and trials[-2].bit_rate != last.bit_rate:
        measured = (last.factor - trials[-2].factor) / log2(trials[-2].bit_rate / last.bit_rate)
        per_halving = min(max(measured, 3.0), 15.0)
    return float(last.bit_rate * 2 ** ((last.factor - factor) / per_halving))


def _slope(trials: Sequence[Trial]) -> float:
    """VMAF lost for each step of the factor: as measured, or as usual around the first trial's VMAF."""
    last = trials[-1]
    usual = min(max((100 - last.vmaf) * 0.11, 0.3), 2.5)
    if len(trials) < 2 or abs(trials[-2].factor - last.factor) < 1:
        return usual
    measured = (trials[-2].vmaf - last.vmaf) / (last.factor - trials[-2].factor)
    return min(max(measured, 0.5 * usual), 2 * usual)
