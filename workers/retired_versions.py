"""Removes what was made of versions that were replaced, once nobody may take them back any more."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Final

from sqlalchemy import update
from sqlalchemy.orm import Session, sessionmaker

from storage import keys
from storage.catalogue import versions
from storage.catalogue.backups import removals_are_held
from storage.catalogue.models import Version
from storage.objects import ObjectStore
from workers.rounds import Round

log = logging.getLogger(__name__)

AT_A_TIME: Final = 20
"""Versions that one round removes."""


def remove_retired(sessions: sessionmaker[Session], objects: ObjectStore, grace: timedelta) -> Round:
    """Remove versions that are not current since ``grace``, or that nobody wants: their rows first, so that none can
    become current of which an object is gone, then their objects. What is left of these by a backup under way, or an
    object storage that is away, is swept as orphans later. The next round begins at once if there may be more.
    """
    with sessions() as session:
        found = versions.leaving(session, grace, AT_A_TIME)
    for asset_id, version_id in found:
        with sessions.begin() as session:
            if not versions.forget(session, asset_id, version_id, grace):
                continue
            # Of a long lesson it has some hundred kilobytes.
            session.execute(update(Version).where(Version.id == version_id).values(plan=None))
        with sessions() as session:
            kept, named = versions.kept_of(session, asset_id)
            if removals_are_held(session):
                continue
        _remove(objects, asset_id, kept, named)
        log.info("removed version %s of asset %s", version_id, asset_id)
    return Round(pause=0 if len(found) == AT_A_TIME else None)


def _remove(objects: ObjectStore, asset_id: str, kept: set[str], named: set[str]) -> None:
    """Of the versions that went before, too: the last one that was made of a source takes that along."""
    gone = [
        info.key
        for info in objects.list(keys.asset_prefix(asset_id))
        if info.key.split("/")[2] not in kept and info.key not in named
    ]
    objects.remove(gone)
