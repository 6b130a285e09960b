"""Answers of OAI-PMH 2.0: lists of records a page at a time, what a repository is, its formats and its errors. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlencode
from xml.etree.ElementTree import Element

from storage.harvesting.xml import XmlError, first, inside, local, parse, text

LONGEST_IDENTIFIER: Final = 1000
"""Characters: what is longer is no name but an attempt."""

LONGEST_TOKEN: Final = 20_000

_MOMENT: Final = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?(?:Z|\+00:?00)?)?"
)
_PRINTABLE: Final = re.compile(r"[\x21-\x7e\u00a1-\ud7ff\uf900-\ufffd]+")


class NoRepository(Exception):
    """What answers is no OAI-PMH repository, or cannot be read."""


@dataclass(frozen=True)
class Refused(Exception):
    """A repository answers with an error of the protocol."""

    code: str
    message: str


@dataclass(frozen=True)
class Identity:
    """What a repository says of itself. ``deletes``: whether deletions are told for good."""

    name: str
    to_the_second: bool
    deletes: bool


@dataclass(frozen=True)
class Record:
    """A record: ``metadata`` is None of one that is deleted, and of what tells nothing."""

    identifier: str
    at: datetime | None
    is_deleted: bool
    metadata: Element | None


@dataclass(frozen=True)
class Page:
    """Records of a list. ``token`` goes on with it; empty at the end. ``total`` is what the repository believes."""

    at: datetime | None
    records: Sequence[Record]
    token: str
    total: int | None
    skipped: int
    """That have no identifier, or one that nobody could keep."""


def address(base_url: str, **arguments: str | None) -> str:
    """Where a request goes; arguments that are None or empty are left out."""
    query = urlencode({name.rstrip("_"): value for name, value in arguments.items() if value})
    base_url = base_url.partition("#")[0]
    return f"{base_url}{'&' if '?' in base_url else '?'}{query}"


def read_identity(data: bytes) -> Identity:
    """Raises ``NoRepository`` and ``Refused``."""
    found = _content(data, "Identify")
    if found is None:
        raise NoRepository("the answer to Identify has no Identify")
    return Identity(
        name=text(found, "repositoryName")[:255],
        to_the_second="hh" in text(found, "granularity"),
        deletes=text(found, "deletedRecord") == "persistent",
    )


def read_formats(data: bytes) -> list[tuple[str, str]]:
    """Prefixes of formats with their namespaces. Raises ``NoRepository`` and ``Refused``."""
    found = _content(data, "ListMetadataFormats")
    return [
        (text(each, "metadataPrefix"), text(each, "metadataNamespace"))
        for each in inside(found, "metadataFormat")
    ]


def choose_format(formats: Sequence[tuple[str, str]]) -> str | None:
    """The one that tells most of a lesson: LOM by its namespace or by its usual names, else Dublin Core."""
    prefixes = [prefix for prefix, _ in formats]
    for prefix, namespace in formats:
        if namespace.rstrip("/") == "http://ltsc.ieee.org/xsd/LOM" or prefix in ("lom", "oai_lom"):
            return prefix
    return "oai_dc" if "oai_dc" in prefixes else None


def read_page(data: bytes) -> Page:
    """A page of ``ListRecords``; an empty one where nothing matches. Raises ``NoRepository`` and ``Refused``."""
    root = _root(data)
    at = moment(text(root, "responseDate"))
    try:
        content = _content_of(root, "ListRecords")
    except Refused as error:
        if error.code == "noRecordsMatch":
            return Page(at, [], "", 0, 0)
        raise
    if content is None:
        raise NoRepository("the answer to ListRecords has no ListRecords")
    records, skipped = [], 0
    for each in inside(content, "record"):
        header = first(each, "header")
        identifier = text(header, "identifier")
        if header is None or not _PRINTABLE.fullmatch(identifier) or len(identifier) > LONGEST_IDENTIFIER:
            skipped += 1
            continue
        metadata = first(each, "metadata")
        records.append(
            Record(
                identifier,
                moment(text(header, "datestamp")),
                header.get("status") == "deleted",
                metadata[0] if metadata is not None and len(metadata) else None,
            )
        )
    token = first(content, "resumptionToken")
    size = token.get("completeListSize", "") if token is not None else ""
    said = text(token)
    if len(said) > LONGEST_TOKEN:
        raise NoRepository("a resumption token that nobody could send back")
    return Page(at, records, said, int(size) if re.fullmatch(r"[0-9]{1,9}", size) else None, skipped)


def moment(said: str) -> datetime | None:
    """A moment or a day as the protocol has them, in UTC; None of anything else."""
    found = _MOMENT.fullmatch(said)
    if found is None:
        return None
    try:
        return datetime(*(int(part or 0) for part in found.groups()), tzinfo=UTC)  # type: ignore[misc, arg-type]
    except ValueError:
        return None


def _root(data: bytes) -> Element:
    try:
        root = parse(data)
    except XmlError as error:
        raise NoRepository(f"the answer is no XML: {error}") from None
    if local(root) != "OAI-PMH":
        raise NoRepository(f"the answer is no OAI-PMH but {local(root)[:60]!r}")
    return root


def _content(data: bytes, verb: str) -> Element | None:
    return _content_of(_root(data), verb)


def _content_of(root: Element, verb: str) -> Element | None:
    errors = list(inside(root, "error"))
    if errors:
        # Of several the one that says most.
        codes = [each.get("code", "") for each in errors]
        at = codes.index("badResumptionToken") if "badResumptionToken" in codes else 0
        raise Refused(codes[at][:60], text(errors[at])[:200])
    return first(root, verb)
