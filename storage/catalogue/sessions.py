"""Sessions: browsers, and portals' own front ends, that act for a person or for an API key until they end.

A session ends by itself when it was not used for a while, at its absolute end, with its person or key, or when
somebody revokes it.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update
from sqlalchemy.orm import Session

from configs.words import SessionKind
from storage.catalogue.models import ApiKey, Organization, Person, StudioSession
from storage.catalogue.organizations import USE_NOTED, Caller
from storage.catalogue.reach import Reach

TOKEN_PREFIX: Final = "lst_"  # noqa: S105  (no secret, but how all of them begin)
"""How the secret of a session begins that is sent as a bearer token, so that nobody takes it for an API key."""

_KEPT: Final = timedelta(days=30)
"""How long a session is listed after its end."""

_LONGEST_AGENT: Final = 200


@dataclass(frozen=True)
class Lifetime:
    """How long a session lasts without being used, and at most."""

    idle: timedelta
    most: timedelta


@dataclass(frozen=True)
class ListedSession:
    """A session as lists show it, and whose it is."""

    session: StudioSession
    person: Person | None
    key_label: str | None

    @property
    def id(self) -> str:
        """Its ID."""
        return self.session.id


def begin(
    session: Session,
    kind: SessionKind,
    holder: Person | ApiKey,
    lifetime: Lifetime,
    *,
    address: str,
    user_agent: str,
) -> tuple[StudioSession, str]:
    """A new session of a person or an API key. The second value is its secret, told once and never kept."""
    secret = (TOKEN_PREFIX if kind == "token" else "") + secrets.token_urlsafe(32)
    added = StudioSession(
        digest=_digest(secret),
        kind=kind,
        organization_id=holder.organization_id,
        person_id=holder.id if isinstance(holder, Person) else None,
        api_key_id=holder.id if isinstance(holder, ApiKey) else None,
        address=address,
        user_agent=user_agent[:_LONGEST_AGENT],
        expires_at=func.now() + min(lifetime.idle, lifetime.most),
        ends_at=func.now() + lifetime.most,
    )
    session.add(added)
    session.flush()
    session.refresh(added)
    return added, secret


def find_caller(session: Session, kind: SessionKind, secret: str, idle: timedelta) -> Caller | None:
    """For whom the session speaks; None if it is unknown or over. Notes now and then that it is in use, so that it
    lasts for ``idle`` from then on.
    """
    row = session.execute(
        select(StudioSession, Person, ApiKey, Organization.closed_at)
        .join(Organization, Organization.id == StudioSession.organization_id)
        .outerjoin(Person, Person.id == StudioSession.person_id)
        .outerjoin(ApiKey, ApiKey.id == StudioSession.api_key_id)
        .where(StudioSession.digest == _digest(secret), StudioSession.kind == kind, *_LIVES)
    ).one_or_none()
    if row is None:
        return None
    found, person, key, closed_at = row
    session.execute(
        update(StudioSession)
        .where(StudioSession.id == found.id, StudioSession.last_used_at < func.now() - USE_NOTED)
        .values(last_used_at=func.now(), expires_at=func.least(func.now() + idle, StudioSession.ends_at))
    )
    return caller_of(found, person or key, is_closed=closed_at is not None)


def caller_of(session: StudioSession, holder: Person | ApiKey, *, is_closed: bool = False) -> Caller:
    """For whom a session of ``holder`` speaks; ``is_closed``: their organization is."""
    if isinstance(holder, Person):
        return Caller(
            key_id=None,
            organization_id=holder.organization_id,
            role=holder.role,
            label=holder.name,
            expires_at=session.ends_at,
            is_closed=is_closed,
            person_id=holder.id,
            session_id=session.id,
        )
    ends = (session.ends_at, holder.expires_at)
    return Caller(
        key_id=holder.id,
        organization_id=holder.organization_id,
        role=holder.role,
        partner_id=holder.partner_id,
        label=holder.label,
        scopes=None if holder.scopes is None else frozenset(holder.scopes),
        expires_at=min(moment for moment in ends if moment is not None),
        is_closed=is_closed,
        session_id=session.id,
    )


def list_sessions(
    session: Session,
    reach: Reach,
    limit: int,
    after: str | None,
    *,
    holder: Caller | None = None,
    person_id: str | None = None,
) -> Sequence[ListedSession]:
    """Sessions that go on, newest first; ``after`` is the last ID of the page before. Those of ``holder`` alone, of
    one person, or of all of ``reach``.
    """
    query = (
        select(StudioSession, Person, ApiKey.label)
        .outerjoin(Person, Person.id == StudioSession.person_id)
        .outerjoin(ApiKey, ApiKey.id == StudioSession.api_key_id)
        .where(StudioSession.organization_id.in_(reach.select()), *_LIVES)
    )
    if after is not None:
        query = query.where(StudioSession.id < after)
    if holder is not None:
        query = query.where(_held_by(holder))
    if person_id is not None:
        query = query.where(StudioSession.person_id == person_id)
    rows = session.execute(query.order_by(StudioSession.id.desc()).limit(limit))
    return [ListedSession(*row) for row in rows]


def revoke(
    session: Session, session_id: str, reach: Reach, *, holder: Caller | None = None
) -> StudioSession | None:
    """End a session of ``reach``; with ``holder`` only one of theirs. None if there is none that goes on."""
    query = update(StudioSession).where(
        StudioSession.id == session_id,
        StudioSession.organization_id.in_(reach.select()),
        StudioSession.revoked_at.is_(None),
    )
    if holder is not None:
        query = query.where(_held_by(holder))
    ended = query.values(revoked_at=func.now()).returning(StudioSession)
    return session.execute(ended.execution_options(synchronize_session=False)).scalar_one_or_none()


def revoke_secret(session: Session, secret: str) -> StudioSession | None:
    """End the session whose secret this is. None if there is none that goes on."""
    ended = (
        update(StudioSession)
        .where(StudioSession.digest == _digest(secret), StudioSession.revoked_at.is_(None))
        .values(revoked_at=func.now())
        .returning(StudioSession)
    )
    return session.execute(ended.execution_options(synchronize_session=False)).scalar_one_or_none()


def revoke_of(session: Session, person_id: str) -> None:
    """End all sessions of a person."""
    session.execute(
        update(StudioSession)
        .where(StudioSession.person_id == person_id, StudioSession.revoked_at.is_(None))
        .values(revoked_at=func.now())
    )


def in_force(session: Session, session_ids: Collection[str]) -> set[str]:
    """Those of some sessions that go on."""
    query = (
        select(StudioSession.id)
        .join(Organization, Organization.id == StudioSession.organization_id)
        .outerjoin(Person, Person.id == StudioSession.person_id)
        .outerjoin(ApiKey, ApiKey.id == StudioSession.api_key_id)
        .where(StudioSession.id.in_(session_ids), Organization.closed_at.is_(None), *_LIVES)
    )
    return set(session.execute(query).scalars())


def forget(session: Session) -> None:
    """Remove sessions that ended long ago."""
    session.execute(delete(StudioSession).where(StudioSession.expires_at < func.now() - _KEPT))


def _held_by(holder: Caller) -> ColumnElement[bool]:
    if holder.person_id is not None:
        return StudioSession.person_id == holder.person_id
    return StudioSession.api_key_id == holder.key_id


_LIVES: Final[tuple[Any, ...]] = (
    StudioSession.revoked_at.is_(None),
    StudioSession.expires_at > func.now(),
    or_(
        and_(StudioSession.person_id.is_not(None), Person.disabled_at.is_(None)),
        and_(
            StudioSession.api_key_id.is_not(None),
            ApiKey.revoked_at.is_(None),
            or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > func.now()),
        ),
    ),
)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()
