"""Compare what was made with the source."""

from __future__ import annotations

from storage.catalogue import renditions
from workers.compare import Sides, compare
from workers.context import Publish, StepContext
from workers.plan.plan import plan_from_json
from workers.verify import ChunksRejected


def verify(context: StepContext) -> Publish:
    """Nothing becomes ready whose samples do not show and sound what the source does. Raises ``ChunksRejected`` with
    the chunks that must be made again.
    """
    plan = plan_from_json(context.version.plan or {})
    with context.sessions() as session:
        made = {row.name: row for row in renditions.renditions_of(session, context.version.id)}
    sides = Sides(context.tools, context.objects, context.source_key, context.folder, context.version.id)
    faults = compare(sides, plan, made)
    if faults:
        chunks = {(fault.rendition, number) for fault in faults for number in fault.chunks}
        raise ChunksRejected([str(fault) for fault in faults], chunks)
    return lambda _session: None
