"""People who sign in to Studio, and the codes by which they come in."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from configs.words import PersonRole
from storage.catalogue.models import ApiKey, Organization, Person, SignInCode
from storage.catalogue.reach import Reach
from storage.ids import new_id

CODE_LIFETIME: Final = timedelta(minutes=10)
"""How long a code may stay unused, unless its maker says otherwise."""

_CODES_KEPT: Final = timedelta(days=1)
"""How long it is remembered that a code was used, or was too late."""


class PersonDisabled(Exception):
    """The person does not come in any more."""


@dataclass(frozen=True)
class Newcomer:
    """Who may come in, and as what; ``subject`` is what the portal calls them."""

    organization_id: str
    subject: str
    name: str
    role: PersonRole


@dataclass(frozen=True)
class Invitation:
    """What a code that counts says: who comes in, to which organization, where to go first (a path of Studio, or
    empty), and the state of the browser that it is for, if it is for one alone."""

    newcomer: Newcomer
    organization: str
    return_to: str
    state: str | None


def make_code(
    session: Session,
    newcomer: Newcomer,
    *,
    return_to: str = "",
    state: str | None = None,
    api_key_id: str | None = None,
    lifetime: timedelta = CODE_LIFETIME,
) -> tuple[SignInCode, str]:
    """A code that lets somebody in once. The second value is the code itself, shown once and never kept. Raises
    ``PersonDisabled``.
    """
    known = find_person(session, newcomer.organization_id, newcomer.subject)
    if known is not None and known.disabled_at is not None:
        raise PersonDisabled
    secret = secrets.token_urlsafe(32)
    code = SignInCode(
        digest=_digest(secret),
        organization_id=newcomer.organization_id,
        subject=newcomer.subject,
        name=newcomer.name,
        role=newcomer.role,
        return_to=return_to,
        state=state,
        api_key_id=api_key_id,
        expires_at=func.now() + lifetime,
    )
    session.add(code)
    session.flush()
    session.refresh(code)
    return code, secret


def look_at_code(session: Session, secret: str) -> Invitation | None:
    """What a code says, while it counts; it goes on counting."""
    row = session.execute(
        select(SignInCode, Organization.name)
        .join(Organization, Organization.id == SignInCode.organization_id)
        .where(SignInCode.digest == _digest(secret), *_COUNTS)
    ).one_or_none()
    return _invitation(*row) if row else None


def use_code(session: Session, secret: str, state: str | None = None) -> tuple[Person, Invitation] | None:
    """Let in whom a code is for, in the transaction that makes the session: of several who use it at the same time one
    succeeds. None if it does not count (any more), or not for a browser with this ``state``. Raises ``PersonDisabled``.
    """
    used = session.execute(
        update(SignInCode)
        .where(
            SignInCode.digest == _digest(secret),
            or_(SignInCode.state.is_(None), SignInCode.state == state),
            *_COUNTS,
        )
        .values(used_at=func.now())
        .returning(SignInCode)
    ).scalar_one_or_none()
    if used is None:
        return None
    person = _welcome(session, used)
    if person.disabled_at is not None:
        raise PersonDisabled
    organization = session.get_one(Organization, used.organization_id)
    return person, _invitation(used, organization.name)


def find_person(session: Session, organization_id: str, subject: str) -> Person | None:
    """Whom an organization's portal calls so."""
    query = select(Person).where(Person.organization_id == organization_id, Person.subject == subject)
    return session.execute(query).scalar_one_or_none()


def list_people(
    session: Session,
    reach: Reach,
    limit: int,
    after: str | None,
    *,
    subject: str | None = None,
    part_of_name: str = "",
) -> Sequence[Person]:
    """People of ``reach``, oldest first; ``after`` is the last ID of the page before. ``subject``: only who is called
    so; ``part_of_name``: only those in whose name it stands, in whatever case."""
    query = select(Person).where(Person.organization_id.in_(reach.select()), Person.id > (after or ""))
    if subject is not None:
        query = query.where(Person.subject == subject)
    if part_of_name:
        query = query.where(Person.name.icontains(part_of_name, autoescape=True))
    return session.execute(query.order_by(Person.id).limit(limit)).scalars().all()


def forget_codes(session: Session) -> None:
    """Remove codes that nobody asks for any more."""
    session.execute(delete(SignInCode).where(SignInCode.expires_at < func.now() - _CODES_KEPT))


def _welcome(session: Session, code: SignInCode) -> Person:
    """The person whom a code is for, by the name and role that it gives; new, or as they were if they are disabled."""
    fresh = insert(Person).values(
        id=new_id(),
        organization_id=code.organization_id,
        subject=code.subject,
        name=code.name,
        role=code.role,
        signed_in_at=func.now(),
    )
    session.execute(
        fresh.on_conflict_do_update(
            index_elements=[Person.organization_id, Person.subject],
            set_={
                "name": fresh.excluded.name,
                "role": fresh.excluded.role,
                "signed_in_at": func.now(),
                "updated_at": func.now(),
            },
            where=Person.disabled_at.is_(None),
        )
    )
    found = find_person(session, code.organization_id, code.subject)
    assert found is not None  # noqa: S101  (for the type checker)
    session.refresh(found)
    return found


def _invitation(code: SignInCode, organization: str) -> Invitation:
    newcomer = Newcomer(code.organization_id, code.subject, code.name, code.role)
    return Invitation(newcomer, organization, code.return_to, code.state)


_ORGANIZATION: Final = aliased(Organization)

_COUNTS: Final = (
    SignInCode.used_at.is_(None),
    SignInCode.expires_at > func.now(),
    or_(
        SignInCode.api_key_id.is_(None),
        SignInCode.api_key_id.in_(select(ApiKey.id).where(ApiKey.revoked_at.is_(None))),
    ),
    SignInCode.organization_id.in_(select(_ORGANIZATION.id).where(_ORGANIZATION.closed_at.is_(None))),
)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()
