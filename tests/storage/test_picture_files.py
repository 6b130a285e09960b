"""Pictures that people send: shown as they were, without what cameras and programs wrote into them."""

from __future__ import annotations

import io

import pytest
from PIL import Image, PngImagePlugin

from storage.picture_files import LARGEST_SIDE, PictureRefused, read_picture

SECRET = b"30.2741 N, 120.1551 E"


def sent(kind: str, *, turned: int = 1, **options: object) -> bytes:
    picture = Image.effect_mandelbrot((64, 48), (-2, -1, 1, 1), 20).convert("RGB")
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()
    exif[0x0112] = turned
    if kind == "PNG":
        text = PngImagePlugin.PngInfo()
        text.add_text("where", SECRET.decode())
        options["pnginfo"] = text
    data = io.BytesIO()
    picture.save(data, kind, exif=exif.tobytes(), **options)
    assert SECRET in data.getvalue()
    return data.getvalue()


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("JPEG", {}),
        ("JPEG", {"progressive": True}),
        ("JPEG", {"comment": SECRET}),
        ("PNG", {}),
        ("WEBP", {}),
        ("WEBP", {"lossless": True}),
        ("WEBP", {"xmp": b"<x>" + SECRET + b"</x>"}),
    ],
    ids=str,
)
def test_pictures_stay_and_what_they_tell_goes(kind: str, options: dict[str, object]) -> None:
    data = sent(kind, **options)
    kept = read_picture(data + SECRET)
    assert SECRET not in kept.data
    assert (kept.width, kept.height, kept.type) == (64, 48, f"image/{kind.lower()}")
    with Image.open(io.BytesIO(data)) as before, Image.open(io.BytesIO(kept.data)) as after:
        assert before.tobytes() == after.tobytes()
        assert not after.getexif()
    assert read_picture(kept.data) == kept


@pytest.mark.parametrize("turned", [3, 6, 8])
def test_photos_stay_the_right_way_up(turned: int) -> None:
    with Image.open(io.BytesIO(read_picture(sent("JPEG", turned=turned)).data)) as after:
        assert dict(after.getexif()) == {0x0112: turned}


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_what_is_broken_off_is_refused(kind: str) -> None:
    data = sent(kind)
    for end in range(0, len(data) - 1, 7):
        with pytest.raises(PictureRefused):
            read_picture(data[:end])


def test_what_is_no_picture_is_refused() -> None:
    for data in (b"", b"GIF89a" + b"\0" * 100, b"<svg onload=alert(1)>", b"\xff\xd8\xff" + b"\0" * 100):
        with pytest.raises(PictureRefused):
            read_picture(data)
    vast = io.BytesIO()
    Image.new("1", (LARGEST_SIDE + 1, 1)).save(vast, "PNG")
    with pytest.raises(PictureRefused):
        read_picture(vast.getvalue())
