"""Answers of OAI-PMH 2.0 as XML. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from media_service.exchange.oai_asked import OaiError
from media_service.exchange.oai_formats import FORMATS, Format
from media_service.exchange.xml import element, simple
from media_service.standards.described import moment

_OAI: Final = "http://www.openarchives.org/OAI/2.0/"

NOTHING_TOLD: Final = ("badVerb", "badArgument")
"""Errors after which the request is not repeated in the answer."""


@dataclass(frozen=True)
class Header:
    """What is said of every record."""

    identifier: str
    at: datetime
    sets: Sequence[str]
    is_deleted: bool


@dataclass(frozen=True)
class Token:
    """A resumption token; ``text`` is empty where a list ends. ``total`` is how many records the list has, if known."""

    text: str
    cursor: int
    total: int | None
    expires: datetime | None = None


@dataclass(frozen=True)
class Repository:
    """What a repository says of itself."""

    name: str
    base_url: str
    admin_email: str
    earliest: datetime


def document(base_url: str, at: datetime, asked: Mapping[str, str], content: str) -> str:
    """A whole answer; ``asked`` are the arguments that it repeats."""
    body = "".join(
        (simple("responseDate", moment(at)), simple("request", base_url, dict(asked.items())), content)
    )
    schema = f"{_OAI} http://www.openarchives.org/OAI/2.0/OAI-PMH.xsd"
    root = element(
        "OAI-PMH",
        body,
        {
            "xmlns": _OAI,
            "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
            "xsi:schemaLocation": schema,
        },
    )
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{root}\n'


def error(of: OaiError) -> str:
    """That a request cannot be answered."""
    return simple("error", of.message, {"code": of.code})


def identify(repository: Repository) -> str:
    """What the repository is."""
    said = (
        ("repositoryName", repository.name),
        ("baseURL", repository.base_url),
        ("protocolVersion", "2.0"),
        ("adminEmail", repository.admin_email),
        ("earliestDatestamp", moment(repository.earliest)),
        ("deletedRecord", "persistent"),
        ("granularity", "YYYY-MM-DDThh:mm:ssZ"),
        ("compression", "gzip"),
    )
    return element("Identify", "".join(simple(name, value) for name, value in said))


def metadata_formats(public_url: str) -> str:
    """In which formats there are records."""

    def written(each: Format) -> str:
        return element(
            "metadataFormat",
            simple("metadataPrefix", each.prefix)
            + simple("schema", each.schema_url(public_url))
            + simple("metadataNamespace", each.namespace),
        )

    return element("ListMetadataFormats", "".join(map(written, FORMATS.values())))


def sets(found: Iterable[tuple[str, str]]) -> str:
    """Sets by what they are called in requests, and their names."""
    written = (element("set", simple("setSpec", spec) + simple("setName", name)) for spec, name in found)
    return element("ListSets", "".join(written))


def header(of: Header) -> str:
    """The header of a record."""
    content = simple("identifier", of.identifier) + simple("datestamp", moment(of.at))
    content += "".join(simple("setSpec", each) for each in of.sets)
    return element("header", content, {"status": "deleted" if of.is_deleted else None})


def record(of: Header, metadata: str) -> str:
    """A record; one that is deleted has its header alone."""
    return element("record", header(of) + ("" if of.is_deleted else element("metadata", metadata)))


def token(of: Token) -> str:
    """Where a list goes on, or that it has ended."""
    return simple(
        "resumptionToken",
        of.text,
        {
            "expirationDate": moment(of.expires) if of.expires else None,
            "completeListSize": str(of.total) if of.total else None,
            "cursor": str(of.cursor),
        },
    )
