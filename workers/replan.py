"""The one way to change the plan of a version that is being worked on."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.orm import Session

from storage.catalogue.models import Version
from workers.plan.plan import Plan, plan_from_json, plan_to_json


def change_plan(session: Session, version_id: str, change: Callable[[Plan], Plan]) -> tuple[Plan, Plan]:
    """Give a version the plan that ``change`` makes of its present one; steps that do so at once wait for each other.
    Returns the plan before and after.
    """
    version = session.get_one(Version, version_id, with_for_update=True)
    before = plan_from_json(version.plan or {})
    after = change(before)
    version.plan = plan_to_json(after)
    return before, after
