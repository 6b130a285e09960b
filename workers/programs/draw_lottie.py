"""Draws a Lottie animation, in the sandbox, with rlottie: a C++ library that reads what strangers wrote.

Run as ``python -I -S draw_lottie.py LIBRARY SOURCE look`` or ``... draw PLAN``. Looking prints a JSON object with
what the file says of itself, and which parts of it rlottie leaves out, or ``{"refused": CODE}``. Drawing writes
``OUTPUT``, an animated PNG whose colours are premultiplied by their transparency, and prints whether there is anything
to be seen; PLAN is a JSON object with ``width``, ``height``, ``frames``, ``step`` (of so many pictures one is drawn)
and ``delay`` (seconds of each picture as two whole numbers).

Lottie: lottie.github.io/lottie-spec; dotLottie: dotlottie.io/spec. Nothing is fetched: pictures are taken from data
addresses and from the dotLottie archive, all others are left out.
"""

from __future__ import annotations

import base64
import ctypes
import json
import struct
import sys
import zipfile
import zlib
from collections.abc import Iterator
from itertools import pairwise
from math import ceil
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, NoReturn

OUTPUT = "lottie.png"

MOST_JSON_BYTES = 5 * 1024 * 1024
MOST_IMAGE_BYTES = 16 * 1024 * 1024
MOST_MEMBERS = 500
MOST_LAYERS = 5000
NEEDED = ("fr", "ip", "op", "w", "h", "layers")
IMAGE_TYPES = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg"}

TEXT, EXPRESSIONS, EFFECTS, SOUND, PICTURES = (
    f"lottie_{part}_left_out" for part in ("text", "expressions", "effects", "sound", "pictures")
)
TEXT_LAYER, SOUND_LAYER = 5, 6
FIRST_VISIBLE_EFFECT = 20
"""Types of effects below it only carry numbers for expressions."""

EFFECTS_IN_BROWSERS = (20, 21, 22, 23, 24, 25, 28, 29, 35)
"""Types that lottie-web draws; it has none of the styles of layers."""

COLOURS_UP_TO_ONE = (4, 1, 9)
"""The version of Bodymovin since which colours are numbers up to 1; they were up to 255 before."""

M_ARENA_MAX = -8

_zip_errors = (zipfile.BadZipFile, NotImplementedError, EOFError, zlib.error, RuntimeError)


class Refused(Exception):
    """The code says why (``configs.failures``)."""


def main() -> None:
    """Look or draw."""
    library, source, wanted, *plan = sys.argv[1:]
    try:
        document, loop, missing = read(Path(source))
        if wanted == "look":
            more = {"missing": missing, "beyond_browsers": any(map(is_beyond_browsers, parts_of(document)))}
            print(json.dumps(facts(document, loop) | more))
        else:
            print(json.dumps(draw(library, document, json.loads(plan[0]))))
    except (Refused, RecursionError) as error:
        print(json.dumps({"refused": str(error) if isinstance(error, Refused) else "lottie_invalid"}))


def refuse(code: str) -> NoReturn:
    """End with this failure."""
    raise Refused(code)


def read(source: Path) -> tuple[dict[str, Any], bool, list[str]]:
    """Return the animation in a file, ready for rlottie, whether it loops (one that says nothing of it does), and which
    parts of it are left out."""
    if not zipfile.is_zipfile(source):
        with source.open("rb") as file:
            document, missing = animation_of(bounded(file), {})
            return document, True, missing
    try:
        with zipfile.ZipFile(source) as archive:
            return read_archive(archive)
    except _zip_errors:
        refuse("lottie_invalid")


def read_archive(archive: zipfile.ZipFile) -> tuple[dict[str, Any], bool, list[str]]:
    """Return the first animation of a dotLottie file, version 1 or 2, as ``read`` does."""
    names = {name: PurePosixPath(name) for name in archive.namelist()[:MOST_MEMBERS]}
    if "manifest.json" not in names:
        refuse("source_not_media")
    manifest = parse(archived(archive, "manifest.json"))
    listed = manifest.get("animations")
    entry = listed[0] if isinstance(listed, list) and listed and isinstance(listed[0], dict) else {}
    known = [
        name
        for name, path in names.items()
        if path.parent.name in ("animations", "a") and path.suffix == ".json"
    ]
    wanted = [name for name in known if names[name].stem == str(entry.get("id"))] or known
    if not wanted:
        refuse("source_not_media")
    left = MOST_IMAGE_BYTES
    images = {}
    for name, path in names.items():
        kind = IMAGE_TYPES.get(path.suffix.lower())
        if kind and path.parent.name in ("images", "i"):
            data = archived(archive, name, left)
            left -= len(data)
            images[path.name] = f"data:{kind};base64,{base64.b64encode(data).decode()}"
    loop = entry.get("loop", True)
    document, missing = animation_of(archived(archive, wanted[0]), images)
    return document, loop is True or (is_number(loop) and loop > 1), missing


