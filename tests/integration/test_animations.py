"""Animations as a viewer sees them: every picture at its time, over the author's colour, again and again or once."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import animations as make
import imageio_ffmpeg
import pytest
from animations import BLUE, CLEAR, GREEN, RED, picture, save
from one_worker import OneWorker
from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker
from support import RunningStack

from configs.jobs import JOBS
from storage.catalogue import database
from storage.catalogue.models import Step, Version

pytestmark = pytest.mark.integration

CANARY = "http://127.0.0.1:9/picture.png"
SIDE = 64

Sight = tuple[float, float, tuple[int, int, int]]
"""Time in seconds, place from left to right (0 to 1), colour."""


@dataclass(frozen=True)
class Sample:
    """A source and what a viewer must see of it."""

    make: Callable[[Path], Path]
    seconds: float
    rate: float | None
    loop: bool
    sights: tuple[Sight, ...]
    background: str = "#ffffff"
    source_size: tuple[int, int] = (64, 48)


def _gif(path: Path) -> Path:
    # Delays of 10 and of 0 stand for 100 ms, as in browsers.
    pictures = [make.indexed(0), make.indexed(1), make.indexed(2, 3)]
    return save(path, pictures, [10, 0, 250], loop=0, disposal=2, transparency=3, optimize=False)


def _gif_once(path: Path) -> Path:
    return save(path, [picture(RED), picture(BLUE)], [300, 700])


def _gif_of_one_pixel(path: Path) -> Path:
    return save(path, [picture(RED, size=(1, 1)), picture(BLUE, size=(1, 1))], [2000, 1000], loop=0)


def _apng(path: Path) -> Path:
    return save(path, [picture(RED), picture(CLEAR, BLUE), picture(GREEN)], [100, 40, 260], loop=1)


def _webp(path: Path) -> Path:
    pictures = [picture(RED), picture(BLUE), picture(CLEAR, GREEN), picture(BLUE)]
    return save(path, pictures, [100, 30, 250, 70], loop=3, allow_mixed=True)


def _avif(path: Path) -> Path:
    pictures = [picture(RED), picture(CLEAR, BLUE), picture(GREEN)]
    return save(path, pictures, [100, 200, 300], quality=100, subsampling="4:4:4")


def _jpeg_xl(path: Path) -> Path:
    moving = save(
        path.with_name("moving.png"), [picture(RED), picture(CLEAR, BLUE), picture(GREEN)], [100, 200, 300]
    )
    # A little noise, without which ffmpeg takes so small a file for none.
    coding = [
        "-vf",
        "noise=alls=2:allf=t",
        "-fps_mode",
        "passthrough",
        "-c:v",
        "libjxl_anim",
        "-f",
        "image2pipe",
    ]
    command = [
        imageio_ffmpeg.get_ffmpeg_exe(),
        "-nostdin",
        "-v",
        "error",
        "-i",
        str(moving),
        *coding,
        str(path),
    ]
    subprocess.run(command, check=True, timeout=60)
    return path


def _lottie(path: Path) -> Path:
    layers = [make.rectangle(RED, 0, 2, 12, opacity=50), make.rectangle(BLUE, 50, 12, 32)]
    return make.write_lottie(path, make.composition(layers, ip=2, op=32))


def _archive(path: Path) -> Path:
    assets = [
        {"id": "there", "w": 100, "h": 100, "u": "images/", "p": "blue.png", "e": 0},
        {"id": "elsewhere", "w": 100, "h": 100, "u": "", "p": CANARY, "e": 0},
    ]
    layers = [
        make.rectangle(RED, 0, 0, 30),
        make.image_layer("elsewhere", 60),
        make.image_layer("there", 60),
    ]
    document = make.composition(layers, fr=120, op=60, assets=assets)
    return make.write_archive(path, document, {"blue.png": make.png(BLUE)}, loop=False)


def _by_browser(path: Path) -> Path:
    """What an effect colours and an expression moves: blue on the left, then on the right for the last third."""
    layer = make.coloured(make.rectangle(RED, 0, 0, 30), BLUE)
    document = make.composition([make.moved(layer, "time < 0.667 ? [0, 0] : [50, 0]")], fr=30)
    return make.write_lottie(path, document)


red, green, blue, amber = (255, 0, 0), (0, 128, 0), (0, 0, 255), (255, 204, 0)
white, lime = (255, 255, 255), (0, 255, 0)

SAMPLES = {
    "transparent.gif": Sample(
        _gif, 0.45, 20, True,
        ((0.05, 0.2, red), (0.15, 0.8, blue), (0.2, 0.2, green), (0.25, 0.8, amber), (0.4, 0.8, amber)),
        background="#ffcc00",
    ),
    "once.gif": Sample(_gif_once, 1.0, 10, False, ((0.2, 0.5, red), (0.3, 0.5, blue), (0.9, 0.5, blue))),
    "pixel.gif": Sample(
        _gif_of_one_pixel, 3.0, 10, True, ((1.9, 0.5, red), (2.0, 0.5, blue)), source_size=(1, 1)
    ),
    "once.png": Sample(
        _apng, 0.4, 50, False,
        ((0.08, 0.5, red), (0.1, 0.2, white), (0.12, 0.8, blue), (0.14, 0.5, green), (0.38, 0.5, green)),
    ),
    "mixed.webp": Sample(
        _webp, 0.45, None, True,
        ((0.05, 0.5, red), (0.11, 0.5, blue), (0.2, 0.2, amber), (0.3, 0.8, green), (0.42, 0.5, blue)),
        background="#FFCC00",
    ),
    "moving.avif": Sample(
        _avif, 0.6, 10, True,
        ((0.05, 0.5, red), (0.15, 0.2, amber), (0.25, 0.8, blue), (0.35, 0.5, green), (0.55, 0.5, green)),
        background="#ffcc00",
    ),
    "moving.jxl": Sample(
        _jpeg_xl, 0.6, 10, True,
        ((0.05, 0.5, red), (0.15, 0.2, amber), (0.25, 0.8, blue), (0.35, 0.5, green), (0.55, 0.5, green)),
        background="#ffcc00",
    ),
    "vector.json": Sample(
        _lottie, 30 / 29.97, 29.97, True,
        ((0.0, 0.2, (128, 128, 0)), (9.01 / 29.97, 0.2, (128, 128, 0)), (9.01 / 29.97, 0.8, lime),
         (10.01 / 29.97, 0.2, lime), (10.01 / 29.97, 0.8, blue), (0.99, 0.8, blue)),
        background="#00ff00", source_size=(1280, 1280),
    ),
    "effect.json": Sample(
        _by_browser, 1.0, 30, True,
        ((0.0, 0.2, blue), (0.0, 0.8, amber), (0.63, 0.2, blue), (0.7, 0.2, amber), (0.97, 0.8, blue)),
        background="#ffcc00", source_size=(1280, 1280),
    ),
    "picture.lottie": Sample(
        _archive, 0.5, 60, False, ((0.2, 0.2, red), (0.24, 0.8, blue), (0.26, 0.2, blue), (0.48, 0.2, blue)),
        source_size=(1280, 1280),
    ),
}  # fmt: skip


UPLOADED = ("transparent.gif", "picture.lottie")
"""Samples that go all the way through the stack, one that FFmpeg reads and one that is drawn; a worker's own steps show
what becomes of the others."""


@pytest.fixture(scope="module")
def worker(sessions: sessionmaker[Session], tmp_path_factory: pytest.TempPathFactory) -> OneWorker:
    return OneWorker(sessions, tmp_path_factory.mktemp("work"))


@pytest.fixture(scope="module")
def assets(stack: RunningStack, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """The uploaded samples, ready."""
    folder = tmp_path_factory.mktemp("animations")
    uploads = {}
    for name in UPLOADED:
        sample = SAMPLES[name]
        query = f"filename={name}&background=%23{sample.background.removeprefix('#')}"
        body = sample.make(folder / name).read_bytes()
        answer = stack.request("POST", f"/v1/assets?{query}", body=body)
        assert answer.status == 201, answer.data
        uploads[name] = answer.json()["id"]
    return {name: stack.wait(asset_id, "ready") for name, asset_id in uploads.items()}


def frames_of(uri: str) -> list[Image.Image]:
    """All frames of a stream, decoded without complaint and scaled to a square."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "warning", "-xerror", "-i", uri]
    command += ["-vf", f"scale={SIDE}:{SIDE}:flags=neighbor", "-fps_mode", "passthrough"]
    command += ["-pix_fmt", "rgb24", "-f", "rawvideo", "-"]
    done = subprocess.run(command, capture_output=True, timeout=120, check=False)
    assert (done.returncode, done.stderr.decode()) == (0, "")
    size = SIDE * SIDE * 3
    return [
        Image.frombytes("RGB", (SIDE, SIDE), done.stdout[at : at + size])
        for at in range(0, len(done.stdout), size)
    ]


