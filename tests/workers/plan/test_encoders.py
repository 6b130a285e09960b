"""What graphics hardware is asked for, and which rungs. No hardware is needed, nor looked for."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction

import pytest

from configs.ladder import load_ladder
from configs.words import HARDWARE_ENCODERS, HardwareEncoder
from workers.plan.commands.chunks import encode_video
from workers.plan.commands.lines import Input
from workers.plan.commands.trials import encode_pieces
from workers.plan.decisions.av1 import av1_plan
from workers.plan.decisions.hardware import by_hardware, hardware_for, made_by_hardware, without_hardware
from workers.plan.decisions.planning import make_plan
from workers.plan.decisions.quality import Measured, Trial, choose, sample_pieces
from workers.plan.model.encoders import ENCODERS
from workers.plan.model.plan import Plan, VideoPlan
from workers.plan.model.serialization import hardware_has_failed, plan_from_json, plan_to_json
from workers.plan.source.probe import MediaInfo, VideoStream

NODE = "/dev/dri/renderD129"

each_encoder = pytest.mark.parametrize("name", HARDWARE_ENCODERS)


def planned(rate: int = 25) -> Plan:
    frames = Fraction(rate)
    picture = VideoStream(0, "mpeg4", 1920, 1080, "yuv420p", frames, frames, 0.0, 60.0)
    return make_plan(MediaInfo("mov", 0.0, 60.0, 1, picture, ()), 60.0, 60.0, load_ladder())


def asked(plan: VideoPlan) -> list[dict[str, str]]:
    """The options of each output of a command that encodes a chunk in all rungs."""
    span = plan.grid.chunks[1]
    arguments = encode_video(Input("source", {}), plan, span, plan.rungs, tiles=False, threads=1, node=NODE)
    outputs, options = [], arguments[arguments.index("-map") :]
    for rung in plan.rungs:
        end = options.index(f"{rung.name}.mp4")
        # The name of the filtered picture comes first.
        outputs.append(dict(zip(options[2:end:2], options[3:end:2], strict=True)))
        options = options[end + 1 :]
    return outputs


@each_encoder
def test_hardware_encodes_all_rungs_but_the_lowest_held_and_cut_as_x264(name: HardwareEncoder) -> None:
    software = asked(planned().picture)
    *hardware, lowest = asked(by_hardware(planned().picture, name))
    assert lowest == software[-1]
    for options, instead in zip(hardware, software, strict=False):
        assert options["-vcodec"] == ENCODERS[name].codec
        same = (
            "-maxrate",
            "-bufsize",
            "-g",
            "-profile:v",
            "-movflags",
            "-color_trc",
            "-video_track_timescale",
        )
        assert [options[option] for option in same] == [instead[option] for option in same]
        # With the same number both encoders of Intel's hardware would keep a constant bit rate.
        assert 0 < int(options["-b:v"][:-1]) < int(options["-maxrate"][:-1])
        assert 1 <= float(options[f"-{ENCODERS[name].factor}"]) <= 51
        assert "-crf" not in options


@each_encoder
def test_a_device_is_opened_and_pictures_brought_to_it_only_for_rungs_that_it_encodes(
    name: HardwareEncoder,
) -> None:
    plan = by_hardware(planned().picture, name)
    pieces = sample_pieces(plan)
    for rungs, wanted in ((plan.rungs, ENCODERS[name].device), (plan.rungs[-1:], "")):
        for arguments in (
            encode_video(Input("s", {}), plan, plan.grid.chunks[0], rungs, tiles=True, threads=1, node=NODE),
            encode_pieces(Input("s", {}), plan, pieces, rungs, threads=1, node=NODE),
        ):
            opened = [arguments[at + 1] for at, part in enumerate(arguments) if part == "-init_hw_device"]
            assert opened == ([wanted.format(node=NODE)] if wanted else [])
            graph = arguments[arguments.index("-filter_complex") + 1]
            assert graph.count("hwupload") == (len(rungs) - 1 if name == "vaapi" else 0)


@each_encoder
def test_what_is_decided_is_what_was_tried_on_the_encoders_own_scale(name: HardwareEncoder) -> None:
    """Two trials enclose the aim: the way between them is divided, as finely as the encoder can be asked."""
    plan = by_hardware(planned().picture, name)
    trials = (Trial(23.0, 96.0, 3000.0), Trial(28.0, 90.0, 1500.0))
    measured = {rung.name: Measured(trials, 50.0) for rung in plan.rungs}
    measured[plan.rungs[-1].name] = Measured(trials, None)
    decided = choose(plan, measured)
    best = decided.rungs[0]
    step = ENCODERS[name].step
    assert best.crf == pytest.approx(24.7 if step < 1 else 25)
    quality = best.crf + ENCODERS[name].above
    assert decided.notes[0].startswith(f"1080p: {ENCODERS[name].title} at quality {quality:g} for VMAF 9")
    assert asked(decided)[0][f"-{ENCODERS[name].factor}"] == f"{quality:g}"


def test_a_plan_remembers_what_encodes_it_and_what_may_not() -> None:
    plan = planned()
    assert not hardware_has_failed(None) and not hardware_has_failed({})
    by_nvenc = replace(plan, video=by_hardware(plan.picture, "nvenc"))
    stored = json.loads(json.dumps(plan_to_json(by_nvenc)))
    assert plan_from_json(stored) == by_nvenc
    assert not hardware_has_failed(stored)
    assert hardware_has_failed(plan_to_json(without_hardware(by_nvenc)))
    assert made_by_hardware(by_nvenc) == {rung.name for rung in plan.picture.rungs[:-1]}
    assert made_by_hardware(plan) == set()


def test_a_plan_of_before_there_was_hardware_is_softwares() -> None:
    plan = planned()
    stored = json.loads(json.dumps(plan_to_json(plan)))
    del stored["video"]["hardware"]
    for rung in stored["video"]["rungs"]:
        del rung["encoder"]
    assert plan_from_json({**stored, "format": 3}) == plan


def test_neither_the_sources_own_encoding_nor_the_second_family_wants_hardware() -> None:
    plan = by_hardware(planned().picture, "nvenc")
    own = replace(plan.rungs[0], passthrough=True)
    assert hardware_for([own]) == set()
    assert hardware_for(plan.rungs) == {"nvenc"}
    assert hardware_for(av1_plan(replace(planned(), video=plan)).picture.rungs) == set()
