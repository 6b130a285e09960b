"""Pictures of a real lesson in every format and shape, decoded and looked at. The lesson is four patches of colour."""

from __future__ import annotations

import io
import json
import struct
import subprocess
import time
import zlib
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
def asset(stack: RunningStack, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
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
    made: dict[str, Any] = stack.wait(stack.upload(path), "ready")
    return made


@pytest.fixture(scope="module")
def images(asset: dict[str, Any]) -> dict[str, str]:
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
    for moment, patches in ((1.0, PATCHES), (3.0, PATCHES[::-1])):
        picture = _fetch(stack, f"{images['thumbnail']}?time={moment}&width=320", extension)
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


def _made(stack: RunningStack, address: str) -> dict[str, Any]:
    """The poster as the API tells of it, once nothing is being made."""
    end = time.monotonic() + 60
    found: dict[str, Any] = stack.client.get(address)
    while found["making"]:
        assert time.monotonic() < end
        time.sleep(0.1)
        found = stack.client.get(address)
    return found


def _send(stack: RunningStack, address: str, data: bytes) -> Any:
    return stack.request("PUT", address, body=data, headers={"Content-Type": "application/octet-stream"})


def _saved(picture: Image.Image, picture_format: str, **options: Any) -> bytes:
    file = io.BytesIO()
    picture.save(file, picture_format, **options)
    return file.getvalue()


def _shown(stack: RunningStack, playback_id: str) -> Image.Image:
    """The picture that the player page names at this moment."""
    page = json.loads(stack.request("GET", f"/embed/{playback_id}/status", key=None).data)
    return _fetch(stack, page["poster_url"], "jpg")


def test_the_poster_is_the_frame_or_the_picture_that_an_author_chose(
    stack: RunningStack, asset: dict[str, Any]
) -> None:
    address, playback_id = f"/v1/assets/{asset['id']}/poster", asset["playback_ids"][0]["id"]
    first = _made(stack, address)
    assert (first["origin"], first["width"], first["height"]) == ("automatic", 640, 360)

    assert json.loads(stack.request("PUT", address, json={"time": 3.0}).data)["making"]
    frame = _made(stack, address)
    assert (frame["origin"], frame["time"], frame["failure"]) == ("frame", 3.0, None)
    _assert_patches(_shown(stack, playback_id), PATCHES[::-1])
    _assert_patches(_fetch(stack, frame["url"], "jpg"), PATCHES[::-1])

    # As telephones write it: turned by a quarter, and told so in its header.
    lying = Image.new("RGB", (800, 400), RED)
    lying.paste(BLUE, (0, 0, 400, 400))
    exif = lying.getexif()
    exif[0x0112] = 6
    assert _send(stack, address, _saved(lying, "JPEG", exif=exif, quality=95)).status == 202
    picture = _made(stack, address)
    assert (picture["origin"], picture["width"], picture["height"]) == ("picture", 400, 800)
    upright = _shown(stack, playback_id)
    _assert_colour(upright, 0.5, 0.2, BLUE)
    _assert_colour(upright, 0.5, 0.8, RED)
    # What a process knows of a playback ID is up to a second old.
    time.sleep(1)
    _assert_colour(_fetch(stack, asset["images"]["poster"] + "?width=160", "jpg"), 0.5, 0.2, BLUE)

    clear = Image.new("RGBA", (2000, 1001), (0, 160, 0, 0))
    assert _send(stack, address, _saved(clear, "PNG")).status == 202
    assert (_made(stack, address)["width"], _made(stack, address)["height"]) == (1280, 640)
    _assert_colour(_shown(stack, playback_id), 0.5, 0.5, (255, 255, 255))
    # A white drawing, which nobody would see on white.
    clear.paste((255, 255, 255, 255), (0, 0, 1000, 1001))
    assert _send(stack, address, _saved(clear, "PNG")).status == 202
    _made(stack, address)
    drawn = _shown(stack, playback_id)
    _assert_colour(drawn, 0.25, 0.5, (255, 255, 255))
    _assert_colour(drawn, 0.75, 0.5, (0x20, 0x24, 0x2B))
    assert _send(stack, address, _saved(lying, "WEBP")).status == 202
    assert _made(stack, address)["width"] == 800

    assert stack.request("DELETE", address).status == 200
    assert _made(stack, address) == first


def test_pictures_that_are_none_change_no_poster(stack: RunningStack, asset: dict[str, Any]) -> None:
    address = f"/v1/assets/{asset['id']}/poster"
    before = _made(stack, address)
    for data, status, code in (
        (b"GIF89a" + bytes(100), 415, "picture_type_refused"),
        (b"<svg/>", 415, "picture_type_refused"),
        (b"\xff\xd8\xff" + bytes(11 * 1024 * 1024), 413, "too_large"),
    ):
        answer = _send(stack, address, data)
        assert (answer.status, json.loads(answer.data)["code"]) == (status, code)

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    size = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size) + chunk(b"IDAT", zlib.compress(bytes(1_000_000)))
    for data in (bomb + chunk(b"IEND", b""), b"RIFF\x10\0\0\0WEBPVP8 \x04\0\0\0none"):
        assert _send(stack, address, data).status == 202
        after = _made(stack, address)
        assert after["failure"]["code"] == "picture_unreadable"
        assert {**after, "failure": None} == {**before, "failure": None}
