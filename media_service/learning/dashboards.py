"""``/v1/views/…``: lessons, organizations and partners side by side, and storage day by day."""

from __future__ import annotations

from datetime import date
from typing import Final, Literal

from flask import Blueprint, Response
from pydantic import BaseModel, Field

from media_service import auth
from media_service.learning.asked import (
    SCOPE_ERRORS,
    DaysQuery,
    Format,
    ScopeQuery,
    csv_answer,
    partner_of,
    scope_of,
    stretch,
    today,
)
from media_service.learning.figures import SumsDocument, rows_as_csv, sums_of
from media_service.openapi import operation
from media_service.services import services
from media_service.storage_forecast import growth_of
from storage.catalogue import totals_reports, view_tables
from storage.catalogue.totals_reports import Studied
from storage.catalogue.view_tables import Ranked
from storage.learning.periods import pieces

blueprint = Blueprint("dashboards", __name__, url_prefix="/v1/views")

TAG: Final = "Views"

Sort = Literal["views", "watched_seconds", "traffic_bytes"]
_RANKED: Final[dict[Sort, Ranked]] = {
    "views": "views",
    "watched_seconds": "watched_ms",
    "traffic_bytes": "bytes",
}
_SUMS: Final = tuple(SumsDocument.model_fields)
_CSV: Final = "`csv`: a line for each row, with a BOM."


class TopAssetsQuery(ScopeQuery):
    """Among what, of which days, and by what."""

    sort: Sort = Field("views", description="What there is most of comes first.")
    limit: int = Field(20, ge=1, le=200, description="Most assets.")
    format: Format = Field("json", description=_CSV)


class TopAsset(SumsDocument):
    """An asset. ``title`` is null of one that is gone for good, whose figures stay; ``imported`` are views that a
    platform before had counted, of all time."""

    asset_id: str
    title: str | None
    imported: int


class TopAssets(BaseModel):
    """Those with the most first; what was not watched at all is left out."""

    first: date
    last: date
    assets: list[TopAsset]


class ViewsByPartnerQuery(ScopeQuery):
    """Of what, and of which days."""

    format: Format = Field("json", description=_CSV)


class ViewsOfPartner(SumsDocument):
    """What was shown on pages of a partner; ``partner_id`` is null of all that was shown elsewhere, ``name`` also of a
    partner that is gone. A linked platform that plays from here is `platform:` with the ID of the link."""

    partner_id: str | None
    name: str | None


class ViewsByPartner(BaseModel):
    """The most viewed first. Together, and with what other platforms tell, they are the sum."""

    first: date
    last: date
    partners: list[ViewsOfPartner]


class ViewsByPlatformQuery(ScopeQuery):
    """Of what, and of which days."""

    format: Format = Field("json", description=_CSV)


class ViewsOfPlatform(SumsDocument):
    """What was watched on another platform as it told us over the link ``link_id``, itself or through one between; or
    on this one, of which ``platform_id`` and ``link_id`` are null. ``studied_seconds`` were believed of study sessions
    that began on these days, of ``learners`` each day anew; ``lessons_completed`` is how often one completed a lesson.
    """

    platform_id: str | None
    link_id: str | None
    name: str
    url: str
    time_zone: str
    studied_seconds: float
    learners: int
    lessons_completed: int


class ViewsByPlatform(BaseModel):
    """This platform, then the others, the most viewed first. Together they are the sum."""

    first: date
    last: date
    platforms: list[ViewsOfPlatform]


class ViewsByOrganizationQuery(DaysQuery):
    """Below which organization, of which days, on whose pages."""

    organization: str | None = Field(
        None, max_length=64, description="This one and those directly below it; else the caller's own."
    )
    partner: str | None = Field(None, max_length=64, description="Only on pages of this partner.")
    format: Format = Field("json", description=_CSV)


class ViewsOfOrganization(SumsDocument):
    """An organization with all below it; ``alone``: only what the one that was asked for holds itself. ``has_below``:
    whether it can be asked for in turn; ``storage_bytes`` is what its assets took on the last day."""

    organization_id: str
    name: str
    alone: bool
    has_below: bool
    imported: int
    storage_bytes: int | None


class ViewsByOrganization(BaseModel):
    """What the organization holds itself, then those below, the most viewed first. Together they are the sum."""

    first: date
    last: date
    organizations: list[ViewsOfOrganization]


class StorageQuery(DaysQuery):
    """Of which organization, and of which days."""

    organization: str | None = Field(
        None, max_length=64, description="This one and all below it; else the caller's own."
    )
    format: Format = Field("json", description=_CSV)


class StoredDocument(BaseModel):
    """How many assets there were at the end of a day, and the bytes that they took with all their versions."""

    day: date
    assets: int
    bytes: int


class StorageDocument(BaseModel):
    """Days on which was measured, of more than 100 every seventh. ``bytes_per_day`` is by how much it grew a day
    lately, by the last 28 days of those that were asked for; null if there are not enough of them."""

    first: date
    last: date
    days: list[StoredDocument]
    bytes_per_day: int | None


