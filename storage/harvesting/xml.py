"""XML of strangers as a tree. Pure.

Answers of repositories need no document types, so there are none: no entities, nothing that is fetched, nothing that
grows. Expat stands below; what is too deep or too much ends the reading.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

MOST_DEEP: Final = 60
MOST_ELEMENTS: Final = 500_000

_CONTROLS: Final = bytes(number for number in range(0x20) if number not in (0x09, 0x0A, 0x0D))
_REFERENCE: Final = re.compile(rb"&#(?:x0*([0-9a-fA-F]{1,8})|0*([0-9]{1,10}));")


class XmlError(Exception):
    """It is no XML, or none that is read here."""


def parse(data: bytes) -> Element:
    """The root; names are ``{namespace}name``. Characters that XML cannot hold, which many repositories send, are left
    out. Raises ``XmlError``."""
    try:
        return _parse(data)
    except XmlError:
        repaired = _without_impossible(data)
        if repaired == data:
            raise
        return _parse(repaired)


def _parse(data: bytes) -> Element:
    builder = TreeBuilder()
    depth = count = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth, count
        depth += 1
        count += 1
        if depth > MOST_DEEP or count > MOST_ELEMENTS:
            raise XmlError("too deep, or too many elements")
        builder.start(_name(name), {_name(key): value for key, value in attributes.items()})

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(_name(name))

    def refuse(*_: object) -> None:
        raise XmlError("a document type, which answers have no need of")

    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    try:
        parser.Parse(data, True)
        return builder.close()
    except (expat.ExpatError, ValueError, LookupError, AssertionError) as error:
        raise XmlError(str(error)) from None


def _name(name: str) -> str:
    return "{" + name if "}" in name else name


def _without_impossible(data: bytes) -> bytes:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data
    kept = _REFERENCE.sub(
        lambda found: found[0] if _may_be(int(found[1], 16) if found[1] else int(found[2])) else b"",
        data.translate(None, _CONTROLS),
    )
    try:
        kept.decode()
    except UnicodeDecodeError:
        if re.match(rb"\s*(?:<\?xml[^>]*encoding=[\"'](?!utf-?8)[^>]*\?>)", kept, re.IGNORECASE):
            return kept
        return kept.decode(errors="replace").encode()
    return kept


def _may_be(point: int) -> bool:
    """Char (XML 1.0, section 2.2)."""
    return (
        point in (9, 10, 13)
        or 0x20 <= point <= 0xD7FF
        or 0xE000 <= point <= 0xFFFD
        or 0x10000 <= point <= 0x10FFFF
    )


def local(element: Element) -> str:
    """Its name without the namespace: repositories mistake those."""
    return str(element.tag).rpartition("}")[2]


def inside(element: Element | None, *names: str) -> Iterator[Element]:
    """Elements by the way to them, whatever their namespaces."""
    if element is None:
        return
    if not names:
        yield element
        return
    for child in element:
        if local(child) == names[0]:
            yield from inside(child, *names[1:])


def first(element: Element | None, *names: str) -> Element | None:
    """The first of them."""
    return next(inside(element, *names), None)


def raw(element: Element | None, *names: str) -> str:
    """What stands in it, to the letter; empty if there is none."""
    found = first(element, *names)
    return "".join(found.itertext()) if found is not None else ""


def text(element: Element | None, *names: str) -> str:
    """The same without blanks around it."""
    return raw(element, *names).strip()
