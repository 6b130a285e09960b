"""A version as a whole: the renditions that its plan names, and those that were made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import replace

from sqlalchemy import delete
from sqlalchemy.orm import Session

from storage import keys
from storage.catalogue import renditions
from storage.catalogue.models import Rendition
from storage.catalogue.new_steps import NewStep
from workers.context import StepContext
from workers.plan.decisions.schedule import chunks_of
from workers.plan.model.plan import Plan
from workers.plan.timing import Span
from workers.retries import with_retries
from workers.verify import check_version


def checked_renditions(context: StepContext, plan: Plan, *, published: bool = True) -> Sequence[Rendition]:
    """Return the renditions of a version, if it is whole. Raises ``OutputRejected``, or ``ChunksRejected`` with the
    chunks that do not belong together.
    """
    prefix = keys.version_prefix(context.version.asset_id, context.version.id)
    stored = with_retries(lambda: {info.key: info.size for info in context.objects.list(prefix)})
    with context.sessions() as session:
        made = renditions.renditions_of(session, context.version.id, published=published)
    check_version(plan, made, stored, (context.version.media_info or {}).get("source_duration"))
    return made


def renew_renditions(session: Session, version_id: str, plan: Plan) -> None:
    """Rows of the renditions that a plan names. Where there are some of an earlier plan, those that are cut alike keep
    their chunks and play on; the others go, and if players could begin with them the version has to become playable
    again.
    """
    old = {
        rendition.name: rendition
        for published in (True, False)
        for rendition in renditions.renditions_of(session, version_id, published=published)
    }
    for new in planned_renditions(version_id, plan):
        kept = old.get(new.name)
        if kept is not None and _cut_alike(kept, new, plan.spans[new.name]):
            kept.position, kept.planned_bandwidth = new.position, new.planned_bandwidth
            del old[new.name]
        else:
            if kept is not None:
                session.execute(delete(Rendition).where(Rendition.id == old.pop(new.name).id))
            session.add(new)
    session.execute(delete(Rendition).where(Rendition.id.in_([rendition.id for rendition in old.values()])))
    session.flush()
    renditions.unmark_playable(session, version_id)


def drop_renditions(session: Session, version_id: str, names: Set[str]) -> None:
    """Remove renditions that the plan has no more, with their chunks."""
    session.execute(delete(Rendition).where(Rendition.version_id == version_id, Rendition.name.in_(names)))


def keep_made(session: Session, version_id: str, steps: Sequence[NewStep]) -> list[NewStep]:
    """Return the same steps; those are done whose chunks are all there, made by an earlier plan."""
    made = renditions.chunks_made(session, version_id)
    return [replace(step, done=bool(wanted := chunks_of(step.params)) and wanted <= made) for step in steps]


def _cut_alike(old: Rendition, new: Rendition, spans: Sequence[Span]) -> bool:
    def shape(of: Rendition) -> tuple[object, ...]:
        return (of.kind, of.width, of.height, of.frame_rate, of.channels, of.language)

    counts = {span.number: span.count for span in spans}
    alike = all(counts.get(chunk.number) == chunk.frames for chunk in old.chunks)
    return shape(old) == shape(new) and old.published and alike


def planned_renditions(version_id: str, plan: Plan, *, published: bool = True) -> Iterator[Rendition]:
    """Rows of the renditions that a plan names."""
    if video := plan.video:
        for position, rung in enumerate(reversed(video.rungs)):
            yield Rendition(
                version_id=version_id,
                kind="video",
                name=rung.name,
                position=position,
                width=rung.width,
                height=rung.height,
                frame_rate=float(video.grid.frame_rate),
                planned_bandwidth=rung.maxrate * 1100,
                published=published,
            )
    for number, sound in enumerate(plan.sounds):
        yield Rendition(
            version_id=version_id,
            kind="audio",
            name=sound.name,
            # Every language is wanted before a player starts, but of qualities only the lowest.
            position=0 if video else len(plan.sounds) - 1 - number,
            channels=sound.channels,
            language=sound.language,
            label=sound.label,
            planned_bandwidth=sound.bit_rate * 1100,
        )
