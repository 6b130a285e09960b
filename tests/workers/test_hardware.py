"""Encoders of graphics hardware are found, and tried before they are used; here without any such hardware."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from pathlib import Path

import another_encoder
import pytest
from confined import LIMITS, means
from lessons import settings

from configs.words import HARDWARE_ENCODERS, HardwareEncoder
from workers import doctor
from workers.ffmpeg import Tools, find_tools, run_ffmpeg
from workers.hardware import find_hardware, try_encoders
from workers.plan.model.encoders import ENCODERS
from workers.sandbox import Means

__all__ = ["means"]

NAME = another_encoder.NAME


@pytest.fixture(scope="module")
def tools() -> Tools:
    return find_tools(settings())


@pytest.mark.parametrize("name", HARDWARE_ENCODERS)
def test_every_option_is_known_to_the_bundled_encoder(
    name: HardwareEncoder, tools: Tools, means: Means, tmp_path: Path
) -> None:
    """Without its hardware an encoder is not opened, but it says what it takes."""
    encoder = ENCODERS[name]
    asked = ["-h", f"encoder={encoder.codec}"]
    told = run_ffmpeg(tools, asked, means=means, limits=LIMITS, output=tmp_path).stdout.decode().split()
    of_all_encoders = {"bf", "profile:v", "global_quality"}
    assert {f"-{option}" for option in {*encoder.options, encoder.factor} - of_all_encoders} <= set(told)
    assert {value for value in encoder.options.values() if isinstance(value, str)} <= set(told)
    assert encoder.codec in told


def test_software_is_not_tried(tools: Tools, means: Means) -> None:
    assert list(try_encoders("software", tools, means)) == []
    assert find_hardware("software", tools, means) is None


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("nvenc", "Cannot load libcuda.so.1"),
        ("quick_sync", "Device creation failed"),
        ("vaapi", "Device creation failed"),
    ],
)
def test_what_ffmpeg_cannot_open_is_not_used_and_the_log_says_why(
    name: HardwareEncoder,
    reason: str,
    tools: Tools,
    means: Means,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The command lines are as they are; only the device is none of graphics hardware."""
    monkeypatch.setitem(ENCODERS, name, replace(ENCODERS[name], nodes=("/dev/null",)))
    with caplog.at_level(logging.WARNING, "workers.hardware"):
        assert find_hardware(name, tools, means) is None
    [said] = [record.getMessage() for record in caplog.records if record.name == "workers.hardware"]
    assert f"VIDEO_ENCODER={name}" in said and reason in said
    assert "0x" not in said


def test_where_there_is_no_device_nothing_is_run(
    tools: Tools, means: Means, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for name in HARDWARE_ENCODERS:
        monkeypatch.setitem(ENCODERS, name, replace(ENCODERS[name], nodes=("/dev/no-such-device*",)))
    with caplog.at_level(logging.INFO):
        assert find_hardware("auto", tools, means) is None
    assert [record.levelname for record in caplog.records] == ["INFO"]
    assert caplog.text.count("there is no /dev/no-such-device*") == len(HARDWARE_ENCODERS)


@pytest.mark.media
def test_any_takes_the_first_that_works(
    tools: Tools, means: Means, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    another_encoder.install(monkeypatch)
    for name in ("nvenc", "quick_sync"):
        monkeypatch.setitem(ENCODERS, name, replace(ENCODERS[name], nodes=("/dev/no-such-device",)))  # type: ignore[index]
    with caplog.at_level(logging.INFO, "workers.hardware"):
        found = find_hardware("auto", tools, means)
    assert found is not None
    assert (found.name, found.devices) == (NAME, (Path("/dev/zero"),))
    assert "pictures are encoded by OpenH264 /dev/zero" in caplog.text


X264 = {"codec": "libx264", "factor": "crf"}


@pytest.mark.media
@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        (
            {"options": {**another_encoder.OPENH264.options, "profile:v": "constrained_baseline"}},
            "is not h264",
        ),
        ({**X264, "options": {"x264-params": "keyint=7:stitchable=1"}}, "segments of"),
        ({"factor": "qcomp"}, "does not obey the quality"),
        ({"upload": (("negate",),)}, "does not look like"),
        (
            {**X264, "options": {"x264-params": "scenecut=0:stitchable=1"}, "factor": "qp"},
            "exceeds the maximum",
        ),
    ],
)
def test_what_opens_but_does_not_do_what_chunks_need_is_not_used(
    changes: dict[str, object],
    problem: str,
    tools: Tools,
    means: Means,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    another_encoder.install(monkeypatch, **changes)
    [attempt] = try_encoders(NAME, tools, means)
    assert attempt.hardware is None
    assert problem in attempt.problem


def test_the_doctor_tells_what_was_tried_and_nothing_is_amiss(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    variables = dict.fromkeys(("S3_ACCESS_KEY", "S3_SECRET_KEY"), "x")
    variables |= {"DATABASE_URL": "postgresql://x/x", "REDIS_URL": "redis://x", "S3_ENDPOINT": "http://x"}
    for name, value in {**variables, "VIDEO_ENCODER": "nvenc"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setitem(ENCODERS, "nvenc", replace(ENCODERS["nvenc"], nodes=("/dev/no-such-device",)))
    doctor.main(["--json", "--hardware"])
    [check] = [each for each in json.loads(capsys.readouterr().out) if each["check"] == "encoder"]
    assert check["ok"] is True
    for language in ("en", "zh"):
        assert "nvenc: there is no /dev/no-such-device" in check[f"message_{language}"]
        assert "VIDEO_ENCODER=software" in check[f"remedy_{language}"]
