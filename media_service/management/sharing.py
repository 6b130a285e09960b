"""With whom lessons may be shared, by name, and what others share with the caller's organization."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Final

from flask import Blueprint
from pydantic import BaseModel, ConfigDict, Field

from configs.words import AssetKind, Level
from media_service import auth
from media_service.cataloguing.values import LicenceDocument
from media_service.management.paging import PageQuery, last_id
from media_service.management.playback_documents import PlaybackIdDocument, describe_playback_id
from media_service.openapi import operation
from media_service.services import services
from storage.catalogue import sharing
from storage.catalogue.sharing import Recipient
from storage.search_words import LONGEST_QUERY, search_query

blueprint = Blueprint("sharing", __name__, url_prefix="/v1")

TAG: Final = "Assets"
_MOST_IDS: Final = 100


class RecipientQuery(BaseModel):
    """Who is looked for."""

    model_config = ConfigDict(extra="forbid")

    q: str = Field("", max_length=200, description="Only those in whose name this stands.")
    id: list[Annotated[str, Field(max_length=64)]] = Field(
        [], max_length=_MOST_IDS, description="Those with these IDs, instead of those that are looked for."
    )
    limit: int = Field(20, ge=1, le=100, description="Most organizations, and most partners.")


class RecipientDocument(BaseModel):
    """An organization or partner. ``of`` is the name of the organization above it, or of whose partner it is: several
    may be called alike."""

    id: str
    name: str
    of: str | None


class RecipientList(BaseModel):
    """By name. Partners are those of the caller's organization and of the ones above it."""

    organizations: list[RecipientDocument]
    partners: list[RecipientDocument]


class SharedQuery(PageQuery):
    """Which page of what is shared, and which lessons."""

    q: str = Field(
        "", max_length=LONGEST_QUERY, description="Only those with these words in title, tags or description."
    )


class SharedAsset(BaseModel):
    """A lesson of another organization, as far as it concerns those with whom it is shared. ``duration`` in seconds,
    null until it is known."""

    id: str
    organization_id: str
    organization: str
    title: str
    description: str
    language: str | None
    subject: str | None
    tags: list[str]
    level: Level | None
    licence: LicenceDocument | None
    kind: AssetKind | None
    duration: float | None
    has_captions: bool
    playback_ids: list[PlaybackIdDocument]
    created_at: datetime


class SharedPage(BaseModel):
    """The newest first. ``next`` goes into ``after`` for the next page of the same query; null at the end."""

    assets: list[SharedAsset]
    next: str | None


@blueprint.get("/recipients")
@auth.require(*auth.WRITERS, scope="read")
@operation("Find with whom to share", tag=TAG, query=RecipientQuery, answer=RecipientList)
def recipients(query: RecipientQuery) -> RecipientList:
    """Organizations of the caller's tree, and partners, for `shared_organization_ids` and `shared_partner_ids`. By ID
    whichever there are: whoever was given an ID, of whatever tree, may share with it, and so has to see whose it is."""
    own = auth.caller().organization_id
    with services().sessions() as session:
        found = sharing.organizations(session, own, query.q.strip(), query.id, query.limit)
        partners = sharing.partners(session, own, query.q.strip(), query.id, query.limit)
    return RecipientList(organizations=_told(found), partners=_told(partners))


@blueprint.get("/shared-assets")
@auth.require(*auth.READERS, scope="read")
@operation(
    "List what others share with you",
    tag=TAG,
    query=SharedQuery,
    answer=SharedPage,
    errors=("invalid_cursor",),
)
def shared(query: SharedQuery) -> SharedPage:
    """Lessons of organizations above that share them with all below, and those that name the caller's organization or
    one above it. `POST /v1/playback-tokens` plays them."""
    url = services().settings.public_url
    with services().sessions() as session:
        rows = sharing.shared_with(
            session,
            auth.viewer(),
            auth.caller().organization_id,
            search_query(query.q) if query.q.strip() else None,
            after=last_id(query),
            limit=query.limit + 1,
        )
        told = []
        for asset, version, organization in rows[: query.limit]:
            facts = version.facts
            told.append(
                SharedAsset(
                    id=asset.id,
                    organization_id=asset.organization_id,
                    organization=organization,
                    title=asset.title,
                    description=asset.description,
                    language=asset.language,
                    subject=asset.subject,
                    tags=asset.tags,
                    level=asset.level,
                    licence=LicenceDocument(**asset.licence) if asset.licence else None,
                    kind=version.kind,
                    duration=facts.duration if facts else None,
                    has_captions=asset.has_captions,
                    playback_ids=[
                        describe_playback_id(name, asset.title, facts, url) for name in asset.playback_ids
                    ],
                    created_at=asset.created_at,
                )
            )
        return SharedPage(assets=told, next=told[-1].id if len(rows) > query.limit else None)


def _told(found: Sequence[Recipient]) -> list[RecipientDocument]:
    return [RecipientDocument(id=each.id, name=each.name, of=each.of) for each in found]
