"""White drawings on nothing: each kind of animation gets a ground on which it is seen, or its author a word."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import animations as make
import imageio_ffmpeg
import pytest
from PIL import Image

from tests.rehearsal import examined
from workers.inspection.examine import Examined
from workers.plan.decisions.ground import DARK

WHITE, BLACK, RED = 0xFFFFFF, 0x000000, 0xFF0000
SIZE = (64, 48)

Made = Callable[[Path, int], bytes]
"""Makes an animation in which a square of a colour (0xRRGGBB) goes to the right, on nothing."""


def outcome(found: Examined) -> tuple[int, list[str]]:
    """The ground, and the codes of the notices."""
    return found.plan.picture.treatment.background, [notice.code for notice in found.plan.notices]


def drawn(colour: int, place: int) -> Image.Image:
    picture = Image.new("RGBA", SIZE)
    picture.paste((colour >> 16, colour >> 8 & 255, colour & 255, 255), (place, 12, place + 24, 36))
    return picture


def saved(form: str, **options: object) -> Made:
    def make_it(_folder: Path, colour: int) -> bytes:
        first, *others = (drawn(colour, place) for place in (4, 16, 32))
        file = BytesIO()
        first.save(file, form, save_all=True, append_images=others, duration=200, loop=0, **options)
        return file.getvalue()

    return make_it


def coded(name: str, *coding: str) -> Made:
    """By ffmpeg, from an APNG."""

    def make_it(folder: Path, colour: int) -> bytes:
        source, made = folder / "drawn.png", folder / name
        source.write_bytes(saved("PNG")(folder, colour))
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-y", "-v", "error", "-i", str(source)]
        subprocess.run([*command, *coding, str(made)], check=True, timeout=60)
        return made.read_bytes()

    return make_it


def lottie(folder: Path, colour: int) -> bytes:
    channels = (colour >> 16, colour >> 8 & 255, colour & 255, 255)
    return make.write_lottie(
        folder / "drawn.json", make.composition([make.rectangle(channels, 0, 0, 30)])
    ).read_bytes()


ANIMATIONS: dict[str, Made] = {
    "gif": saved("GIF", disposal=2),
    "apng": saved("PNG"),
    "webp": saved("WEBP", lossless=True),
    "jpeg xl": coded(
        "drawn.jxl", "-fps_mode", "passthrough", "-c:v", "libjxl_anim", "-f", "image2pipe", "-distance", "0.5"
    ),
    "avif": saved("AVIF", quality=100, subsampling="4:4:4"),
    "film": coded("drawn.mov", "-c:v", "png"),
    "lottie": lottie,
}


@pytest.mark.parametrize("name", ANIMATIONS)
def test_a_white_drawing_is_laid_on_a_dark_ground_unless_its_author_chose_one(
    name: str, tmp_path: Path
) -> None:
    white = ANIMATIONS[name](tmp_path, WHITE)
    assert outcome(examined(tmp_path, white)) == (DARK, ["ground_changed"])
    assert outcome(examined(tmp_path, white, RED)) == (RED, [])
    red = ANIMATIONS[name](tmp_path, RED)
    assert outcome(examined(tmp_path, red)) == (WHITE, [])


@pytest.mark.parametrize("name", ["gif", "film", "lottie"])
def test_who_chose_the_colour_of_the_drawing_is_told(name: str, tmp_path: Path) -> None:
    red = ANIMATIONS[name](tmp_path, RED)
    assert outcome(examined(tmp_path, red, RED)) == (RED, ["drawing_unseen"])


@pytest.mark.parametrize("colour", ["white", "black@0"])
def test_what_is_plain_on_every_ground_is_told(colour: str, tmp_path: Path) -> None:
    path = tmp_path / "plain.png"
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", "-f", "lavfi"]
    plain = ["-i", f"color={colour}:s=64x48:r=5:d=1,format=rgba", "-f", "apng", str(path)]
    subprocess.run([*command, *plain], check=True, timeout=60)
    assert outcome(examined(tmp_path, path.read_bytes())) == (WHITE, ["picture_plain"])


def test_what_comes_late_is_seen(tmp_path: Path) -> None:
    """A second of nothing but white, and then a black square."""
    pictures = [drawn(WHITE, number) for number in range(30)]
    file = BytesIO()
    pictures[0].save(
        file, "PNG", save_all=True, append_images=[*pictures[1:], drawn(BLACK, 0)], duration=40, loop=0
    )
    assert outcome(examined(tmp_path, file.getvalue())) == (WHITE, [])


def test_white_text_that_a_browser_draws_is_laid_on_a_dark_ground(tmp_path: Path) -> None:
    document = make.composition([make.text_layer("ABC", 30, (255, 255, 255, 255))], fonts=make.FONTS)
    data = make.write_lottie(tmp_path / "text.json", document).read_bytes()
    assert outcome(examined(tmp_path, data, by_browser=True)) == (DARK, ["ground_changed"])
