"""Kinds of track, their languages and what people read in a menu."""

from __future__ import annotations

import re
from typing import Final

from configs.words import TrackKind
from storage.languages import language_tag, own_name, primary

CAPTIONS: Final = "captions"
CHAPTERS: Final = "chapters"
SLIDES: Final = "slides"

KINDS: Final[dict[str, TrackKind]] = {
    "captions": CAPTIONS,
    "subtitles": CAPTIONS,
    "chapters": CHAPTERS,
    "slides": SLIDES,
}
"""Kinds as they may be asked for, and as they are kept: players make no difference between the first two."""

UNKNOWN: Final = "und"
NAMELESS: Final = "字幕 Captions"

_UNTOLD: Final = re.compile(rf"{UNKNOWN}(-x-[0-9]{{1,3}})?")
_SIMPLIFIED: Final = re.compile(r"简|簡中|simplified|\bchs\b", re.IGNORECASE)
_TRADITIONAL: Final = re.compile(r"繁|traditional|\bcht\b", re.IGNORECASE)


def embedded_language(code: str | None, title: str) -> str:
    """The language of a stream inside a container; its title tells the Chinese scripts apart."""
    tag = language_tag(code or "") or UNKNOWN
    if tag == "zh":
        if _SIMPLIFIED.search(title):
            return "zh-Hans"
        if _TRADITIONAL.search(title):
            return "zh-Hant"
    return tag


def track_language(written: str) -> str | None:
    """The tag that a track is kept under, None if it is none. What was found without a language has one too: ``und``,
    and what ``distinct`` makes of it."""
    return written if _UNTOLD.fullmatch(written) else language_tag(written)


def distinct(tag: str, taken: set[str]) -> str:
    """``tag``, or with a private part if it is taken: a version has one track of a kind for each tag."""
    number = 2
    found = tag
    while found in taken:
        found, number = f"{tag}-x-{number}", number + 1
    return found


def automatic_name(tag: str) -> str:
    """The same of captions that a machine wrote: viewers are told, whatever they play it with."""
    marks = {"zh": "（自动生成）", "yue": "（自動生成）", UNKNOWN: "（自动生成 automatic）"}
    return language_name(tag) + marks.get(primary(tag), " (automatic)")


def language_name(tag: str) -> str:
    """What people choose a track of this language by."""
    return NAMELESS if tag == UNKNOWN else own_name(tag)
