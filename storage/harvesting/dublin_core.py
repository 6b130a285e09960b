"""Dublin Core as ``oai_dc`` has it, its fifteen elements, read as what is said of a lesson. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from xml.etree.ElementTree import Element

from configs.words import ContributorRole
from storage.descriptions import Contributor, Source
from storage.harvesting import said
from storage.harvesting.answers import moment
from storage.harvesting.lom import seconds
from storage.harvesting.said import Said
from storage.harvesting.xml import inside, text

_TYPES: Final = {
    "movingimage": "video",
    "moving image": "video",
    "video": "video",
    "sound": "audio",
    "audio": "audio",
    "animation": "animation",
    "collection": "course",
    "course": "course",
}
_PERIOD: Final = re.compile(r"(start|end)=([0-9TZ:-]{4,25});")


def read_dublin_core(root: Element) -> Said:
    """What is said in a ``dc`` element. Of what a Lessonstream writes all comes back but what these elements cannot
    hold: keywords, subject and categories are keywords, and what is said of the audience belongs to the description."""
    levels = [each for each in _all(root, "description") if each in said.LEVELS]
    words = [said.without_markup(each) for each in _all(root, "description") if each not in said.LEVELS]
    dates = list(_all(root, "date"))
    period = dict(_PERIOD.findall(next((each for each in dates if "scheme=W3CDTF" in each), "")))
    rights = list(_all(root, "rights"))
    addresses = [where for each in _all(root, "identifier") if (where := said.url(each))]
    publishers = [said.line(each) for each in _all(root, "publisher")]
    sources = [said.line(each) for each in _all(root, "source") if not said.url(each)]
    address = next(filter(None, map(said.url, rights)), None)
    terms = "\n\n".join(said.without_markup(each) for each in rights if not said.url(each))
    return Said(
        title=said.line(said.without_markup(next(_all(root, "title"), ""))),
        description=said.paragraphs("\n\n".join(words)),
        language=next(filter(None, map(said.language, _all(root, "language"))), None),
        tags=said.tags(_all(root, "subject")),
        level=next((each for each in said.LEVELS if each in levels), None),
        contributors=_contributors(root),
        licence=said.licence(terms, address) if rights else None,
        source_organization=Source(sources[0]) if sources and sources[0] else None,
        published_at=moment(period.get("start", "")),
        withdraw_at=moment(period.get("end", "")),
        original_date=next(filter(None, map(said.day, dates)), None),
        organization=next(filter(None, reversed(publishers)), None),
        created_at=next((at for each in dates if "T" in each and (at := moment(each))), None),
        kind=next((_TYPES[each.lower()] for each in _all(root, "type") if each.lower() in _TYPES), None),
        duration=next(filter(None, map(seconds, _all(root, "format"))), None),
        url=addresses[-1] if addresses else None,
    )


def _all(root: Element, name: str) -> Iterator[str]:
    return filter(None, (text(each) for each in inside(root, name)))


def _contributors(root: Element) -> list[Contributor]:
    roles: tuple[tuple[str, ContributorRole], ...] = (
        ("creator", "author"),
        ("contributor", "content_provider"),
    )
    found = [
        Contributor(role, name)
        for element, role in roles
        for each in _all(root, element)
        if (name := said.line(said.without_markup(each)))
    ]
    return list(dict.fromkeys(found))[: said.MOST_CONTRIBUTORS]
