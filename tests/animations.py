"""Animations made for tests: each picture of one plain colour, so that a decoded frame tells which one it shows."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from pathlib import Path
from typing import Any

from PIL import Image

RED, GREEN, BLUE, CLEAR = (255, 0, 0, 255), (0, 128, 0, 255), (0, 0, 255, 255), (0, 0, 0, 0)
Colour = tuple[int, int, int, int]


def picture(left: Colour, right: Colour | None = None, size: tuple[int, int] = (64, 48)) -> Image.Image:
    """A picture of one colour, or of two halves."""
    made = Image.new("RGBA", size, left)
    if right is not None:
        made.paste(right, (size[0] // 2, 0, *size))
    return made


def indexed(left: int, right: int | None = None) -> Image.Image:
    """A picture of the colours red, blue, green or none (0 to 3), as GIF stores it."""
    made = Image.new("P", (64, 48), left)
    made.putpalette([255, 0, 0, 0, 0, 255, 0, 128, 0, 1, 2, 3])
    if right is not None:
        made.paste(right, (32, 0, 64, 48))
    return made


def save(path: Path, pictures: list[Image.Image], delays: list[int], **options: Any) -> Path:
    """Write an animated image; ``delays`` in milliseconds."""
    pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=delays, **options)
    return path


_STILL = {
    "o": {"a": 0, "k": 100},
    "r": {"a": 0, "k": 0},
    "p": {"a": 0, "k": [0, 0, 0]},
    "a": {"a": 0, "k": [0, 0, 0]},
    "s": {"a": 0, "k": [100, 100, 100]},
}


def rectangle(colour: Colour, left: int, begin: float, end: float, opacity: int = 100) -> dict[str, Any]:
    """A shape layer: the half of a composition of 100x100 that begins at ``left``."""
    still = {key: value for key, value in _STILL.items() if key != "p"}
    items = [
        {
            "ty": "rc",
            "p": {"a": 0, "k": [left + 25, 50]},
            "s": {"a": 0, "k": [50, 100]},
            "r": {"a": 0, "k": 0},
        },
        {"ty": "fl", "c": {"a": 0, "k": [c / 255 for c in colour]}, "o": {"a": 0, "k": opacity}},
        {"ty": "tr", "p": {"a": 0, "k": [0, 0]}, **still},
    ]
    return {
        "ty": 4, "ind": 1, "ip": begin, "op": end, "st": 0, "ks": _STILL, "shapes": [{"ty": "gr", "it": items}],
    }  # fmt: skip


def image_layer(asset: str, end: float) -> dict[str, Any]:
    """A layer that shows an image asset all the time."""
    return {"ty": 2, "ind": 9, "refId": asset, "ip": 0, "op": end, "st": 0, "ks": _STILL}


def coloured(layer: dict[str, Any], colour: Colour) -> dict[str, Any]:
    """The same layer with an effect that fills it with another colour."""
    value = {"ty": 2, "v": {"a": 0, "k": [c / 255 for c in colour]}}
    other = [{"ty": kind, "v": {"a": 0, "k": 0}} for kind in (10, 7, 7, 0, 0)]
    parts = [*other[:2], value, *other[2:], {"ty": 0, "v": {"a": 0, "k": 1}}]
    return {**layer, "ef": [{"ty": 21, "nm": "Fill", "en": 1, "ef": parts}]}


def moved(layer: dict[str, Any], expression: str) -> dict[str, Any]:
    """The same layer where an expression has it."""
    return {**layer, "ks": {**layer["ks"], "p": {"a": 0, "k": [0, 0, 0], "x": f"var $bm_rt = {expression};"}}}


def text_layer(text: str, end: float, colour: Colour = RED) -> dict[str, Any]:
    """A layer of large text, which stands in the middle."""
    style = {
        "s": 40, "f": "Sans", "t": text, "j": 2, "tr": 0, "lh": 48, "ls": 0,
        "fc": [c / 255 for c in colour[:3]],
    }  # fmt: skip
    place = {**_STILL, "p": {"a": 0, "k": [50, 65, 0]}}
    document = {
        "d": {"k": [{"s": style, "t": 0}]},
        "p": {},
        "m": {"g": 1, "a": {"a": 0, "k": [0, 0]}},
        "a": [],
    }
    return {"ty": 5, "ind": 5, "ip": 0, "op": end, "st": 0, "ks": place, "t": document}


FONTS = {"list": [{"fName": "Sans", "fFamily": "sans-serif", "fStyle": "Regular", "ascent": 75}]}


def composition(layers: list[dict[str, Any]], **changes: Any) -> dict[str, Any]:
    """A Lottie animation of 100x100."""
    return {
        "v": "5.7.0", "fr": 29.97, "ip": 0, "op": 30, "w": 100, "h": 100, "assets": [], "layers": layers, **changes,
    }  # fmt: skip


def write_lottie(path: Path, document: dict[str, Any]) -> Path:
    """A Lottie file as editors export it."""
    path.write_text(json.dumps(document))
    return path


def write_archive(
    path: Path, document: dict[str, Any], images: dict[str, bytes] | None = None, **entry: Any
) -> Path:
    """A dotLottie archive; ``entry`` is what its manifest says of the animation."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "manifest.json", json.dumps({"version": "1.0", "animations": [{"id": "a1", **entry}]})
        )
        archive.writestr("animations/a1.json", json.dumps(document))
        for name, data in (images or {}).items():
            archive.writestr(f"images/{name}", data)
    return path


def png(colour: Colour) -> bytes:
    """A small PNG of one colour."""
    data = io.BytesIO()
    picture(colour, size=(100, 100)).save(data, "PNG")
    return data.getvalue()


def as_data_address(data: bytes) -> str:
    """A PNG in a data address."""
    return f"data:image/png;base64,{base64.b64encode(data).decode()}"
