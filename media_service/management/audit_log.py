"""``GET /v1/audit-log``: who changed what, when and from where."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from flask import Blueprint
from pydantic import BaseModel, ConfigDict, Field

from configs.words import AuditAction, Role
from media_service import auth
from media_service.moments import Moment
from media_service.openapi import operation
from media_service.problems import ApiError
from media_service.services import services
from storage.catalogue import audit

blueprint = Blueprint("audit_log", __name__, url_prefix="/v1/audit-log")

TAG: Final = "Organizations"
_LONGEST_CURSOR: Final = 18


class AuditEntryDocument(BaseModel):
    """One change. ``target_id`` is what was changed (of captions and playback IDs their asset), ``organization_id``
    whose it is, ``details`` what was said of it. ``key_id`` and ``key_label`` are of the API key, ``person_id`` and
    ``person_name`` of who was signed in, ``role`` of either; without both it was the command line. ``address`` is where
    the request came from, ``request_id`` and ``trace_id`` what logs call it."""

    id: str
    at: datetime
    action: AuditAction
    organization_id: str
    target_id: str
    details: dict[str, Any]
    key_id: str | None
    key_label: str
    person_id: str | None
    person_name: str | None
    role: Role | None
    address: str
    request_id: str
    trace_id: str | None


class AuditPage(BaseModel):
    """Changes, newest first. ``next`` goes into ``after`` for the next page; null at the end."""

    entries: list[AuditEntryDocument]
    next: str | None


class AuditQuery(BaseModel):
    """Which changes."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(50, ge=1, le=200, description="Most entries of the page.")
    after: str | None = Field(None, max_length=64, description="The `next` of the page before.")
    action: AuditAction | None = Field(None, description="Only this kind of change.")
    target_id: str | None = Field(None, max_length=64, description="Only changes of this thing.")
    key_id: str | None = Field(None, max_length=64, description="Only what was done with this API key.")
    organization_id: str | None = Field(
        None, max_length=64, description="Only changes in this organization and in all below it."
    )
    since: Moment | None = Field(
        None, description="Only changes then or later: a date and time with its offset (RFC 3339)."
    )
    before: Moment | None = Field(None, description="Only earlier changes.")
    person_id: str | None = Field(None, max_length=64, description="Only what this person did.")


@blueprint.get("")
@auth.require("admin", scope="manage")
@operation(
    "Read the audit log",
    tag=TAG,
    query=AuditQuery,
    answer=AuditPage,
    errors=("invalid_cursor", "organization_not_found"),
)
def list_(query: AuditQuery) -> AuditPage:
    """One page of what was changed in the caller's organization and in those below it, whoever did it."""
    after = query.after
    if after is not None and not (after.isascii() and after.isdigit() and len(after) <= _LONGEST_CURSOR):
        raise ApiError("invalid_cursor")
    with services().sessions() as session:
        found = audit.list_entries(
            session,
            auth.reach_of(session, query.organization_id),
            query.limit + 1,
            after=None if after is None else int(after),
            action=query.action,
            target_id=query.target_id,
            key_id=query.key_id,
            since=query.since,
            before=query.before,
            person_id=query.person_id,
        )
    page = found[: query.limit]
    return AuditPage(
        entries=[
            AuditEntryDocument(
                id=str(entry.id),
                at=entry.at,
                action=entry.action,
                organization_id=entry.organization_id,
                target_id=entry.target_id,
                details=entry.details,
                key_id=entry.key_id,
                key_label=entry.key_label,
                person_id=entry.person_id,
                person_name=entry.person_name,
                role=entry.role,
                address=entry.address,
                request_id=entry.request_id,
                trace_id=entry.trace_id,
            )
            for entry in page
        ],
        next=str(page[-1].id) if len(found) > query.limit else None,
    )
