"""Kinds of source that authors have, each looked at or listened to as a viewer would: some uploaded to the stack and
played from its playlists, every family's clip made by a worker's own steps and put together from what they stored."""

from __future__ import annotations

import io
import re
import subprocess
from array import array
from dataclasses import dataclass
from math import cos, hypot, pi, sin
from pathlib import Path
from statistics import fmean as mean
from typing import Any
from urllib.parse import urljoin

import imageio_ffmpeg
import pytest
from moving_families import FAMILIES, RESEMBLING, Family
from one_worker import Made, OneWorker
from PIL import Image
from sqlalchemy.orm import Session, sessionmaker
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


@dataclass(frozen=True)
class Seen:
    """What a viewer gets: frames as 16 by 12 pixels of red, green and blue, and samples at ``SAMPLE_RATE``."""

    frames: list[bytes]
    sound: array[int]


def watch(picture: str | Path, sound: str | Path | None, folder: Path) -> Seen:
    """Play to its end; decoding must have nothing to say."""
    pixels, samples = folder / "picture.raw", folder / "sound.raw"
    command = [FFMPEG, "-nostdin", "-v", "warning", "-xerror", "-i", str(picture)]
    command += [] if sound is None else ["-i", str(sound)]
    command += ["-map", "0:v:0", "-fps_mode"]
    command += ["passthrough", "-vf", "scale=16:12:flags=area,format=rgb24", "-f", "rawvideo", str(pixels)]
    if sound is not None:
        command += ["-map", "1:a:0", "-ac", "1", "-ar", str(SAMPLE_RATE), "-f", "s16le", str(samples)]
    done = subprocess.run(command, capture_output=True, timeout=120, check=False)
    assert (done.returncode, done.stderr.decode()) == (0, "")
    data, size = pixels.read_bytes(), 16 * 12 * 3
    frames = [data[at : at + size] for at in range(0, len(data), size)]
    return Seen(frames, array("h", samples.read_bytes() if sound is not None else b""))


def patch(frame: bytes, place: str) -> tuple[int, ...]:
    """The colour in a corner."""
    column, row = 14 if "right" in place else 1, 10 if "bottom" in place else 1
    return tuple(frame[(row * 16 + column) * 3 :][:3])


def middle(frame: bytes) -> int:
    return min(frame[(row * 16 + column) * 3 + 1] for row in (5, 6) for column in (7, 8))


def onsets(values: list[int], threshold: int, rest: int = 5) -> list[int]:
    """Where values rise above the threshold after ``rest`` of them were below."""
    found, last = [], -rest
    for number, value in enumerate(values):
        if value > threshold:
            if number - last >= rest:
                found.append(number)
            last = number
    return found


