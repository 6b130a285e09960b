"""What signing in and out does: a code or an API key becomes a session, in one transaction with its audit entry."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from flask import request
from sqlalchemy.orm import Session

from media_service import audit, auth
from media_service.changes import after_commit, transaction
from media_service.problems import ApiError
from media_service.proxies import full_address
from media_service.services import services
from storage.catalogue import organizations, people, sessions
from storage.catalogue.models import ApiKey, Person
from storage.catalogue.people import Invitation, PersonDisabled
from storage.catalogue.sessions import Lifetime

ROLES: Final = auth.WRITERS
"""Roles of API keys that may sign in: the others have nothing to do in Studio."""


def by_code(code: str, state: str | None) -> tuple[str, Invitation]:
    """Let in whom the code is for: the new session's secret, and what the code says. Raises ``sign_in_code_not_found``
    and ``person_disabled``.
    """
    with transaction() as session:
        try:
            used = people.use_code(session, code, state)
        except PersonDisabled:
            raise ApiError("person_disabled") from None
        if used is None:
            raise ApiError("sign_in_code_not_found")
        person, invitation = used
        return _begin(session, person), invitation


def by_key(key: str) -> str:
    """Let in whoever has the key, as long as it counts: the new session's secret. Raises ``key_invalid``,
    ``key_expired``, ``organization_closed`` and ``role_not_allowed``.
    """
    with transaction() as session:
        caller = organizations.find_caller(session, key)
        if caller is None:
            raise ApiError("key_invalid")
        auth.require_counts(caller)
        if caller.role not in ROLES:
            raise ApiError("role_not_allowed", "Keys of administrators and authors sign in to Studio.")
        return _begin(session, session.get_one(ApiKey, caller.key_id))


def sign_out() -> None:
    """End the session of the browser that asks, if it has one."""
    with transaction() as session:
        _end(session)
        after_commit(auth.forget_keys)


def _begin(session: Session, holder: Person | ApiKey) -> str:
    """A new session in the place of what the browser had: nobody goes on with a secret that was there before."""
    _end(session)
    settings = services().settings
    begun, secret = sessions.begin(
        session,
        "browser",
        holder,
        Lifetime(
            timedelta(seconds=settings.studio_session_idle),
            timedelta(seconds=settings.studio_session_lifetime),
        ),
        address=full_address(request.environ),
        user_agent=request.headers.get("User-Agent", ""),
    )
    auth.act_as(sessions.caller_of(begun, holder))
    audit.record(session, "session.create", holder.organization_id, begun.id, kind=begun.kind)
    after_commit(auth.forget_keys)
    return secret


def _end(session: Session) -> None:
    secret, caller = auth.cookie_secret(), auth.signed_in()
    ended = sessions.revoke_secret(session, secret) if secret and caller else None
    if ended is not None and caller is not None:
        auth.act_as(caller)
        audit.record(session, "session.revoke", ended.organization_id, ended.id, person_id=ended.person_id)
