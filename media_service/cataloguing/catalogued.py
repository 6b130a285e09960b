"""What requests and answers tell of lessons and courses alike: what librarians say of them, and who may find them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel, Field, model_validator

from configs.words import Level, Visibility
from media_service.cataloguing.texts import Description, Language, Subject, Tags
from media_service.cataloguing.values import (
    CategoryIds,
    ContributorDocument,
    Contributors,
    Licence,
    LicenceDocument,
    Line,
    OriginalDate,
    OtherIds,
    SharedIds,
    SourceOrganization,
    SourceOrganizationDocument,
)
from media_service.moments import Moment
from media_service.strict_values import Changes


class CataloguedChanges(Changes):
    """What may be changed of both; null takes away what there may be or not."""

    description: Description = ""
    language: Language | None = None
    subject: Subject | None = None
    tags: Tags = Field([])
    category_ids: CategoryIds = Field([])
    level: Level | None = None
    audience: Line | None = None
    contributors: Contributors = Field([])
    licence: Licence | None = None
    source_organization: SourceOrganization | None = None
    published_at: Moment | None = None
    withdraw_at: Moment | None = None
    original_date: OriginalDate | None = None
    other_ids: OtherIds = Field({})
    visibility: Visibility | None = None
    shared_organization_ids: SharedIds = Field([])
    shared_partner_ids: SharedIds = Field([])

    @model_validator(mode="after")
    def _withdrawn_after_it_was_published(self) -> Self:
        if self.published_at and self.withdraw_at and self.withdraw_at <= self.published_at:
            raise ValueError("withdraw_at must be later than published_at")
        return self


class CataloguedSummary(BaseModel):
    """What lists tell of both."""

    language: str | None
    subject: str | None
    tags: list[str]
    category_ids: list[str]
    level: Level | None
    licence: LicenceDocument | None
    published_at: datetime | None
    withdraw_at: datetime | None
    effective_visibility: Visibility


class CataloguedDetails(BaseModel):
    """What else is told of one."""

    description: str
    audience: str | None
    contributors: list[ContributorDocument]
    source_organization: SourceOrganizationDocument | None
    original_date: str | None
    other_ids: dict[str, str]
    visibility: Visibility | None
    shared_organization_ids: list[str]
    shared_partner_ids: list[str]


def summary_of(row: Any) -> dict[str, Any]:
    """The fields of ``CataloguedSummary``."""
    return {name: getattr(row, name) for name in CataloguedSummary.model_fields}


def details_of(row: Any) -> dict[str, Any]:
    """The fields of ``CataloguedDetails``."""
    return {name: getattr(row, name) for name in CataloguedDetails.model_fields}
