"""Elements of IEEE LOM (1484.12.1, which GB/T 21365 takes over) for each field. Pure.

Where its vocabulary is coarser than ours, both words are given, each with its source.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from configs.words import ContributorRole, Level
from media_service.standards.described import (
    COURSE,
    FORMATS,
    OURS,
    URI,
    W3CDTF,
    Described,
    Value,
    licence_url,
    moment,
)

LOM: Final = "LOMv1.0"


@dataclass(frozen=True)
class Element:
    """An element of LOM by its path, such as ``lifecycle.contribute``; ``parts`` are those inside it, by their paths
    from there; a simple one has the one part ``""``."""

    path: str
    parts: Mapping[str, Value]


_CONTEXTS: Final[Mapping[Level, str]] = {
    "preschool": "school",
    "primary": "school",
    "secondary": "school",
    "vocational": "training",
    "higher": "higher education",
    "adult": "training",
    "community": "other",
    "senior": "other",
    "other": "other",
}
"""LOM 5.6."""

_ROLES: Final[Mapping[ContributorRole, str]] = {"presenter": "unknown"}
"""LOM 2.3.1, where it is not our word with spaces."""


def simply(
    path: str, text: str | None, language: str | None = None, scheme: str | None = None
) -> Iterator[Element]:
    if text:
        yield Element(path, {"": Value(text, language, scheme)})


def contributions(d: Described) -> Iterator[Element]:
    for each in d.contributors:
        role = _ROLES.get(each.role, each.role.replace("_", " "))
        parts = {
            "role": Value(role, scheme=LOM),
            "entity": Value(vcard(each.name, each.organization), scheme="vCard"),
        }
        yield Element("lifecycle.contribute", parts)
        if each.role in _ROLES:
            yield Element("lifecycle.contribute", {**parts, "role": Value(each.role, scheme=OURS)})


def vcard(name: str, organization: str | None) -> str:
    """RFC 6350, in the form of version 3 that LOM was written for."""

    def escaped(text: str) -> str:
        for character in "\\;,":
            text = text.replace(character, f"\\{character}")
        return text.replace("\n", "\\n")

    lines = ["BEGIN:VCARD", "VERSION:3.0", f"FN:{escaped(name)}", f"N:{escaped(name)};;;;"]
    if organization is not None:
        lines.append(f"ORG:{escaped(organization)}")
    return "\r\n".join([*lines, "END:VCARD", ""])


def dated(role: str, date: str | None) -> Iterator[Element]:
    if date:
        parts = {"role": Value(role, scheme=LOM), "date": Value(date, scheme=W3CDTF)}
        yield Element("lifecycle.contribute", parts)


def publication(d: Described) -> Iterator[Element]:
    """From when on viewers meet it."""
    return dated("publisher", moment(d.published_at) if d.published_at else None)


def classified(d: Described) -> Iterator[Element]:
    for category in d.categories:
        names = {f"taxonPath.taxon.entry.{tag}": Value(name, tag) for tag, name in category.names.items()}
        yield Element(
            "classification",
            {
                "purpose": Value("discipline", scheme=LOM),
                "taxonPath.source": Value(d.organization),
                "taxonPath.taxon.id": Value(category.code),
                **names,
            },
        )


def subject(d: Described) -> Iterator[Element]:
    if d.subject:
        parts = {
            "purpose": Value("discipline", scheme=LOM),
            "taxonPath.taxon.entry": Value(d.subject, d.language),
        }
        yield Element("classification", parts)


def levels(d: Described) -> Iterator[Element]:
    if d.level:
        yield from simply("educational.context", _CONTEXTS[d.level], scheme=LOM)
        yield from simply("educational.context", d.level, scheme=OURS)


def rights(d: Described) -> Iterator[Element]:
    if d.licence is None:
        return
    is_free = d.licence.code in ("public_domain", "CC0-1.0")
    parts = {
        "copyrightAndOtherRestrictions": Value("no" if is_free else "yes", scheme=LOM),
        "description.code": Value(d.licence.code, scheme=OURS),
    }
    if url := licence_url(d.licence):
        parts["description.url"] = Value(url, scheme=URI)
    if d.licence.text:
        parts["description.text"] = Value(d.licence.text, d.language)
    yield Element("rights", parts)


def source(d: Described) -> Iterator[Element]:
    if d.source_organization is not None:
        parts = {
            "kind": Value("isbasedon", scheme=LOM),
            "resource.description": Value(d.source_organization.name, d.language),
        }
        if d.source_organization.id is not None:
            parts["resource.identifier.entry"] = Value(d.source_organization.id)
        yield Element("relation", parts)


def stations(d: Described) -> Iterator[Element]:
    """The platforms through which it came, each with what it calls it."""
    for station in d.stations:
        parts = {
            "kind": Value("isversionof", scheme=LOM),
            "resource.identifier.catalog": Value(station.url),
            "resource.identifier.entry": Value(station.id),
            "resource.description": Value(station.name),
        }
        yield Element("relation", parts)


def noted(what: str, text: str) -> Element:
    """What LOM has no element for: a comment on the educational use (8), by its name."""
    return Element("annotation", {"entity": Value(OURS), "description": Value(f"{what}={text}", scheme=OURS)})


def withdrawal(d: Described) -> Iterator[Element]:
    if d.withdraw_at is not None:
        parts = {
            "entity": Value(OURS),
            "date": Value(moment(d.withdraw_at), scheme=W3CDTF),
            "description": Value("withdraw_at", scheme=OURS),
        }
        yield Element("annotation", parts)


def media(d: Described) -> Iterator[Element]:
    if d.kind is not None:
        yield from simply("technical.format", FORMATS.get(d.kind))
        yield from simply("educational.learningResourceType", d.kind, scheme=OURS)
    if d.kind == COURSE:
        # LOM 1.7 and 1.8: one lesson after another, and larger than a lesson.
        yield from simply("general.structure", "linear", scheme=LOM)
        yield from simply("general.aggregationLevel", "3", scheme=LOM)


def parts(d: Described) -> Iterator[Element]:
    """Lessons of a course, in order."""
    for part in d.parts:
        yield Element(
            "relation",
            {
                "kind": Value("haspart", scheme=LOM),
                "resource.identifier.catalog": Value(OURS),
                "resource.identifier.entry": Value(part.id),
                "resource.description": Value(part.title, d.language),
            },
        )
