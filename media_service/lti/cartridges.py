"""``GET /v1/collections/{collection_id}/cartridge``: a course to be imported by a learning platform."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response
from pydantic import BaseModel, ConfigDict, Field

from media_service import auth
from media_service.lti import playing
from media_service.lti.cartridge import Course, Link, Version, cartridge
from media_service.openapi import operation
from media_service.playback.serving.content_disposition import content_disposition
from media_service.services import services
from storage.catalogue import collection_items
from storage.catalogue.visibility import Viewer

blueprint = Blueprint("cartridges", __name__, url_prefix="/v1/collections/<collection_id>/cartridge")

TAG: Final = "Learning systems"


class CartridgeQuery(BaseModel):
    """Which kind of package."""

    model_config = ConfigDict(extra="forbid")

    version: Version = Field(
        "1.3", description="Of Common Cartridge: `1.3` is a thin one; `1.1` is the last that Moodle imports."
    )


@blueprint.get("")
@auth.require(*auth.READERS, scope="read")
@operation(
    "Pack a course for a learning platform",
    tag=TAG,
    query=CartridgeQuery,
    errors=("collection_not_found",),
)
def pack(collection_id: str, query: CartridgeQuery) -> Response:
    """A Common Cartridge with a link for each lesson that its organization may see. The links are launched by LTI 1.3,
    so the learning platform is to be connected before."""
    public_url = services().settings.public_url
    with services().sessions() as session:
        found = auth.collection(session, collection_id)
        seen = collection_items.items_for(session, Viewer(found.organization_id), found.id).seen
        links = [
            Link(
                item.asset_id,
                item.title,
                "",
                playing.lesson_address(public_url, item.asset_id, found.public_id),
            )
            for item in seen
        ]
        course = Course(found.public_id, found.title, found.description or "", links)
    response = Response(cartridge(course, query.version), content_type="application/zip")
    response.headers["Content-Disposition"] = content_disposition(course.title, ".imscc")
    response.headers["Cache-Control"] = "no-store"
    return response
