"""The one way to change the plan of a version that is being worked on, and with it what the service knows of it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

from sqlalchemy import select, text
from sqlalchemy.orm import Session, sessionmaker, undefer

from storage.catalogue.models import FACTS_MISSING, Version
from workers.plan.decisions.facts import facts_of
from workers.plan.model.plan import Plan
from workers.plan.model.serialization import UnreadablePlan, plan_from_json, plan_to_json
from workers.rounds import Round

log = logging.getLogger(__name__)

AT_A_TIME: Final = 200
"""Plans that one round of the keeper reads."""


def change_plan(session: Session, version_id: str, change: Callable[[Plan], Plan]) -> tuple[Plan, Plan]:
    """Give a version the plan that ``change`` makes of its present one; steps that do so at once wait for each other.
    Returns the plan before and after.
    """
    version = session.get_one(Version, version_id, with_for_update=True)
    before = plan_from_json(version.plan or {})
    after = change(before)
    version.plan = plan_to_json(after)
    version.facts = facts_of(after, version.media_info or {})
    return before, after


def write_missing_facts(sessions: sessionmaker[Session], cursor: str) -> Round:
    """Write the facts of versions after ``cursor`` that workers of an older release planned while this one, or a newer
    catalogue, was there already."""
    outdated = (
        select(Version)
        .where(text(FACTS_MISSING), Version.id > cursor)
        .order_by(Version.id)
        .limit(AT_A_TIME)
        .options(undefer(Version.plan))
        .with_for_update(skip_locked=True)
    )
    with sessions.begin() as session:
        found = session.execute(outdated).scalars().all()
        for version in found:
            try:
                version.facts = facts_of(plan_from_json(version.plan or {}), version.media_info or {})
            except UnreadablePlan as error:
                log.warning("version %s has no facts, its plan cannot be read: %s", version.id, error)
        return Round(cursor=found[-1].id, pause=0) if len(found) == AT_A_TIME else Round()
