"""``GET /v1/uploads``: which uploads can be gone on with, from whatever browser."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from flask import Blueprint
from pydantic import BaseModel, Field

from configs.words import UploadState
from media_service import auth
from media_service.management.asset_documents import OwnerDocument
from media_service.management.asset_queries import owner_id
from media_service.management.paging import PageQuery, cut, last_id
from media_service.openapi import operation
from media_service.services import services
from storage.catalogue import upload_lists
from storage.catalogue.upload_lists import ListedUpload

blueprint = Blueprint("upload_list", __name__)

TAG: Final = "Uploads"


class UploadDocument(BaseModel):
    """An upload. ``location`` is its address for tus; go on at ``offset``, by the ``HEAD`` of that address. A file is
    the same if its name, its ``size`` in bytes and its ``head_tail_sha256`` are: as the client that began it said, the
    SHA-256 of the file's first and last MiB. ``size`` and ``percent`` are null until the client has told the length.
    ``receiving``: somebody sends its bytes at this moment, or fell silent less than 10 seconds ago; whoever else goes
    on with it takes it over. ``relative_path`` says where it lay in the folder that was chosen.
    ``owner`` is the person who began it, or ``key_id`` the API key."""

    id: str
    location: str
    state: UploadState
    asset_id: str
    organization_id: str
    key_id: str | None
    owner: OwnerDocument | None
    title: str
    name: str
    relative_path: str | None
    head_tail_sha256: str | None
    size: int | None
    offset: int
    percent: int | None = Field(ge=0, le=100)
    receiving: bool
    created_at: datetime
    last_byte_at: datetime | None
    expires_at: datetime


class UploadPage(BaseModel):
    """Uploads, newest first. ``next`` goes into ``after`` for the next page; null at the end."""

    uploads: list[UploadDocument]
    next: str | None


class UploadListQuery(PageQuery):
    """Which uploads."""

    state: UploadState | None = Field(
        None,
        description="Only those that go on (`open`), have `finished`, or `expired` and are about to be removed.",
    )
    organization_id: str | None = Field(
        None, max_length=64, description="Only those of this organization and of all below it."
    )
    owner: str | None = Field(
        None,
        max_length=64,
        description="Only those that this person began, by their ID; `me` is whoever is signed in.",
    )


@blueprint.get("/v1/uploads", strict_slashes=False, provide_automatic_options=False)
@auth.require(*auth.WRITERS, scope="upload")
@operation(
    "List uploads",
    tag=TAG,
    query=UploadListQuery,
    answer=UploadPage,
    errors=("invalid_cursor", "organization_not_found"),
)
def list_(query: UploadListQuery) -> UploadPage:
    """One page of the uploads of the caller's organization and of those below; of a key that may only upload, and of
    an author who signed in, those that they began. Finished ones are forgotten after the time that an unfinished one
    lives.
    """
    with services().sessions() as session:
        found = upload_lists.list_uploads(
            session,
            auth.reach_of(session, query.organization_id),
            limit=query.limit + 1,
            after=last_id(query),
            state=query.state,
            api_key_id=auth.only_own_uploads(),
            owner_id=owner_id(query.owner),
        )
    page, following = cut(found, query.limit)
    return UploadPage(uploads=[_describe(entry) for entry in page], next=following)


def _describe(entry: ListedUpload) -> UploadDocument:
    upload = entry.upload
    return UploadDocument(
        id=upload.id,
        location=f"/v1/uploads/{upload.id}",
        state=entry.state,
        asset_id=entry.asset.id,
        organization_id=upload.organization_id,
        key_id=upload.api_key_id,
        owner=OwnerDocument.model_validate(entry.owner) if entry.owner else None,
        title=entry.asset.title,
        name=entry.version.file_name,
        relative_path=upload.relative_path,
        head_tail_sha256=upload.head_tail_sha256,
        size=upload.length,
        offset=upload.received,
        percent=100 * upload.received // upload.length if upload.length else None,
        receiving=entry.receiving,
        created_at=upload.created_at,
        last_byte_at=upload.last_byte_at,
        expires_at=upload.expires_at,
    )