def is_near(colour: Any, wanted: tuple[int, int, int]) -> bool:
    return max(abs(one - other) for one, other in zip(colour, wanted, strict=True)) <= 12


def check_sights(sample: Sample, address: str, rate: float, duration: float) -> None:
    frames = frames_of(address)
    assert len(frames) == round(duration * rate)
    for time, place, colour in sample.sights:
        seen = frames[int(time * rate + 0.001)].getpixel((int(place * SIDE), SIDE // 2))
        assert is_near(seen, colour), f"at {time} s: {seen}, not {colour}"


@pytest.mark.parametrize("name", SAMPLES)
def test_every_picture_is_shown_at_its_time(worker: OneWorker, name: str, tmp_path: Path) -> None:
    sample = SAMPLES[name]
    background = int(sample.background.removeprefix("#"), 16)
    made = worker.make(sample.make(tmp_path / name).read_bytes(), name, background)
    facts = made.facts
    assert (made.version.state, made.version.kind) == ("ready", "animation")
    assert facts.loop is sample.loop
    assert (facts.source_width, facts.source_height) == sample.source_size
    rate = facts.frame_rate or 0.0
    if sample.rate is not None:
        assert rate == pytest.approx(sample.rate, rel=1e-4)
    assert rate <= 60
    assert facts.duration == pytest.approx(sample.seconds, abs=0.51 / rate)
    (tmp_path / "stream.mp4").write_bytes(worker.stream(made.renditions[-1]))
    check_sights(sample, str(tmp_path / "stream.mp4"), rate, facts.duration)


@pytest.mark.parametrize("name", UPLOADED)
def test_an_asset_says_how_it_is_shown(
    stack: RunningStack, assets: dict[str, dict[str, Any]], name: str
) -> None:
    sample, asset = SAMPLES[name], assets[name]
    assert asset["kind"] == "animation"
    assert asset["loop"] is sample.loop
    assert asset["background"] == sample.background.lower()
    assert (asset["width"], asset["height"]) == sample.source_size
    status = stack.request("GET", f"/embed/{asset['playback_ids'][0]['id']}/status", key=None)
    assert status.status == 200, status.data
    assert status.json()["loop"] is sample.loop
    check_sights(sample, asset["playback_ids"][0]["manifest_url"], asset["frame_rate"], asset["duration"])


def test_poster_and_thumbnail_lie_on_the_colour_too(
    stack: RunningStack, assets: dict[str, dict[str, Any]]
) -> None:
    asset = assets["transparent.gif"]
    poster = stack.request("GET", asset["images"]["poster"], key=None)
    assert Image.open(io.BytesIO(poster.data)).size == (64, 48)
    address = f"/v/{asset['playback_ids'][0]['id']}/thumbnail.jpg?time=0.3&width=64"
    thumbnail = stack.request("GET", address, key=None)
    assert thumbnail.status == 200
    shown = Image.open(io.BytesIO(thumbnail.data)).convert("RGB")
    assert is_near(shown.getpixel((10, 24)), green)
    assert is_near(shown.getpixel((54, 24)), amber)


def _bomb(path: Path) -> Path:
    return make.write_archive(path, make.composition([], nm=" " * 50_000_000))


REFUSED: dict[str, tuple[str, Callable[[Path], Path]]] = {
    "canvas.json": (
        "animation_too_large",
        lambda path: make.write_lottie(path, make.composition([], w=9000, h=9000)),
    ),
    "endless.json": ("duration_too_long", lambda path: make.write_lottie(path, make.composition([], op=1e8))),
    "still.json": ("lottie_invalid", lambda path: make.write_lottie(path, make.composition([], op=0))),
    "no_layers.json": (
        "source_not_media",
        lambda path: make.write_lottie(path, {"fr": 25, "ip": 0, "op": 1, "a": [1]}),
    ),
    "bomb.lottie": ("lottie_too_large", _bomb),
}


def test_nobody_waits_for_a_drawing_to_be_looked_at(
    stack: RunningStack, assets: dict[str, dict[str, Any]]
) -> None:
    """A Lottie animation is drawn by a step of its own, in another lane than that in which sources are looked at."""
    engine = database.connect(stack.environment["DATABASE_URL"], pool_size=1)
    with Session(engine) as session:
        query = select(Step.kind, Step.id, Version.stand_in_key).join(Version, Version.id == Step.version_id)
        rows = session.execute(
            query.where(Version.asset_id == assets["picture.lottie"]["id"]).order_by(Step.position)
        ).all()
    engine.dispose()
    looked, drawn = rows[0], rows[1]
    assert (looked.kind, drawn.kind) == ("inspect", "stand_in")
    assert drawn.id in (drawn.stand_in_key or "")
    assert JOBS[drawn.kind].lane != JOBS[looked.kind].lane


@pytest.mark.parametrize("name", REFUSED)
def test_animations_are_bounded(worker: OneWorker, name: str, tmp_path: Path) -> None:
    code, write = REFUSED[name]
    version = worker.make(write(tmp_path / name).read_bytes(), name).version
    assert (version.state, version.failure_code) == ("failed", code), version.failure_detail
