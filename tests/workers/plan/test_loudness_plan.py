import pytest

from configs.ladder import load_ladder
from workers.plan.decisions.loudness import (
    MOST_GAIN,
    PIECE_SECONDS,
    SILENCE,
    Heard,
    integrated,
    judge_heard,
    levelled,
    parse_values,
    sample_starts,
)
from workers.plan.decisions.planning import make_plan
from workers.plan.model.plan import Plan
from workers.plan.source.probe import AudioStream, MediaInfo


def plan(seconds: float) -> Plan:
    sound = AudioStream(0, "mp3", 2, 44100, None, 0.0, seconds)
    return make_plan(MediaInfo("mp3", 0.0, seconds, 1, None, (sound,)), seconds, 0.0, load_ladder())


@pytest.mark.parametrize(
    ("heard", "gain", "limited"),
    [
        (Heard(-28.0, -14.1, whole=True), 12.0, False),
        (Heard(-28.0, -6.0, whole=True), 12.0, True),
        (Heard(-28.0, -20.0, whole=False), 12.0, True),
        (Heard(-10.0, -1.0, whole=False), -6.0, False),
        (Heard(-16.0, -0.5, whole=True), 0.0, True),
        (Heard(-60.0, -40.0, whole=True), MOST_GAIN, False),
        (Heard(-70.0, -60.0, whole=True), 0.0, False),
        (None, 0.0, False),
    ],
)
def test_one_gain_brings_a_sound_to_its_target(heard: Heard | None, gain: float, limited: bool) -> None:
    sounds = levelled(plan(60), {0: heard} if heard else {}, -16.0).sounds
    assert [(sound.gain, sound.limited) for sound in sounds] == [(gain, limited)] * 2


def test_however_long_a_sound_is_little_of_it_is_measured() -> None:
    assert sample_starts(plan(100)) is None
    for seconds in (200.0, 7200.0, 40_000.0):
        starts = sample_starts(plan(seconds)) or ()
        assert starts[0] >= 0
        assert starts[-1] + PIECE_SECONDS <= seconds
        assert len(starts) * PIECE_SECONDS < 100


def test_silence_and_faint_moments_do_not_count() -> None:
    assert integrated([-20.0] * 10) == pytest.approx(-20)
    assert integrated([-20.0] * 10 + [-120.0] * 1000) == pytest.approx(-20)
    assert integrated([-20.0] * 10 + [-45.0] * 30) == pytest.approx(-20)
    assert integrated([-20.0, -23.01] * 10) == pytest.approx(-21.25, abs=0.01)
    assert integrated([]) == integrated([-90.0]) == SILENCE


def test_values_are_read_as_they_are_printed() -> None:
    text = (
        b"frame:1 pts:4800 pts_time:0.1\nlavfi.r128.M=-30.1\nframe:2\nlavfi.r128.M=-inf\nlavfi.r128.M=nan\n"
    )
    assert parse_values(text) == [-30.1]
    assert judge_heard([], [], whole=True).loudness == SILENCE
    assert judge_heard([-20.0], [0.2, 0.5], whole=True).peak == pytest.approx(-6.02, abs=0.01)
