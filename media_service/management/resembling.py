"""Lessons that are perhaps the same as one."""

from __future__ import annotations

from flask import Blueprint
from pydantic import BaseModel, Field

from media_service import auth
from media_service.openapi import operation
from media_service.services import services
from storage.catalogue import fingerprints

blueprint = Blueprint("resembling", __name__, url_prefix="/v1/assets/<asset_id>/resembling")


class ResemblingDocument(BaseModel):
    """Another asset, and how much is alike: the share of ``pictures`` (0 to 1) that are the same, and of the bits of
    Chromaprint's fingerprint of the ``sound``; null of what neither has, or what tells nothing, like silence."""

    asset_id: str
    organization_id: str
    title: str
    pictures: float | None = Field(ge=0, le=1)
    sound: float | None = Field(ge=0, le=1)


class ResemblingList(BaseModel):
    """Those that are most alike first, 20 at most."""

    assets: list[ResemblingDocument]


@blueprint.get("")
@auth.require(*auth.READERS, scope="read")
@operation(
    "List assets that are perhaps the same lesson",
    tag="Assets",
    answer=ResemblingList,
    errors=("asset_not_found",),
)
def show(asset_id: str) -> ResemblingList:
    """Found by how they look and sound, however they are encoded: other sizes, bit rates and formats, but not other
    cuts. A suggestion for people; nothing is ever merged or refused because of it. Known once an asset is ready."""
    with services().sessions() as session:
        asset = auth.asset(session, asset_id)
        if auth.only_own_uploads() is not None:
            return ResemblingList(assets=[])
        found = fingerprints.resembling(session, auth.reach(), auth.limited_viewer(), asset)
        return ResemblingList(
            assets=[
                ResemblingDocument(
                    asset_id=other.id,
                    organization_id=other.organization_id,
                    title=other.title,
                    pictures=alike.pictures,
                    sound=alike.sound,
                )
                for other, alike in found
            ]
        )
