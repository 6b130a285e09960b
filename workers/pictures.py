"""Small JPEG pictures that our own tools wrote: joined and measured. The only module that uses Pillow here."""

from __future__ import annotations

from io import BytesIO

from PIL import Image, ImageFilter, ImageStat

from workers.plan.poster import Statistics


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


def statistics(data: bytes) -> Statistics:
    """Brightness, contrast and richness of a picture."""
    picture = _open(data)
    grey = picture.convert("L")
    stat = ImageStat.Stat(grey)
    saturation = ImageStat.Stat(picture.convert("HSV").getchannel("S")).mean[0]
    return Statistics(
        brightness=stat.mean[0], contrast=stat.stddev[0], saturation=saturation, entropy=grey.entropy()
    )


def sharpness(data: bytes) -> float:
    """Strength of edges; higher is sharper. Comparable between pictures of one size."""
    return float(ImageStat.Stat(_open(data).convert("L").filter(ImageFilter.FIND_EDGES)).stddev[0])


def _open(data: bytes) -> Image.Image:
    return Image.open(BytesIO(data), formats=["JPEG"]).convert("RGB")
