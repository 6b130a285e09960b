"""Which assets are asked for, and how they are to be called, as queries say it."""

from __future__ import annotations

from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
)

from configs.words import (
    REVIEW_STATES,
    VERSION_STATES,
    Policy,
    ReviewState,
    VersionState,
    Visibility,
)
from media_service import auth
from media_service.cataloguing.values import (
    ExternalId,
)
from media_service.management.filters import (
    Categories,
    CreatedBefore,
    CreatedSince,
    HasCaptions,
    Kinds,
    Languages,
    Levels,
    Licences,
    OfOrganization,
    Subjects,
    Tags,
    Visibilities,
)
from media_service.management.paging import PageQuery
from media_service.problems import wrong_value
from media_service.uploads.protocol import (
    COLOUR_PATTERN,
    SHA256_PATTERN,
    WHITE,
)
from storage.catalogue.asset_lists import AssetOrder
from storage.search_words import LONGEST_QUERY


class AssetQuery(PageQuery):
    """Which assets, in which order, and which page of them."""

    state: list[VersionState] = Field(
        [], max_length=len(VERSION_STATES), description="Only those in this state, or in one of several."
    )
    kind: Kinds = Field([])
    organization_id: OfOrganization = None
    external_id: ExternalId | None = Field(None, description="Only assets that your own systems call so.")
    q: str = Field(
        "",
        max_length=LONGEST_QUERY,
        description="Only those with these words in title, tags or description: Chinese ones of any length, others "
        "by their beginning, all of them where there are spaces.",
    )
    language: Languages = Field([])
    subject: Subjects = Field([])
    tag: Tags = Field([])
    has_captions: HasCaptions = None
    category: Categories = Field([])
    level: Levels = Field([])
    licence: Licences = Field([])
    visibility: Visibilities = Field([])
    review: list[ReviewState] = Field(
        [], max_length=len(REVIEW_STATES), description="Only those that are so far in their review."
    )
    trashed: bool = Field(False, description="Those in the trash, instead of all others.")
    owner: str | None = Field(
        None,
        max_length=64,
        description="Only what this person brought, by their ID; `me` is whoever is signed in.",
    )
    created_since: CreatedSince = None
    created_before: CreatedBefore = None
    sort: AssetOrder = Field(
        "-created_at", description="Newest first, oldest first, or by title; with a minus from the last."
    )
    count: bool = Field(False, description="Whether to count all of them, too.")


class DeletionQuery(BaseModel):
    """Whether an asset may come back."""

    model_config = ConfigDict(extra="forbid")

    permanently: bool = Field(
        False, description="Remove it for good, from the trash as well. For administrators."
    )


_SentName = Annotated[str, AfterValidator(lambda name: name.replace("\0", " "))]
"""A name as some tool writes it; what else it cannot keep, it loses where it is kept (``clean_name``)."""


class UploadQuery(BaseModel):
    """What to call a file that is sent in one request."""

    model_config = ConfigDict(extra="forbid")

    title: _SentName = Field("", max_length=1000, description="Title; the file's name if left out.")
    filename: _SentName = Field("", max_length=1000, description="Name of the file, for people.")
    policy: Policy | None = Field(None, description="Policy of the first playback ID.")
    sha256: str | None = Field(
        None,
        description="SHA-256 of the file, in hexadecimal, to be checked.",
        json_schema_extra={"pattern": f"^{SHA256_PATTERN}$"},
    )
    external_id: ExternalId | None = Field(None, description="What your own systems call the asset.")
    visibility: Visibility | None = Field(
        None, description="Who may find and play it; as its playback ID says if left out."
    )
    background: str = Field(
        WHITE,
        max_length=7,
        description="Colour behind transparent pixels, as `#rrggbb` (`%23rrggbb` in a URL).",
        json_schema_extra={"pattern": f"^{COLOUR_PATTERN}$"},
    )


def owner_id(asked: str | None) -> str | None:
    """The person whose things are asked for; ``me`` is who is signed in. Raises ``invalid_request``."""
    if asked != "me":
        return asked
    if auth.caller().person_id is None:
        raise wrong_value("An API key is nobody who owns anything: give a person's ID.", parameter="owner")
    return auth.caller().person_id
