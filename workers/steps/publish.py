"""Check the whole version and make it ready."""

from __future__ import annotations

from sqlalchemy import func, update
from sqlalchemy.orm import Session

from storage import keys
from storage.catalogue import renditions, steps
from storage.catalogue.models import Rendition, Version
from workers.context import Publish, StepContext
from workers.patience import patiently
from workers.plan.bandwidth import average_bandwidth, peak_bandwidth
from workers.plan.plan import plan_from_json
from workers.plan.schedule import extra_steps
from workers.verify import check_version


def publish(context: StepContext) -> Publish:
    """The last step: nothing becomes ready that the verifier has not seen whole."""
    plan = plan_from_json(context.version.plan or {})
    prefix = keys.version_prefix(context.version.asset_id, context.version.id)
    stored = patiently(lambda: {info.key: info.size for info in context.objects.list(prefix)})
    with context.sessions() as session:
        made = renditions.renditions_of(session, context.version.id)
        check_version(plan, made, stored, (context.version.media_info or {}).get("source_duration"))
        measured = [(rendition.id, *_bandwidths(rendition, plan.segment_seconds)) for rendition in made]

    def write(session: Session) -> None:
        for rendition_id, peak, average in measured:
            session.execute(
                update(Rendition)
                .where(Rendition.id == rendition_id)
                .values(peak_bandwidth=peak, average_bandwidth=average)
            )
        session.execute(
            update(Version)
            .where(Version.id == context.version.id)
            .values(
                state="ready", ready_at=func.now(), playable_at=func.coalesce(Version.playable_at, func.now())
            )
        )
        extras = extra_steps(plan, downloads=context.settings.downloads)
        steps.add_steps(session, context.version.id, extras)

    return write


def _bandwidths(rendition: Rendition, segment_seconds: float) -> tuple[int, int]:
    segments = [(segment[0], segment[2]) for chunk in rendition.chunks for segment in chunk.segments]
    return peak_bandwidth(segments, round(segment_seconds)), average_bandwidth(segments)
