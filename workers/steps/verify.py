"""Compare what was made with the source."""

from __future__ import annotations

from workers.compare import Sides, require_alike
from workers.context import Publish, StepContext
from workers.planned_renditions import checked_renditions
from workers.stored_plan import plan_of


def verify(context: StepContext) -> Publish:
    """Nothing becomes ready whose samples do not show and sound what the source does. Raises ``ChunksRejected`` with
    the chunks that must be made again.
    """
    plan = plan_of(context)
    made = checked_renditions(context, plan)
    sides = Sides(context.tools, context.reader, context.source_key, context.folder, context.version.id)
    require_alike(sides, plan, made)
    return lambda _session: None
