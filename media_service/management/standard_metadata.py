"""What is known of an asset or a collection, in the words of Dublin Core and of IEEE LOM."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from flask import Blueprint
from pydantic import BaseModel, ConfigDict
from sqlalchemy import select
from sqlalchemy.orm import Session

from media_service import auth
from media_service.openapi import operation
from media_service.playback.serving.links import Links, course_address
from media_service.services import services
from media_service.standards.described import Category, Contributor, Described, Licence, Part, Source
from media_service.standards.table import to_dublin_core, to_lom
from storage.catalogue import collection_items, playback
from storage.catalogue.models import Asset, Collection, Organization, Version
from storage.catalogue.models import Category as CategoryRow

blueprint = Blueprint("standard_metadata", __name__, url_prefix="/v1")

_ALIKE: Final = (
    *("id", "title", "description", "language", "subject", "tags", "level", "audience"),
    *("created_at", "published_at", "withdraw_at", "original_date", "other_ids"),
)
"""Fields that have one name in both."""


class StandardValue(BaseModel):
    """A value; ``language`` is that of a text (BCP 47), ``scheme`` the vocabulary or syntax that it is of."""

    model_config = ConfigDict(from_attributes=True)

    text: str
    language: str | None
    scheme: str | None


class DublinCoreTerm(BaseModel):
    """A term of DCMI Metadata Terms with its value."""

    term: str
    value: StandardValue


class LomElement(BaseModel):
    """An element of LOM by its path; a simple one has one part, whose name is empty."""

    path: str
    parts: dict[str, StandardValue]


class StandardMetadata(BaseModel):
    """The same in two standards; Dublin Core has no place for a few fields."""

    dublin_core: list[DublinCoreTerm]
    lom: list[LomElement]


@blueprint.get("/assets/<asset_id>/metadata")
@auth.require(*auth.READERS, scope="read")
@operation(
    "Describe an asset in Dublin Core and LOM",
    tag="Assets",
    answer=StandardMetadata,
    errors=("asset_not_found",),
)
def of_asset(asset_id: str) -> StandardMetadata:
    """All that is said of it, for catalogues of others."""
    with services().sessions() as session:
        return _told(describe_asset(session, auth.asset(session, asset_id)))


@blueprint.get("/collections/<collection_id>/metadata")
@auth.require(*auth.READERS, scope="read")
@operation(
    "Describe a collection in Dublin Core and LOM",
    tag="Collections",
    answer=StandardMetadata,
    errors=("collection_not_found",),
)
def of_collection(collection_id: str) -> StandardMetadata:
    """All that is said of it, with the lessons that you may see, for catalogues of others."""
    with services().sessions() as session:
        found = auth.collection(session, collection_id)
        items = collection_items.items_for(session, auth.viewer(), found.id).seen
        return _told(describe_course(session, found, [Part(item.asset_id, item.title) for item in items]))


def describe_asset(session: Session, asset: Asset) -> Described:
    """An asset, as the standards are told it."""
    version = session.get(Version, asset.current_version_id) if asset.current_version_id else None
    shown_by = playback.preferred_playback_ids(session, [asset.id]).get(asset.id)
    return Described(
        **_said(session, asset),
        external_id=asset.external_id,
        old_views=asset.old_views,
        kind=version.kind if version else None,
        duration=version.facts.duration if version and version.facts else None,
        size=version.source_size if version else None,
        url=Links(services().settings.public_url, shown_by.id).embed if shown_by else None,
    )


def describe_course(session: Session, course: Collection, parts: Sequence[Part]) -> Described:
    """A collection, as the standards are told it."""
    url = course_address(services().settings.public_url, course.public_id)
    return Described(**_said(session, course), kind="course", url=url, parts=parts)


def _said(session: Session, row: Asset | Collection) -> dict[str, Any]:
    return {
        **{name: getattr(row, name) for name in _ALIKE},
        "organization": session.get_one(Organization, row.organization_id).name,
        "categories": _categories(session, row.category_ids),
        "contributors": [Contributor(**each) for each in row.contributors],
        "licence": Licence(**row.licence) if row.licence else None,
        "source_organization": Source(**row.source_organization) if row.source_organization else None,
    }


def _categories(session: Session, category_ids: Sequence[str]) -> list[Category]:
    rows = session.execute(select(CategoryRow).where(CategoryRow.id.in_(category_ids))).scalars()
    found = {row.id: Category(row.code, {"zh": row.name_zh, "en": row.name_en}) for row in rows}
    return [found[category_id] for category_id in category_ids if category_id in found]


def _told(described: Described) -> StandardMetadata:
    terms, elements = to_dublin_core(described), to_lom(described)
    return StandardMetadata.model_validate(
        {
            "dublin_core": [{"term": term, "value": value} for term, value in terms],
            "lom": [{"path": each.path, "parts": dict(each.parts)} for each in elements],
        },
        from_attributes=True,
    )
