"""The poster of a collection: which it is, a picture of one's own, that of a lesson, the first one again."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, request
from pydantic import BaseModel, ConfigDict, Field

from configs.words import CoursePosterOrigin
from media_service import audit, auth
from media_service.changes import transaction
from media_service.embed.course_poster import send_poster
from media_service.openapi import operation
from media_service.playback.serving.links import course_poster_address
from media_service.problems import ApiError
from media_service.services import services
from storage.catalogue import course_posters
from storage.catalogue.models import Collection, CollectionPicture, Image
from storage.ids import is_id
from storage.picture_files import LARGEST_SIDE, PictureFile, PictureRefused, read_picture

blueprint = Blueprint("course_posters", __name__, url_prefix="/v1/collections/<collection_id>/poster")

TAG: Final = "Collections"

MOST_BYTES: Final = 4 * 1024 * 1024
"""Of a picture that somebody sends."""


class PosterLesson(BaseModel):
    """A lesson of the collection, whose poster shall stand for it."""

    model_config = ConfigDict(extra="forbid")

    asset_id: str = Field(max_length=64)


class PictureQuery(BaseModel):
    """What the address of a picture may hold."""

    model_config = ConfigDict(extra="forbid")

    v: str = Field(
        "", max_length=64, description="Anything. Another address passes by what caches have kept."
    )


class CoursePosterDocument(BaseModel):
    """What stands for a collection: the poster of a ``lesson`` (of ``asset_id``, else of the first one that a viewer
    may see), or a ``picture`` that somebody sent. ``url`` shows it to whom the collection is open, with a token of one
    of its lessons where that is not everybody. ``width`` and ``height`` are null where there is nothing yet.
    """

    origin: CoursePosterOrigin
    asset_id: str | None
    url: str
    width: int | None
    height: int | None


@blueprint.get("")
@auth.require(*auth.READERS, scope="read")
@operation(
    "Show which poster a collection has",
    tag=TAG,
    answer=CoursePosterDocument,
    errors=("collection_not_found",),
)
def show(collection_id: str) -> CoursePosterDocument:
    """That which you see; viewers who may see fewer lessons may see another one."""
    with services().sessions() as session:
        found = auth.collection(session, collection_id)
        return _document(found, course_posters.find(session, auth.viewer(), found))


@blueprint.get("/picture")
@auth.require(*auth.READERS, scope="read")
@operation(
    "Fetch the poster of a collection",
    tag=TAG,
    query=PictureQuery,
    errors=("collection_not_found", "image_not_found"),
)
def picture(query: PictureQuery, collection_id: str) -> Response:  # noqa: ARG001  (`v` is for caches)
    """The picture itself, also of a collection that is open to nobody else."""
    with services().sessions() as session:
        found = auth.collection(session, collection_id)
        return send_poster(course_posters.find(session, auth.viewer(), found), is_public=False)


@blueprint.put("")
@auth.require(*auth.WRITERS, scope="edit")
@operation(
    "Choose the poster of a collection",
    tag=TAG,
    body=PosterLesson,
    answer=CoursePosterDocument,
    consumes="application/octet-stream",
    errors=("collection_not_found", "collection_item_not_found", "picture_type_refused", "too_large"),
)
def put(collection_id: str, body: PosterLesson | None) -> CoursePosterDocument:
    """The body is a picture (JPEG, PNG or WebP, 4 MiB at most), which is shown as it is, without what cameras write
    into it; or JSON with the `asset_id` of a lesson of the collection.
    """
    with services().sessions() as session:
        auth.collection(session, collection_id)
    sent = _received() if body is None else None
    with transaction() as session:
        found = auth.collection(session, collection_id, for_update=True)
        if sent is not None:
            course_posters.put_picture(session, found, sent)
            told: dict[str, object] = {"bytes": len(sent.data)}
        elif body is not None and is_id(body.asset_id):
            if not course_posters.take_from(session, auth.viewer(), found, body.asset_id):
                raise ApiError("collection_item_not_found")
            told = {"asset_id": body.asset_id}
        else:
            raise ApiError("collection_item_not_found")
        audit.record(session, "collection.change", found.organization_id, found.id, poster=told)
        return _document(found, course_posters.find(session, auth.viewer(), found))


@blueprint.delete("")
@auth.require(*auth.WRITERS, scope="edit")
@operation(
    "Return to the first poster of a collection",
    tag=TAG,
    answer=CoursePosterDocument,
    errors=("collection_not_found",),
)
def delete(collection_id: str) -> CoursePosterDocument:
    """That of its first lesson, from now on."""
    with transaction() as session:
        found = auth.collection(session, collection_id, for_update=True)
        course_posters.clear(session, found)
        audit.record(session, "collection.change", found.organization_id, found.id, poster=None)
        return _document(found, course_posters.find(session, auth.viewer(), found))


def _received() -> PictureFile:
    if (request.content_length or 0) > MOST_BYTES or len(data := request.stream.read()) > MOST_BYTES:
        raise ApiError("too_large", f"A picture may have {MOST_BYTES} bytes.")
    try:
        return read_picture(data)
    except PictureRefused as error:
        told = f"{error}; a side may have {LARGEST_SIDE} pixels."
        raise ApiError("picture_type_refused", told) from None


def _document(of: Collection, shown: CollectionPicture | Image | None) -> CoursePosterDocument:
    return CoursePosterDocument(
        origin="lesson" if of.picture_sha256 is None else "picture",
        asset_id=of.poster_asset_id,
        url=course_poster_address(services().settings.public_url, of.public_id, of.picture_sha256),
        width=shown.width if shown else None,
        height=shown.height if shown else None,
    )
