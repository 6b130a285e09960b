"""Bytes to lines, and marked-up text to plain text."""

from __future__ import annotations

import codecs
import html
import re
import unicodedata
from functools import lru_cache
from typing import Final

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_UNSEEN: Final = tuple(
    (re.compile(start, re.IGNORECASE), re.compile(end, re.IGNORECASE))
    for start, end in (
        (r"<script\b[^<>]*>", r"</script\s*>"),
        (r"<style\b[^<>]*>", r"</style\s*>"),
        ("<!--", "-->"),
    )
)
"""How what nobody is to read begins and ends. Two patterns each: one for the whole would look anew from each beginning
for an end that is missing."""

_TAG: Final = re.compile(r"</?(?:[A-Za-z][^<>]*|[0-9][0-9:.]*)?>")
"""HTML, and the tags of WebVTT: classes, voices, times. A bare ``<`` is text."""

_OVERRIDE: Final = re.compile(r"\{\\[^{}]*\}")
_DRAWING: Final = re.compile(r"\\p([0-9]+)")


def decode(data: bytes) -> str | int:
    """The text of a file, or the number of the first line that cannot be decoded.

    By its byte order mark (UTF-8 or, as Windows saves, UTF-16), else UTF-8, else GB18030, in which much Chinese
    material is written.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _decoded(data[len(mark) :], encoding)
    text = _decoded(data, "utf-8")
    if isinstance(text, str):
        return text
    chinese = _decoded(data, "gb18030")
    return chinese if isinstance(chinese, str) else text


def lines_of(text: str) -> list[str]:
    """Lines without their ends. Other than ``str.splitlines``, only what editors count as a line."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def without_tags(text: str) -> str:
    """Text without HTML and WebVTT tags, comments, scripts and style sheets."""
    if "<" not in text:
        return text
    for start, end in _UNSEEN:
        text = _without_between(text, start, end)
    return _TAG.sub("", text)


def without_overrides(text: str) -> str:
    """Text without ASS override blocks such as ``{\\an8}``, which SRT files hold too."""
    return _OVERRIDE.sub("", text) if "{" in text else text


def plain_ass(text: str) -> str:
    """The text of an ASS dialogue: no override blocks, no drawings, its line breaks real ones."""
    shown, drawing = [], False
    # Everything in braces is for the renderer: override codes and comments.
    for position, part in enumerate(re.split(r"\{([^{}]*)\}", text)):
        if position % 2:
            if modes := _DRAWING.findall(part):
                drawing = modes[-1].strip("0") != ""
        elif not drawing:
            shown.append(part)
    joined = "".join(shown)
    return joined.replace("\\N", "\n").replace("\\n", "\n").replace("\\h", " ")


def plain_webvtt(text: str) -> str:
    """The text of a WebVTT cue: tags removed, character references resolved."""
    return html.unescape(without_tags(text))


def tidy(text: str) -> str:
    """Text as it is kept: without control characters and empty lines, which would end a cue."""
    lines = (
        (line if line.isprintable() else "".join(map(_visible, line))).strip() for line in lines_of(text)
    )
    return "\n".join(line for line in lines if line)


def one_line(text: str) -> str:
    """Text as a title."""
    return " ".join(tidy(text).split())


def _without_between(text: str, start: re.Pattern[str], end: re.Pattern[str]) -> str:
    kept, at = [], 0
    while (first := start.search(text, at)) and (last := end.search(text, first.end())):
        kept.append(text[at : first.start()])
        at = last.end()
    return "".join((*kept, text[at:]))


@lru_cache(maxsize=1024)
def _visible(character: str) -> str:
    if character in "\t\u2028\u2029\u00a0":
        return " "
    if character == "\ufeff" or unicodedata.category(character) in ("Cc", "Cs", "Cn"):
        return ""
    return character


def _decoded(data: bytes, encoding: str) -> str | int:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        before = data[: error.start]
        return 1 + before.count(b"\n") + before.count(b"\r") - before.count(b"\r\n")
