"""Flash movies made by hand for tests, tag by tag (Adobe's SWF specification, version 19)."""

from __future__ import annotations

import lzma
import math
import struct
import zlib

TWIPS = 20
SHOW = 1
SAMPLES = 44_100

Colour = tuple[int, int, int]


class Bits:
    """Bits that are written one after another, the highest first."""

    def __init__(self) -> None:
        self.text = ""

    def put(self, value: int, count: int) -> Bits:
        """Add a number, negative ones as their complement."""
        self.text += format(value & (1 << count) - 1, f"0{count}b") if count else ""
        return self

    def bytes(self) -> bytes:
        """All bits, filled up to whole bytes."""
        padded = self.text + "0" * (-len(self.text) % 8)
        return int(padded or "0", 2).to_bytes(len(padded) // 8, "big")


def rectangle(width: int, height: int) -> bytes:
    """A RECT from zero, in pixels."""
    right, bottom = width * TWIPS, height * TWIPS
    count = max(right, bottom).bit_length() + 1
    return Bits().put(count, 5).put(0, count).put(right, count).put(0, count).put(bottom, count).bytes()


def tag(code: int, body: bytes = b"") -> bytes:
    """A tag with the long form of its head."""
    return struct.pack("<HI", code << 6 | 0x3F, len(body)) + body


def movie(
    *tags: bytes,
    size: tuple[int, int] = (100, 80),
    rate: float = 20.0,
    script_3: bool = False,
    packed: bool = True,
) -> bytes:
    """A movie of version 10 that ends after ``tags``; with ``script_3`` by ActionScript 3."""
    frames = sum(part.startswith(struct.pack("<H", SHOW << 6 | 0x3F)) for part in tags)
    head = rectangle(*size) + struct.pack("<HH", round(rate * 256), frames)
    body = head + tag(69, struct.pack("<I", 8 if script_3 else 0)) + b"".join(tags) + tag(0)
    length = struct.pack("<I", 8 + len(body))
    return (b"CWS\x0a" + length + zlib.compress(body)) if packed else b"FWS\x0a" + length + body


def lzma_packed(movie: bytes) -> bytes:
    """A movie that was not packed, packed by LZMA."""
    body = lzma.compress(movie[8:], lzma.FORMAT_ALONE, preset=0)
    return b"ZWS\x0d" + movie[4:8] + struct.pack("<I", len(body) - 13) + body[:5] + body[13:]


def _edges(width: int, height: int) -> Bits:
    right, bottom = width * TWIPS, height * TWIPS
    bits = Bits()
    for upright, by in ((0, right), (1, bottom), (0, -right), (1, -bottom)):
        count = max(abs(by).bit_length() + 1, 2)
        bits.put(3, 2).put(count - 2, 4).put(0, 1).put(upright, 1).put(by, count)
    return bits.put(0, 6)


def shape(identity: int, width: int, height: int, colour: Colour) -> bytes:
    """DefineShape: a rectangle of one colour from zero."""
    styles = bytes([1, 0, *colour, 0])
    start = Bits().put(1, 4).put(0, 4).put(0b000101, 6).put(1, 5).put(0, 1).put(0, 1).put(1, 1)
    start.text += _edges(width, height).text
    return tag(2, struct.pack("<H", identity) + rectangle(width, height) + styles + start.bytes())


def _matrix(x: int, y: int) -> bytes:
    count = max(abs(x), abs(y), 1).bit_length() + 6
    return Bits().put(0, 2).put(count, 5).put(x * TWIPS, count).put(y * TWIPS, count).bytes()


def place(identity: int, depth: int, x: int = 0, y: int = 0) -> bytes:
    """PlaceObject2: something new at a depth."""
    return tag(26, bytes([6]) + struct.pack("<HH", depth, identity) + _matrix(x, y))


def named(name: str, identity: int, depth: int, x: int = 0) -> bytes:
    """PlaceObject2: something new at a depth, that scripts know by a name."""
    return tag(26, b"\x26" + struct.pack("<HH", depth, identity) + _matrix(x, 0) + name.encode() + b"\0")


def move(depth: int, x: int, y: int = 0) -> bytes:
    """PlaceObject2: what is at a depth goes somewhere else."""
    return tag(26, bytes([5]) + struct.pack("<H", depth) + _matrix(x, y))


def remove(depth: int) -> bytes:
    """RemoveObject2."""
    return tag(28, struct.pack("<H", depth))


def background(colour: Colour) -> bytes:
    """SetBackgroundColor."""
    return tag(9, bytes(colour))


def text(identity: int, font: int, size: int, colour: Colour) -> bytes:
    """DefineFont with a glyph that is a square, and DefineText that shows it once."""
    start = Bits().put(1, 4).put(0, 4).put(0b000101, 6).put(1, 5).put(0, 1).put(0, 1).put(1, 1)
    right = 1024
    for upright, by in ((0, right), (1, -right), (0, -right), (1, right)):
        start.put(3, 2).put(10, 4).put(0, 1).put(upright, 1).put(by, 12)
    glyph = start.put(0, 6).bytes()
    fonts = tag(10, struct.pack("<HH", font, 2) + glyph)
    record = struct.pack("<BH3BH", 0x8C, font, *colour, size * TWIPS) + bytes([1])
    letters = Bits().put(0, 1).put(size * TWIPS, 16).bytes()
    body = struct.pack("<H", identity) + rectangle(size, size) + _matrix(0, size) + bytes([1, 16]) + record
    return fonts + tag(11, body + letters + b"\0")


def device_text(identity: int, font: int, size: int, colour: Colour, words: str) -> bytes:
    """DefineFont2 without a glyph, and DefineEditText in it: letters are those of whoever plays it."""
    name = b"SimSun"
    fonts = tag(48, struct.pack("<HBBB", font, 0x0C, 3, len(name)) + name + struct.pack("<HI", 0, 4))
    # HasText, ReadOnly, HasTextColor, HasFont; NoSelect.
    field = struct.pack("<H", identity) + rectangle(10 * size, 2 * size) + b"\x8d\x10"
    field += struct.pack("<HH4B", font, size * TWIPS, *colour, 255)
    return fonts + tag(37, field + b"\0" + words.encode() + b"\0")


def button(identity: int, drawn: int, released: bytes = b"") -> bytes:
    """DefineButton2: a button that looks like another character and does nothing; or what is ``released``, a script of
    ActionScript 1 or 2 without its end, by the mouse or the key to the right."""
    record = struct.pack("<BHH", 0x0F, drawn, 1) + _matrix(0, 0) + b"\0"
    looks = record + b"\0"
    # The last one; CondOverDownToOverUp, CondKeyPress.
    acts = b"\0\0" + b"\x08\x04" + released + b"\0" if released else b""
    return tag(34, struct.pack("<HBH", identity, 0, 2 + len(looks) if acts else 0) + looks + acts)


def sprite(identity: int, frames: int, *tags: bytes) -> bytes:
    """DefineSprite."""
    return tag(39, struct.pack("<HH", identity, frames) + b"".join(tags) + tag(0))


def sound_head(rate: float) -> bytes:
    """SoundStreamHead2: uncompressed, 44.1 kHz, 16 bits, stereo."""
    return tag(45, struct.pack("<BBH", 0x0F, 0x3F, round(SAMPLES / rate)))


def sound_block(first: int, count: int, pitch: float, loud: float = 0.5) -> bytes:
    """SoundStreamBlock: a piece of a tone."""
    values = [
        round(32767 * loud * math.sin(2 * math.pi * pitch * at / SAMPLES))
        for at in range(first, first + count)
    ]
    return tag(19, b"".join(struct.pack("<hh", value, value) for value in values))
