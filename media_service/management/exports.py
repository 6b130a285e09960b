"""``/v1/assets/export``: all that is said of an organization's assets, as a table or for programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Literal

from flask import Blueprint, Response
from pydantic import BaseModel, ConfigDict, Field

from media_service import auth
from media_service.openapi import operation
from media_service.playback.serving.content_disposition import content_disposition
from media_service.services import services
from media_service.sheets.categories import CategoryNames, Named
from media_service.sheets.writing import to_csv, to_json_lines
from storage.catalogue import exports
from storage.catalogue.exports import Exported

blueprint = Blueprint("exports", __name__, url_prefix="/v1/assets")


class ExportQuery(BaseModel):
    """What to export, and how."""

    model_config = ConfigDict(extra="forbid")

    format: Literal["csv", "jsonl"] = Field(
        "csv", description="`csv` in UTF-8 with its mark, for spreadsheets; `jsonl`: an object in each line."
    )
    organization_id: str | None = Field(
        None, max_length=64, description="Only those of this organization and of all below it."
    )


@blueprint.get("/export")
@auth.require("admin", scope="read")
@operation(
    "Export what is said of all assets",
    tag="Assets",
    query=ExportQuery,
    errors=("organization_not_found",),
)
def export(query: ExportQuery) -> Response:
    """Everything that can be said of a lesson, and what the platform knows by itself, in the columns that
    `lessonstream import` reads. No cell of the CSV is taken for a formula: an apostrophe before it says so.
    """
    known = services()
    with known.sessions() as session:
        reach = auth.reach_of(session, query.organization_id)

    @cache
    def categories(organization_id: str) -> CategoryNames:
        usable = exports.usable_categories(known.sessions, organization_id)
        return CategoryNames(
            organization_id, [Named(each.id, each.organization_id, each.code) for each in usable]
        )

    def lessons() -> Iterator[Sequence[Mapping[str, Any]]]:
        for page in exports.pages(known.sessions, reach):
            yield [_lesson(each, categories(each.listed.organization_id)) for each in page]

    write, content_type = (
        (to_csv, "text/csv; charset=utf-8")
        if query.format == "csv"
        else (to_json_lines, "application/jsonl; charset=utf-8")
    )
    response = Response(write(lessons()), content_type=content_type, direct_passthrough=True)
    response.headers["Content-Disposition"] = content_disposition("lessons", f".{query.format}")
    response.headers["Cache-Control"] = "no-store"
    return response


def _lesson(exported: Exported, categories: CategoryNames) -> dict[str, Any]:
    """By column of ``sheets.columns.WRITTEN``."""
    listed, more = exported.listed, exported.more
    licence = listed.licence or {}
    source = more["source_organization"] or {}
    facts = listed.facts
    return {
        "file": listed.file_name,
        "title": listed.title,
        "external_id": listed.external_id,
        "description": more["description"],
        "language": listed.language,
        "subject": listed.subject,
        "tags": listed.tags,
        "categories": [categories.name(each) for each in listed.category_ids],
        "level": listed.level,
        "audience": more["audience"],
        "contributors": more["contributors"],
        "licence": licence.get("code"),
        "licence_text": licence.get("text"),
        "licence_url": licence.get("url"),
        "source_organization": source.get("name"),
        "source_organization_id": source.get("id"),
        "original_date": more["original_date"],
        "published_at": _moment(listed.published_at),
        "withdraw_at": _moment(listed.withdraw_at),
        "other_ids": more["other_ids"],
        "old_views": more["old_views"],
        "visibility": more["visibility"],
        "shared_organization_ids": more["shared_organization_ids"],
        "shared_partner_ids": more["shared_partner_ids"],
        "policy": listed.playback_ids[0].policy if listed.playback_ids else None,
        "background": f"#{listed.background:06x}",
        "sha256": listed.source_sha256,
        "id": listed.id,
        "organization_id": listed.organization_id,
        "owner": listed.owner_name,
        "kind": listed.kind,
        "state": listed.state,
        "review_state": listed.review_state,
        "effective_visibility": listed.effective_visibility,
        "duration": facts.duration if facts else None,
        "width": facts.source_width if facts else None,
        "height": facts.source_height if facts else None,
        "size": listed.source_size,
        "has_captions": listed.has_captions,
        "playback_ids": "; ".join(each.id for each in listed.playback_ids),
        "views": more["clicks"],
        "created_at": _moment(listed.created_at),
        "updated_at": _moment(listed.updated_at),
    }


def _moment(moment: datetime | None) -> str | None:
    return moment.isoformat().replace("+00:00", "Z") if moment else None
