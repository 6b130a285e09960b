"""Where an output is compared with its source, and what may differ there.

Pure: ``workers.plan.commands.samples`` has the commands that take the samples, ``workers.steps.verify`` runs them.
Pictures are compared as thumbnails of a few pixels, in which coding noise averages out, sounds as samples of
``SOUND_RATE``: what is above 4 kHz an encoder may replace by noise that sounds the same.
"""

from __future__ import annotations

import random
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, log10, sqrt
from operator import mul, sub
from typing import Final

from workers.plan.model.plan import Plan, VideoPlan
from workers.plan.model.rungs import Rung
from workers.plan.model.sounds import AudioPlan
from workers.plan.timing import AAC_FRAME, SAMPLE_RATE, Span

THUMBNAIL_SIDE: Final = 32
SOUND_RATE: Final = 8000
QUALITY_SIDE: Final = 96
"""Smaller pictures are not given to VMAF: nothing of its scales is left of them."""

LONGEST_DIFFERENCE: Final = 0.1
"""Seconds, or a frame of the picture and one of the sound: renditions end where the source ends."""

LARGEST_OFFSET: Final = 0.045
"""Seconds: sound and picture stay where the source has them. More is noticed (ITU-R BT.1359: 45 ms early)."""

LARGEST_ERROR: Final = 12.0
"""Mean difference of a thumbnail's values (0 to 255): another picture, another shape, other colours."""

LARGEST_TINT: Final = 4.5
"""The same of the means over a sample's frames, in which noise is gone and a wrong colour matrix is not."""

LARGEST_SHADE: Final = 9.0
"""The same of light alone where the bit rate's cap is reached: of fine black and white patterns hardly more than the
means of blocks is left, and they are coarse."""

LONGEST_WRONG: Final = 0.2
"""Share of a sample's frames that may differ by more: where a fast cut falls is a matter of one frame."""

LARGEST_FREEZE: Final = 0.25
"""Share of a sample's movements that may be missing: at half the frame rate every second one is."""

LEAST_VISIBLE: Final = 8
"""The largest difference of two thumbnails' values that nobody sees: the noise of a camera, light that changes slowly,
the small leap at a keyframe. Whatever moves leaves more in one of them, however small it is."""

BLACK: Final = 6.0
VISIBLE: Final = 24.0
"""Mean values: of a black picture at most, of a picture that must not become black at least."""

LONGEST_BLACK: Final = 0.2
"""Share of a sample's frames (0.2 s of a second) that may be black where the source's are not."""

LONGEST_SILENCE: Final = 0.5
"""Seconds of a sample that may be silent where the source is not."""

LARGEST_LOUDER: Final = 3.0
"""Decibels between the sound of the source (with the plan's own gain) and that of an output, both ways."""

FAINT: Final = -50.0
"""Decibels below full scale: fainter sound is not compared, for a codec may drop it."""

LEAST_LIKENESS: Final = 0.7
"""Correlation of sounds that are the same and in time; of foreign ones it is near 0."""

LONG: Final = 40
"""Lengths of a window from which on there are two in between and not one: of what is shorter a tenth is compared
anyway."""

PIECE_SECONDS: Final = 0.25
LEAST_IN_TIME: Final = 0.75
"""Share of a sample's pieces that must be the source's and in time. Where recordings were joined, or clocks drift
apart, sound takes a step within ``LARGEST_OFFSET`` that nobody hears, and a piece around it is like nothing."""

LEAST_QUALITY: Final = 70.0
"""VMAF of every sample of the best rung."""

ALIKE: Final = 0.95
"""SSIM from which on VMAF is not asked: of flat colours and the dark it thinks too little, and it takes many times the
work."""

CAPPED: Final = 0.8
"""Share of the bit rate's cap from which on poor quality is the cap's doing, and no fault."""

_SHIFTS: Final = range(1, 16)
_MOVED: Final = 1.0
_STILL: Final = 0.3
_LEADS_AWAY: Final = 2.0
"""Steps that what moves gets away from where it was; noise gets one away."""
_LARGEST_LAG: Final = 0.4
_FINE_LAG: Final = 16
_COARSE: Final = 4
_ENVELOPE: Final = 40


@dataclass(frozen=True)
class Window:
    """One sample: ``count`` frames from ``start``, both in frames of a grid."""

    start: int
    count: int

    @property
    def end(self) -> int:
        """The frame after the last."""
        return self.start + self.count

    def chunks(self, spans: Sequence[Span]) -> list[int]:
        """Numbers of the chunks that it lies in."""
        return [s.number for s in spans if s.start < self.end and self.start < s.start + s.count]


