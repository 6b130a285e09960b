"""Check the whole version and make it ready."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, update
from sqlalchemy.orm import Session

from storage import carrying
from storage.catalogue import steps, versions
from storage.catalogue.models import Rendition, Version
from workers.compare import Sides, require_alike
from workers.context import Publish, StepContext
from workers.plan.decisions.av1 import av1_plan
from workers.plan.decisions.bandwidth import average_bandwidth, peak_bandwidth
from workers.plan.decisions.schedule import extra_steps
from workers.plan.formats.cmaf import FREE_BOX
from workers.plan.model.plan import Plan
from workers.planned_renditions import checked_renditions, planned_renditions
from workers.stored_plan import plan_of


def publish(context: StepContext) -> Publish:
    """The last step: nothing becomes ready that the verifier has not seen whole."""
    plan = plan_of(context)
    measured = _measure(checked_renditions(context, plan), plan)
    awaited = context.version.awaited
    carried = carrying.prepare(context.sessions, context.objects, context.version.id) if awaited else None

    def write(session: Session) -> None:
        if awaited:
            versions.hold(session, context.version.asset_id)
            carrying.apply(session, carried)
        _write_bandwidths(session, measured)
        session.execute(
            update(Version)
            .where(Version.id == context.version.id)
            .values(
                state="ready", ready_at=func.now(), playable_at=func.coalesce(Version.playable_at, func.now())
            )
        )
        settings = context.settings
        extras = extra_steps(
            plan,
            downloads=settings.downloads,
            av1=settings.av1,
            slides=settings.slides,
            speech=bool(settings.model_dir),
        )
        if any(step.kind == "encode_av1" for step in extras):
            session.add_all(planned_renditions(context.version.id, av1_plan(plan), published=False))
            session.flush()
        steps.add_steps(session, context.version.id, extras)
        if awaited:
            versions.activate_awaited(session, context.version.id)

    return write


def publish_av1(context: StepContext) -> Publish:
    """Let players see the second codec family once it is whole and shows what the source does. Raises
    ``ChunksRejected``.
    """
    plan = av1_plan(plan_of(context))
    made = checked_renditions(context, plan, published=False)
    sides = Sides(context.tools, context.reader, context.source_key, context.folder, context.version.id)
    require_alike(sides, plan, made)
    measured = _measure(made, plan)

    def write(session: Session) -> None:
        _write_bandwidths(session, measured)
        # Multivariant playlists of ready versions are kept for good, by their revision.
        session.execute(
            update(Version)
            .where(Version.id == context.version.id)
            .values(tracks_revision=Version.tracks_revision + 1)
        )

    return write


def _measure(made: Sequence[Rendition], plan: Plan) -> list[tuple[str, int, int]]:
    return [(rendition.id, *bandwidths(rendition, plan.segment_seconds)) for rendition in made]


def _write_bandwidths(session: Session, measured: Sequence[tuple[str, int, int]]) -> None:
    for rendition_id, peak, average in measured:
        session.execute(
            update(Rendition)
            .where(Rendition.id == rendition_id)
            .values(peak_bandwidth=peak, average_bandwidth=average, published=True)
        )


def bandwidths(rendition: Rendition, segment_seconds: float) -> tuple[int, int]:
    """Return peak and average in bit/s. Who fetches a chunk as a whole also gets what stands between segments, which of
    tiny ones is a hundredth.
    """
    segments = [
        (segment[0], segment[2] + len(FREE_BOX)) for chunk in rendition.chunks for segment in chunk.segments
    ]
    return peak_bandwidth(segments, round(segment_seconds)), average_bandwidth(segments)
