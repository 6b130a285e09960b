"""Values of what is said of a lesson or a course, as the standards know them too. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from configs.words import ContributorRole, LicenceCode


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