def archived(archive: zipfile.ZipFile, name: str, most: int = MOST_JSON_BYTES) -> bytes:
    """A member, which must not be larger than ``most`` bytes whatever the archive says of its size."""
    with archive.open(name) as member:
        return bounded(member, most)


def bounded(file: Any, most: int = MOST_JSON_BYTES) -> bytes:
    """All of a file of at most ``most`` bytes."""
    data: bytes = file.read(most + 1)
    if len(data) > most:
        refuse("lottie_too_large")
    return data


def parse(data: bytes) -> dict[str, Any]:
    """A JSON object."""
    try:
        document = json.loads(data.decode("utf-8-sig"))
    except ValueError:
        refuse("source_not_media")
    if not isinstance(document, dict):
        refuse("source_not_media")
    return document


def animation_of(data: bytes, images: dict[str, str]) -> tuple[dict[str, Any], list[str]]:
    """Return the composition, without pictures from elsewhere; and which parts of it are not drawn."""
    document = parse(data)
    if not all(key in document for key in NEEDED) or not isinstance(document["layers"], list):
        refuse("source_not_media")
    if not all(is_number(document[key]) for key in NEEDED[:-1]) or document["fr"] <= 0:
        refuse("lottie_invalid")
    assets = document.get("assets")
    assets = [asset for asset in assets if isinstance(asset, dict)] if isinstance(assets, list) else []
    own = [embedded(asset, images) for asset in assets]
    missing = left_out(document) + [PICTURES] * any(
        a is not b and "p" not in b for a, b in zip(assets, own, strict=True)
    )
    document["assets"] = own
    mend_colours(document)
    layers = [layer for owner in (document, *assets) for layer in layers_of(owner)]
    if len(layers) > MOST_LAYERS:
        refuse("animation_too_complex")
    return document, missing


def mend_colours(document: dict[str, Any]) -> None:
    """Write the colours of an old composition as newer ones have them: lottie-web reads both, rlottie does not."""
    version = document.get("v")
    parts = version.split(".") if isinstance(version, str) else []
    numbers = tuple(int(part[:6]) for part in parts if part.isdecimal())
    if not numbers or numbers >= COLOURS_UP_TO_ONE:
        return
    document["v"] = ".".join(map(str, COLOURS_UP_TO_ONE))
    for part in parts_of(document):
        colour = part.get("c")
        if part.get("ty") in ("fl", "st") and isinstance(colour, dict):
            values = colour.get("k")
            moments = (
                [value for value in values if isinstance(value, dict)] if isinstance(values, list) else []
            )
            for owner, name in [(colour, "k"), *((moment, name) for moment in moments for name in "se")]:
                if name in owner:
                    owner[name] = up_to_one(owner[name])


def up_to_one(colour: object) -> object:
    """Return a colour of numbers up to 255 in numbers up to 1; what is none as it is."""
    if not isinstance(colour, list) or not all(map(is_number, colour)):
        return colour
    return [value / 255 for value in colour]


def end_layers(document: dict[str, Any]) -> None:
    """Have layers end when they should: Lottie's end is the first frame without a layer, rlottie's the last one with
    it."""
    assets = document["assets"]
    for layer in (layer for owner in (document, *assets) for layer in layers_of(owner)):
        if is_number(layer.get("op")):
            layer["op"] = ceil(layer["op"]) - 1


def left_out(document: dict[str, Any]) -> list[str]:
    """Return what rlottie does not draw of a composition, by the names of ``configs.notices``."""
    found: set[str] = set()
    for value in parts_of(document):
        if "ks" in value:  # a layer
            found |= left_out_of_layer(value)
        elif "k" in value and isinstance(value.get("x"), str):
            found.add(EXPRESSIONS)
    return sorted(found)


