"""IEEE LOM (GB/T 21365), in the XML of 1484.12.3 and of drafts before it, read as what is said of a lesson. Pure.

What a Lessonstream writes (``media_service.standards``) is read to the letter, so that every field comes back; of
others what they mean.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from xml.etree.ElementTree import Element

from configs.words import Level
from storage.descriptions import Category, Contributor, Licence, Part, Source, Station
from storage.harvesting import said
from storage.harvesting.answers import moment
from storage.harvesting.said import Said
from storage.harvesting.xml import first, inside, local, raw, text

OURS: Final = "Lessonstream"
_NO_LANGUAGE: Final = ("", "x-none", "none")
_LANGUAGE: Final = "{http://www.w3.org/XML/1998/namespace}lang"
_CONTEXTS: Final[dict[str, Level]] = {
    "higher education": "higher",
    "university first cycle": "higher",
    "university second cycle": "higher",
    "training": "vocational",
    "vocational training": "vocational",
    "continuous formation": "adult",
    "primary education": "primary",
    "secondary education": "secondary",
    "other": "other",
}
"""LOM 5.6, and what drafts had; ``school`` may be any of ours."""

_DURATION: Final = re.compile(
    r"P(?:([0-9]{1,4})D)?(?:T(?:([0-9]{1,4})H)?(?:([0-9]{1,5})M)?(?:([0-9]{1,7}(?:\.[0-9]{1,9})?)S)?)?"
)
_MEDIA: Final = {"video": "video", "audio": "audio", "image": "animation"}


@dataclass(frozen=True)
class _Text:
    text: str
    language: str | None


def read_lom(root: Element) -> Said:
    """What is said in a ``lom`` element."""
    identifiers = _identifiers(root)
    is_ours = any(catalog == OURS for catalog, _ in identifiers)
    words = _Words(is_ours)
    makers = (each for each in inside(root, "metaMetadata", "contribute") if _role(each) == "creator")
    organization = next((_name(raw(each, "entity")) for each in makers), None)
    own_id, external_id, other_ids = _named(identifiers, organization if is_ours else None)
    return Said(
        title=said.line(words.one(root, "general", "title")),
        description=words.text(root, "general", "description"),
        language=said.language(text(root, "general", "language")),
        subject=_subject(root),
        tags=said.tags(
            each.text for keyword in inside(root, "general", "keyword") for each in _texts(keyword)
        ),
        categories=_categories(root),
        level=_level(root),
        audience=said.line(words.one(root, "educational", "typicalAgeRange")) or None,
        contributors=_contributors(root),
        licence=_licence(root, words),
        source_organization=_source(root),
        published_at=moment(_dated(root, "publisher")),
        withdraw_at=_withdrawal(root),
        original_date=said.day(_dated(root, "author")[:10]),
        origin_id=own_id,
        external_id=external_id,
        other_ids=other_ids,
        organization=organization or None,
        created_at=_created(root),
        old_views=_old_views(root),
        kind=_kind(root),
        duration=_duration(root),
        size=_size(root),
        url=next(filter(None, (said.url(text(each)) for each in inside(root, "technical", "location"))), None)
        or next(filter(None, (said.url(entry) for _, entry in identifiers)), None),
        parts=_parts(root),
        stations=_stations(root),
    )


class _Words:
    """Texts to the letter, or without the markup that others put into them."""

    def __init__(self, is_ours: bool) -> None:
        self._is_ours = is_ours

    def clean(self, text: str) -> str:
        return text if self._is_ours else said.without_markup(text)

    def one(self, root: Element, *way: str) -> str:
        return self.clean(next((each.text for each in _texts(first(root, *way))), ""))

    def text(self, root: Element, *way: str) -> str:
        """All of several, each a paragraph."""
        return said.paragraphs(
            "\n\n".join(self.clean(one[0].text) for each in inside(root, *way) if (one := list(_texts(each))))
        )


def _texts(of: Element | None) -> Iterator[_Text]:
    """Texts by language; one that stands there bare, too."""
    strings = [each for each in (of if of is not None else ()) if local(each) in ("string", "langstring")]
    for each in strings:
        tag = each.get("language") or each.get(_LANGUAGE) or ""
        yield _Text(raw(each), None if tag.lower() in _NO_LANGUAGE else tag)
    if of is not None and not strings and text(of):
        yield _Text(text(of), None)


def _word(of: Element | None) -> tuple[str, str]:
    """Source and value of a vocabulary."""
    value = next((each.text for each in _texts(first(of, "value"))), "")
    source = next((each.text for each in _texts(first(of, "source"))), "")
    return source.strip(), value.strip()


def _role(contribute: Element) -> str:
    return _word(first(contribute, "role"))[1].lower()


def _identifiers(root: Element) -> list[tuple[str, str]]:
    found = [(text(each, "catalog"), text(each, "entry")) for each in inside(root, "general", "identifier")]
    found += [
        (text(each, "catalog"), text(each, "entry")) for each in inside(root, "general", "catalogentry")
    ]
    return [(catalog, entry) for catalog, entry in found if entry][:100]


def _named(
    identifiers: list[tuple[str, str]], organization: str | None
) -> tuple[str | None, str | None, dict[str, str]]:
    """What it is called, and by whom: a Lessonstream writes its own name, its organization's and others'."""
    own = external = None
    others: dict[str, str] = {}
    for catalog, entry in identifiers:
        kept = said.line(entry, said.LONGEST_ID)
        if catalog == OURS and own is None:
            own = kept
        elif organization is not None and catalog == organization and external is None:
            external = kept
        elif (name := said.system(catalog)) is not None and len(others) < said.MOST_IDS:
            others.setdefault(name, kept)
    return own, external, others


def _purposed(root: Element) -> Iterator[Element]:
    """Ways of classifications by subject; where nothing is said of the purpose, it is that."""
    for each in inside(root, "classification"):
        if _word(first(each, "purpose"))[1].lower() in ("", "discipline"):
            yield from inside(each, "taxonPath")


def _categories(root: Element) -> list[Category]:
    found = []
    for way in _purposed(root):
        taxa = list(inside(way, "taxon"))
        code = said.line(text(taxa[-1], "id")) if taxa else ""
        if code:
            entries = _texts(first(taxa[-1], "entry"))
            names = {
                tag: said.line(each.text) for each in entries if (tag := said.language(each.language or ""))
            }
            found.append(Category(code, names))
    return found[: said.MOST_CATEGORIES]


def _subject(root: Element) -> str | None:
    for way in _purposed(root):
        taxa = list(inside(way, "taxon"))
        if taxa and not text(taxa[-1], "id"):
            return said.line(next((each.text for each in _texts(first(taxa[-1], "entry"))), "")) or None
    return None


def _level(root: Element) -> Level | None:
    words = [_word(each) for each in inside(root, "educational", "context")]
    for source, value in words:
        if source == OURS:
            return next((each for each in said.LEVELS if each == value), None)
    return next((_CONTEXTS[value.lower()] for _, value in words if value.lower() in _CONTEXTS), None)


def _contributors(root: Element) -> list[Contributor]:
    """A role that LOM has no word for stands twice, the second time in ours."""
    found: list[tuple[str, Contributor]] = []
    for each in inside(root, "lifeCycle", "contribute"):
        source, value = _word(first(each, "role"))
        role = next((known for known in said.ROLES if known == value.lower().replace(" ", "_")), None)
        for entity in inside(each, "entity"):
            name, organization = _card(raw(entity))
            if not name:
                continue
            made = Contributor(role or "content_provider", name, organization)
            if source == OURS and found and found[-1][0] == "unknown" and found[-1][1].name == name:
                found.pop()
            found.append((value.lower(), made))
    return [made for _, made in found][: said.MOST_CONTRIBUTORS]


def _card(entity: str) -> tuple[str, str | None]:
    """Name and organization of a vCard; of what is none, itself."""
    lines = {
        line.partition(":")[0].partition(";")[0].upper(): line.partition(":")[2]
        for line in reversed(re.sub(r"\r?\n[ \t]", "", entity).splitlines())
        if ":" in line
    }
    if "BEGIN" not in lines:
        return said.line(entity), None
    organization = said.line(_unescaped(lines.get("ORG", ""))) or None
    name = said.line(_unescaped(lines.get("FN", "") or lines.get("N", "").replace(";", " ")))
    return name or organization or "", organization if name else None


def _name(entity: str) -> str:
    return _card(entity)[0]


def _unescaped(value: str) -> str:
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] in "nN" else found[1], value)


def _dated(root: Element, role: str) -> str:
    """When somebody did something, said without who."""
    for each in inside(root, "lifeCycle", "contribute"):
        when = _date(each)
        if _role(each) == role and when:
            return when
    return ""


def _date(of: Element) -> str:
    return text(of, "date", "dateTime") or text(of, "date", "datetime")


def _created(root: Element) -> datetime | None:
    return next(
        filter(None, (moment(_date(each)) for each in inside(root, "metaMetadata", "contribute"))), None
    )


def _annotations(root: Element) -> Iterator[tuple[str, str]]:
    """What we note that LOM has no element for: its name, and what is noted."""
    for each in inside(root, "annotation"):
        words = next((one.text for one in _texts(first(each, "description"))), "")
        if text(each, "entity") == OURS:
            yield words.strip(), _date(each)


def _withdrawal(root: Element) -> datetime | None:
    return next((moment(when) for words, when in _annotations(root) if words == "withdraw_at"), None)


def _old_views(root: Element) -> int | None:
    for words, _ in _annotations(root):
        if (found := re.fullmatch("old_views=([0-9]{1,15})", words)) is not None:
            return int(found[1])
    return None


def _licence(root: Element, words: _Words) -> Licence | None:
    texts = [each for of in inside(root, "rights", "description") for each in _texts(of)]
    code = next((each for each in said.LICENCES if texts and each == texts[0].text), None)
    if code is None:
        whole = "\n\n".join(words.clean(each.text) for each in texts)
        where = next(filter(None, (said.url(each.text) for each in texts)), None)
        return said.licence(whole if len(texts) > 1 or where is None else "", where) if texts else None
    if code != "custom":
        return Licence(code)
    rest = texts[1:]
    where = said.url(rest[0].text) if rest and rest[0].language is None else None
    terms = rest[1:] if where else rest
    return Licence(code, said.paragraphs(terms[0].text) or None if terms else None, where)


def _source(root: Element) -> Source | None:
    for each in inside(root, "relation"):
        if _word(first(each, "kind"))[1].lower() == "isbasedon":
            resource = first(each, "resource")
            name = said.line(next((one.text for one in _texts(first(resource, "description"))), ""))
            own = said.line(text(resource, "identifier", "entry"), said.LONGEST_ID)
            if name:
                return Source(name, own or None)
    return None


def _parts(root: Element) -> list[Part]:
    found = []
    for each in inside(root, "relation"):
        if _word(first(each, "kind"))[1].lower() == "haspart":
            resource = first(each, "resource")
            title = said.line(next((one.text for one in _texts(first(resource, "description"))), ""))
            found.append(Part(said.line(text(resource, "identifier", "entry"), said.LONGEST_ID), title))
    return found[: said.MOST_PARTS]


def _stations(root: Element) -> list[Station]:
    """Other platforms that call it something, as we tell them; of others, their other versions of it."""
    found = []
    for each in inside(root, "relation"):
        if _word(first(each, "kind"))[1].lower() == "isversionof":
            resource = first(each, "resource")
            where = said.url(text(resource, "identifier", "catalog"))
            name = said.line(next((one.text for one in _texts(first(resource, "description"))), ""))
            own = said.line(text(resource, "identifier", "entry"), said.LONGEST_ID)
            if where and name and own:
                found.append(Station(where, name, own))
    return found[: said.MOST_STATIONS]


def _kind(root: Element) -> str | None:
    words = [_word(each) for each in inside(root, "educational", "learningResourceType")]
    own = next((value for source, value in words if source == OURS), None)
    if own in (*said.KINDS, "course"):
        return own
    return next(
        (
            _MEDIA[kind]
            for each in inside(root, "technical", "format")
            if (kind := text(each).partition("/")[0].lower()) in ("video", "audio")
        ),
        None,
    )


def _duration(root: Element) -> float | None:
    return seconds(text(root, "technical", "duration", "duration") or text(root, "technical", "duration"))


def seconds(written: str) -> float | None:
    """Of an ISO 8601 duration; None of anything else, and of none."""
    found = _DURATION.fullmatch(written.strip())
    if found is None or not any(found.groups()):
        return None
    days, hours, minutes, rest = (float(part or 0) for part in found.groups())
    return days * 86_400 + hours * 3600 + minutes * 60 + rest


def _size(root: Element) -> int | None:
    written = text(root, "technical", "size")
    return int(written) if re.fullmatch("[0-9]{1,15}", written) else None
