"""Imports: files that workers fetch from an address."""

from __future__ import annotations

from typing import Final

from flask import Blueprint
from pydantic import BaseModel, ConfigDict, Field

from configs.words import Policy, Visibility
from media_service import auth
from media_service.cataloguing.values import ExternalId
from media_service.management.asset_documents import ImportDocument
from media_service.openapi import operation
from media_service.outbound_urls import checked_url
from media_service.services import services
from media_service.uploads.importing import begin_import, name_in, whose
from media_service.uploads.protocol import make_intake, make_replacement
from media_service.uploads.quotas import QUOTA_ERRORS
from media_service.uploads.replacements import REPLACING_ERRORS
from storage.catalogue.models import Import, Version
from storage.catalogue.uploads import Transfer
from storage.strangers import LONGEST_URL

blueprint = Blueprint("imports", __name__, url_prefix="/v1/imports")

TAG: Final = "Uploads"


class NewImport(BaseModel):
    """What to fetch. ``filename`` is as the address has it unless it is given, ``title`` as the file's name is. With
    ``replaces``, the ID of an asset, the file becomes a new version of it, and the rest counts for nothing.
    """

    model_config = ConfigDict(extra="forbid")

    url: str = Field(max_length=LONGEST_URL, examples=["https://files.example/lesson.mp4"])
    title: str = Field("", max_length=1000)
    filename: str = Field("", max_length=1000)
    policy: Policy | None = None
    external_id: ExternalId | None = None
    visibility: Visibility | None = None
    replaces: str | None = Field(None, max_length=64)


class ImportBegunDocument(BaseModel):
    """What the file becomes: an asset, or a version of one."""

    asset_id: str
    version_id: str


@blueprint.post("")
@auth.require(*auth.WRITERS, scope="upload")
@operation(
    "Import a file from an address",
    tag=TAG,
    body=NewImport,
    answer=ImportBegunDocument,
    status=201,
    location=lambda made: f"/v1/assets/{made.asset_id}",
    errors=(
        "import_url_refused",
        "file_type_refused",
        "external_id_taken",
        *REPLACING_ERRORS,
        *QUOTA_ERRORS,
        "storage_full",
    ),
)
def create(body: NewImport) -> ImportBegunDocument:
    """A worker fetches the file, goes on where a connection broke, and ends within a day. The asset says how far it is
    (`imported`), and why it failed; `DELETE /v1/assets/{asset_id}` cancels.
    """
    url = checked_url(body.url, "import_url_refused")
    settings = services().settings
    intake = make_intake(
        None,
        settings.max_upload_bytes,
        file_name=body.filename or name_in(url),
        title=body.title,
        policy=body.policy or settings.default_policy,
        sha256=None,
        content_type="",
        external_id=body.external_id,
        visibility=body.visibility,
        replacement=None if body.replaces is None else make_replacement(body.replaces, "", "ready", ""),
    )
    transfer = begin_import(intake, url)
    return ImportBegunDocument(asset_id=transfer.asset_id, version_id=transfer.version_id)


def describe_import(
    found: Import | None, transfer: Transfer | None, version: Version
) -> ImportDocument | None:
    """How far an import is; None of what somebody sent."""
    if found is None:
        return None
    is_there = version.source_size is not None
    return ImportDocument(
        url=found.url if auth.caller().role == "admin" else whose(found.url),
        size=version.source_size if is_there or transfer is None else transfer.length,
        received=(version.source_size if is_there else transfer.received if transfer else 0) or 0,
        last_error=None if is_there else found.last_error or None,
    )
