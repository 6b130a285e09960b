"""Scripts for Flash movies made by hand: actions of ActionScript 1 and 2 (Adobe's SWF specification, version 19), and
a class in ActionScript 3 (ActionScript Virtual Machine 2 Overview, section 4)."""

from __future__ import annotations

import struct

from flash_movies import Colour, tag

Value = str | int | None | bytes
"""Of a script: text, a whole number, null, or the code that comes to it."""

STOP, NEXT = b"\x07", b"\x04"
_POP, _TARGET, _VARIABLES = b"\x17", 0x40, 0x80


def actions(code: bytes) -> bytes:
    """DoAction: a script of ActionScript 1 or 2, without its end."""
    return tag(12, code + b"\0")


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


def endless(code: bytes) -> bytes:
    """Code that is done again and again."""
    return code + jump(-len(code) - 5)


def load(address: str, target: str, *, variables: bool = False) -> bytes:
    """The action GetURL2: another movie, or variables, into a target."""
    return push(address, target) + b"\x9a" + struct.pack("<HB", 1, _VARIABLES if variables else _TARGET)


def _value(value: Value) -> bytes:
    if value is None:
        return b"\x96\x01\0\x02"
    return value if isinstance(value, bytes) else push(value)


def variable(name: str) -> bytes:
    """What a variable holds."""
    return push(name) + b"\x1c"


def assign(name: str, value: Value) -> bytes:
    """Give a variable a value."""
    return push(name) + _value(value) + b"\x1d"


def make(name: str, *given: Value) -> bytes:
    """A new object of a class."""
    return b"".join(map(_value, reversed(given))) + push(len(given), name) + b"\x40"


def call(on: bytes, method: str, *given: Value) -> bytes:
    """Call a method of an object, and forget what it says."""
    return b"".join(map(_value, reversed(given))) + push(len(given)) + on + push(method) + b"\x52" + _POP


def function(name: str, body: bytes) -> bytes:
    """DefineFunction, of one that takes nothing."""
    head = name.encode() + b"\0" + struct.pack("<HH", 0, len(body))
    return b"\x9b" + struct.pack("<H", len(head)) + head + body


def doubled(name: str) -> bytes:
    """Make a text twice as long."""
    return assign(name, variable(name) * 2 + b"\x47")


def _u30(value: int) -> bytes:
    made = bytearray()
    while value > 0x7F:
        made.append(value & 0x7F | 0x80)
        value >>= 7
    made.append(value)
    return bytes(made)


