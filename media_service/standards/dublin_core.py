"""Terms of Dublin Core (DCMI Metadata Terms, ISO 15836) for each field. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from configs.words import ContributorRole
from media_service.standards.described import (
    FORMATS,
    OURS,
    URI,
    W3CDTF,
    Described,
    DescribedKind,
    Value,
    licence_url,
    moment,
)

Term = tuple[str, Value]
"""The name of a term, and its value."""

ROLES: Final[Mapping[ContributorRole, str]] = {
    "author": "creator",
    "presenter": "creator",
    "publisher": "publisher",
}

_TYPES: Final[Mapping[DescribedKind, str]] = {
    "video": "MovingImage",
    "animation": "MovingImage",
    "audio": "Sound",
    "course": "Collection",
}
"""DCMI Type Vocabulary."""

_SIMPLE: Final[Mapping[str, str]] = {
    "abstract": "description",
    "audience": "description",
    "available": "date",
    "created": "date",
    "dateSubmitted": "date",
    "educationLevel": "description",
    "extent": "format",
    "hasPart": "relation",
    "license": "rights",
    "provenance": "source",
}
"""Elements that terms refine; audience and education level refine none, and are told as part of the description."""


def simple(terms: Sequence[tuple[str, Value]]) -> list[tuple[str, Value]]:
    """The same by the fifteen elements alone, as ``oai_dc`` has them."""
    return [(_SIMPLE.get(term, term), value) for term, value in terms]


def term(
    name: str, text: str | None, language: str | None = None, scheme: str | None = None
) -> Iterator[tuple[str, Value]]:
    if text:
        yield name, Value(text, language, scheme)


def nothing(_: Described) -> Iterator[tuple[str, Value]]:
    return iter(())


def rights(d: Described) -> Iterator[tuple[str, Value]]:
    if d.licence is not None:
        url = licence_url(d.licence)
        yield from term("license", url, scheme=URI)
        yield from term("rights", d.licence.text or (None if url else d.licence.code), d.language)


def provenance(d: Described) -> Iterator[Term]:
    """Where it came from."""
    if d.source_organization is not None:
        yield from term("provenance", d.source_organization.name, d.language, d.source_organization.id)


def period(d: Described) -> Iterator[tuple[str, Value]]:
    """DCMI Period."""
    ends = {"start": d.published_at, "end": d.withdraw_at}
    said = [f"{name}={moment(at)};" for name, at in ends.items() if at is not None]
    if said:
        yield "available", Value(" ".join([*said, f"scheme={W3CDTF};"]), scheme="Period")


def media(d: Described) -> Iterator[tuple[str, Value]]:
    if d.kind is not None:
        yield "type", Value(_TYPES[d.kind], scheme="DCMIType")
        yield from term("format", FORMATS.get(d.kind), scheme="IMT")


def parts(d: Described) -> Iterator[Term]:
    """Lessons of a course, by their IDs and by their titles."""
    for part in d.parts:
        yield "hasPart", Value(part.id, scheme=OURS)
        yield from term("hasPart", part.title, d.language)


def stations(d: Described) -> Iterator[Term]:
    """The platforms through which it came, by their addresses and names."""
    for station in d.stations:
        yield "source", Value(station.url, scheme=URI)
        yield from term("provenance", station.name, scheme=station.url)
