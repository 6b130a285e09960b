"""Where samples and timestamps of a source drift apart, sound is where the timestamps say, in every chunk."""

from __future__ import annotations

import subprocess
from array import array
from itertools import pairwise
from pathlib import Path

import imageio_ffmpeg
import pytest
from good_sources import run
from lessons import Lesson, encode, media_tools

from workers.plan.timing import SAMPLE_RATE

pytestmark = pytest.mark.media

SECONDS = 70
"""More than the first two chunks of a sound: the third is entered in the middle of the source."""

CLICKS = f"aevalsrc='0.5*sin(2*PI*1500*t)*lt(mod(t+0.25,0.5),0.03)':s=48000:d={SECONDS}"
AUDIBLE = 0.02
LOUD = 3000

JOINED = 0.0227
"""Seconds that are missing where AAC of 44.1 kHz is joined by stream copy."""

SOURCES = {
    "joined": (f"PTS+floor(T/2)*{JOINED}/TB", lambda time: time + time // 2 * JOINED),
    "joined with less missing": ("PTS+floor(T/2)*0.012/TB", lambda time: time + time // 2 * 0.012),
    "a clock that is slow": ("PTS*1.004", lambda time: time * 1.004),
}


@pytest.mark.parametrize("name", SOURCES)
def test_sound_follows_the_clock_of_its_source(name: str, tmp_path: Path) -> None:
    timestamps, clock = SOURCES[name]
    source = tmp_path / "source.mkv"
    run("-f", "lavfi", "-i", CLICKS, "-af", f"asetpts='{timestamps}'", "-c:a", "pcm_s16le", str(source))
    tools = media_tools()
    lesson = encode(tools, source)
    assert len(lesson.plan.sounds[0].chunks) == 3
    heard = clicks(decoded(lesson, tmp_path))
    wanted = [clock(0.25 + number / 2) for number in range(2 * SECONDS)]
    late = [after - before for before, after in zip(wanted, heard, strict=True)]
    assert max(map(abs, late)) <= AUDIBLE + 0.001
    assert max(abs(after - before) for before, after in pairwise(late)) <= AUDIBLE + 0.001
    assert lesson.faults(tools) == []


def decoded(lesson: Lesson, folder: Path) -> array[int]:
    """All samples of the first rendition."""
    chunks = lesson.renditions[lesson.plan.sounds[0].name].chunks
    objects = [lesson.objects.get(chunk.object_key) for chunk in chunks]
    whole = folder / "whole.mp4"
    whole.write_bytes(
        objects[0] + b"".join(o[c.init_length :] for o, c in zip(objects[1:], chunks[1:], strict=True))
    )
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", whole, "-f", "s16le", "-"]
    return array("h", subprocess.run(command, capture_output=True, check=True).stdout)


def clicks(samples: array[int]) -> list[float]:
    """Seconds at which each begins."""
    loud = [at for at, value in enumerate(samples) if abs(value) > LOUD]
    starts = [loud[0], *(after for before, after in pairwise(loud) if after - before > SAMPLE_RATE // 10)]
    return [at / SAMPLE_RATE for at in starts]