def parts_of(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield all objects in a composition but what is hidden."""
    rest: list[Any] = [document]
    while rest:
        value = rest.pop()
        if isinstance(value, list):
            rest.extend(value)
        if isinstance(value, dict) and value.get("hd") is not True:
            rest.extend(value.values())
            yield value


def is_beyond_browsers(layer: dict[str, Any]) -> bool:
    """Return whether it is a layer with an effect or a style that lottie-web does not draw either."""
    effects = layer.get("ef")
    shown = filter(is_visible, effects if isinstance(effects, list) else [])
    return "ks" in layer and bool(
        layer.get("sy") or any(effect["ty"] not in EFFECTS_IN_BROWSERS for effect in shown)
    )


def left_out_of_layer(layer: dict[str, Any]) -> set[str]:
    """Return what rlottie does not draw of a layer itself."""
    found = {name for kind, name in ((TEXT_LAYER, TEXT), (SOUND_LAYER, SOUND)) if layer.get("ty") == kind}
    effects = layer.get("ef")
    if layer.get("sy") or any(map(is_visible, effects if isinstance(effects, list) else [])):
        found.add(EFFECTS)
    return found


def is_visible(effect: object) -> bool:
    """Return whether an effect changes how its layer looks."""
    if not isinstance(effect, dict) or effect.get("en", 1) == 0:
        return False
    kind: object = effect.get("ty")
    return isinstance(kind, int) and kind >= FIRST_VISIBLE_EFFECT


def layers_of(owner: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the layers of a composition."""
    layers = owner.get("layers")
    return (layer for layer in layers if isinstance(layer, dict)) if isinstance(layers, list) else iter(())


def embedded(asset: dict[str, Any], images: dict[str, str]) -> dict[str, Any]:
    """Return the asset with its picture in itself; one that is elsewhere becomes an empty composition."""
    if "p" not in asset:
        return asset
    path = str(asset["p"])
    address = path if path.startswith("data:image/") else images.get(PurePosixPath(path).name)
    if address is None:
        return {"id": asset.get("id", ""), "layers": []}
    return {**asset, "u": "", "p": address, "e": 1}


def is_number(value: object) -> bool:
    """Return whether it is a number that arithmetic can rely on."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e9


def facts(document: dict[str, Any], loop: bool) -> dict[str, Any]:
    """Return the facts by which the worker decides."""
    return {
        "width": document["w"],
        "height": document["h"],
        "rate": document["fr"],
        "frames": document["op"] - document["ip"],
        "loop": loop,
    }


def draw(library: str, document: dict[str, Any], plan: dict[str, Any]) -> dict[str, bool]:
    """Draw every picture and write them all. Returns whether all of them are transparent, and whether each is of one
    colour."""
    end_layers(document)
    # Else each thread of the library reserves address space of its own, of which there is a limit.
    ctypes.CDLL(None).mallopt(M_ARENA_MAX, 1)
    rlottie = ctypes.CDLL(library)
    rlottie.lottie_animation_from_data.restype = ctypes.c_void_p
    rlottie.lottie_animation_from_data.argtypes = [ctypes.c_char_p] * 3
    rlottie.lottie_animation_render.restype = None
    number, address = ctypes.c_size_t, ctypes.c_void_p
    rlottie.lottie_animation_render.argtypes = [address, number, address, number, number, number]
    animation = rlottie.lottie_animation_from_data(json.dumps(document).encode(), b"lottie", b"/nowhere/")
    if not animation:
        refuse("lottie_invalid")
    width, height = plan["width"], plan["height"]
    buffer = (ctypes.c_ubyte * (4 * width * height))()

    seen = {"transparent": True, "plain": True}

    def pictures() -> Iterator[bytearray]:
        for number in range(plan["frames"]):
            rlottie.lottie_animation_render(
                animation, number * plan["step"], buffer, width, height, 4 * width
            )
            picture = bytearray(buffer)
            picture[0::4], picture[2::4] = picture[2::4], picture[0::4]
            if seen["plain"]:
                seen["plain"] = picture == picture[:4] * (width * height)
                seen["transparent"] = seen["transparent"] and seen["plain"] and not picture[3]
            yield picture

    with Path(OUTPUT).open("wb") as file:
        write_apng(file, pictures(), (width, height), plan["frames"], plan["delay"])
    return {"transparent": seen["plain"] and seen["transparent"], "plain": seen["plain"]}


def write_apng(
    file: BinaryIO, pictures: Iterator[bytearray], size: tuple[int, int], count: int, delay: list[int]
) -> None:
    """An APNG of RGBA pictures; only the rows that changed are written of each."""
    width, height = size
    file.write(b"\x89PNG\r\n\x1a\n")
    chunk(file, b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0))
    chunk(file, b"acTL", struct.pack(">II", count, 0))
    stride = 4 * width
    number = 0
    nothing = bytearray()
    for before, picture in pairwise(_with_first(nothing, pictures)):
        top, bottom = changed_rows(before, picture, stride, height)
        region = struct.pack(">IIII", width, bottom - top, 0, top)
        chunk(file, b"fcTL", struct.pack(">I", number) + region + struct.pack(">HHBB", *delay, 0, 0))
        rows = memoryview(picture)
        packed = zlib.compress(
            b"".join(
                b"\0" + bytes(rows[at : at + stride]) for at in range(top * stride, bottom * stride, stride)
            ),
            1,
        )
        number += 1
        if before is nothing:
            chunk(file, b"IDAT", packed)
        else:
            chunk(file, b"fdAT", struct.pack(">I", number) + packed)
            number += 1
    chunk(file, b"IEND", b"")


def _with_first(first: bytearray, rest: Iterator[bytearray]) -> Iterator[bytearray]:
    yield first
    yield from rest


def changed_rows(before: bytearray, after: bytearray, stride: int, height: int) -> tuple[int, int]:
    """Return the first row that differs and the one after the last; one row if none does."""
    if not before:
        return 0, height
    if before == after:
        return 0, 1
    rows = [
        at
        for at in range(height)
        if before[at * stride : (at + 1) * stride] != after[at * stride : (at + 1) * stride]
    ]
    return rows[0], rows[-1] + 1


def chunk(file: BinaryIO, kind: bytes, data: bytes) -> None:
    """Write one chunk (PNG, section 5.3)."""
    file.write(struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)))


if __name__ == "__main__":
    main()
