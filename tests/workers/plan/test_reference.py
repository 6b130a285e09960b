"""What counts as the same picture or sound, told by samples alone."""

from __future__ import annotations

import random
from array import array
from math import pi, sin

import pytest

from workers.plan.commands.samples import parse_similarities
from workers.plan.decisions.reference import SOUND_RATE, is_doubtful, judge_picture, judge_sound
from workers.plan.model.rungs import Rung

SECONDS = 2


def talk(seed: int) -> list[float]:
    """Like a voice: tones that change, of one of two loudnesses."""
    chance, samples, phase = random.Random(seed), [], 0.0
    while len(samples) < (SECONDS + 1) * SOUND_RATE:
        pitch, level = chance.uniform(100, 400), chance.choice((0.3, 1.0))
        for _ in range(SOUND_RATE // 10):
            phase += 2 * pi * pitch / SOUND_RATE
            samples.append(8000 * level * (sin(phase) + 0.5 * sin(3 * phase)))
    return samples


def window(samples: list[float], *starts: float) -> array[int]:
    """Two seconds, of which each part begins so many seconds later in ``samples``."""
    length = SECONDS * SOUND_RATE // len(starts)
    parts = [
        samples[number * length + round(start * SOUND_RATE) :][:length] for number, start in enumerate(starts)
    ]
    return array("h", (round(value) for part in parts for value in part))


@pytest.mark.parametrize("starts", [(0.0,), (0.03,), (0.0, 0.0227), (0.0, 0.02, 0.04)])
def test_what_nobody_hears_is_no_fault(starts: tuple[float, ...]) -> None:
    voice = talk(1)
    assert judge_sound(window(voice, 0.0), window(voice, *starts), 1) == []


@pytest.mark.parametrize("starts", [(0.08,), (0.2,), (0.0, 0.2), (0.1, 0.0)])
def test_what_is_heard_is_one(starts: tuple[float, ...]) -> None:
    voice = talk(1)
    assert judge_sound(window(voice, 0.0), window(voice, *starts), 1)


@pytest.mark.parametrize(
    ("change", "capped", "fault"),
    [
        ((5, 5, 5), False, True),
        ((5, 5, 5), True, False),
        ((10, 10, 10), True, True),
        ((8, -7, 2), True, True),
    ],
)
def test_at_the_cap_of_the_bit_rate_light_may_be_coarse_but_no_colour(
    change: tuple[int, int, int], capped: bool, fault: bool
) -> None:
    pictures = [bytes([100]) * 300] * 10
    coarse = [bytes(100 + shade for shade in change) * 100] * 10
    assert bool(judge_picture(pictures, coarse, 0.04, capped=capped)) == fault


def test_another_voice_is_a_fault() -> None:
    assert judge_sound(window(talk(1), 0.0), window(talk(2), 0.0), 1) == ["the sound is not the source's"]


SIDE = 18 * 32 * 3


def brighter(frame: int) -> bytes:
    """A still scene whose light changes by one in a second, seen by a camera that has some noise."""
    chance = random.Random(frame)
    return bytes(round(120 + 0.04 * frame + chance.gauss(0, 0.3)) for _ in range(SIDE))


def line(frame: int) -> bytes:
    """A thin line that is drawn on a board."""
    return b"\x20" * 6 * frame + b"\x78" * (SIDE - 6 * frame)


def test_what_nobody_can_see_move_may_stand_still() -> None:
    source = [brighter(frame) for frame in range(25)]
    assert judge_picture(source, [b"\x78" * SIDE] * 25, 0.04) == []


def test_what_is_small_and_seen_may_not() -> None:
    source = [line(frame) for frame in range(25)]
    assert judge_picture(source, [source[0]] * 25, 0.04) == ["100% of the picture's movements are missing"]


SSIM = """\
n:1 Y:0.990000 U:0.200000 V:0.200000 All:0.700000 (5.2)
n:2 Y:0.900000 U:1.000000 V:1.000000 All:0.930000 (11.5)
"""


def test_light_that_is_not_alike_is_left_to_vmaf_unless_the_bit_rate_is_at_its_cap() -> None:
    alike, unlike = parse_similarities(SSIM)
    best = Rung("1080p", 1920, 1080, 23, 6000, 12_000, 94)
    assert not is_doubtful([alike, alike], 500, best)
    assert is_doubtful([alike, unlike], 500, best)
    assert not is_doubtful([unlike, unlike], 5500, best)
