"""Uploads that nobody ends: complete but for their last transaction, given up, or finished long ago."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import any_, delete, func, or_, select
from sqlalchemy.orm import Session, aliased

from storage.catalogue.models import Asset, Organization, Upload
from storage.catalogue.upload_locks import unlocked
from storage.catalogue.uploads import with_asset


def forget_finished(session: Session, limit: int = 1000) -> None:
    """Delete records of uploads that were finished as long ago as an unfinished one lives."""
    over = (
        select(Upload.id)
        .where(
            Upload.expires_at < func.now(), Upload.finished_at.is_not(None), Upload.version_id.is_not(None)
        )
        .limit(limit)
    )
    session.execute(delete(Upload).where(Upload.id.in_(over)))


def stranded(session: Session, limit: int = 100) -> Sequence[str]:
    """IDs of uploads whose bytes are all durable, if not joined yet, but whose last transaction did not happen, and
    may."""
    return (
        session.execute(
            with_asset(select(Upload.id))
            .join(Organization, Organization.id == Upload.organization_id)
            .where(
                Upload.finished_at.is_(None),
                or_(Upload.received == Upload.length, Upload.partial_ids.is_not(None)),
                Organization.closed_at.is_(None),
                unlocked(),
            )
            .limit(limit)
        )
        .scalars()
        .all()
    )


def abandoned(session: Session, limit: int = 100) -> Sequence[str]:
    """IDs of unfinished uploads that have expired or whose asset was deleted; and of expired partial ones, finished or
    not, that nobody is joining."""
    final = aliased(Upload)
    wanted = (
        select(final.id)
        .where(
            final.organization_id == Upload.organization_id,
            final.finished_at.is_(None),
            Upload.id == any_(final.partial_ids),
        )
        .exists()
    )
    return (
        session.execute(
            with_asset(select(Upload.id))
            .where(
                or_(Upload.finished_at.is_(None), Upload.version_id.is_(None) & ~wanted),
                or_(Upload.expires_at < func.now(), Asset.deleted_at.is_not(None)),
                unlocked(),
            )
            .limit(limit)
        )
        .scalars()
        .all()
    )
