"""Pictures of a real lesson in every format and shape, decoded and looked at. The lesson is four patches of colour."""

from __future__ import annotations

import io
import subprocess
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import pytest
from PIL import Image
from support import RunningStack

pytestmark = pytest.mark.integration

RED, GREEN, BLUE, WHITE = PATCHES = ((200, 30, 30), (30, 160, 30), (30, 30, 200), (235, 235, 235))
"""Left above, right above, left below, right below, in the first half; turned by half a circle in the second."""

TYPES = {"jpg": "JPEG", "webp": "WEBP", "avif": "AVIF"}


@pytest.fixture(scope="module")
def images(stack: RunningStack, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    path: Path = tmp_path_factory.mktemp("images") / "patches.mp4"
    colours = [f"0x{r:02x}{g:02x}{b:02x}" for r, g, b in PATCHES]

    def quarters(names: list[str]) -> str:
        boxes = zip(names, ((0, 0), (320, 0), (0, 180), (320, 180)), strict=True)
        return ",".join(f"drawbox=x={x}:y={y}:w=320:h=180:t=fill:c={name}" for name, (x, y) in boxes)

    graph = (
        f"color=s=640x360:r=25:d=2,format=rgb24,{quarters(colours)}[a];"
        f"color=s=640x360:r=25:d=2,format=rgb24,{quarters(colours[::-1])}[b];"
        "[a][b]concat,scale=out_color_matrix=bt709,format=yuv420p,setparams=colorspace=bt709:range=tv"
    )
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", "-filter_complex", graph]
    subprocess.run([*command, "-c:v", "libx264", "-crf", "12", str(path)], check=True, timeout=60)
    asset: dict[str, Any] = stack.wait(stack.upload(path), "ready")
    found: dict[str, str] = asset["images"]
    return found


def _fetch(stack: RunningStack, address: str, extension: str) -> Image.Image:
    answer = stack.request("GET", address.replace(".jpg", f".{extension}"), key=None)
    assert answer.status == 200, answer.data
    assert answer.headers["Content-Type"] == f"image/{'jpeg' if extension == 'jpg' else extension}"
    assert answer.headers["Cache-Control"].startswith("public") and answer.headers["ETag"]
    picture = Image.open(io.BytesIO(answer.data))
    assert picture.format == TYPES[extension]
    return picture.convert("RGB")


def _assert_colour(picture: Image.Image, x: float, y: float, colour: tuple[int, int, int]) -> None:
    found = picture.getpixel((int(x * picture.width), int(y * picture.height)))
    assert isinstance(found, tuple)
    assert max(abs(a - b) for a, b in zip(found, colour, strict=True)) <= 14, (found, colour, x, y)


def _assert_patches(picture: Image.Image, patches: tuple[tuple[int, int, int], ...]) -> None:
    places = ((0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75))
    for (x, y), colour in zip(places, patches, strict=True):
        _assert_colour(picture, x, y, colour)


@pytest.mark.parametrize("extension", TYPES)
def test_every_format_shows_the_frame_of_its_time(
    stack: RunningStack, images: dict[str, str], extension: str
) -> None:
    for time, patches in ((1.0, PATCHES), (3.0, PATCHES[::-1])):
        picture = _fetch(stack, f"{images['thumbnail']}?time={time}&width=320", extension)
        assert picture.size == (320, 180)
        _assert_patches(picture, patches)


@pytest.mark.parametrize("extension", TYPES)
def test_crop_fills_the_box_and_loses_the_edges(
    stack: RunningStack, images: dict[str, str], extension: str
) -> None:
    picture = _fetch(stack, f"{images['thumbnail']}?time=1&width=160&height=160&fit=crop", extension)
    assert picture.size == (160, 160)
    _assert_patches(picture, PATCHES)
    for x, y, colour in ((0.03, 0.03, RED), (0.97, 0.03, GREEN), (0.03, 0.97, BLUE), (0.97, 0.97, WHITE)):
        _assert_colour(picture, x, y, colour)


def test_pad_shows_all_between_black_bars(stack: RunningStack, images: dict[str, str]) -> None:
    picture = _fetch(stack, f"{images['thumbnail']}?time=1&width=160&height=160&fit=pad", "webp")
    assert picture.size == (160, 160)
    for y in (0.08, 0.92):
        _assert_colour(picture, 0.5, y, (0, 0, 0))
    inner = picture.crop((0, 35, 160, 125))
    _assert_patches(inner, PATCHES)
    _assert_colour(inner, 0.03, 0.1, RED)


def test_the_poster_has_shapes_too(stack: RunningStack, images: dict[str, str]) -> None:
    whole = _fetch(stack, images["poster"], "jpg")
    assert whole.size == (640, 360)
    small = _fetch(stack, f"{images['poster']}?width=320", "jpg")
    square = _fetch(stack, f"{images['poster']}?width=96&height=96&fit=crop", "avif")
    assert (small.size, square.size) == ((320, 180), (96, 96))
    for picture in (small, square):
        _assert_patches(
            picture, tuple(_patch(whole, at) for at in ((160, 90), (480, 90), (160, 270), (480, 270)))
        )


def _patch(picture: Image.Image, at: tuple[int, int]) -> tuple[int, int, int]:
    found = picture.getpixel(at)
    assert isinstance(found, tuple)
    return found[0], found[1], found[2]
