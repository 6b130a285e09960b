from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configs.ladder import load_ladder
from workers.plan.commands.lines import Input
from workers.plan.commands.trials import encode_pieces
from workers.plan.decisions.planning import make_plan
from workers.plan.decisions.quality import (
    HIGHEST_CRF,
    LOWEST_CRF,
    MEASURED_EVERY,
    Measured,
    Trial,
    choose,
    ends,
    is_light,
    mean_vmaf,
    next_crf,
    sample_pieces,
    why_unmeasured,
)
from workers.plan.model.plan import Plan, VideoPlan
from workers.plan.source.probe import MediaInfo, VideoStream

LADDER = load_ladder()


def planned(
    seconds: float, rate: str = "25", *, container: str = "mov", picture_end: float | None = None
) -> Plan:
    frames = Fraction(rate)
    picture = VideoStream(0, "h264", 1920, 1080, "yuv420p", frames, frames, 0.0, seconds)
    media = MediaInfo(container, 0.0, seconds, 1, picture, ())
    return make_plan(media, seconds, picture_end or seconds, LADDER)


def found(plan: VideoPlan, *rungs: tuple[float, float, float | None]) -> dict[str, Measured]:
    """VMAF and kbit/s of each rung by its usual factor, and the VMAF of the one below at its size."""
    return {
        rung.name: Measured((Trial(rung.crf, vmaf, bit_rate),), below)
        for rung, (vmaf, bit_rate, below) in zip(plan.rungs, rungs, strict=True)
    }


FILM = ((95, 4000, 88), (94, 2100, 85), (92, 900, 84), (90, 480, 80), (86, 210, None))


def names(plan: VideoPlan) -> list[str]:
    return [rung.name for rung in plan.rungs]


@given(
    seconds=st.floats(12, 40_000), rate=st.sampled_from(["1", "10", "12.5", "24000/1001", "25", "30", "60"])
)
def test_pieces_lie_within_the_picture_and_are_few(seconds: float, rate: str) -> None:
    plan = planned(seconds, rate).picture
    pieces = sample_pieces(plan)
    assert 1 <= len(pieces) <= 12
    assert all(0 <= piece.start < plan.grid.frames for piece in pieces)
    assert all(piece.count > MEASURED_EVERY and piece.count % MEASURED_EVERY for piece in pieces)


@pytest.mark.parametrize("cadence", [2, 3, 4, 5, 6])
def test_what_is_measured_does_not_fall_into_step_with_a_cadence(cadence: int) -> None:
    pieces = sample_pieces(planned(600, "30").picture)
    length = pieces[0].count
    measured = [divmod(frame, length) for frame in range(0, length * len(pieces), MEASURED_EVERY)]
    phases = {(pieces[number].start + frame) % cadence for number, frame in measured if frame}
    assert phases == set(range(cadence))


def test_a_picture_that_is_shorter_than_its_sound_is_measured_too() -> None:
    plan = planned(12, picture_end=0.04).picture
    pieces = sample_pieces(plan)
    assert [piece.start for piece in pieces] == [0]
    assert encode_pieces(Input("source", {}), plan, pieces, plan.rungs, threads=1).count("-i") == 1


def test_short_clips_and_animations_are_not_measured() -> None:
    assert why_unmeasured(planned(60)) is None
    assert "shorter than 12 s" in (why_unmeasured(planned(8)) or "")
    assert "animation" in (why_unmeasured(planned(60, container="gif")) or "")


def test_keyframes_do_not_count() -> None:
    frames = [{"frameNum": n, "metrics": {"vmaf": 100.0 if n % 12 == 0 else 90.0}} for n in range(0, 48, 4)]
    assert mean_vmaf({"frames": frames}, 12) == 90.0


def test_a_film_keeps_every_rung_and_is_encoded_near_its_aims() -> None:
    plan = choose(planned(600).picture, found(planned(600).picture, *FILM))
    assert names(plan) == ["1080p", "720p", "480p", "360p", "240p"]
    for rung in plan.rungs:
        assert rung.expected_vmaf == pytest.approx(rung.target_vmaf, abs=0.2)
    assert plan.rungs[0].crf > 23, "the usual factor is better than needed"
    assert len(plan.notes) == 5


def test_what_the_lowest_rung_promises_holds_for_its_first_seconds_too() -> None:
    """They are encoded before anything is measured, by the usual factor."""
    short, long = planned(28).picture, planned(3600).picture
    slides = ((95, 220, 80), (95, 130, 80), (95, 80, 80), (94, 50, 75), (95, 24, None))
    in_short, in_long = (choose(plan, found(plan, *slides)).rungs[-1] for plan in (short, long))
    assert (in_short.expected_vmaf, in_short.expected_bit_rate) == (95, 24)
    assert in_short.crf == in_long.crf
    assert in_long.expected_vmaf is not None
    assert in_long.expected_vmaf < 94.5


