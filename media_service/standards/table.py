"""An asset or a course in the words of the standards, Dublin Core and IEEE LOM, by one table. Pure.

Every field that we keep has an element of LOM, so that what is exported comes back whole; Dublin Core has no place for
a few.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from media_service.standards import dublin_core, lom
from media_service.standards.described import OURS, URI, W3CDTF, Described, Value, length, moment
from media_service.standards.dublin_core import Term, nothing, period, term
from media_service.standards.lom import LOM, Element, dated, simply, vcard


@dataclass(frozen=True)
class Row:
    """One field: its terms of Dublin Core and its elements of LOM, both with what they hold."""

    field: str
    dublin_core: Callable[[Described], Iterator[Term]]
    lom: Callable[[Described], Iterator[Element]]


def to_dublin_core(described: Described) -> list[Term]:
    """Terms of Dublin Core with their values, in the order of the table: names of DCMI Metadata Terms, of which
    ``dublin_core.simple`` makes the fifteen elements."""
    return [each for row in TABLE for each in row.dublin_core(described)]


def to_lom(described: Described) -> list[Element]:
    """Elements of LOM, in the order of the table."""
    return [each for row in TABLE for each in row.lom(described)]


def _identifiers(described: Described) -> Iterator[tuple[str, str]]:
    yield OURS, described.id


def _external(described: Described) -> Iterator[tuple[str, str]]:
    if described.external_id is not None:
        yield described.organization, described.external_id


def _others(described: Described) -> Iterator[tuple[str, str]]:
    yield from described.other_ids.items()


def _identified(field_name: str, read: Callable[[Described], Iterator[tuple[str, str]]]) -> Row:
    return Row(
        field_name,
        lambda d: (("identifier", Value(entry, scheme=catalog)) for catalog, entry in read(d)),
        lambda d: (
            Element("general.identifier", {"catalog": Value(catalog), "entry": Value(entry)})
            for catalog, entry in read(d)
        ),
    )


TABLE: Final[Sequence[Row]] = (
    _identified("id", _identifiers),
    _identified("external_id", _external),
    _identified("other_ids", _others),
    Row(
        "title",
        lambda d: term("title", d.title, d.language),
        lambda d: simply("general.title", d.title, d.language),
    ),
    Row("language", lambda d: term("language", d.language), lambda d: simply("general.language", d.language)),
    Row(
        "description",
        lambda d: term("abstract", d.description, d.language),
        lambda d: simply("general.description", d.description, d.language),
    ),
    Row(
        "tags",
        lambda d: (("subject", Value(tag, d.language)) for tag in d.tags),
        lambda d: (Element("general.keyword", {"": Value(tag, d.language)}) for tag in d.tags),
    ),
    Row("subject", lambda d: term("subject", d.subject, d.language, OURS), lom.subject),
    Row(
        "category_ids",
        lambda d: (
            ("subject", Value(name, tag, each.code))
            for each in d.categories
            for tag, name in each.names.items()
        ),
        lom.classified,
    ),
    Row("level", lambda d: term("educationLevel", d.level, scheme=OURS), lom.levels),
    Row(
        "audience",
        lambda d: term("audience", d.audience, d.language),
        lambda d: simply("educational.typicalAgeRange", d.audience, d.language),
    ),
    Row(
        "contributors",
        lambda d: (
            (dublin_core.ROLES.get(each.role, "contributor"), Value(each.name, scheme=each.organization))
            for each in d.contributors
        ),
        lom.contributions,
    ),
    Row("licence", dublin_core.rights, lom.rights),
    Row("source_organization", dublin_core.provenance, lom.source),
    Row(
        "original_date",
        lambda d: term("created", d.original_date, scheme=W3CDTF),
        lambda d: dated("author", d.original_date),
    ),
    Row("published_at", period, lom.publication),
    # Dublin Core tells it in the same period.
    Row("withdraw_at", nothing, lom.withdrawal),
    Row(
        "old_views",
        nothing,
        lambda d: iter(()) if d.old_views is None else iter((lom.noted("old_views", str(d.old_views)),)),
    ),
    Row(
        "organization",
        lambda d: term("publisher", d.organization),
        lambda d: iter(
            (
                Element(
                    "metaMetadata.contribute",
                    {
                        "role": Value("creator", scheme=LOM),
                        "entity": Value(vcard(d.organization, None), scheme="vCard"),
                    },
                ),
            )
        ),
    ),
    Row(
        "created_at",
        lambda d: term("dateSubmitted", moment(d.created_at), scheme=W3CDTF),
        lambda d: simply("metaMetadata.contribute.date", moment(d.created_at), scheme=W3CDTF),
    ),
    Row("kind", dublin_core.media, lom.media),
    Row(
        "duration",
        lambda d: term("extent", length(d), scheme="ISO8601"),
        lambda d: simply("technical.duration", length(d), scheme="ISO8601"),
    ),
    Row("size", nothing, lambda d: simply("technical.size", None if d.size is None else str(d.size))),
    Row(
        "url",
        lambda d: term("identifier", d.url, scheme=URI),
        lambda d: simply("technical.location", d.url, scheme=URI),
    ),
    Row("parts", dublin_core.parts, lom.parts),
    Row("stations", dublin_core.stations, lom.stations),
)
"""The one table, a row for each field."""
