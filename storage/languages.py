"""Languages of sounds and tracks: the tags that players expect (BCP 47), and what a language calls itself."""

from __future__ import annotations

import re
from typing import Final

import langcodes

TAG_PATTERN: Final = r"[A-Za-z]{2,3}([_-][A-Za-z0-9]{1,8}){0,5}"
"""What tags look like, as a regular expression; an underscore counts as a hyphen."""

_DESCRIBED: Final = ("descri", "口述影像", "口述影片", "讲解音轨", "解說音軌")
"""Parts of titles that say what an audio description is, in lower case."""

_TAG: Final = re.compile(TAG_PATTERN)

UNTOLD: Final = ("und", "mis", "mul", "zxx")
"""Codes of ISO 639-2 that name no language."""

OWN_NAMES: Final = {
    "ar": "العربية",
    "bo": "བོད་སྐད་",
    "cs": "Čeština",
    "da": "Dansk",
    "de": "Deutsch",
    "el": "Ελληνικά",
    "en": "English",
    "es": "Español",
    "fa": "فارسی",
    "fi": "Suomi",
    "fr": "Français",
    "he": "עברית",
    "hi": "हिन्दी",
    "hu": "Magyar",
    "id": "Bahasa Indonesia",
    "it": "Italiano",
    "ja": "日本語",
    "kk": "Қазақ тілі",
    "ko": "한국어",
    "mn": "Монгол",
    "ms": "Bahasa Melayu",
    "nan": "閩南語",
    "nb": "Norsk bokmål",
    "nl": "Nederlands",
    "pl": "Polski",
    "pt": "Português",
    "ro": "Română",
    "ru": "Русский",
    "sv": "Svenska",
    "th": "ไทย",
    "tr": "Türkçe",
    "ug": "ئۇيغۇرچە",
    "uk": "Українська",
    "ur": "اردو",
    "vi": "Tiếng Việt",
    "yue": "粵語",
    "za": "Vahcuengh",
    "zh": "中文",
    "zh-Hans": "简体中文",
    "zh-Hant": "繁體中文",
    "zh-CN": "简体中文",
    "zh-TW": "繁體中文",
    "zh-HK": "繁體中文（香港）",
    "my": "မြန်မာ",
    "lo": "ລາວ",
    "km": "ខ្មែរ",
}
"""``langcodes`` has names only with 5 MB and a compiled package more; these are what courses here speak."""


def language_tag(written: object) -> str | None:
    """The BCP 47 tag of what a file's author wrote: ``eng`` is ``en``, ``chi`` is ``zh``. None if it is none."""
    text = str(written or "").replace("_", "-")
    if not _TAG.fullmatch(text) or text.lower() in UNTOLD:
        return None
    try:
        tag = langcodes.standardize_tag(text)
    except ValueError:
        return None
    return tag if langcodes.get(tag).language not in (None, *UNTOLD) else None


def written_language(text: str) -> str | None:
    """``zh`` for what is mostly written in Chinese; None for all else: no other language is told by its letters alone.

    Names among it are Latin, and one Chinese character says as much as a few letters of theirs.
    """
    letters = [letter for letter in text if letter.isalpha()]
    if any("\u3040" <= letter <= "\u30ff" or "\uac00" <= letter <= "\ud7a3" for letter in letters):
        return None  # kana and hangul: among them the same characters are no Chinese
    chinese = sum("\u4e00" <= letter <= "\u9fff" for letter in letters)
    return "zh" if 4 * chinese > len(letters) else None


def primary(tag: str) -> str:
    """The language of a tag, without script, country and all else."""
    return tag.split("-", maxsplit=1)[0].lower()


def description_label(label: str | None, tag: str | None) -> str:
    """What people choose an audio description by: its ``label`` and, unless that says so, what it is; ``tag`` is its
    language."""
    if label and any(word in label.lower() for word in _DESCRIBED):
        return label
    if tag and primary(tag) in ("zh", "yue", "nan"):
        return f"{label}（口述影像）" if label else "口述影像"
    return f"{label} (audio description)" if label else "Audio description / 口述影像"


def own_name(tag: str) -> str:
    """What speakers of a language call it; its tag where nobody wrote the name down here."""
    parts = (tag, tag.partition("-x-")[0], primary(tag))
    return next((OWN_NAMES[part] for part in parts if part in OWN_NAMES), tag)