@dataclass(frozen=True)
class Score:
    """How a frame compares with its reference: VMAF from 0 to 100, SSIM up to 1."""

    vmaf: float
    ssim: float


def picture_windows(plan: VideoPlan, seed: str) -> tuple[Window, ...]:
    """Return the windows in which pictures are compared: about a second each, but at least 8 and at most 30 frames.

    Those in between begin with a segment: nothing else has to be decoded then, and many a source has a keyframe there,
    too.
    """
    length = min(30, max(8, ceil(plan.grid.frame_rate)))
    return _windows(plan.grid.frames, plan.grid.chunks, length, seed, plan.grid.segment_starts)


def sound_windows(plan: AudioPlan, seed: str) -> tuple[Window, ...]:
    """Return the windows in which sounds are compared: two seconds each, of whole samples of ``SOUND_RATE``."""
    return _windows(plan.frames, plan.chunks, 93, seed, grid=3)


def _windows(
    total: int, chunks: Sequence[Span], length: int, seed: str, cuts: Sequence[int] = (), *, grid: int = 1
) -> tuple[Window, ...]:
    """Return the first and last frames, those around a chunk's boundary, and one or two places in between, among the
    ``cuts`` if there are any; the seed (the version's ID) chooses. Windows that touch become one, and all but the last
    begin and end on the ``grid``."""
    chance = random.Random(seed)  # noqa: S311  (chosen anew for each version, not secret)
    between = 2 if total >= LONG * length else 1
    starts = {0, total - length, *(chance.choice(cuts or range(total)) for _ in range(between))}
    if len(chunks) > 1:
        starts.add(chance.choice(chunks[1:]).start - length // 2)
    joined: list[Window] = []
    last = max(0, total - length)
    for start in sorted({min(max(0, start), last) // grid * grid for start in starts}):
        end = total if total - start < length + grid else start + length
        if joined and start <= joined[-1].end:
            joined[-1] = Window(joined[-1].start, end - joined[-1].start)
        else:
            joined.append(Window(start, end - start))
    return tuple(joined)


def quality_frames(window: Window) -> list[int]:
    """Frames of a window, counted from its first, that VMAF looks at."""
    wanted = min(4, window.count)
    return [(2 * number + 1) * window.count // (2 * wanted) for number in range(wanted)]


def has_quality(rung: Rung) -> bool:
    """Return whether a rung is large enough for VMAF."""
    return min(rung.width, rung.height) >= QUALITY_SIDE


def judge_durations(plan: Plan, durations: Mapping[str, float], source: float) -> list[str]:
    """``durations`` are sums of the playlists' EXTINF by rendition, ``source`` what inspection measured; seconds."""
    frame = 1 / float(plan.video.grid.frame_rate) if plan.video else 0.0
    allowed = max(LONGEST_DIFFERENCE, frame + AAC_FRAME / SAMPLE_RATE)
    return [
        f"{name}: lasts {seconds:.3f} s, the source {source:.3f} s"
        for name, seconds in durations.items()
        if abs(seconds - source) > allowed
    ]


def is_capped(bit_rate: float, rung: Rung) -> bool:
    """Return whether a rung may have been cut down to its cap; ``bit_rate`` (kbit/s) is that of some segments."""
    return bit_rate >= CAPPED * rung.maxrate


def judge_picture(
    source: Sequence[bytes], output: Sequence[bytes], frame_seconds: float, *, capped: bool = False
) -> list[str]:
    """Compare the thumbnails (RGB) of one window, which show the same moments; ``capped``: its bit rate is as high as
    it may be. Returns a sentence for each fault.
    """
    if len(source) != len(output):
        return [f"{len(output)} frames could be decoded instead of {len(source)}"]
    if black := _added_black(source, output):
        return [black]
    problems = []
    # A frame of a variable rate that lies between two of the grid may fall to either.
    nearby = 1 if frame_seconds <= LARGEST_OFFSET else 0
    errors = [
        min(_difference(picture, other) for other in source[max(0, at - nearby) : at + nearby + 1])
        for at, picture in enumerate(output)
    ]
    wrong = sum(error > LARGEST_ERROR for error in errors)
    late = _shift(source, output, frame_seconds)
    if late:
        problems.append(f"the picture is {late * frame_seconds * 1000:.0f} ms late")
    elif wrong > LONGEST_WRONG * len(errors):
        problems.append(f"the picture is not the source's (difference {sum(errors) / len(errors):.1f})")
    elif tint := _tint(_mean(source), _mean(output), capped=capped):
        problems.append(f"the colours are not the source's (difference {tint:.1f})")
    if (missing := _frozen(source, output, sorted(errors)[len(errors) // 4])) > LARGEST_FREEZE:
        problems.append(f"{missing:.0%} of the picture's movements are missing")
    return problems


def judge_sound(source: array[int], output: array[int], channels: int) -> list[str]:
    """Compare the samples (16 bits, ``SOUND_RATE``, channels interleaved) of one window. Returns a sentence for each
    fault.
    """
    length = min(len(source), len(output))
    if abs(len(source) - len(output)) > SOUND_RATE // 50 * channels:
        return [f"{len(output)} samples of the sound could be decoded instead of {len(source)}"]
    source, output = source[:length], output[:length]
    before, after = loudness(source), loudness(output)
    if before <= FAINT and after <= FAINT:
        return []
    if (silent := _added_silence(source, output, channels)) > LONGEST_SILENCE:
        return [f"the sound is silent for {silent:.1f} s where the source has up to {before:.0f} dB"]
    problems = []
    if abs(after - before) > LARGEST_LOUDER and max(before, after) > FAINT + LARGEST_LOUDER:
        how = "louder" if after > before else "fainter"
        problems.append(f"the sound is {abs(after - before):.1f} dB {how} than the source")
    if before > FAINT and _likeness(source, output) < LEAST_LIKENESS:
        louder = max(range(channels), key=lambda channel: loudness(source[channel::channels]))
        source, output = source[louder::channels], output[louder::channels]
        late = _lag(source, output)
        if (late is not None and abs(late) <= LARGEST_OFFSET) or _in_time(source, output) >= LEAST_IN_TIME:
            return problems
        wrong = "not the source's" if late is None else f"{late * 1000:.0f} ms late"
        problems.append(f"the sound is {wrong}")
    return problems


def is_doubtful(similarities: Sequence[float], bit_rate: float, rung: Rung) -> bool:
    """Return whether VMAF has to judge a window's frames: by their SSIM (``similarities``) they are not alike, and the
    bit rate (kbit/s) of the segments it lies in is no excuse.
    """
    return sum(similarities) < ALIKE * len(similarities) and not is_capped(bit_rate, rung)


def judge_quality(scores: Sequence[Score], bit_rate: float, rung: Rung) -> list[str]:
    """``scores`` are those of one window's frames, ``bit_rate`` (kbit/s) is that of the segments it lies in."""
    if not scores:
        return []
    vmaf = sum(score.vmaf for score in scores) / len(scores)
    ssim = sum(score.ssim for score in scores) / len(scores)
    if vmaf >= LEAST_QUALITY or ssim >= ALIKE or is_capped(bit_rate, rung):
        return []
    rate = f"{bit_rate:.0f} of {rung.maxrate} kbit/s"
    return [f"VMAF is {vmaf:.0f} and SSIM {ssim:.2f}, although the bit rate is {rate}"]


def loudness(samples: array[int]) -> float:
    """Mean power in decibels below full scale."""
    power = sum(map(mul, samples, samples)) / max(1, len(samples))
    return 10 * log10(max(power, 1e-3) / 32768**2)


def _difference(one: Iterable[float], other: Sequence[float]) -> float:
    total: float = sum(map(abs, map(sub, one, other)))
    return total / len(other)


def _tint(source: Sequence[float], output: Sequence[float], *, capped: bool) -> float:
    """Return by how much the means of two windows differ, if that is too much."""
    tint = _difference(source, output)
    if not capped or tint > LARGEST_SHADE:
        return tint if tint > LARGEST_TINT else 0.0
    apart = list(map(sub, output, source))
    light = [sum(apart[at : at + 3]) / 3 for at in range(0, len(apart), 3)]
    colours = _difference(apart, [shade for shade in light for _ in range(3)])
    return tint if colours > LARGEST_TINT else 0.0


def _mean(pictures: Sequence[bytes]) -> list[float]:
    return [sum(values) / len(pictures) for values in zip(*pictures, strict=True)]


def _visible(one: bytes, other: bytes) -> bool:
    return bool(max(map(abs, map(sub, one, other))) > LEAST_VISIBLE)


def _added_black(source: Sequence[bytes], output: Sequence[bytes]) -> str | None:
    black = sum(
        sum(after) <= BLACK * len(after) and sum(before) >= VISIBLE * len(before)
        for before, after in zip(source, output, strict=True)
    )
    return f"{black} of {len(source)} frames became black" if black > LONGEST_BLACK * len(source) else None


def _added_silence(source: array[int], output: array[int], channels: int) -> float:
    """Seconds, a tenth at a time."""
    tenth = SOUND_RATE // 10 * channels
    silent = sum(
        loudness(source[at : at + tenth]) > FAINT + 2 * LARGEST_LOUDER
        and loudness(output[at : at + tenth]) <= FAINT
        for at in range(0, len(source), tenth)
    )
    return silent / 10


def _frozen(source: Sequence[bytes], output: Sequence[bytes], noise: float) -> float:
    """Return the share of steps from frame to frame that move in the source (by more than coding noise) and hardly do
    in the output; all of them if nothing moves there at all.

    A camera's own noise changes every frame too and is rightly taken away. But it leads nowhere: what moves gets
    farther from where it was than a step.
    """
    before = [_difference(a, b) for a, b in pairwise(source)]
    after = [_difference(a, b) for a, b in pairwise(output)]
    if len(before) >= 4 and sum(before) > _STILL * len(before) and sum(after) < sum(before) / 8:
        farthest = max(source[1:], key=lambda picture: _difference(source[0], picture))
        away = _difference(source[0], farthest) > _LEADS_AWAY * sum(before) / len(before)
        if away and _visible(source[0], farthest):
            return 1.0
    moving = [
        (a, b)
        for a, b, step in zip(before, after, pairwise(source), strict=True)
        if a > max(_MOVED, 3 * noise) and _visible(*step)
    ]
    # Of a single flash nothing can be told: it may fall to the frame beside.
    return sum(b < a / 4 for a, b in moving) / len(moving) if len(moving) >= 4 else 0.0


def _shift(source: Sequence[bytes], output: Sequence[bytes], frame_seconds: float) -> int:
    """By how many frames the output is late, if that is too many and fits clearly better than none."""

    def error(late: int) -> float:
        pairs = list(zip(source[max(0, -late) :], output[max(0, late) :], strict=False))
        return sum(_difference(a, b) for a, b in pairs) / len(pairs)

    here = error(0)
    if here < _MOVED:
        return 0
    shifts = [sign * late for late in _SHIFTS if late <= len(source) // 2 for sign in (1, -1)]
    best = min(shifts, key=error, default=0)
    return best if abs(best) * frame_seconds > LARGEST_OFFSET and error(best) < 0.5 * here else 0


def _likeness(one: array[int], other: array[int]) -> float:
    norm = sqrt(sum(map(mul, one, one)) * sum(map(mul, other, other)))
    return sum(map(mul, one, other)) / norm if norm else 0.0


def _in_time(source: array[int], output: array[int]) -> float:
    """Return the share of pieces, of those that are heard, that are where they should be."""
    length = round(PIECE_SECONDS * SOUND_RATE)
    pieces = [
        (piece, output[at : at + length])
        for at in range(0, len(source) - length + 1, length)
        if loudness(piece := source[at : at + length]) > FAINT
    ]
    late = [_lag(*piece, LARGEST_OFFSET) for piece in pieces]
    return sum(each is not None for each in late) / len(pieces) if pieces else 0.0


def _lag(source: array[int], output: array[int], largest: float = _LARGEST_LAG) -> float | None:
    """Return by how many seconds, at ``largest``, the output is late where it is most like the source; None if it is so
    nowhere."""
    # Containers round times to milliseconds, which matters for high notes.
    late, likeness = _best_lag(source, output, _FINE_LAG)
    if likeness >= LEAST_LIKENESS:
        return late / SOUND_RATE
    for series, step in ((_envelope, _ENVELOPE), (_coarse, _COARSE)):
        reach = round(largest * SOUND_RATE / step)
        late, likeness = _best_lag(series(source), series(output), reach)
        if likeness >= LEAST_LIKENESS:
            return late * step / SOUND_RATE
    return None


def _best_lag(one: array[int], other: array[int], reach: int) -> tuple[int, float]:
    """Return the lag at which two series are most alike, and how much."""
    reach = min(reach, len(one) // 2)

    def likeness(lag: int) -> float:
        return _likeness(one[max(0, -lag) : len(one) - max(0, lag)], other[max(0, lag) :])

    best = max(range(-reach, reach + 1), key=lambda lag: (likeness(lag), -abs(lag)))
    return best, likeness(best)


def _coarse(samples: array[int]) -> array[int]:
    return array("i", (sum(samples[at : at + _COARSE]) for at in range(0, len(samples), _COARSE)))


def _envelope(samples: array[int]) -> array[int]:
    """Return the loudness from moment to moment, about its mean."""
    parts = [
        sum(map(abs, samples[at : at + _ENVELOPE]))
        for at in range(0, len(samples) - _ENVELOPE + 1, _ENVELOPE)
    ]
    mean = sum(parts) // max(1, len(parts))
    return array("i", (part - mean for part in parts))
