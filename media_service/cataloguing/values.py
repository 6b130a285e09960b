"""What librarians say of a lesson, as requests and answers have it. What that is in Dublin Core and in LOM,
``media_service.standards`` tells."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema, model_validator

from configs.words import ContributorRole, LicenceCode
from media_service.cataloguing.texts import Description
from media_service.uploads.protocol import (
    EXTERNAL_ID_RULE,
    LONGEST_EXTERNAL_ID,
    clean_external_id,
    clean_name,
)

MOST_CATEGORIES: Final = 20
MOST_CONTRIBUTORS: Final = 50
MOST_OTHER_IDS: Final = 20
MOST_SHARED: Final = 200
MOST_VIEWS: Final = 2**53 - 1

_SYSTEM: Final = "[a-z0-9][a-z0-9._-]{0,49}"
_DATE: Final = re.compile(r"([0-9]{4})(?:-([0-9]{2}))?(?:-([0-9]{2}))?")
_DATE_RULE: Final = "must be a year, a month or a day, such as 2009, 2009-05 or 2009-05-04"


def _original_date(text: str) -> str:
    """A date as far as it is known (W3CDTF)."""
    if (found := _DATE.fullmatch(text)) is None:
        raise ValueError(_DATE_RULE)
    year, month, day = (int(part or 1) for part in found.groups())
    try:
        date(year, month, day)
    except ValueError:
        raise ValueError(_DATE_RULE) from None
    return text


def _line(text: str) -> str:
    if not (cleaned := clean_name(text)):
        raise ValueError("must not be empty")
    return cleaned


def _url(text: str) -> str:
    try:
        parts = urlsplit(text)
        is_good = parts.scheme in ("http", "https") and bool(parts.hostname) and text.isascii()
    except ValueError:
        is_good = False
    if not is_good or re.search(r"[\x00-\x20\x7f\"<>\\^`{|}]", text):
        raise ValueError("must be an address that begins with https:// or http://")
    return text


def _other_id(text: str) -> str:
    if (cleaned := clean_external_id(text)) is None:
        raise ValueError("must be one line without spaces around it, up to 200 characters")
    return cleaned


def _distinct(values: list[str]) -> list[str]:
    return list(dict.fromkeys(values))


Line = Annotated[
    str, Field(min_length=1, max_length=255, json_schema_extra={"pattern": r"\S"}), AfterValidator(_line)
]
"""One line of text."""

_Id = Annotated[str, Field(pattern="^[0-9a-z]{1,64}$")]


class Contributor(BaseModel):
    """Who did what for a lesson: a person, a group, or nobody but an organization, whose name then stands as
    ``name``. ``organization``: for whom they did it."""

    model_config = ConfigDict(extra="forbid")

    role: ContributorRole
    name: Line
    organization: Line | None = None


class Licence(BaseModel):
    """What others may do with a lesson. ``text`` and ``url`` belong to ``custom`` terms, which have one of them or
    both; what the others say, their names say."""

    model_config = ConfigDict(extra="forbid")

    code: LicenceCode
    text: Annotated[Description, Field(min_length=1)] | None = None
    url: Annotated[str, Field(max_length=2000), AfterValidator(_url)] | None = None

    @model_validator(mode="after")
    def _told_by_its_code(self) -> Licence:
        if (self.code == "custom") != bool(self.text or self.url):
            raise ValueError("text and url go with custom, which has one of them or both")
        return self


class SourceOrganization(BaseModel):
    """Where a lesson came from, if that is not the organization that it belongs to. ``id`` is what others know that
    organization by: of this platform, or a register's."""

    model_config = ConfigDict(extra="forbid")

    name: Line
    id: Annotated[str, AfterValidator(_other_id), Field(min_length=1, max_length=200)] | None = None


class ContributorDocument(BaseModel):
    """As answers have it: whatever the catalogue keeps, also of older releases and of other platforms."""

    role: ContributorRole
    name: str
    organization: str | None = None


class LicenceDocument(BaseModel):
    """As answers have it."""

    code: LicenceCode
    text: str | None = None
    url: str | None = None


class SourceOrganizationDocument(BaseModel):
    """As answers have it."""

    name: str
    id: str | None = None


CategoryIds = Annotated[list[_Id], Field(max_length=MOST_CATEGORIES), AfterValidator(_distinct)]
"""Categories of the asset's organization or of those above it."""

SharedIds = Annotated[list[_Id], Field(max_length=MOST_SHARED), AfterValidator(_distinct)]
"""With whom something is shared."""

Contributors = Annotated[list[Contributor], Field(max_length=MOST_CONTRIBUTORS)]
"""In the order in which they are named."""

OriginalDate = Annotated[
    str,
    AfterValidator(_original_date),
    WithJsonSchema(
        {"type": "string", "pattern": f"^{_DATE.pattern}$".replace("?:", ""), "example": "2009-05"}
    ),
]
"""When a lesson was made first, as far as somebody knows: W3CDTF without times."""

OtherIds = Annotated[
    dict[
        Annotated[str, Field(pattern=f"^{_SYSTEM}$")],
        Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_other_id)],
    ],
    Field(max_length=MOST_OTHER_IDS, examples=[{"old-platform": "12345", "doi": "10.1000/182"}]),
]
"""What other systems call a lesson, by the system: lower case, digits, ``.``, ``_`` and ``-``."""

OldViews = Annotated[int, Field(ge=0, le=MOST_VIEWS)]
"""Clicks that a platform before had counted."""


def _clean_external_id(text: str) -> str:
    if (cleaned := clean_external_id(text)) is None:
        raise ValueError(EXTERNAL_ID_RULE)
    return cleaned


ExternalId = Annotated[
    str,
    AfterValidator(_clean_external_id),
    WithJsonSchema(
        {"type": "string", "minLength": 1, "maxLength": LONGEST_EXTERNAL_ID, "pattern": r"^\S(.*\S)?$"}
    ),
]
"""What an organization's own systems call an asset."""


def _clean_title(text: str) -> str:
    if not (cleaned := clean_name(text)):
        raise ValueError("must not be empty")
    return cleaned


Name = Annotated[
    str,
    Field(min_length=1, max_length=255, json_schema_extra={"pattern": r"\S"}),
    AfterValidator(_clean_title),
]
"""What people call something: one line, not empty."""
