"""Learning platforms: who may register, who is registered, and the keys by which they know us."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from storage.catalogue import collections
from storage.catalogue.collection_items import CollectionFull, UnknownAsset, put_item
from storage.catalogue.models import Collection, LtiKey, LtiLink, LtiPlatform, Organization
from storage.catalogue.reach import Reach
from storage.catalogue.study_courses import put_course
from storage.catalogue.visibility import Viewer
from storage.ids import new_public_id

KEY_LIFE: Final = timedelta(days=90)
"""After which another key signs."""

KEY_SHOWN: Final = 2 * KEY_LIFE
"""For how long a key is shown, so that a platform that remembers it meets no unknown one."""

_OF_ONE_ISSUER: Final = 1000

_LOCK: Final = text("SELECT pg_advisory_xact_lock(hashtext('lessonstream.lti.keys'))")


def find(session: Session, platform_id: str, reach: Reach, *, for_update: bool = False) -> LtiPlatform | None:
    """The platform, if its owner is in ``reach``."""
    query = select(LtiPlatform).where(LtiPlatform.id == platform_id)
    return reach.find(session, query, for_update=for_update)


def list_platforms(session: Session, reach: Reach, limit: int, after: str | None) -> Sequence[LtiPlatform]:
    """Oldest first; ``after`` is the last ID of the page before."""
    query = select(LtiPlatform).where(
        LtiPlatform.organization_id.in_(reach.select()), LtiPlatform.id > (after or "")
    )
    return session.execute(query.order_by(LtiPlatform.id).limit(limit)).scalars().all()


def find_counting(session: Session, platform_id: str) -> LtiPlatform | None:
    """A platform that may launch: enabled, and of an organization that is not closed."""
    return session.execute(_counting().where(LtiPlatform.id == platform_id)).scalar_one_or_none()


def named(
    session: Session, issuer: str, client_id: str | None, deployment_id: str | None = None
) -> LtiPlatform | None:
    """The platform that calls itself so, if it may launch. Without a client ID, which is optional in a sign-in, only
    where there is one alone, or one alone with this deployment."""
    query = _counting().where(LtiPlatform.issuer == issuer)
    if client_id is not None:
        query = query.where(LtiPlatform.client_id == client_id)
    found = session.execute(query.order_by(LtiPlatform.id).limit(_OF_ONE_ISSUER)).scalars().all()
    if len(found) > 1 and deployment_id is not None:
        found = [each for each in found if deployment_id in each.deployment_ids]
    return found[0] if len(found) == 1 else None


def is_known(session: Session, issuer: str, client_id: str) -> bool:
    """Whether there is such a registration, of whatever organization."""
    query = select(LtiPlatform.id).where(LtiPlatform.issuer == issuer, LtiPlatform.client_id == client_id)
    return session.execute(query).first() is not None


def note_launch(session: Session, platform: LtiPlatform, deployment_id: str) -> bool:
    """Remember that it launched. False if the deployment is none that counts; the first of all becomes one."""
    locked = session.execute(
        select(LtiPlatform)
        .where(LtiPlatform.id == platform.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if locked is None or (locked.deployment_ids and deployment_id not in locked.deployment_ids):
        return False
    if not locked.deployment_ids:
        locked.deployment_ids = [deployment_id]
    session.execute(
        update(LtiPlatform)
        .where(LtiPlatform.id == platform.id)
        .values(launched_at=func.now(), updated_at=LtiPlatform.updated_at)
    )
    return True


def add_link(session: Session, organization_id: str, life: timedelta) -> tuple[LtiLink, str]:
    """A new link for one registration, and its secret."""
    secret = new_public_id()
    added = LtiLink(organization_id=organization_id, sha256=_digest(secret), expires_at=func.now() + life)
    session.add(added)
    session.flush()
    session.refresh(added)
    return added, secret


def find_link(session: Session, secret: str, *, for_update: bool = False) -> LtiLink | None:
    """The link with this secret, if it may still be used."""
    query = (
        select(LtiLink)
        .join(Organization, Organization.id == LtiLink.organization_id)
        .where(
            LtiLink.sha256 == _digest(secret),
            LtiLink.platform_id.is_(None),
            LtiLink.expires_at > func.now(),
            Organization.closed_at.is_(None),
        )
    )
    return session.execute(query.with_for_update(of=LtiLink) if for_update else query).scalar_one_or_none()


def signing_key(session: Session, make: Callable[[], tuple[str, str, bytes]]) -> LtiKey:
    """The key that signs now; made by ``make`` if there is none, or none that is young enough."""
    young = select(LtiKey).where(LtiKey.created_at > func.now() - KEY_LIFE).order_by(LtiKey.created_at.desc())
    found = session.execute(young.limit(1)).scalar_one_or_none()
    if found is not None:
        return found
    session.execute(_LOCK)
    found = session.execute(young.limit(1)).scalar_one_or_none()
    if found is None:
        key_id, public, sealed = make()
        found = LtiKey(id=key_id, public_key=public, private_key=sealed)
        session.add(found)
        session.flush()
    return found


def shown_keys(session: Session) -> Sequence[LtiKey]:
    """Those by which platforms may know us, the newest first."""
    query = select(LtiKey).where(LtiKey.created_at > func.now() - KEY_SHOWN)
    return session.execute(query.order_by(LtiKey.created_at.desc())).scalars().all()


def own_course(session: Session, platform: LtiPlatform, asset_id: str | None) -> Collection | None:
    """The collection in which a platform's learners study lessons of no course that is studied, with this lesson in it:
    private, so that nobody meets it, and studied freely. None if it is full, or its organization may not see that."""
    locked = session.get(LtiPlatform, platform.id, with_for_update=True)
    if locked is None:
        return None
    reach, viewer = Reach(locked.organization_id), Viewer(locked.organization_id, manages=True)
    found = (
        session.get(Collection, locked.collection_id, with_for_update=True) if locked.collection_id else None
    )
    if found is None:
        values: dict[str, Any] = {"visibility": "private"}
        found = collections.create_collection(session, reach, locked.name, (), values=values)
        put_course(
            session,
            found.id,
            mode="free",
            speed_limit=None,
            presence_seconds=None,
            threshold=None,
            required_seconds=None,
        )
        session.refresh(found)
        session.execute(
            update(LtiPlatform)
            .where(LtiPlatform.id == platform.id)
            .values(collection_id=found.id, updated_at=LtiPlatform.updated_at)
        )
    if asset_id is None:
        return found
    try:
        put_item(session, found, asset_id, None, reach=reach, viewer=viewer)
    except (CollectionFull, UnknownAsset):
        return None
    return found


def _counting() -> Any:
    return (
        select(LtiPlatform)
        .join(Organization, Organization.id == LtiPlatform.organization_id)
        .where(LtiPlatform.enabled, Organization.closed_at.is_(None))
    )


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
