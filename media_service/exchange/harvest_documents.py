"""What the API says of foreign repositories that are harvested, and what it takes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from configs.harvest_failures import HARVEST_FAILURES
from configs.words import HarvestedState, HarvestFailure, HarvestState, Visibility
from media_service.cataloguing.values import CategoryIds, Name
from media_service.openapi import MessageDocument
from media_service.strict_values import Changes
from storage.catalogue.models import HarvestedRecord, HarvestSource
from storage.strangers import LONGEST_URL

_Id = Annotated[str, Field(max_length=64)]
_Url = Annotated[
    str, Field(min_length=1, max_length=LONGEST_URL, examples=["https://library.example.org/oai"])
]
_Set = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.!~*'():%-]{1,500}$")]
"""As the protocol has names of sets; ``%`` and brackets are what some repositories send besides."""

_Prefix = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.!~*'()-]{1,100}$")]
_Minutes = Annotated[int, Field(ge=5, le=60 * 24 * 31)]


class NewHarvestSource(BaseModel):
    """A foreign OAI-PMH repository, by the address that its requests go to (``url``), or one ``set`` of it. Its records
    become references of the caller's organization, or of ``organization_id`` below it. ``metadata_prefix`` is the
    format that is asked for: the one that tells most (LOM before Dublin Core) if left out. ``category_ids``: where
    records stand beside what they tell of themselves; ``visibility``: who sees them here."""

    model_config = ConfigDict(extra="forbid")

    organization_id: _Id | None = None
    name: Name | None = Field(None, description="What it is called here; its own name if left out.")
    url: _Url
    set: _Set | None = None
    metadata_prefix: _Prefix | None = None
    category_ids: CategoryIds = Field([])
    visibility: Visibility = "subtree"
    interval_minutes: _Minutes = Field(1440, description="From the end of a harvest to the next one.")


class HarvestSourceChanges(Changes):
    """What to change; null takes away what there may be or not. With another address, set or format everything is
    harvested anew, and what that does not tell is gone."""

    name: Name | None = None
    url: _Url = ""
    set: _Set | None = None
    metadata_prefix: _Prefix | None = None
    category_ids: CategoryIds = Field([])
    visibility: Visibility = "subtree"
    interval_minutes: _Minutes = 1440
    state: Literal["active", "paused"] = "active"


class HarvestWish(BaseModel):
    """``from_the_beginning``: everything, instead of what has changed."""

    model_config = ConfigDict(extra="forbid")

    from_the_beginning: bool = False


class HarvestFailureDocument(BaseModel):
    """Why it could not be harvested, and ``since`` when. ``detail`` is for whoever looks for a mistake."""

    code: HarvestFailure
    message: MessageDocument
    detail: str
    since: datetime | None


class HarvestedCounts(BaseModel):
    """How many records are as they are there (``current``), not there any more (``gone``), here by another way
    (``elsewhere``), deleted by somebody here (``dropped``), or of no use: without a title, or without an address that
    people could open (``unusable``)."""

    current: int = 0
    gone: int = 0
    elsewhere: int = 0
    dropped: int = 0
    unusable: int = 0


class HarvestSourceDocument(BaseModel):
    """A foreign repository that is harvested. ``repository_name`` and ``prefix``, the format that is asked for, are
    known after the first answer; ``tells_deletions``: whether it tells for good what is gone, else everything is
    harvested once a week to see what is missing. Of the harvest that is ``under_way`` (``whole``: from the beginning),
    or was last, ``received`` records have come, of ``expected`` as the repository believes; ``skipped`` had names that
    nobody could keep. ``finished_at``: when one came to its end last; ``next_at``: when the next one begins, or goes
    on; null while it is paused."""

    id: str
    organization_id: str
    state: HarvestState
    name: str
    url: str
    set: str | None
    metadata_prefix: str | None
    category_ids: list[str]
    visibility: Visibility
    interval_minutes: int
    repository_name: str
    prefix: str | None
    tells_deletions: bool
    under_way: bool
    whole: bool
    received: int
    expected: int | None
    skipped: int
    records: HarvestedCounts
    finished_at: datetime | None
    tried_at: datetime | None
    next_at: datetime | None
    failure: HarvestFailureDocument | None
    created_at: datetime


class HarvestSourcePage(BaseModel):
    """Sources, oldest first. ``next`` goes into ``after`` for the next page; null at the end."""

    harvest_sources: list[HarvestSourceDocument]
    next: str | None


class HarvestedRecordDocument(BaseModel):
    """A foreign record, which its repository calls ``identifier``; ``asset_id`` is the reference to it, null where
    there is none. ``url`` is where people see it, ``datestamp`` when it was changed there."""

    id: str
    identifier: str
    state: HarvestedState
    asset_id: str | None
    title: str
    url: str | None
    datestamp: datetime | None


class HarvestedRecordPage(BaseModel):
    """Records of a source, oldest first. ``next`` goes into ``after`` for the next page; null at the end."""

    records: list[HarvestedRecordDocument]
    next: str | None


def describe(source: HarvestSource, counts: Mapping[HarvestedState, int]) -> HarvestSourceDocument:
    """The document of a source."""
    failure = None
    if source.failure is not None:
        # Another release may know more of them.
        message = HARVEST_FAILURES.get(source.failure, HARVEST_FAILURES["answer_invalid"])
        failure = HarvestFailureDocument(
            code=source.failure,
            message=MessageDocument(**message.to_json()),
            detail=source.failure_detail,
            since=source.failing_since,
        )
    return HarvestSourceDocument(
        id=source.id,
        organization_id=source.organization_id,
        state=source.state,
        name=source.name,
        url=source.url,
        set=source.set_spec,
        metadata_prefix=source.metadata_prefix,
        category_ids=source.category_ids,
        visibility=source.visibility,
        interval_minutes=source.interval_minutes,
        repository_name=source.repository_name,
        prefix=source.prefix,
        tells_deletions=source.deletes,
        under_way=source.under_way,
        whole=source.is_whole,
        received=source.received,
        expected=source.expected,
        skipped=source.skipped,
        records=HarvestedCounts.model_validate(counts),
        finished_at=source.finished_at,
        tried_at=source.tried_at,
        next_at=source.due_at if source.state == "active" else None,
        failure=failure,
        created_at=source.created_at,
    )


def describe_record(record: HarvestedRecord) -> HarvestedRecordDocument:
    """The document of a record."""
    return HarvestedRecordDocument(
        id=record.id,
        identifier=record.identifier,
        state=record.state,
        asset_id=record.asset_id,
        title=str(record.told.get("title", "")),
        url=record.url,
        datestamp=record.at,
    )