def test_slides_get_two_rungs() -> None:
    plan = planned(600).picture
    slides = found(plan, (95, 220, 80), (95, 130, 80), (95, 80, 80), (94, 50, 75), (90, 20, None))
    chosen = choose(plan, slides)
    assert names(chosen) == ["1080p", "240p"]
    assert "720p: left out, 1080p takes only" in " ".join(chosen.notes)


def test_of_still_slides_the_rungs_in_between_need_not_be_tried() -> None:
    plan = planned(600).picture
    two = ends(plan)
    still = found(two, (95, 220, 70), (90, 20, None))
    assert is_light(two, still)
    chosen = choose(plan, still)
    assert names(chosen) == ["1080p", "240p"]
    assert [note.partition(":")[0] for note in chosen.notes] == [rung.name for rung in plan.rungs]
    assert chosen.notes[1] == f"720p: left out, 1080p takes only {chosen.rungs[0].expected_bit_rate} kbit/s"
    assert not is_light(two, found(two, (95, 900, 70), (90, 20, None)))


def test_a_top_rung_that_looks_no_better_than_the_next_is_left_out() -> None:
    """Hand-held and noisy: 1080p is held so low that 720p, scaled up, is as good."""
    plan = planned(600).picture
    noisy = found(plan, (88, 14_000, 88), (94, 2900, 85), *FILM[2:])
    assert names(choose(plan, noisy))[0] == "720p"


def test_the_smaller_rung_is_judged_as_it_will_be_and_not_as_it_was_tried() -> None:
    """Tried by the usual factor the 360p was far better than its aim; it will be worse, and 480p is kept."""
    plan = planned(600).picture
    easy = found(plan, *FILM[:2], (92, 900, 91), (96, 480, 80), FILM[4])
    tried = easy["360p"].trials
    easy["360p"] = Measured((*tried, Trial(29, 89, 240)), 80)
    assert "480p" in names(choose(plan, easy))


def test_no_factor_is_used_far_from_what_was_tried() -> None:
    """Noise is kept up to some factor and lost all at once at the next."""
    plan = planned(600).picture
    noisy = {rung.name: Measured((Trial(23, 97, 2900), Trial(28, 96, 2500)), 80) for rung in plan.rungs}
    assert max(rung.crf for rung in choose(plan, noisy).rungs) <= 30


def test_between_two_trials_the_way_is_divided() -> None:
    plan = planned(600).picture
    trials = (Trial(23, 98, 4000), Trial(29, 90, 1000))
    top = choose(plan, {rung.name: Measured(trials, 60) for rung in plan.rungs}).rungs[0]
    assert (top.crf, top.expected_vmaf, top.expected_bit_rate) == (26.0, 94.0, 2000)


def test_what_exceeds_the_maximum_is_expected_to_be_worse() -> None:
    plan = planned(600).picture
    hard = found(plan, (80, 12_000, 60), *FILM[1:])
    top = choose(plan, hard).rungs[0]
    assert top.expected_bit_rate == top.maxrate == 6000
    assert top.expected_vmaf is not None
    assert top.expected_vmaf < 80


def test_the_second_trial_is_nearer_and_there_is_none_without_need() -> None:
    rung = replace(planned(600).picture.rungs[0], target_vmaf=94)
    assert next_crf([Trial(23, 93.5, 1000)], rung) is None
    better = next_crf([Trial(23, 85, 1000)], rung)
    worse = next_crf([Trial(23, 98, 1000)], replace(rung, target_vmaf=90))
    assert better is not None
    assert worse is not None
    assert better < 23 < worse


def test_what_the_maximum_forbids_is_not_tried_but_what_it_leads_to() -> None:
    rung = replace(planned(600).picture.rungs[0], target_vmaf=94, maxrate=6000)
    assert next_crf([Trial(23, 85, 5900)], rung) is None
    driven_to = next_crf([Trial(23, 85, 12_000)], rung)
    assert driven_to == pytest.approx(31, abs=0.1)


@given(
    vmafs=st.tuples(st.floats(0, 100), st.floats(0, 100)),
    rates=st.tuples(st.floats(1, 1e5), st.floats(1, 1e5)),
    factors=st.tuples(st.floats(18, 36), st.floats(18, 36)),
    below=st.floats(0, 100),
)
def test_whatever_is_measured_the_plan_can_be_encoded(vmafs, rates, factors, below) -> None:
    plan = planned(60).picture
    trials = tuple(Trial(*values) for values in zip(factors, vmafs, rates, strict=True))
    measured = {rung.name: Measured(trials, below) for rung in plan.rungs}
    chosen = choose(plan, measured)
    assert chosen.rungs[-1].name == plan.rungs[-1].name
    assert all(LOWEST_CRF <= rung.crf <= HIGHEST_CRF for rung in chosen.rungs)
    assert replace(chosen, rungs=plan.rungs, notes=()) == plan
