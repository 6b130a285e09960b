"""What the API says of a link by which lessons are sent without an account, and what it takes."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from configs.words import AssetKind, UploadLinkState
from media_service.cataloguing.texts import Description, Language
from media_service.cataloguing.values import Name
from media_service.moments import Moment
from media_service.strict_values import Changes

MOST_FIELDS: Final = 20
_LONGEST_GRACE: Final = 7 * 24 * 3600
FIELD_NAME: Final = "^[a-z][a-z0-9_]{0,39}$"


class LinkField(BaseModel):
    """Something that whoever sends a lesson is asked for: ``name`` is what programs call it, ``label`` what people
    read."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(pattern=FIELD_NAME)]
    label: Name
    required: bool = False


def _each_once(fields: list[LinkField]) -> list[LinkField]:
    if len({field.name for field in fields}) < len(fields):
        raise ValueError("must not name a field twice")
    return fields


def _kinds_once(kinds: list[AssetKind]) -> list[AssetKind]:
    return list(dict.fromkeys(kinds))


Fields = Annotated[list[LinkField], Field(max_length=MOST_FIELDS), AfterValidator(_each_once)]
Kinds = Annotated[list[AssetKind], Field(max_length=10), AfterValidator(_kinds_once)]
MaxBytes = Annotated[int, Field(ge=1, le=2**53 - 1)]
MaxSeconds = Annotated[int, Field(ge=1, le=10**9)]
MaxEntries = Annotated[int, Field(ge=1, le=1_000_000)]
Grace = Annotated[int, Field(ge=0, le=_LONGEST_GRACE)]


class NewUploadLink(BaseModel):
    """A link by which people without an account send lessons to the caller's organization, or to one below it. Open
    from ``opens_at`` (now, if null) to ``closes_at``, and ``grace_seconds`` longer for entries that count as late. A
    limit that is null is none; ``licence`` is what has to be agreed to."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    organization_id: str | None = None
    language: Language | None = None
    max_bytes: MaxBytes | None = None
    max_seconds: MaxSeconds | None = None
    max_entries: MaxEntries | None = None
    kinds: Kinds = []
    opens_at: Moment | None = None
    closes_at: Moment = Field(examples=["2099-12-31T16:00:00Z"])
    grace_seconds: Grace = 0
    fields: Fields = []
    licence: Description = ""


class UploadLinkChanges(Changes):
    """What to change of a link. Once it is closed, its name alone."""

    name: Name = ""
    language: Language | None = None
    max_bytes: MaxBytes | None = None
    max_seconds: MaxSeconds | None = None
    max_entries: MaxEntries | None = None
    kinds: Kinds = Field([])
    opens_at: Moment = Field(None)  # type: ignore[assignment]  # defaults are never used
    closes_at: Moment = Field(None)  # type: ignore[assignment]
    grace_seconds: Grace = 0
    fields: Fields = Field([])
    licence: Description = ""


class LinkFieldDocument(BaseModel):
    """Something that whoever sends a lesson is asked for, as ``LinkField``."""

    name: str
    label: str
    required: bool


class LinkTerms(BaseModel):
    """What whoever has an upload link may send, until when, and what is asked for. Nothing of what others sent."""

    model_config = ConfigDict(from_attributes=True)

    name: str
    state: UploadLinkState
    language: str | None
    max_bytes: int | None
    max_seconds: int | None
    kinds: list[AssetKind]
    opens_at: datetime
    closes_at: datetime
    grace_seconds: int
    fields: list[LinkFieldDocument]
    licence: str


class UploadLinkDocument(LinkTerms):
    """A link by which lessons are sent without an account. ``state`` is by the database's clock: ``upcoming``,
    ``open``, ``late`` (closed, but what comes in counts as late) or ``closed``."""

    id: str
    organization_id: str
    owner_id: str | None
    max_entries: int | None
    created_at: datetime
    updated_at: datetime


class NewUploadLinkDocument(UploadLinkDocument):
    """A link with its secret, which is told this once: whoever has it may send lessons, and nothing else. ``page_url``
    is for people, ``qr_code_url`` the same as a drawing (SVG) to print; the secret is in both."""

    secret: str
    page_url: str
    qr_code_url: str


class UploadLinkPage(BaseModel):
    """Links, newest first. ``next`` goes into ``after`` for the next page; null at the end."""

    upload_links: list[UploadLinkDocument]
    next: str | None
