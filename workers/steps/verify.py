"""Compare what was made with the source."""

from __future__ import annotations

from storage import keys
from storage.catalogue import renditions
from workers.compare import Sides, require_alike
from workers.context import Publish, StepContext
from workers.patience import patiently
from workers.plan.plan import plan_from_json
from workers.verify import check_version


def verify(context: StepContext) -> Publish:
    """Nothing becomes ready whose samples do not show and sound what the source does. Raises ``ChunksRejected`` with
    the chunks that must be made again.
    """
    plan = plan_from_json(context.version.plan or {})
    prefix = keys.version_prefix(context.version.asset_id, context.version.id)
    stored = patiently(lambda: {info.key: info.size for info in context.objects.list(prefix)})
    with context.sessions() as session:
        rows = renditions.renditions_of(session, context.version.id)
    check_version(plan, rows, stored, (context.version.media_info or {}).get("source_duration"))
    sides = Sides(context.tools, context.objects, context.source_key, context.folder, context.version.id)
    require_alike(sides, plan, rows)
    return lambda _session: None
