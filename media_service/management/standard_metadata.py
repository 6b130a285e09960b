"""What is known of an asset or a collection, in the words of Dublin Core and of IEEE LOM."""

from __future__ import annotations

from flask import Blueprint
from pydantic import BaseModel, ConfigDict

from media_service import auth
from media_service.management.describing import describe_assets, describe_courses
from media_service.openapi import operation
from media_service.services import services
from media_service.standards.described import Described
from media_service.standards.table import to_dublin_core, to_lom
from storage.catalogue import collection_items
from storage.descriptions import Part

blueprint = Blueprint("standard_metadata", __name__, url_prefix="/v1")


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
        assets = [auth.asset(session, asset_id)]
        return _told(describe_assets(session, assets, services().settings.public_url)[0])


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
        parts = [Part(item.asset_id, item.title) for item in items]
        return _told(describe_courses(session, [(found, parts)], services().settings.public_url)[0])


def _told(described: Described) -> StandardMetadata:
    terms, elements = to_dublin_core(described), to_lom(described)
    return StandardMetadata.model_validate(
        {
            "dublin_core": [{"term": term, "value": value} for term, value in terms],
            "lom": [{"path": each.path, "parts": dict(each.parts)} for each in elements],
        },
        from_attributes=True,
    )
