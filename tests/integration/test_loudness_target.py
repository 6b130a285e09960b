"""A service that is run with ``LOUDNESS_TARGET``: viewers need not reach for the volume between two lessons."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import imageio_ffmpeg
import pytest
from support import running_stack

pytestmark = pytest.mark.integration

FFMPEG = imageio_ffmpeg.get_ffmpeg_exe()
TALK = "aevalsrc='0.3*sin(2*PI*(200+150*sin(2*PI*0.7*t))*t)*(0.3+0.7*gt(sin(2*PI*1.9*t),-0.3))':s=48000:d=9"
SECONDS = {"loud": 12, "faint": 16}
LEVELS = {"loud": 0, "faint": -12}


def test_a_faint_lesson_and_a_loud_one_play_equally_loud(tmp_path: Path) -> None:
    with running_stack(tmp_path / "data", "--port", "0", LOUDNESS_TARGET="-16") as stack:
        sent = {}
        for name, level in LEVELS.items():
            inputs = [
                "-f",
                "lavfi",
                "-i",
                f"testsrc2=s=320x180:r=10:d={SECONDS[name]}",
                "-f",
                "lavfi",
                "-i",
                f"{TALK},aloop=-1:{9 * 48000},atrim=duration={SECONDS[name]}",
            ]
            path = tmp_path / f"{name}.mp4"
            sound = ["-af", f"aformat=channel_layouts=stereo,volume={level}dB", "-c:a", "aac"]
            command = [FFMPEG, "-nostdin", "-v", "error", *inputs, *sound, "-preset", "ultrafast", str(path)]
            subprocess.run(command, check=True, timeout=60)
            sent[name] = stack.upload(path)
        heard = {}
        for name, asset_id in sent.items():
            asset = stack.wait(asset_id, "ready")
            assert asset["progress"]["percent"] == 100
            heard[name] = loudness(asset["playback_ids"][0]["manifest_url"])
    assert heard["loud"] == pytest.approx(-16, abs=1)
    assert heard["faint"] == pytest.approx(-16, abs=1)


def loudness(address: str) -> float:
    """LUFS of the sound at an address."""
    command = [
        FFMPEG,
        "-nostdin",
        "-hide_banner",
        "-i",
        address,
        "-map",
        "0:a:0",
        "-af",
        "loudnorm=print_format=json",
    ]
    done = subprocess.run([*command, "-f", "null", "-"], capture_output=True, check=True, timeout=60)
    return float(json.loads(re.findall(rb"\{[^{}]*\}", done.stderr)[-1])["input_i"])
