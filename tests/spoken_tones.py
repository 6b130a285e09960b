"""Lessons in which tones speak (``tone_engine``), as films and as bare sound."""

from __future__ import annotations

import io
import math
import shutil
import subprocess
import wave
from array import array
from collections.abc import Sequence
from pathlib import Path

import imageio_ffmpeg
import tone_engine

from workers.plan.decisions.speech import SAMPLE_RATE

Tone = tuple[float, float, float]
"""When it begins, for how many seconds, at how many Hertz."""


def saying(number: int) -> float:
    """The pitch of one of ``tone_engine.SAYINGS``."""
    return float(tone_engine.FIRST + tone_engine.STEP * number)


def samples(tones: Sequence[Tone], seconds: float) -> bytes:
    """Samples of 16 bits, as an engine gets them."""
    sound = array("h", bytes(2 * round(seconds * SAMPLE_RATE)))
    for start, length, hertz in tones:
        first = round(start * SAMPLE_RATE)
        for number in range(round(length * SAMPLE_RATE)):
            sound[first + number] = round(12_000 * math.sin(2 * math.pi * hertz * number / SAMPLE_RATE + 0.1))
    return sound.tobytes()


def recording(tones: Sequence[Tone], seconds: float) -> bytes:
    """Bare sound, as WAV."""
    made = io.BytesIO()
    with wave.open(made, "wb") as file:
        file.setparams((1, 2, SAMPLE_RATE, 0, "NONE", ""))
        file.writeframes(samples(tones, seconds))
    return made.getvalue()


def film(
    tones: Sequence[Tone], seconds: float, path: Path, *, captions: str = "", language: str = ""
) -> bytes:
    """A film that stands still and sounds so; with ``captions``, an SRT in a ``language``, inside."""
    inputs, more = ["-f", "s16le", "-ar", str(SAMPLE_RATE), "-ac", "1", "-i", "-"], []
    if captions:
        text = path.with_suffix(".srt")
        text.write_text(captions)
        inputs += ["-i", str(text)]
        more = ["-map", "2:s", "-c:s", "mov_text", "-metadata:s:s:0", f"language={language}"]
    command = [
        imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", "-y",
        "-f", "lavfi", "-i", f"color=gray:s=320x180:r=5:d={seconds}", *inputs, "-map", "0:v", "-map", "1:a", *more,
        "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", str(path),
    ]  # fmt: skip
    subprocess.run(command, input=samples(tones, seconds), check=True, timeout=300)
    return path.read_bytes()


def model_folder(folder: Path) -> Path:
    """A folder of a model that brings its own engine."""
    folder.mkdir()
    shutil.copy(tone_engine.__file__, folder / "engine.py")
    return folder