class Script3:
    """A movie's own class, whose statements are done one after another when it is made. One that fails does not keep
    the next ones from being done."""

    def __init__(self) -> None:
        self._texts: dict[str, int] = {"": 1}
        self._numbers: dict[int, int] = {}
        self._spaces: dict[str, int] = {"": 1}
        self._names: dict[tuple[str, str], int] = {}
        self._statements: list[bytes] = []

    def text(self, value: str) -> int:
        """The number of a text in its pool."""
        return self._texts.setdefault(value, len(self._texts) + 1)

    def name(self, dotted: str) -> int:
        """The number of a name, with the package that stands before its last dot."""
        space, _, name = dotted.rpartition(".")
        self.text(space)
        self.text(name)
        self._spaces.setdefault(space, len(self._spaces) + 1)
        return self._names.setdefault((space, name), len(self._names) + 1)

    def value(self, value: Value) -> bytes:
        """Code that comes to a value."""
        if isinstance(value, bytes):
            return value
        if value is None:
            return b"\x20"
        if isinstance(value, str):
            return b"\x2c" + _u30(self.text(value))
        return b"\x2d" + _u30(self._numbers.setdefault(value, len(self._numbers) + 1))

    def get(self, name: str) -> bytes:
        """A class, or what else has this name."""
        return b"\x60" + _u30(self.name(name))

    def make(self, name: str, *given: Value) -> bytes:
        """A new object of a class."""
        return self._called(b"\x5d", b"\x4a", name, given)

    def run(self, name: str, *given: Value) -> bytes:
        """What a function of a package says."""
        return self._called(b"\x5d", b"\x46", name, given)

    def call(self, on: bytes, method: str, *given: Value) -> bytes:
        """What a method of an object says."""
        number = _u30(self.name(method))
        return on + b"".join(map(self.value, given)) + b"\x46" + number + _u30(len(given))

    def _called(self, find: bytes, how: bytes, name: str, given: tuple[Value, ...]) -> bytes:
        number = _u30(self.name(name))
        return find + number + b"".join(map(self.value, given)) + how + number + _u30(len(given))

    def do(self, code: bytes) -> None:
        """A statement: ``code``, of whose value nothing becomes."""
        self._statements.append(code + b"\x29")

    def endless(self, code: bytes = b"") -> None:
        """A statement that is done again and again."""
        body = b"\x09" + (code + b"\x29" if code else b"")
        self._statements.append(body + b"\x10" + (-len(body) - 4 & 0xFFFFFF).to_bytes(3, "little"))

    def tags(self) -> bytes:
        """DoABC2, and SymbolClass that makes the class the movie's own."""
        this, parent = self.name("Main"), self.name("flash.display.MovieClip")
        begin = bytes([0xD0, 0x30])
        make_class = begin + b"\x65\0" + b"\x60" + _u30(parent) + b"\x30" + b"\x60" + _u30(parent)
        make_class += b"\x58\0\x1d\x68" + _u30(this) + b"\x47"
        construct, caught = begin + b"\xd0\x49\0", []
        for statement in self._statements:
            start = len(construct)
            # Over what is done where it fails: forget the error, and begin again.
            construct += statement + b"\x10\x03\0\0"
            caught.append((start, len(construct) - 4, len(construct)))
            construct += begin + b"\x29"
        construct += b"\x47"
        bodies = _u30(3)
        for method, code in ((0, make_class), (1, begin + b"\x47"), (2, construct)):
            handled = caught if method == 2 else []
            bodies += _u30(method) + bytes([12, 1, 0, 8]) + _u30(len(code)) + code + _u30(len(handled))
            bodies += b"".join(b"".join(map(_u30, places)) + bytes(2) for places in handled) + b"\0"
        methods = _u30(3) + bytes(4) * 3
        classes = _u30(1) + _u30(this) + _u30(parent) + bytes([0, 0, 2, 0]) + bytes([1, 0])
        scripts = _u30(1) + bytes([0, 1]) + _u30(this) + bytes([4, 0, 0])
        abc = struct.pack("<HH", 16, 46) + self._pools() + methods + _u30(0) + classes + scripts + bodies
        return tag(82, struct.pack("<I", 0) + b"\0" + abc) + tag(76, struct.pack("<HH", 1, 0) + b"Main\0")

    def _pools(self) -> bytes:
        def pool(items: list[bytes]) -> bytes:
            return _u30(len(items) + 1 if items else 0) + b"".join(items)

        texts = [_u30(len(text.encode())) + text.encode() for text in self._texts]
        spaces = [b"\x16" + _u30(self._texts[space]) for space in self._spaces]
        names = [b"\x07" + _u30(self._spaces[space]) + _u30(self._texts[name]) for space, name in self._names]
        numbers = [_u30(number & 0xFFFFFFFF) for number in self._numbers]
        return pool(numbers) + _u30(0) + _u30(0) + pool(texts) + pool(spaces) + _u30(0) + pool(names)


def draw(script: Script3, colour: Colour, left: int, top: int, width: int, height: int) -> None:
    """Let a script draw a rectangle."""
    graphics = b"\xd0\x66" + _u30(script.name("graphics"))
    script.do(script.call(graphics, "beginFill", colour[0] << 16 | colour[1] << 8 | colour[2]))
    script.do(script.call(graphics, "drawRect", left, top, width, height))