def combing(uri: str, size: tuple[int, int]) -> float:
    """How much lines differ from both their neighbours where something moves."""
    width, height = size
    band = f"crop=iw/2:ih/4:iw/4:ih*3/4,scale={width // 2}:{height // 4}:flags=neighbor,format=gray"
    command = [FFMPEG, "-nostdin", "-v", "error", "-i", uri, "-map", "0:v:0", "-frames:v", "20"]
    command += ["-vf", band, "-f", "rawvideo", "-"]
    data = subprocess.run(command, capture_output=True, timeout=120, check=True).stdout
    row = width // 2
    lines = [data[at : at + row] for at in range(0, len(data), row)]
    return mean(
        abs(2 * here - above - below)
        for number in range(1, len(lines) - 1)
        if 0 < number % (height // 4) < height // 4 - 1
        for above, here, below in zip(lines[number - 1], lines[number], lines[number + 1], strict=True)
    )


@pytest.fixture(scope="module")
def worker(sessions: sessionmaker[Session], tmp_path_factory: pytest.TempPathFactory) -> OneWorker:
    return OneWorker(sessions, tmp_path_factory.mktemp("work"))


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


def picture(worker: OneWorker, made: Made, name: str) -> Image.Image:
    assert made.version.state == "ready", (made.version.failure_code, made.version.failure_detail)
    return Image.open(io.BytesIO(worker.objects.get(made.images[name].object_key)))


def test_a_short_sound_has_its_wave_too(worker: OneWorker, tmp_path: Path) -> None:
    source = make(tmp_path / "word.wav", "-f", "lavfi", "-i", "sine=440:d=1.5")
    made = worker.make(source.read_bytes())
    wave = picture(worker, made, "poster").convert("L")
    heights = [sum(wave.getpixel((x, y)) > 80 for y in range(720)) for x in (20, 400, 640, 900, 1260)]  # type: ignore[operator]
    assert min(heights) > 100
    assert any("Sound alone" in decision for decision in made.facts.decisions)


@pytest.mark.long
def test_slides_that_stand_still_have_a_still_preview(
    sessions: sessionmaker[Session], tmp_path: Path
) -> None:
    still = ("-f", "lavfi", "-i", "color=teal:s=320x180:r=1:d=20")
    (tmp_path / "work").mkdir()
    worker = OneWorker(sessions, tmp_path / "work", extras=True)
    made = worker.make(make(tmp_path / "slide.mp4", *still).read_bytes())
    preview = picture(worker, made, "preview")
    assert preview.size == (320, 180)
    red, green, blue = preview.convert("RGB").getpixel((160, 90))  # type: ignore[misc]
    assert red < 20 and abs(green - 128) < 20 and abs(blue - 128) < 20


@pytest.mark.long
def test_a_lesson_of_forty_minutes(worker: OneWorker, tmp_path: Path) -> None:
    """Pictures of its storyboard lie so far apart that not every chunk has one."""
    moving = ("-f", "lavfi", "-i", "testsrc2=s=64x48:r=2:d=2400", "-preset", "ultrafast")
    made = worker.make(make(tmp_path / "long.mp4", *moving).read_bytes())
    assert made.version.state == "ready", (made.version.failure_code, made.version.failure_detail)
    assert made.facts.duration == pytest.approx(2400, abs=0.1)
    assert made.images["storyboard"].details["count"] == 100


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


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.long] * (name in RESEMBLING)) for name in FAMILIES]
)
def test_family(name: str, worker: OneWorker, tmp_path: Path) -> None:
    family = FAMILIES[name]
    source = tmp_path / family.file
    family.make(source)
    made = worker.make(source.read_bytes(), family.file)
    assert made.version.state == "ready", (made.version.failure_code, made.version.failure_detail)
    check_family(family, source, made, worker, tmp_path)


def check_family(family: Family, source: Path, made: Made, worker: OneWorker, folder: Path) -> None:
    facts = made.facts
    assert (facts.source_width, facts.source_height) == pytest.approx(family.size, abs=2)
    assert facts.frame_rate == pytest.approx(family.rate, abs=0.01)
    best = [rendition for rendition in made.renditions if rendition.kind == "video"][-1]
    assert (best.width, best.height) == pytest.approx(family.size, abs=2)
    streams = {}
    for rendition in made.renditions:
        streams[rendition.name] = folder / f"{rendition.name}.mp4"
        streams[rendition.name].write_bytes(worker.stream(rendition))
    address = streams[best.name]
    sounds = [rendition.name for rendition in made.renditions if rendition.kind == "audio"]
    assert bool(sounds) == family.sound
    seen = watch(address, streams[sounds[0]] if sounds else None, folder)
    assert len(seen.frames) == family.frames
    for place, colour in family.colours.items():
        assert patch(seen.frames[5], place) == pytest.approx(colour, abs=family.tolerance), place
        assert patch(seen.frames[-3], place) == pytest.approx(colour, abs=family.tolerance), place
    flashes = [number / family.rate for number in onsets([middle(frame) for frame in seen.frames], 180)]
    assert flashes == pytest.approx(family.flashes, abs=1.01 / family.rate)
    if family.sound:
        clicks = [
            number / SAMPLE_RATE for number in onsets([abs(s) for s in seen.sound], 2000, SAMPLE_RATE // 4)
        ]
        assert max(map(abs, seen.sound)) < 32000
        for flash in flashes:
            assert min(abs(click - flash) for click in clicks) <= 0.045, (flashes, clicks)
    poster = Image.open(io.BytesIO(worker.objects.get(made.images["poster"].object_key))).convert("RGB")
    small = poster.resize((16, 12), Image.Resampling.BOX).tobytes()
    for place, colour in family.colours.items():
        assert patch(small, place) == pytest.approx(colour, abs=family.tolerance + 4), place
    if family.combed:
        assert combing(str(address), family.size) < combing(str(source), family.size) / 4
    if family.fine:
        assert combing(str(address), family.size) > combing(str(source), family.size) * 0.8
