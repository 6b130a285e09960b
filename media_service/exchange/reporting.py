"""``/v1/platform-links/{id}/totals``: what is told to a linked platform and by it, and what of that counts."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from flask import Blueprint
from pydantic import BaseModel, ConfigDict

from configs.link_failures import LINK_FAILURES
from configs.totals_refusals import TOTALS_REFUSALS
from configs.words import TotalsRefusal
from media_service import audit, auth
from media_service.changes import transaction
from media_service.exchange.link_documents import LinkFailureDocument
from media_service.exchange.links import find
from media_service.openapi import MessageDocument, operation
from media_service.problems import ApiError
from media_service.services import services
from storage.catalogue import told_totals, totals_reports
from storage.catalogue.models import ReportingPlatform
from storage.catalogue.totals_reports import Heard, Standing
from storage.ids import is_id

blueprint = Blueprint("platform_totals", __name__, url_prefix="/v1/platform-links")

TAG: Final = "Exchange"


class RefusedTotals(BaseModel):
    """Days of lessons that the other platform did not take when they were told; they are told again every hour."""

    code: TotalsRefusal
    message: MessageDocument
    days: int


class ReportingPlatformDocument(BaseModel):
    """A platform of which the other one tells: itself, or one that has lessons through it. ``views`` are all that it
    told, from its ``first`` day to its ``last``, as days are in its ``time_zone``. If it is not ``counted``, none of
    that is in any sum here, nor told on."""

    id: str
    name: str
    url: str
    time_zone: str
    counted: bool
    views: int
    first: date | None
    last: date | None


class PlatformTotalsDocument(BaseModel):
    """How totals pass over a link. ``owed`` days of lessons that came by it have changed and are not told yet, the
    first since ``owed_since``; ``told_at`` is when all had been told last. ``heard_at`` is when the other platform told
    something last, ``rows`` how many of ``most_rows`` are kept of it."""

    owed: int
    owed_since: datetime | None
    told_at: datetime | None
    failure: LinkFailureDocument | None
    refused: list[RefusedTotals]
    heard_at: datetime | None
    rows: int
    most_rows: int
    platforms: list[ReportingPlatformDocument]


class ReportingPlatformChanges(BaseModel):
    """Whether what the platform tells is in sums here."""

    model_config = ConfigDict(extra="forbid")

    counted: bool


@blueprint.get("/<platform_link_id>/totals")
@auth.require("admin", scope="manage")
@operation(
    "Show how totals pass over a link",
    tag=TAG,
    answer=PlatformTotalsDocument,
    errors=("platform_link_not_found",),
)
def show(platform_link_id: str) -> PlatformTotalsDocument:
    """What is told of lessons that came from the other platform, and what it tells of those that it has from here."""
    with services().sessions() as session:
        return _described(totals_reports.standing(session, find(session, platform_link_id).id))


@blueprint.put("/<platform_link_id>/totals/<reporting_platform_id>")
@auth.require("admin", scope="manage")
@operation(
    "Count what a platform tells, or leave it out",
    tag=TAG,
    body=ReportingPlatformChanges,
    answer=PlatformTotalsDocument,
    errors=("platform_link_not_found", "reporting_platform_not_found"),
)
def put(
    platform_link_id: str, reporting_platform_id: str, body: ReportingPlatformChanges
) -> PlatformTotalsDocument:
    """What is left out stays written down, and can be counted again; sums follow within seconds."""
    with transaction() as session:
        link = find(session, platform_link_id)
        found = (
            session.get(ReportingPlatform, reporting_platform_id, with_for_update=True)
            if is_id(reporting_platform_id)
            else None
        )
        if found is None or found.link_id != link.id:
            raise ApiError("reporting_platform_not_found")
        told_totals.count_in(session, found, counted=body.counted)
        audit.record(
            session, "platform_link.count", link.organization_id, link.id, url=found.url, counted=body.counted
        )
        return _described(totals_reports.standing(session, link.id))


def _described(found: Standing) -> PlatformTotalsDocument:
    exchange = found.exchange
    failure = None
    if exchange is not None and exchange.failure is not None:
        failure = LinkFailureDocument(
            code=exchange.failure,
            message=MessageDocument(**LINK_FAILURES[exchange.failure].to_json()),
            detail=exchange.failure_detail,
            since=exchange.failing_since,
        )
    return PlatformTotalsDocument(
        owed=found.owed,
        owed_since=found.owed_since,
        told_at=exchange.told_at if exchange else None,
        failure=failure,
        refused=[
            RefusedTotals(code=code, message=MessageDocument(**TOTALS_REFUSALS[code].to_json()), days=number)
            for code, number in sorted(found.refused.items())
        ],
        heard_at=exchange.heard_at if exchange else None,
        rows=exchange.rows if exchange else 0,
        most_rows=told_totals.MOST_ROWS,
        platforms=[_platform(each) for each in found.platforms],
    )


def _platform(heard: Heard) -> ReportingPlatformDocument:
    row = heard.platform
    return ReportingPlatformDocument(
        id=row.id,
        name=row.name,
        url=row.url,
        time_zone=row.time_zone,
        counted=row.counted,
        views=heard.views,
        first=heard.first,
        last=heard.last,
    )
