"""What is said of a foreign record, as the catalogue may keep it: cleaned, bounded, in our words. Pure."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from html.parser import HTMLParser
from typing import Any, Final, get_args

from configs.words import AssetKind, ContributorRole, Level, LicenceCode
from storage.descriptions import Category, Description, Licence
from storage.languages import language_tag

LONGEST_LINE: Final = 255
LONGEST_TEXT: Final = 10_000
LONGEST_TAG: Final = 50
LONGEST_ID: Final = 200
LONGEST_URL: Final = 2000
MOST_TAGS: Final = 20
MOST_CONTRIBUTORS: Final = 50
MOST_CATEGORIES: Final = 20
MOST_IDS: Final = 20
MOST_PARTS: Final = 1000
MOST_STATIONS: Final = 50

KINDS: Final = get_args(AssetKind)
LICENCES: Final[tuple[LicenceCode, ...]] = get_args(LicenceCode)
ROLES: Final[tuple[ContributorRole, ...]] = get_args(ContributorRole)
LEVELS: Final[tuple[Level, ...]] = get_args(Level)

_URL: Final = re.compile(r"https?://[!#-;=?-\[\]_a-z~%]+", re.IGNORECASE)
_DOI: Final = re.compile(r"(?:doi:|info:doi/)?(10\.[0-9]{4,9}/[\x21-\x7e]+)", re.IGNORECASE)
_DAY: Final = re.compile(r"([0-9]{4})(?:-([0-9]{2}))?(?:-([0-9]{2}))?")
_SYSTEM: Final = re.compile("[a-z0-9][a-z0-9._-]{0,49}")
_MARKUP: Final = re.compile(r"</?[A-Za-z][^<>]{0,500}>|&(?:[A-Za-z]{2,8}|#[0-9]{1,7});")
_BLOCKS: Final = frozenset(("p", "br", "div", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol"))
_BREAK: Final = re.compile(r"\r\n?|[\n\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_TURNS: Final = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_SILENT: Final = frozenset(("script", "style", "head", "template"))
_CREATIVE_COMMONS: Final = re.compile(
    r"https?://(?:www\.)?creativecommons\.org/(?:licenses/(by(?:-nc)?(?:-nd|-sa)?)/([0-9]\.[0-9])|publicdomain/(zero|mark))\b"
)


@dataclass(frozen=True, kw_only=True)
class Said(Description):
    """All that is told of a record. ``origin_id`` is what a Lessonstream calls it; ``organization`` whose it is there;
    ``kind`` may be ``course``."""

    origin_id: str | None = None
    organization: str | None = None
    created_at: datetime | None = None
    kind: str | None = None

    def to_json(self) -> dict[str, Any]:
        """As it is stored: moments as RFC 3339 has them."""
        plain = asdict(_plain(self))
        return {
            name: value.isoformat() if isinstance(value, datetime) else value for name, value in plain.items()
        }


def _plain(said: Said) -> Said:
    return replace(
        said,
        other_ids=dict(said.other_ids),
        tags=list(said.tags),
        contributors=list(said.contributors),
        categories=[Category(each.code, dict(each.names)) for each in said.categories],
        parts=list(said.parts),
        stations=list(said.stations),
    )


def line(text: str | None, most: int = LONGEST_LINE) -> str:
    """One line of text: no control characters, none that turn what follows, not longer than ``most``. What stood in
    several lines has single blanks."""
    whole = unicodedata.normalize("NFC", text or "")
    if _BREAK.search(whole):
        whole = " ".join(whole.split())
    return "".join(map(_shown, whole)).strip()[:most].strip()


def paragraphs(text: str | None, most: int = LONGEST_TEXT) -> str:
    """Text of several lines, at most one empty one between two."""
    lines = _BREAK.split(unicodedata.normalize("NFC", text or ""))
    shown = "\n".join(
        "".join(sign if sign == "\t" else _shown(sign) for sign in each).rstrip() for each in lines
    )
    return re.sub(r"\n{3,}", "\n\n", shown).strip("\n")[:most].rstrip()


def _shown(sign: str) -> str:
    return "" if unicodedata.category(sign) in ("Cc", "Cs", "Co", "Cn") or sign in _TURNS else sign


def without_markup(text: str) -> str:
    """The words of what was written as HTML; others' text as it is."""
    if not _MARKUP.search(text):
        return text
    reader = _Words()
    reader.feed(text[: 20 * LONGEST_TEXT])
    reader.close()
    return "".join(reader.words)


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        self._silent += tag in _SILENT
        if tag in _BLOCKS:
            self.words.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in _SILENT and self._silent > 0
        if tag in ("p", "div"):
            self.words.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.words.append(data)


def tags(words: Iterable[str]) -> list[str]:
    """Keywords, each once whatever its case and width; what is too long for one is none."""
    found: dict[str, str] = {}
    for word in words:
        cleaned = line(word, LONGEST_TAG + 1)
        if cleaned and len(cleaned) <= LONGEST_TAG:
            found.setdefault(unicodedata.normalize("NFKC", cleaned).casefold(), cleaned)
    return list(found.values())[:MOST_TAGS]


def language(text: str) -> str | None:
    """The tag of a language, if it is one."""
    return language_tag(text.strip()[:48]) if text else None


def url(text: str) -> str | None:
    """An address of the web that people may open; a DOI by the address of its register."""
    text = html.unescape(text.strip()) if "&amp;" in text else text.strip()
    if len(text) <= LONGEST_URL and _URL.fullmatch(text):
        return text
    doi = _DOI.fullmatch(text)
    found = f"https://doi.org/{doi[1]}" if doi else ""
    return found if found and len(found) <= LONGEST_URL and _URL.fullmatch(found) else None


def day(text: str) -> str | None:
    """A year, a month or a day (W3CDTF without times)."""
    found = _DAY.fullmatch(text.strip())
    if found is None:
        return None
    try:
        date(*(int(part or 1) for part in found.groups()))
    except ValueError:
        return None
    return found[0]


def system(text: str) -> str | None:
    """What may stand for a system in ``other_ids``, made of its name."""
    found = re.sub(r"[^a-z0-9._-]+", "-", text.strip().lower()).strip("._-")[:50]
    return found if _SYSTEM.fullmatch(found) else None


def licence(text: str, address: str | None = None) -> Licence | None:
    """Creative Commons by their addresses, anything else as terms of its own."""
    for said in (address or "", text):
        found = _CREATIVE_COMMONS.match(said)
        if found is None:
            continue
        if found[3]:
            return Licence("CC0-1.0" if found[3] == "zero" else "public_domain")
        code = f"CC-{found[1].upper()}-{found[2]}"
        known = next((each for each in LICENCES if each == code), None)
        return Licence(known) if known else Licence("custom", None, url(said.split()[0]) or found[0])
    words, where = paragraphs(text), url(address or "")
    if where is None and (where := url(words)) is not None:
        words = ""
    return Licence("custom", words or None, where) if words or where else None
