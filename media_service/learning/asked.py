"""Of what figures are asked for, and of which days: the same for all reports."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final, Literal

from flask import Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from media_service import auth
from media_service.learning.day_values import Day
from media_service.problems import ApiError, ErrorCode, wrong_value
from media_service.services import services
from storage.catalogue.partners import find_partner
from storage.catalogue.views import Scope
from storage.ids import is_id

LONGEST_DAYS: Final = 400
_DEFAULT_DAYS: Final = 30

Format = Literal["json", "csv"]

SCOPE_ERRORS: Final[tuple[ErrorCode, ...]] = (
    "asset_not_found",
    "collection_not_found",
    "organization_not_found",
    "partner_not_found",
)


class DaysQuery(BaseModel):
    """Of which days."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    from_: Day | None = Field(
        None, alias="from", description="The first day; 30 days before the last one if left out."
    )
    to: Day | None = Field(None, description="The last day; today if left out.")


class ScopeQuery(DaysQuery):
    """Of what, and of which days."""

    asset: str | None = Field(None, max_length=64, description="Only of this asset.")
    collection: str | None = Field(
        None, max_length=64, description="Only of what stands in this collection now."
    )
    organization: str | None = Field(
        None,
        max_length=64,
        description="Only of this organization and of all below it; else the caller's own.",
    )
    partner: str | None = Field(None, max_length=64, description="Only on pages of this partner.")


def today() -> date:
    """The day that it is for the installation."""
    return datetime.now(services().settings.time_zone).date()


def stretch(query: DaysQuery) -> tuple[date, date]:
    """The first day and the last. Raises ``invalid_request``."""
    last = query.to or today()
    first = query.from_ or last - timedelta(days=_DEFAULT_DAYS - 1)
    if not first <= last <= first + timedelta(days=LONGEST_DAYS):
        raise wrong_value(f"to must be from 0 to {LONGEST_DAYS} days after from.", parameter="to")
    return first, last


def scope_of(session: Session, query: ScopeQuery) -> Scope:
    """Of what the caller asks, as far as they may. Raises ``invalid_request`` and ``SCOPE_ERRORS``."""
    asked = [name for name in ("asset", "collection", "organization") if getattr(query, name)]
    if len(asked) > 1:
        raise wrong_value(f"{asked[0]} and {asked[1]} cannot be asked for at once.", parameter=asked[1])
    partner_id = partner_of(session, query.partner)
    if query.asset:
        return Scope(auth.reach(), asset_id=auth.asset(session, query.asset).id, partner_id=partner_id)
    if query.collection:
        collection = auth.collection(session, query.collection)
        return Scope(auth.reach(), collection_id=collection.id, partner_id=partner_id)
    return Scope(auth.reach_of(session, query.organization), partner_id=partner_id)


def partner_of(session: Session, partner_id: str | None) -> str | None:
    """The partner that is asked for, if any. Raises ``partner_not_found``."""
    if partner_id is None:
        return None
    partner = find_partner(session, partner_id, auth.reach()) if is_id(partner_id) else None
    if partner is None:
        raise ApiError("partner_not_found")
    return partner.id


def csv_answer(text: str, name: str, first: date, last: date) -> Response:
    """A table to be saved."""
    answer = Response(text, content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}-{first}-{last}.csv"'
    return answer
