"""How much louder or fainter a sound becomes: one constant gain, decided from samples that were measured.

Loudness is that of EBU R 128 (ITU-R BS.1770-5): LUFS, of what is not silence. One gain for all of a sound keeps what
its author meant, and every chunk can be encoded by itself: what changes from moment to moment is the limiter alone,
which has forgotten everything after a twentieth of a second.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import isfinite, log10
from typing import Final

from workers.plan.model.plan import Plan
from workers.plan.model.sounds import AudioPlan

PIECES: Final = 32
PIECE_SECONDS: Final = 3.0
"""Samples are spread evenly. Of two hours of talk as simulated (levels that wander by some 4 dB, pauses) so many are
wrong by 0.4 LU as a rule, and by less than 1 in nine cases of ten; fewer err more, more take longer to open."""

SILENCE: Final = -70.0
"""LUFS: the gate of BS.1770, beneath which nothing is measured."""

MOST_GAIN: Final = 20.0
"""Decibels. What is fainter than that is a microphone that was off, and its noise is not to be heard."""

PEAK_LIMIT: Final = -2.0
"""Decibels below full scale that no sample exceeds. One more is left for what lies between samples, and for what AAC
adds, so that the true peak stays under -1 dBTP (EBU R 128)."""

_RELATIVE_GATE: Final = 10.0
_OFFSET: Final = -0.691
_VALUE: Final = re.compile(rb"^lavfi\.r128\.\w+=(\S+)$", re.MULTILINE)


@dataclass(frozen=True)
class Heard:
    """What samples of a sound have: ``loudness`` in LUFS, the highest true ``peak`` in dBTP. ``whole``: nothing was
    left out."""

    loudness: float
    peak: float
    whole: bool


def sample_starts(plan: Plan) -> tuple[float, ...] | None:
    """Return the starts of samples of ``PIECE_SECONDS``; None if all is to be heard, because it is short or can only be
    read from its beginning.
    """
    if plan.read_once or plan.duration <= 2 * PIECES * PIECE_SECONDS:
        return None
    return tuple((number + 0.5) * plan.duration / PIECES - PIECE_SECONDS / 2 for number in range(PIECES))


def parse_values(text: bytes) -> list[float]:
    """Read what ``ametadata`` printed of one key of ``ebur128``."""
    return [number for value in _VALUE.findall(text) if isfinite(number := float(value))]


def judge_heard(moments: Sequence[float], peaks: Sequence[float], *, whole: bool) -> Heard:
    """``moments`` are the loudness of 400 ms each, in LUFS, ``peaks`` the highest values, 1 at full scale."""
    return Heard(integrated(moments), 20 * log10(max((1e-6, *peaks))), whole)


def integrated(moments: Iterable[float]) -> float:
    """Loudness of all moments that are neither silent nor far fainter than the others (BS.1770-5, annex 1)."""
    powers = [_power(moment) for moment in moments if moment > SILENCE]
    gate = _power(_mean(powers) - _RELATIVE_GATE)
    return _mean([power for power in powers if power > gate])


def levelled(plan: Plan, heard: Mapping[int, Heard], target: float) -> Plan:
    """Return the plan with each sound's gain; ``heard`` is by stream. Silence, and what could not be heard, stays as it
    is.
    """
    sounds = tuple(_levelled(sound, heard.get(sound.stream), target) for sound in plan.sounds)
    notes = tuple(f"{sound.name}: {sound.gain:+.1f} dB for {target:g} LUFS" for sound in sounds if sound.gain)
    return replace(plan, sounds=sounds, notes=(*plan.notes, *notes))


def _levelled(sound: AudioPlan, heard: Heard | None, target: float) -> AudioPlan:
    if heard is None or heard.loudness <= SILENCE:
        return sound
    gain = round(min(target - heard.loudness, MOST_GAIN), 1)
    # Between samples there may be anything up to full scale.
    peak = heard.peak if heard.whole else max(heard.peak, 0.0)
    return replace(sound, gain=gain, limited=peak + gain > PEAK_LIMIT)


def _power(loudness: float) -> float:
    return float(10 ** ((loudness - _OFFSET) / 10))


def _mean(powers: Sequence[float]) -> float:
    return _OFFSET + 10 * log10(sum(powers) / len(powers)) if powers else SILENCE
