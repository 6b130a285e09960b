"""Organizations and their API keys."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from configs.words import Role, Scope
from storage.catalogue.models import ApiKey, Organization
from storage.catalogue.reach import Reach

USE_NOTED: Final = timedelta(minutes=5)
"""How exactly it is known when a key was used last: writing costs more than reading."""


@dataclass(frozen=True)
class Caller:
    """For whom a request speaks: an API key, or a person who signed in (``person_id``). ``label`` is what people call
    either, ``scopes`` what it may do of what its role allows (None: all), until ``expires_at``. ``is_closed``: its
    organization is. ``session_id`` is the session by which it speaks, if it is one."""

    key_id: str | None
    organization_id: str
    role: Role
    partner_id: str | None = None
    label: str = ""
    scopes: frozenset[Scope] | None = None
    expires_at: datetime | None = None
    is_closed: bool = False
    person_id: str | None = None
    session_id: str | None = None

    @property
    def identity(self) -> str:
        """The ID of the person or key."""
        return self.person_id or self.key_id or ""

    @property
    def reach(self) -> Reach:
        """What it may see: its organization and all below it; an author who signed in only what is their own."""
        if self.person_id is not None and self.role != "admin":
            return Reach(self.organization_id, alone=True, owner_id=self.person_id)
        return Reach(self.organization_id)

    @property
    def sees_own_uploads_alone(self) -> bool:
        """Whether it may not look at what others do."""
        return self.scopes is not None and "read" not in self.scopes


def create_organization(session: Session, name: str, parent_id: str | None = None) -> Organization:
    """Add an organization below ``parent_id``, or a root."""
    organization = Organization(name=name, parent_id=parent_id)
    session.add(organization)
    session.flush()
    return organization


def create_api_key(
    session: Session,
    organization_id: str,
    role: Role,
    label: str,
    partner_id: str | None = None,
    *,
    scopes: Sequence[Scope] | None = None,
    expires_at: datetime | None = None,
) -> tuple[ApiKey, str]:
    """Make a key, bound to a partner if ``partner_id`` is given. The second value is the key itself, shown once and
    never kept.
    """
    secret = "ls_" + secrets.token_urlsafe(32)
    key = ApiKey(
        organization_id=organization_id,
        role=role,
        label=label,
        prefix=secret[:10],
        digest=_digest(secret),
        partner_id=partner_id,
        scopes=list(scopes) if scopes is not None else None,
        expires_at=expires_at,
    )
    session.add(key)
    session.flush()
    return key, secret


def ensure_first_key(session: Session, secret: str, organization_name: str) -> None:
    """Make ``secret`` an admin key, of a new root organization if there is none yet."""
    known = select(ApiKey.id).where(ApiKey.digest == _digest(secret), ApiKey.revoked_at.is_(None))
    if session.execute(known).first() is not None:
        return
    root = session.execute(
        select(Organization)
        .where(Organization.parent_id.is_(None))
        .order_by(Organization.created_at)
        .limit(1)
    ).scalar_one_or_none()
    root = root or create_organization(session, organization_name)
    session.add(
        ApiKey(
            organization_id=root.id,
            role="admin",
            label="first key",
            prefix=secret[:10],
            digest=_digest(secret),
        )
    )


def find_caller(session: Session, secret: str) -> Caller | None:
    """Whom the key belongs to; None if it is unknown or revoked. Notes now and then that the key is in use."""
    row = session.execute(
        select(ApiKey, Organization.closed_at)
        .join(Organization, Organization.id == ApiKey.organization_id)
        .where(ApiKey.digest == _digest(secret), ApiKey.revoked_at.is_(None))
    ).one_or_none()
    if row is None:
        return None
    key, closed_at = row
    now = datetime.now(UTC)
    if key.last_used_at is None or key.last_used_at < now - USE_NOTED:
        key.last_used_at = now
    return Caller(
        key_id=key.id,
        organization_id=key.organization_id,
        role=key.role,
        partner_id=key.partner_id,
        label=key.label,
        scopes=None if key.scopes is None else frozenset(key.scopes),
        expires_at=key.expires_at,
        is_closed=closed_at is not None,
    )


def list_api_keys(
    session: Session, reach: Reach | None = None, limit: int | None = None, after: str | None = None
) -> Sequence[ApiKey]:
    """Keys of ``reach``, or every key; oldest first. ``after`` is the last ID of the page before."""
    query = select(ApiKey).where(ApiKey.id > (after or "")).order_by(ApiKey.id).limit(limit)
    if reach is not None:
        query = query.where(ApiKey.organization_id.in_(reach.select()))
    return session.execute(query).scalars().all()


def list_organizations(
    session: Session, reach: Reach, limit: int, after: str | None
) -> Sequence[Organization]:
    """Organizations of ``reach``, oldest first; ``after`` is the last ID of the page before."""
    query = select(Organization).where(Organization.id.in_(reach.select()), Organization.id > (after or ""))
    return session.execute(query.order_by(Organization.id).limit(limit)).scalars().all()


def revoke_api_key(session: Session, key_id: str, reach: Reach | None = None) -> str | None:
    """Refuse the key from now on. Returns whose it was; None if there is none in force (of ``reach``)."""
    query = update(ApiKey).where(ApiKey.id == key_id, ApiKey.revoked_at.is_(None))
    if reach is not None:
        query = query.where(ApiKey.organization_id.in_(reach.select()))
    revoked = session.execute(query.values(revoked_at=func.now()).returning(ApiKey.organization_id))
    return revoked.scalar_one_or_none()


def organizations_below(session: Session, roots: set[str]) -> dict[str, frozenset[str]]:
    """Several organizations, each with all below it, by the organization above."""
    if not roots:
        return {}
    tree = select(Organization.id.label("root"), Organization.id).where(Organization.id.in_(roots))
    below = tree.cte(recursive=True)
    below = below.union_all(select(below.c.root, Organization.id).where(Organization.parent_id == below.c.id))
    found: dict[str, set[str]] = {}
    for root, organization_id in session.execute(select(below.c.root, below.c.id)):
        found.setdefault(root, set()).add(organization_id)
    return {root: frozenset(ids) for root, ids in found.items()}


def organizations_above(session: Session, organization_ids: set[str]) -> dict[str, frozenset[str]]:
    """Several organizations, each with all above it, by the organization below."""
    if not organization_ids:
        return {}
    first = select(Organization.id.label("first"), Organization.id, Organization.parent_id)
    way = first.where(Organization.id.in_(organization_ids)).cte(recursive=True)
    way = way.union_all(
        select(way.c.first, Organization.id, Organization.parent_id).where(Organization.id == way.c.parent_id)
    )
    found: dict[str, set[str]] = {}
    for organization_id, above in session.execute(select(way.c.first, way.c.id)):
        found.setdefault(organization_id, set()).add(above)
    return {organization_id: frozenset(ids) for organization_id, ids in found.items()}


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
