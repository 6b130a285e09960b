"""How much organizations and people may hold, what they hold, and what is left."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from flask import Blueprint
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from configs.words import QuotaUnit
from media_service import audit, auth
from media_service.changes import transaction
from media_service.openapi import operation
from media_service.preconditions import IF_MATCH, require_match, tag_of
from media_service.problems import ApiError
from media_service.services import services
from media_service.uploads.quotas import holder
from storage.catalogue import quotas
from storage.catalogue.models import Person
from storage.catalogue.quotas import Amounts, Holder, Limits, Standing
from storage.ids import is_id

blueprint = Blueprint("quotas", __name__, url_prefix="/v1")

TAG: Final = "Organizations"
_UNITS: Final[tuple[QuotaUnit, ...]] = ("bytes", "seconds", "uploads")
_MOST: Final = 2**53 - 1
_MOST_UPLOADS: Final = 1_000_000


class AllowanceDocument(BaseModel):
    """One limit. ``used`` is what is there, ``reserved`` what is promised to uploads that are under way; ``left`` is
    never below zero. Without a limit, ``limit`` and ``left`` are null."""

    limit: int | None
    used: int
    reserved: int
    left: int | None


class QuotaDocument(BaseModel):
    """How much may be held: ``bytes`` of sources, ``minutes`` of lessons, unfinished ``uploads`` at a time.
    ``person_id`` is null where an organization is asked for."""

    organization_id: str
    person_id: str | None
    bytes: AllowanceDocument
    minutes: AllowanceDocument
    uploads: AllowanceDocument


class NewQuota(BaseModel):
    """The limits of an organization with all below it, or of a person; null, or left out, is no limit."""

    model_config = ConfigDict(extra="forbid")

    bytes: int | None = Field(None, ge=0, le=_MOST)
    minutes: int | None = Field(None, ge=0, le=_MOST // 60)
    uploads: int | None = Field(None, ge=0, le=_MOST_UPLOADS)


def _tag(shown: QuotaDocument) -> str:
    return tag_of(*(str(each.limit) for each in (shown.bytes, shown.minutes, shown.uploads)))


@blueprint.get("/quota")
@auth.require(*auth.WRITERS, scope="upload", or_scope="read")
@operation("Show how much can still be uploaded", tag=TAG, answer=QuotaDocument)
def show_own() -> QuotaDocument:
    """What is left to the caller. Of all quotas that count for it, its own, its organization's and those above, each
    limit is the one of which least is left.
    """
    asked = holder(auth.caller().organization_id, auth.caller().person_id)
    with services().sessions() as session:
        counting = quotas.standings(session, asked) or [quotas.standing_of(session, asked)]
    return _describe(asked, {unit: _tightest(counting, unit) for unit in _UNITS})


@blueprint.get("/organizations/<organization_id>/quota")
@auth.require("admin", scope="manage")
@operation(
    "Show how much an organization may hold",
    tag=TAG,
    answer=QuotaDocument,
    errors=("organization_not_found",),
    etag=_tag,
)
def show(organization_id: str) -> QuotaDocument:
    """Its own limits, and what it holds with all below it. Where none were set, the service's default ones, which
    count what the organization holds itself.
    """
    with services().sessions() as session:
        return _standing(session, holder(auth.organization(session, organization_id).id, None))


@blueprint.put("/organizations/<organization_id>/quota")
@auth.require("admin", scope="manage")
@operation(
    "Limit how much an organization may hold",
    tag=TAG,
    body=NewQuota,
    answer=QuotaDocument,
    errors=("organization_not_found", "quota_own", "changed_meanwhile"),
    request_headers=(IF_MATCH,),
    etag=_tag,
)
def limit(organization_id: str, body: NewQuota) -> QuotaDocument:
    """Nothing is taken from an organization that holds more: it gets nothing more. Only an organization without one
    above it limits itself.
    """
    with transaction() as session:
        found = auth.organization(session, organization_id)
        if found.id == auth.caller().organization_id and found.parent_id is not None:
            raise ApiError("quota_own")
        asked = holder(found.id, None)
        require_match(lambda: _tag(_standing(session, asked)))
        _limit(session, found.id, body)
        audit.record(session, "quota.change", found.id, found.id, **body.model_dump())
        return _standing(session, asked)


@blueprint.get("/people/<person_id>/quota")
@auth.require("admin", scope="manage")
@operation(
    "Show how much a person may hold", tag=TAG, answer=QuotaDocument, errors=("person_not_found",), etag=_tag
)
def show_person(person_id: str) -> QuotaDocument:
    """Their own limits, and what they brought. What their organization may hold counts as well."""
    with services().sessions() as session:
        found = _person(session, person_id)
        return _standing(session, holder(found.organization_id, found.id))


@blueprint.put("/people/<person_id>/quota")
@auth.require("admin", scope="manage")
@operation(
    "Limit how much a person may hold",
    tag=TAG,
    body=NewQuota,
    answer=QuotaDocument,
    errors=("person_not_found", "changed_meanwhile"),
    request_headers=(IF_MATCH,),
    etag=_tag,
)
def limit_person(person_id: str, body: NewQuota) -> QuotaDocument:
    """Of what they brought. Nothing is taken from a person who holds more: they get nothing more."""
    with transaction() as session:
        found = _person(session, person_id)
        asked = holder(found.organization_id, found.id)
        require_match(lambda: _tag(_standing(session, asked)))
        _limit(session, found.id, body)
        audit.record(session, "quota.change", found.organization_id, found.id, **body.model_dump())
        return _standing(session, asked)


def _limit(session: Session, holder_id: str, body: NewQuota) -> None:
    seconds = None if body.minutes is None else 60 * body.minutes
    quotas.limit(session, holder_id, Limits(body.bytes, seconds, body.uploads))
    session.expire_all()


def _person(session: Session, person_id: str) -> Person:
    found = session.get(Person, person_id) if is_id(person_id) else None
    if found is None or not auth.reach().includes(session, found.organization_id):
        raise ApiError("person_not_found")
    return found


def _standing(session: Session, asked: Holder) -> QuotaDocument:
    return _describe(asked, dict.fromkeys(_UNITS, quotas.standing_of(session, asked)))


def _tightest(counting: Sequence[Standing], unit: QuotaUnit) -> Standing:
    def left(standing: Standing) -> float:
        found = standing.left(unit)
        return math.inf if found is None else found

    return min(counting, key=left)


def _describe(asked: Holder, standings: dict[QuotaUnit, Standing]) -> QuotaDocument:
    return QuotaDocument(
        organization_id=asked.organization_id,
        person_id=asked.person_id,
        bytes=_allowance(standings["bytes"], "bytes"),
        minutes=_allowance(standings["seconds"], "seconds", 60),
        uploads=_allowance(standings["uploads"], "uploads"),
    )


def _allowance(standing: Standing, unit: QuotaUnit, each: int = 1) -> AllowanceDocument:
    limit, left = standing.limits.of(unit), standing.left(unit)

    def held(amounts: Amounts) -> int:
        return math.ceil(amounts.of(unit) / each)

    return AllowanceDocument(
        limit=None if limit is None else limit // each,
        used=held(standing.used),
        reserved=held(standing.reserved),
        left=None if left is None else max(0, math.floor(left / each)),
    )
