"""Channels of a source: added up as loud as they should be, and none of them lost."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import imageio_ffmpeg
import pytest
from good_sources import run
from lessons import Lesson, encode, media_tools

pytestmark = pytest.mark.media

_LEVEL = re.compile(r"(RMS|Peak) level dB: (\S+)")


def tone(layout: str) -> tuple[str, ...]:
    """A tone of -9 dBFS in some channels."""
    graph = f"aevalsrc='0.5*sin(2*PI*440*t)':s=48000:d=2,pan={layout}"
    return ("-f", "lavfi", "-i", graph)


def levels(lesson: Lesson, folder: Path, channel: str, filters: str = "anull") -> dict[str, float]:
    """Decibels below full scale of a channel, after ``filters``."""
    [chunk] = lesson.renditions[lesson.plan.sounds[0].name].chunks
    path = folder / "sound.mp4"
    path.write_bytes(lesson.objects.get(chunk.object_key))
    graph = f"pan=mono|c0={channel},{filters},atrim=0.2:1.8,astats=measure_perchannel=none"
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostats", "-i", path, "-af", graph, "-f", "null", "-"]
    said = subprocess.run(command, capture_output=True, check=True, text=True).stderr
    return {kind: float(value) for kind, value in _LEVEL.findall(said)}


def test_the_centre_of_surround_is_as_loud_as_itu_says(tmp_path: Path) -> None:
    source = tmp_path / "centre.mkv"
    run(*tone("5.1|FC=c0"), "-c:a", "flac", str(source))
    lesson = encode(media_tools(), source)
    for channel in ("FL", "FR"):
        assert levels(lesson, tmp_path, channel)["RMS"] == pytest.approx(-9 - 3, abs=0.5)


def test_channels_that_add_up_to_too_much_do_not_clip(tmp_path: Path) -> None:
    source = tmp_path / "loud.mkv"
    run(*tone("7.1|FL=1.9*c0|FR=1.9*c0|FC=1.9*c0|SL=1.9*c0|BL=1.9*c0"), "-c:a", "flac", str(source))
    tools = media_tools()
    lesson = encode(tools, source)
    assert -4 < levels(lesson, tmp_path, "FL")["Peak"] < 0
    assert lesson.faults(tools) == []


def test_two_mono_tracks_are_heard_left_and_right(tmp_path: Path) -> None:
    source = tmp_path / "camera.mov"
    high = ("-f", "lavfi", "-i", "aevalsrc='0.5*sin(2*PI*1500*t)':s=48000:d=2")
    run(*tone("mono|c0=c0"), *high, "-map", "0", "-map", "1", "-c:a", "pcm_s16le", str(source))
    lesson = encode(media_tools(), source)
    low, above = "lowpass=600:p=2", "highpass=1200:p=2"
    assert levels(lesson, tmp_path, "FL", low)["RMS"] > levels(lesson, tmp_path, "FL", above)["RMS"] + 12
    assert levels(lesson, tmp_path, "FR", above)["RMS"] > levels(lesson, tmp_path, "FR", low)["RMS"] + 12