@blueprint.get("/assets")
@auth.require(*auth.READERS, scope="read")
@operation(
    "List the most viewed assets", tag=TAG, query=TopAssetsQuery, answer=TopAssets, errors=SCOPE_ERRORS
)
def by_asset(query: TopAssetsQuery) -> TopAssets | Response:
    """Of an organization with all below it, a course or a partner: which lessons were viewed most, watched longest, or
    brought the most traffic. Whole months take the least time to be answered."""
    first, last = stretch(query)
    with services().sessions() as session:
        scope = scope_of(session, query)
        of = pieces(first, last, today())
        found = view_tables.by_asset(session, scope, of, _RANKED[query.sort], query.limit)
    rows = [
        TopAsset(
            asset_id=each.asset_id,
            title=each.title,
            imported=each.imported,
            **sums_of(each.figures),
        )
        for each in found
    ]
    if query.format == "csv":
        columns = ("asset_id", "title", *_SUMS, "imported")
        return csv_answer(rows_as_csv(columns, map(dict, rows)), "assets", first, last)
    return TopAssets(first=first, last=last, assets=rows)


@blueprint.get("/partners")
@auth.require(*auth.READERS, scope="read")
@operation(
    "Count views by partner",
    tag=TAG,
    query=ViewsByPartnerQuery,
    answer=ViewsByPartner,
    errors=SCOPE_ERRORS,
)
def by_partner(query: ViewsByPartnerQuery) -> ViewsByPartner | Response:
    """On whose pages lessons were viewed."""
    first, last = stretch(query)
    with services().sessions() as session:
        found = view_tables.by_partner(session, scope_of(session, query), first, last)
    rows = [
        ViewsOfPartner(partner_id=each.partner_id, name=each.name, **sums_of(each.figures)) for each in found
    ]
    if query.format == "csv":
        return csv_answer(
            rows_as_csv(("partner_id", "name", *_SUMS), map(dict, rows)), "partners", first, last
        )
    return ViewsByPartner(first=first, last=last, partners=rows)


@blueprint.get("/platforms")
@auth.require(*auth.READERS, scope="read")
@operation(
    "Count views by platform",
    tag=TAG,
    query=ViewsByPlatformQuery,
    answer=ViewsByPlatform,
    errors=SCOPE_ERRORS,
)
def by_platform(query: ViewsByPlatformQuery) -> ViewsByPlatform | Response:
    """What was watched here, and on each platform that has lessons from here, directly or through another one. Of those
    only sums are told, day by day, as days are there; who watched, on whose pages and how well it played, stays
    there."""
    first, last = stretch(query)
    settings = services().settings
    with services().sessions() as session:
        scope = scope_of(session, query)
        found = view_tables.by_platform(session, scope, first, last)
        studied = totals_reports.studied_elsewhere(session, scope, first, last)
        here = totals_reports.studied_here(session, scope, first, last, settings.time_zone)
    rows = []
    for each in found:
        platform = each.platform
        hours = studied.get(platform.id, Studied()) if platform else here
        rows.append(
            ViewsOfPlatform(
                platform_id=platform.id if platform else None,
                link_id=platform.link_id if platform else None,
                name=platform.name if platform else "",
                url=platform.url if platform else settings.public_url,
                time_zone=platform.time_zone if platform else settings.time_zone.key,
                studied_seconds=hours.studied_ms / 1000,
                learners=hours.learners,
                lessons_completed=hours.lessons_completed,
                **sums_of(each.figures),
            )
        )
    if query.format == "csv":
        columns = (
            *("platform_id", "link_id", "name", "url", "time_zone", *_SUMS),
            *("studied_seconds", "learners", "lessons_completed"),
        )
        return csv_answer(rows_as_csv(columns, map(dict, rows)), "platforms", first, last)
    return ViewsByPlatform(first=first, last=last, platforms=rows)


@blueprint.get("/organizations")
@auth.require("admin", scope="read")
@operation(
    "Count views by organization",
    tag=TAG,
    query=ViewsByOrganizationQuery,
    answer=ViewsByOrganization,
    errors=("organization_not_found", "partner_not_found"),
)
def by_organization(query: ViewsByOrganizationQuery) -> ViewsByOrganization | Response:
    """An organization and each of those directly below it, which stand for all that is below them in turn."""
    first, last = stretch(query)
    with services().sessions() as session:
        root = auth.reach_of(session, query.organization).root
        partner_id = partner_of(session, query.partner)
        found = view_tables.by_organization(session, root, first, last, partner_id)
    rows = [
        ViewsOfOrganization(
            organization_id=each.organization_id,
            name=each.name,
            alone=each.alone,
            has_below=each.has_below,
            imported=each.imported,
            storage_bytes=each.storage,
            **sums_of(each.figures),
        )
        for each in found
    ]
    if query.format == "csv":
        columns = ("organization_id", "name", "alone", *_SUMS, "imported", "storage_bytes")
        return csv_answer(rows_as_csv(columns, map(dict, rows)), "organizations", first, last)
    return ViewsByOrganization(first=first, last=last, organizations=rows)


@blueprint.get("/storage")
@auth.require("admin", scope="read")
@operation(
    "Show storage by day",
    tag=TAG,
    query=StorageQuery,
    answer=StorageDocument,
    errors=("organization_not_found",),
)
def storage(query: StorageQuery) -> StorageDocument | Response:
    """What the assets of an organization and of all below it took, day by day. Measured every hour; what lies in the
    trash still takes its place."""
    first, last = stretch(query)
    with services().sessions() as session:
        reach = auth.reach_of(session, query.organization)
        found = view_tables.storage_by_day(session, reach, first, last)
    days = [StoredDocument(day=each.day, assets=each.assets, bytes=each.bytes) for each in found]
    if query.format == "csv":
        return csv_answer(rows_as_csv(("day", "assets", "bytes"), map(dict, days)), "storage", first, last)
    growth = growth_of([(each.day, each.bytes) for each in found])
    return StorageDocument(first=first, last=last, days=days, bytes_per_day=growth)
