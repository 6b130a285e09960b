"""Sources that are not kept: by the wish of an organization they go some days after their version is ready."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, exists, func, select
from sqlalchemy.orm import Session

from storage.catalogue.models import Asset, LinkEntry, Organization, Step, Version
from storage.catalogue.steps import UNFINISHED
from storage.catalogue.versions import hold

AT_A_TIME = 100


def is_dropped(session: Session, version_id: str) -> bool:
    """Whether the source of a version was dropped, so that nothing more can be made of it."""
    dropped = select(Version.id).where(Version.id == version_id, Version.source_dropped_at.is_not(None))
    return session.execute(dropped).first() is not None


def to_be_dropped(session: Session) -> Sequence[tuple[str, str]]:
    """Asset and version of some whose source is to go now: everything is made of it that was planned."""
    if session.execute(select(Organization.id).where(Organization.source_days > 0)).first() is None:
        return []
    rows = session.execute(_wished().limit(AT_A_TIME))
    return [(row[0], row[1]) for row in rows]


def drop(session: Session, asset_id: str, version_id: str) -> list[str]:
    """Forget a version's source, and what stands in for it. Returns the keys of both; another version may name them."""
    hold(session, asset_id)
    if session.execute(_wished().where(Version.id == version_id)).first() is None:
        return []
    version = session.get_one(Version, version_id, populate_existing=True)
    keys = [key for key in (version.source_key, version.stand_in_key) if key is not None]
    version.source_key = version.stand_in_key = None
    version.source_dropped_at = func.now()
    session.flush()
    return keys


def _wished() -> Select[str, str]:
    policy = (
        select(Organization.id, func.coalesce(Organization.source_days, 0).label("days"))
        .where(Organization.parent_id.is_(None))
        .cte("policy", recursive=True)
    )
    policy = policy.union_all(
        select(Organization.id, func.coalesce(Organization.source_days, policy.c.days)).join(
            policy, Organization.parent_id == policy.c.id
        )
    )
    return (
        select(Version.asset_id, Version.id)
        .join(Asset, Asset.id == Version.asset_id)
        .join(policy, policy.c.id == Asset.organization_id)
        .where(
            policy.c.days > 0,
            Asset.deleted_at.is_(None),
            Version.state == "ready",
            Version.source_key.is_not(None),
            Version.ready_at < func.now() - func.make_interval(0, 0, 0, policy.c.days),
            _is_done(),
            # What somebody holds a receipt of can be asked for.
            ~exists().where(LinkEntry.asset_id == Asset.id),
        )
    )


def _is_done() -> ColumnElement[bool]:
    return ~exists().where(Step.version_id == Version.id, Step.state.in_(UNFINISHED))
