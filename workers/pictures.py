"""JPEG pictures that tools wrote: joined, measured, shaped. The only module that uses Pillow here."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Any, Final, cast

from PIL import Image, ImageFilter, ImageOps, ImageStat

from storage.catalogue.pictures import Fit, ImageFormat
from workers.plan.decisions.ground import INDISTINCT
from workers.plan.decisions.poster import Statistics
from workers.verify import OutputRejected

ENCODINGS: Final[dict[ImageFormat, dict[str, Any]]] = {
    "jpg": {"format": "JPEG", "quality": 85, "optimize": True},
    "webp": {"format": "WEBP", "quality": 80, "method": 4},
    "avif": {"format": "AVIF", "quality": 65, "speed": 6, "max_threads": 1},
}
"""By extension: what Pillow needs to know, so that the formats look alike."""

LARGEST_PIXELS: Final = 8192 * 4320
"""Of a picture that is decoded here, outside of the sandbox: the largest that a source may have."""


def contact_sheet(tiles: list[bytes], tile: tuple[int, int], columns: int) -> tuple[bytes, tuple[int, int]]:
    """Lay pictures of size ``tile`` side by side, ``columns`` in a row; returns a JPEG and its size."""
    columns = min(columns, len(tiles))
    rows = -(-len(tiles) // columns)
    sheet = Image.new("RGB", (columns * tile[0], rows * tile[1]))
    for number, data in enumerate(tiles):
        row, column = divmod(number, columns)
        sheet.paste(_open(data), (column * tile[0], row * tile[1]))
    output = BytesIO()
    sheet.save(output, "JPEG", quality=75, optimize=True, progressive=True)
    return output.getvalue(), sheet.size


def greys(tiles: Sequence[bytes], size: tuple[int, int]) -> bytes:
    """Pictures as grey ones of ``size``, a byte a pixel, one after the other."""
    return b"".join(_open(data).convert("L").resize(size, Image.Resampling.BOX).tobytes() for data in tiles)


def statistics(data: bytes) -> Statistics:
    """Brightness, contrast and richness of a picture."""
    picture = _open(data)
    grey = picture.convert("L")
    stat = ImageStat.Stat(grey)
    saturation = ImageStat.Stat(picture.convert("HSV").getchannel("S")).mean[0]
    return Statistics(
        brightness=stat.mean[0], contrast=stat.stddev[0], saturation=saturation, entropy=grey.entropy()
    )


def size_of(data: bytes) -> tuple[int, int]:
    """Width and height in pixels."""
    return _open(data).size


def is_plain(data: bytes) -> bool:
    """Return whether a picture is of one colour, as far as anybody can tell."""
    return all(
        high - low <= INDISTINCT for low, high in cast("Any", _open(data).convert("YCbCr").getextrema())
    )


def sharpness(data: bytes) -> float:
    """Strength of edges; higher is sharper. Comparable between pictures of one size."""
    return float(ImageStat.Stat(_open(data).convert("L").filter(ImageFilter.FIND_EDGES)).stddev[0])


def shaped(data: bytes, size: tuple[int, int], fit: Fit, image_format: ImageFormat) -> bytes:
    """A picture as ``image_format`` of ``size``: what is too much cut away on both sides
    (crop), black bars where something is missing (pad), or scaled (preserve)."""
    picture, filtering = _open(data), Image.Resampling.LANCZOS
    if fit == "crop":
        picture = ImageOps.fit(picture, size, filtering)
    elif fit == "pad":
        picture = ImageOps.pad(picture, size, filtering)
    elif picture.size != size:
        picture = picture.resize(size, filtering)
    output = BytesIO()
    picture.save(output, **ENCODINGS[image_format])
    return output.getvalue()


def _open(data: bytes) -> Image.Image:
    picture = Image.open(BytesIO(data), formats=["JPEG"])
    if picture.width * picture.height > LARGEST_PIXELS:
        raise OutputRejected([f"a picture of {picture.width}x{picture.height}"])
    return picture.convert("RGB")
