"""Removes from the object storage what no row of the catalogue refers to."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, exists, func, select, update
from sqlalchemy.orm import Session, sessionmaker

from storage import keys
from storage.catalogue.models import Asset, Chunk, File, Image, Rendition, Step, Track, Version
from storage.objects import ObjectStore

log = logging.getLogger(__name__)

ORPHAN_AGE = timedelta(hours=24)
"""Younger objects may belong to a step that has not published yet."""

VERSIONS_AT_A_TIME = 200


def purge_deleted(sessions: sessionmaker[Session], objects: ObjectStore) -> None:
    """Remove the objects and rows of deleted assets, once none of their steps is at work."""
    at_work = exists().where(
        Step.version_id == Version.id, Version.asset_id == Asset.id, Step.state == "leased"
    )
    with sessions.begin() as session:
        doomed = session.execute(
            select(Asset.id).where(Asset.deleted_at.is_not(None), ~at_work).limit(50)
        ).scalars()
        for asset_id in list(doomed):
            for version_id in session.execute(
                select(Version.id).where(Version.asset_id == asset_id)
            ).scalars():
                prefix = keys.version_prefix(asset_id, version_id)
                objects.remove([info.key for info in objects.list(prefix)])
                _abort_pending(objects, prefix)
            session.execute(update(Asset).where(Asset.id == asset_id).values(current_version_id=None))
            session.execute(delete(Asset).where(Asset.id == asset_id))
            log.info("removed all of deleted asset %s", asset_id)


def remove_orphans(sessions: sessionmaker[Session], objects: ObjectStore) -> None:
    """Remove what attempts that never published left behind under recently finished versions."""
    with sessions() as session:
        finished = session.execute(
            select(Version.asset_id, Version.id)
            .where(
                Version.state.in_(("ready", "failed")),
                func.coalesce(Version.ready_at, Version.queued_at) > func.now() - 3 * ORPHAN_AGE,
            )
            .limit(VERSIONS_AT_A_TIME)
        ).all()
    for asset_id, version_id in finished:
        with sessions() as session:
            known = _known_keys(session, version_id)
        old = datetime.now(UTC) - ORPHAN_AGE
        orphans = [
            info.key
            for info in objects.list(keys.version_prefix(asset_id, version_id))
            if info.key not in known and info.modified < old
        ]
        objects.remove(orphans)
        _abort_pending(objects, keys.version_prefix(asset_id, version_id), old)
        if orphans:
            log.info("removed %d orphaned object(s) of version %s", len(orphans), version_id)


def _abort_pending(objects: ObjectStore, prefix: str, before: datetime | None = None) -> None:
    """Forget multipart uploads that a killed worker left unfinished: invisible, and kept all the same."""
    for pending in list(objects.pending_multipart(prefix)):
        if before is None or pending.started < before:
            objects.abort_multipart(pending.key, pending.upload_id)


def _known_keys(session: Session, version_id: str) -> set[str]:
    queries = (
        select(Version.source_key).where(Version.id == version_id),
        select(Version.stand_in_key).where(Version.id == version_id),
        select(Chunk.object_key).join(Rendition).where(Rendition.version_id == version_id),
        select(Image.object_key).where(Image.version_id == version_id),
        select(File.object_key).where(File.version_id == version_id),
        select(Track.object_key).where(Track.version_id == version_id),
    )
    return {key for query in queries for key in session.execute(query).scalars() if key}
