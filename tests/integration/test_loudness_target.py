"""A service that is run with ``LOUDNESS_TARGET``: viewers need not reach for the volume between two lessons."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import imageio_ffmpeg
import pytest
from one_worker import OneWorker
from sqlalchemy.orm import Session, sessionmaker

pytestmark = pytest.mark.integration

FFMPEG = imageio_ffmpeg.get_ffmpeg_exe()
TALK = "aevalsrc='0.3*sin(2*PI*(200+150*sin(2*PI*0.7*t))*t)*(0.3+0.7*gt(sin(2*PI*1.9*t),-0.3))':s=48000:d=9"
SECONDS = {"loud": 12, "faint": 16}
LEVELS = {"loud": 0, "faint": -12}


@pytest.mark.long
def test_a_faint_lesson_and_a_loud_one_play_equally_loud(
    sessions: sessionmaker[Session], tmp_path: Path
) -> None:
    (tmp_path / "work").mkdir()
    worker = OneWorker(sessions, tmp_path / "work", LOUDNESS_TARGET="-16")
    for name, level in LEVELS.items():
        inputs = [
            *("-f", "lavfi", "-i", f"testsrc2=s=160x90:r=10:d={SECONDS[name]}"),
            *("-f", "lavfi", "-i", f"{TALK},aloop=-1:{9 * 48000},atrim=duration={SECONDS[name]}"),
        ]
        path = tmp_path / f"{name}.mp4"
        sound = ["-af", f"aformat=channel_layouts=stereo,volume={level}dB", "-c:a", "aac"]
        command = [FFMPEG, "-nostdin", "-v", "error", *inputs, *sound, "-preset", "ultrafast", str(path)]
        subprocess.run(command, check=True, timeout=60)
        made = worker.make(path.read_bytes())
        assert made.version.state == "ready", made.version.failure_detail
        (heard,) = (rendition for rendition in made.renditions if rendition.kind == "audio")
        (tmp_path / "heard.mp4").write_bytes(worker.stream(heard))
        assert loudness(str(tmp_path / "heard.mp4")) == pytest.approx(-16, abs=1), name


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
