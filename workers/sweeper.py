"""Removes from the object storage what no row of the catalogue refers to."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice

from sqlalchemy import delete, exists, func, or_, select, update
from sqlalchemy.orm import Session, sessionmaker

from storage import keys
from storage.catalogue.backups import removals_are_held
from storage.catalogue.inventory import named_by
from storage.catalogue.models import Asset, Step, Upload, Version
from storage.ids import is_id
from storage.objects import ObjectInfo, ObjectStore
from storage.packed_chunks import UnknownPacking
from workers.rounds import Round

log = logging.getLogger(__name__)

ORPHAN_AGE = timedelta(hours=24)
"""Younger objects may belong to a step that has not published yet."""

ASSETS_AT_A_TIME = 100
"""Deleted assets that one round removes."""
REMOVERS = 4
"""Threads that remove their objects."""

FOLDERS_AT_A_TIME = 100
"""Assets and uploads that one round looks for orphans in."""
PAUSE_SECONDS = 5.0
"""Between two of these rounds: 15,000 assets take a quarter of an hour, a million most of a day."""

_FINISHED = ("ready", "failed")


def purge_deleted(sessions: sessionmaker[Session], objects: ObjectStore) -> Round:
    """Remove the objects and rows of deleted assets that cannot come back any more, once none of their steps is at work
    and no backup is made; objects first, so that none is left without a row. The next round begins at once if there may
    be more."""
    at_work = exists().where(
        Step.version_id == Version.id, Version.asset_id == Asset.id, Step.state == "leased"
    )
    may_go = (Asset.deleted_at.is_not(None), or_(Asset.purge_at.is_(None), Asset.purge_at <= func.now()))
    doomed = select(Asset.id).where(*may_go, ~at_work).limit(ASSETS_AT_A_TIME)
    with sessions() as session:
        asset_ids = session.execute(doomed).scalars().all()
        if removals_are_held(session):
            return Round()
    with ThreadPoolExecutor(REMOVERS, "remover") as pool:
        list(pool.map(partial(_remove_all, objects), map(keys.asset_prefix, asset_ids)))
    with sessions.begin() as session:
        # Before the assets' own rows, as everybody locks them.
        session.execute(select(Version.id).where(Version.asset_id.in_(asset_ids)).with_for_update())
        session.execute(update(Asset).where(Asset.id.in_(asset_ids)).values(current_version_id=None))
        session.execute(delete(Asset).where(Asset.id.in_(asset_ids)))
    if asset_ids:
        log.info("removed all of %d deleted asset(s)", len(asset_ids))
    return Round(pause=0 if len(asset_ids) == ASSETS_AT_A_TIME else None)


def remove_orphans(sessions: sessionmaker[Session], objects: ObjectStore, cursor: str) -> Round:
    """Look through the next folders of the bucket after ``cursor`` and remove what nothing refers to: what attempts
    that never published left behind, and what belongs to no asset, version or upload at all."""
    # Before the catalogue is read: what is older than this then, and not known then, will never be.
    before = datetime.now(UTC) - ORPHAN_AGE
    folders = list(islice(_folders_after(objects, cursor), FOLDERS_AT_A_TIME))
    for folder in folders:
        old = [info for info in objects.list(folder) if info.modified < before]
        with sessions() as session:
            try:
                orphans = list(_orphans(session, folder, old))
            except UnknownPacking as error:
                # Nothing of it is removed that somebody may still read; the folders behind it are looked through.
                log.warning("what is needed of %s cannot be told, so all of it stays: %s", folder, error)
                orphans = []
            unfinished = _unfinished(session, folder)
            if removals_are_held(session):
                return Round(cursor=cursor, pause=PAUSE_SECONDS)
        objects.remove(orphans)
        _abort_pending(objects, folder, before, except_for=unfinished)
        if orphans:
            log.info("removed %d orphaned object(s) of %s", len(orphans), folder)
    if len(folders) < FOLDERS_AT_A_TIME:
        _remove_old_checks(objects, before)
        return Round()
    return Round(cursor=folders[-1], pause=PAUSE_SECONDS)


def _folders_after(objects: ObjectStore, cursor: str) -> Iterator[str]:
    for root in (keys.ASSETS, keys.UPLOADS):
        within = cursor.startswith(root)
        if within or cursor < root:
            yield from objects.folders(root, cursor if within else "")


def _remove_all(objects: ObjectStore, prefix: str) -> None:
    objects.remove([info.key for info in objects.list(prefix)])
    _abort_pending(objects, prefix)


def _orphans(session: Session, folder: str, found: Iterable[ObjectInfo]) -> Iterator[str]:
    """Keys of those that nothing refers to, or that belong to nothing."""
    root, owner, _ = folder.split("/")
    if not is_id(owner):
        return
    if f"{root}/" == keys.UPLOADS:
        if not _is_kept(session, owner):
            yield from (info.key for info in found)
        return
    states = _states(session, owner)
    known = {named.key for version_id in states for named in named_by(session, version_id)}
    for info in found:
        # The source of a version may be in use by another one, whose row names it, too.
        if states.get(info.key.split("/")[2], "failed") in _FINISHED and info.key not in known:
            yield info.key


def _unfinished(session: Session, folder: str) -> set[str]:
    """Versions of an asset, or the part of an upload, whose multipart uploads may still be gone on with."""
    root, owner, _ = folder.split("/")
    if f"{root}/" == keys.UPLOADS:
        return {keys.PARTIAL} if _is_kept(session, owner) else set()
    states = _states(session, owner)
    return {version_id for version_id, state in states.items() if state not in _FINISHED}


def _is_kept(session: Session, upload_id: str) -> bool:
    """Whether what lies at an upload is still needed: it is unfinished, or a part that may be joined to others."""
    kept = or_(Upload.finished_at.is_(None), Upload.version_id.is_(None))
    return session.execute(select(Upload.id).where(Upload.id == upload_id, kept)).first() is not None


def _states(session: Session, asset_id: str) -> dict[str, str]:
    rows = session.execute(
        select(Version.id, Version.state, Version.removed_at).where(Version.asset_id == asset_id)
    ).all()
    return {row.id: "failed" if row.removed_at else row.state for row in rows}


def _remove_old_checks(objects: ObjectStore, before: datetime) -> None:
    """Remove what checks of the object storage left that could not be ended."""
    objects.remove([info.key for info in objects.list(keys.CHECKS) if info.modified < before])


def _abort_pending(
    objects: ObjectStore, prefix: str, before: datetime | None = None, except_for: Collection[str] = ()
) -> None:
    """Forget multipart uploads that a killed worker left unfinished: invisible, and kept all the same."""
    for pending in list(objects.pending_multipart(prefix)):
        if before is None or (pending.started < before and pending.key.split("/")[2] not in except_for):
            objects.abort_multipart(pending.key, pending.upload_id)
