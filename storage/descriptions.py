"""Values of what is said of a lesson or a course, as the standards know them too. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from configs.words import ContributorRole, Level, LicenceCode


@dataclass(frozen=True)
class Category:
    """A place in a classification: its code, and its names by language."""

    code: str
    names: Mapping[str, str]


@dataclass(frozen=True)
class Contributor:
    """Who did what."""

    role: ContributorRole
    name: str
    organization: str | None = None


@dataclass(frozen=True)
class Licence:
    """What others may do."""

    code: LicenceCode
    text: str | None = None
    url: str | None = None


@dataclass(frozen=True)
class Source:
    """Where something came from."""

    name: str
    id: str | None = None


@dataclass(frozen=True)
class Station:
    """A platform through which something came: its base address, its name, and what it calls the thing."""

    url: str
    name: str
    id: str


@dataclass(frozen=True)
class Part:
    """A lesson of a course."""

    id: str
    title: str


@dataclass(frozen=True, kw_only=True)
class Description:
    """What is said of anything, ours or another's. ``url`` is where people see it; ``duration`` in seconds, ``size`` in
    bytes of its source; ``parts`` are a course's lessons, in order."""

    title: str
    description: str = ""
    language: str | None = None
    subject: str | None = None
    tags: Sequence[str] = ()
    categories: Sequence[Category] = ()
    level: Level | None = None
    audience: str | None = None
    contributors: Sequence[Contributor] = ()
    licence: Licence | None = None
    source_organization: Source | None = None
    published_at: datetime | None = None
    withdraw_at: datetime | None = None
    original_date: str | None = None
    external_id: str | None = None
    other_ids: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    old_views: int | None = None
    duration: float | None = None
    size: int | None = None
    url: str | None = None
    parts: Sequence[Part] = ()
    stations: Sequence[Station] = ()
    """The platforms through which it came, its origin first; none of what was made here."""
