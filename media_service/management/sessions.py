"""Sessions: where somebody is signed in, and how to end that from elsewhere."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from flask import Blueprint
from pydantic import BaseModel, ConfigDict, Field

from configs.words import SessionKind
from media_service import audit, auth
from media_service.changes import after_commit, transaction
from media_service.management.asset_documents import OwnerDocument
from media_service.management.paging import PageQuery, cut, last_id
from media_service.openapi import operation
from media_service.problems import ApiError
from media_service.services import services
from storage.catalogue import sessions
from storage.catalogue.organizations import Caller
from storage.catalogue.sessions import ListedSession
from storage.ids import is_id

blueprint = Blueprint("sessions", __name__, url_prefix="/v1/sessions")

TAG: Final = "People"


class KeyName(BaseModel):
    """The API key with which somebody signed in."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    label: str


class SessionDocument(BaseModel):
    """Somebody who is signed in: a ``browser``, or a portal's own page with a ``token``; as a person or with an API key
    (the other one is null). ``last_used_at`` is right to some five minutes. Unless it is used it ends at
    ``expires_at``, in any case at ``ends_at``. ``current``: it is the one that asks."""

    id: str
    organization_id: str
    kind: SessionKind
    person: OwnerDocument | None
    api_key: KeyName | None
    address: str
    user_agent: str
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    ends_at: datetime
    current: bool


class SessionPage(BaseModel):
    """Sessions that go on, newest first. ``next`` goes into ``after`` for the next page; null at the end."""

    sessions: list[SessionDocument]
    next: str | None


class SessionQuery(PageQuery):
    """Which sessions, and which page of them."""

    mine: bool = Field(False, description="Whether an administrator, too, wants only their own.")
    person_id: str | None = Field(None, max_length=64, description="Only those of this person.")


@blueprint.get("")
@auth.require(*auth.WRITERS, scope=None)
@operation("List sessions", tag=TAG, query=SessionQuery, answer=SessionPage, errors=("invalid_cursor",))
def list_(query: SessionQuery) -> SessionPage:
    """Where the caller is signed in; administrators see that of their organization's people, and of those below."""
    holder = auth.caller() if query.mine else _holder()
    with services().sessions() as session:
        found = sessions.list_sessions(
            session,
            auth.reach(),
            query.limit + 1,
            last_id(query),
            holder=holder,
            person_id=query.person_id,
        )
    page, following = cut(found, query.limit)
    return SessionPage(sessions=[_describe(entry) for entry in page], next=following)


@blueprint.delete("/<session_id>")
@auth.require(*auth.WRITERS, scope=None)
@operation("End a session", tag=TAG, status=204, errors=("session_not_found",))
def revoke(session_id: str) -> None:
    """It counts no more, everywhere within seconds. Of others administrators may end it."""
    with transaction() as session:
        ended = (
            sessions.revoke(session, session_id, auth.reach(), holder=_holder())
            if is_id(session_id)
            else None
        )
        if ended is None:
            raise ApiError("session_not_found")
        audit.record(session, "session.revoke", ended.organization_id, ended.id, person_id=ended.person_id)
        after_commit(auth.forget_keys)


def _holder() -> Caller | None:
    """Whose sessions the caller sees: None if those of all its organization."""
    caller = auth.caller()
    manages = caller.role == "admin" and (caller.scopes is None or "manage" in caller.scopes)
    return None if manages else caller


def _describe(entry: ListedSession) -> SessionDocument:
    row = entry.session
    return SessionDocument(
        id=row.id,
        organization_id=row.organization_id,
        kind=row.kind,
        person=OwnerDocument.model_validate(entry.person) if entry.person else None,
        api_key=KeyName(id=row.api_key_id, label=entry.key_label or "") if row.api_key_id else None,
        address=row.address,
        user_agent=row.user_agent,
        created_at=row.created_at,
        last_used_at=row.last_used_at,
        expires_at=row.expires_at,
        ends_at=row.ends_at,
        current=row.id == auth.caller().session_id,
    )
