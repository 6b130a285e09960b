"""Kinds of source that authors have, each uploaded and looked at or listened to as a viewer would."""

from __future__ import annotations

import io
import re
import subprocess
from array import array
from math import cos, hypot, pi, sin
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import imageio_ffmpeg
import pytest
from PIL import Image
from support import RunningStack

pytestmark = pytest.mark.integration

FFMPEG = imageio_ffmpeg.get_ffmpeg_exe()
SAMPLE_RATE = 8000


def make(path: Path, *arguments: str) -> Path:
    subprocess.run([FFMPEG, "-nostdin", "-v", "error", "-y", *arguments, path], check=True, timeout=120)
    return path


def sound_of(uri: str, stream: str = "0:a:0") -> array[int]:
    """The samples of a rendition, mono at ``SAMPLE_RATE``; decoding must have nothing to say."""
    command = [FFMPEG, "-nostdin", "-v", "warning", "-xerror", "-i", uri, "-map", stream, "-ac", "1"]
    command += ["-ar", str(SAMPLE_RATE), "-f", "s16le", "-"]
    done = subprocess.run(command, capture_output=True, timeout=120, check=False)
    assert (done.returncode, done.stderr.decode()) == (0, "")
    return array("h", done.stdout)


def strength(samples: array[int], frequency: int) -> float:
    """How much of a tone is in the samples, from 0 to about 1."""
    angle = 2 * pi * frequency / SAMPLE_RATE
    real = sum(sample * cos(angle * n) for n, sample in enumerate(samples))
    imaginary = sum(sample * sin(angle * n) for n, sample in enumerate(samples))
    return 2 * hypot(real, imaginary) / len(samples) / 32768


def playlist(stack: RunningStack, asset: dict[str, Any]) -> tuple[str, str]:
    """Address and text of the multivariant playlist."""
    address = asset["playback_ids"][0]["manifest_url"]
    return address, stack.request("GET", address, key=None).data.decode()


def test_sound_alone(stack: RunningStack, tmp_path: Path) -> None:
    """An MP3 with a cover: two qualities of the sound, a picture of its wave, and nothing that needs a picture."""
    cover = make(tmp_path / "cover.png", "-f", "lavfi", "-i", "color=red:s=64x64", "-frames:v", "1")
    source = make(
        tmp_path / "talk.mp3",
        *("-f", "lavfi", "-i", "sine=440:d=11", "-f", "lavfi", "-i", "sine=660:d=11"),
        *("-i", str(cover), "-filter_complex", "[0:a][1:a]concat=v=0:a=1[a]", "-map", "[a]", "-map", "2"),
        *("-c:a", "libmp3lame", "-c:v", "copy", "-disposition:v", "attached_pic"),
    )
    asset = stack.wait(stack.upload(source), "ready")
    assert (asset["kind"], asset["width"], asset["frame_rate"]) == ("audio", None, None)
    assert asset["duration"] == pytest.approx(22, abs=0.1)
    assert set(asset["images"]) == {"poster"}
    address, text = playlist(stack, asset)
    assert "RESOLUTION" not in text
    assert "#EXT-X-MEDIA" not in text
    variants = [urljoin(address, line) for line in text.splitlines() if line.endswith(".m3u8")]
    assert len(variants) == 2
    for variant in variants:
        samples = sound_of(variant)
        assert len(samples) / SAMPLE_RATE == pytest.approx(22, abs=0.1)
        assert strength(samples[2 * SAMPLE_RATE : 4 * SAMPLE_RATE], 440) > 0.05
        assert strength(samples[18 * SAMPLE_RATE : 20 * SAMPLE_RATE], 660) > 0.05
        assert strength(samples[18 * SAMPLE_RATE : 20 * SAMPLE_RATE], 440) < 0.01
    poster = stack.request("GET", asset["images"]["poster"], key=None)
    picture = Image.open(io.BytesIO(poster.data)).convert("L")
    assert picture.size == (1280, 720)
    assert picture.getpixel((640, 360)) > 100 > picture.getpixel((640, 40))  # type: ignore[operator]
    assert stack.request("GET", asset["playback_ids"][0]["embed_url"], key=None).status == 200


def test_languages_become_renditions(stack: RunningStack, tmp_path: Path) -> None:
    source = make(
        tmp_path / "two.mkv",
        *("-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=6", "-f", "lavfi", "-i", "sine=440:d=6"),
        *("-f", "lavfi", "-i", "sine=880:d=6", "-map", "0", "-map", "1", "-map", "2", "-c:a", "aac"),
        *("-metadata:s:a:0", "language=chi", "-metadata:s:a:1", "language=eng"),
        *("-metadata:s:a:1", 'title=Director\'s "cut"'),
    )
    address, text = playlist(stack, stack.wait(stack.upload(source), "ready"))
    sounds = re.findall(r"#EXT-X-MEDIA:TYPE=AUDIO.*", text)
    uris = [urljoin(address, re.findall(r'URI="([^"]+)"', sound)[0]) for sound in sounds]
    assert ["DEFAULT=YES" in sound for sound in sounds] == [True, False]
    assert 'NAME="中文",LANGUAGE="zh"' in sounds[0]
    assert 'NAME="Director\'s \'cut\'",LANGUAGE="en"' in sounds[1]
    for uri, there, not_there in zip(uris, (440, 880), (880, 440), strict=True):
        samples = sound_of(uri)[SAMPLE_RATE : 3 * SAMPLE_RATE]
        assert strength(samples, there) > 0.05
        assert strength(samples, not_there) < 0.01
