"""Kinds of track, their languages (BCP 47) and what people read in a menu."""

from __future__ import annotations

import re
from typing import Final

CAPTIONS: Final = "captions"
CHAPTERS: Final = "chapters"

KINDS: Final = {"captions": CAPTIONS, "subtitles": CAPTIONS, "chapters": CHAPTERS}
"""Kinds as they may be asked for, and as they are kept: players make no difference between the first two."""

UNKNOWN: Final = "und"

_TAG: Final = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8}){0,5}")

_LANGUAGES: Final = {
    "zh": ("中文", "chi", "zho"), "en": ("English", "eng"), "ja": ("日本語", "jpn"), "ko": ("한국어", "kor"),
    "fr": ("Français", "fre", "fra"), "de": ("Deutsch", "ger", "deu"), "es": ("Español", "spa"),
    "pt": ("Português", "por"), "it": ("Italiano", "ita"), "ru": ("Русский", "rus"), "ar": ("العربية", "ara"),
    "vi": ("Tiếng Việt", "vie"), "th": ("ไทย", "tha"), "id": ("Bahasa Indonesia", "ind"),
    "ms": ("Bahasa Melayu", "may", "msa"),
    "hi": ("हिन्दी", "hin"), "tr": ("Türkçe", "tur"), "nl": ("Nederlands", "dut", "nld"), "pl": ("Polski", "pol"),
    "uk": ("Українська", "ukr"), "mn": ("Монгол", "mon"), "bo": ("བོད་སྐད་", "tib", "bod"), "ug": ("ئۇيغۇرچە", "uig"),
    "kk": ("Қазақша", "kaz"), "my": ("မြန်မာ", "bur", "mya"), "lo": ("ລາວ", "lao"), "km": ("ខ្មែរ", "khm"),
}  # fmt: skip
"""Languages by their short code: their own name, and the codes that containers use (ISO 639-2)."""

_SHORT: Final = {long: short for short, (_, *longs) in _LANGUAGES.items() for long in longs}
_NAMES: Final = {short: names[0] for short, names in _LANGUAGES.items()} | {
    UNKNOWN: "字幕 Captions",
    "zh-Hans": "简体中文",
    "zh-Hant": "繁體中文",
    "zh-CN": "简体中文",
    "zh-TW": "繁體中文",
    "zh-HK": "繁體中文（香港）",
}
_SIMPLIFIED: Final = re.compile(r"简|簡中|simplified|\bchs\b", re.IGNORECASE)
_TRADITIONAL: Final = re.compile(r"繁|traditional|\bcht\b", re.IGNORECASE)


def language_tag(text: str) -> str | None:
    """A language tag (BCP 47) in its usual spelling: ``zh-cn`` is ``zh-CN``, ``chi`` is ``zh``; None if it is none."""
    if not _TAG.fullmatch(text):
        return None
    first, *rest = text.split("-")
    parts = [_SHORT.get(first.lower(), first.lower())]
    private = False
    for part in rest:
        private = private or len(part) == 1
        if len(part) == 4 and part.isalpha() and not private:
            parts.append(part.title())
        elif len(part) == 2 and part.isalpha() and not private:
            parts.append(part.upper())
        else:
            parts.append(part.lower())
    return None if len(rest[-1:]) and len(rest[-1]) == 1 else "-".join(parts)


def embedded_language(code: str | None, title: str) -> str:
    """The language of a stream inside a container; its title tells the Chinese scripts apart."""
    tag = language_tag(code or "") or UNKNOWN
    if tag == "zh":
        if _SIMPLIFIED.search(title):
            return "zh-Hans"
        if _TRADITIONAL.search(title):
            return "zh-Hant"
    return tag


def distinct(tag: str, taken: set[str]) -> str:
    """``tag``, or with a private part if it is taken: a version has one track of a kind for each tag."""
    number = 2
    found = tag
    while found in taken:
        found, number = f"{tag}-x-{number}", number + 1
    return found


def language_name(tag: str) -> str:
    """What people of that language call it; the tag itself if it is a rare one."""
    return _NAMES.get(tag) or _NAMES.get(tag.partition("-x-")[0]) or _NAMES.get(tag.partition("-")[0]) or tag
