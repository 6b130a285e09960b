"""Flash movies made by hand for tests, tag by tag (Adobe's SWF specification, version 19)."""

from __future__ import annotations

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


def move(depth: int, x: int, y: int = 0) -> bytes:
    """PlaceObject2: what is at a depth goes somewhere else."""
    return tag(26, bytes([5]) + struct.pack("<H", depth) + _matrix(x, y))


def remove(depth: int) -> bytes:
    """RemoveObject2."""
    return tag(28, struct.pack("<H", depth))


def background(colour: Colour) -> bytes:
    """SetBackgroundColor."""
    return tag(9, bytes(colour))


def actions(code: bytes) -> bytes:
    """DoAction: a script of ActionScript 1 or 2, without its end."""
    return tag(12, code + b"\0")


STOP, NEXT = b"\x07", b"\x04"


def url(address: str, target: str) -> bytes:
    """The action GetURL."""
    body = address.encode() + b"\0" + target.encode() + b"\0"
    return b"\x83" + struct.pack("<H", len(body)) + body


def push(*values: str | int) -> bytes:
    """The action Push, of strings and whole numbers."""
    body = b"".join(
        b"\0" + value.encode() + b"\0" if isinstance(value, str) else b"\x07" + struct.pack("<i", value)
        for value in values
    )
    return b"\x96" + struct.pack("<H", len(body)) + body


def jump(by: int) -> bytes:
    """The action Jump, by so many bytes from its end."""
    return b"\x99" + struct.pack("<Hh", 2, by)


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


def _u30(value: int) -> bytes:
    made = bytearray()
    while value > 0x7F:
        made.append(value & 0x7F | 0x80)
        value >>= 7
    made.append(value)
    return bytes(made)


def _text(value: str) -> bytes:
    return _u30(len(value)) + value.encode()


def script_3(colour: Colour, left: int, top: int, width: int, height: int) -> bytes:
    """DoABC2 and SymbolClass: a movie whose own class draws a rectangle when it is made, in ActionScript 3
    (ActionScript Virtual Machine 2 Overview, section 4)."""
    number = colour[0] << 16 | colour[1] << 8 | colour[2]
    names = ["", "Main", "flash.display", "MovieClip", "graphics", "beginFill", "drawRect"]
    in_package = bytes([0x16])
    pool = [
        _u30(2) + _u30(number),
        _u30(0) + _u30(0),
        _u30(len(names) + 1) + b"".join(map(_text, names)),
        _u30(3) + in_package + _u30(1) + in_package + _u30(3),
        _u30(0),
        # Main, MovieClip, graphics, beginFill, drawRect
        _u30(6)
        + b"".join(
            b"\x07" + _u30(space) + _u30(name) for space, name in ((1, 2), (2, 4), (1, 5), (1, 6), (1, 7))
        ),
    ]
    methods = _u30(3) + bytes(4) * 3
    classes = _u30(1) + bytes([1, 2, 1, 0, 2, 0]) + bytes([1, 0])
    scripts = _u30(1) + bytes([0, 1, 1, 4, 0, 0])
    begin = bytes([0xD0, 0x30])
    make_class = begin + bytes([0x65, 0, 0x60, 2, 0x30, 0x60, 2, 0x58, 0, 0x1D, 0x68, 1, 0x47])
    numbers = b"".join(b"\x25" + _u30(value) for value in (left, top, width, height))
    construct = begin + bytes([0xD0, 0x49, 0, 0xD0, 0x66, 3, 0x2A, 0x2D, 1, 0x4F, 4, 1]) + numbers
    construct += bytes([0x4F, 5, 4, 0x47])
    bodies = _u30(3)
    for method, code in ((0, make_class), (1, begin + b"\x47"), (2, construct)):
        bodies += _u30(method) + bytes([8, 1, 0, 8]) + _u30(len(code)) + code + bytes(2)
    abc = struct.pack("<HH", 16, 46) + b"".join(pool) + methods + _u30(0) + classes + scripts + bodies
    return tag(82, struct.pack("<I", 0) + b"\0" + abc) + tag(76, struct.pack("<HH", 1, 0) + b"Main\0")
