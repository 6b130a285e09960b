"""The plan that a step obeys."""

from __future__ import annotations

import logging

from workers.context import StepContext
from workers.inspection.examine import examine
from workers.plan.model.plan import Plan
from workers.plan.model.serialization import UnreadablePlan, plan_from_json

log = logging.getLogger(__name__)


def plan_of(context: StepContext) -> Plan:
    """Return the plan of the version. Raises ``UnreadablePlan`` if another release wrote it that this one cannot read.

    What is made of a ready version needs little of it, so there it is made anew for this step alone and nothing that
    plays is touched.
    """
    try:
        return plan_from_json(context.version.plan or {})
    except UnreadablePlan as error:
        if context.version.state != "ready":
            raise
        log.warning("version %s is inspected again: %s", context.version.id, error)
        return examine(context).plan
