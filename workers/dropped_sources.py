"""Removes sources that their organizations do not want to keep."""

from __future__ import annotations

import logging

from sqlalchemy.orm import Session, sessionmaker

from storage.catalogue import sources, versions
from storage.catalogue.backups import removals_are_held
from storage.objects import ObjectStore
from workers.rounds import Round

log = logging.getLogger(__name__)


def drop_sources(sessions: sessionmaker[Session], objects: ObjectStore) -> Round:
    """Forget sources first and remove them then, unless another version is made of the same. What a backup under way
    holds, or an object storage that is away, is swept as an orphan later.
    """
    with sessions() as session:
        found = sources.to_be_dropped(session)
    for asset_id, version_id in found:
        with sessions.begin() as session:
            keys = sources.drop(session, asset_id, version_id)
        with sessions() as session:
            _, named = versions.kept_of(session, asset_id)
            if removals_are_held(session):
                continue
        objects.remove([key for key in keys if key not in named])
        log.info("dropped the source of version %s of asset %s", version_id, asset_id)
    return Round(pause=0 if len(found) == sources.AT_A_TIME else None)
