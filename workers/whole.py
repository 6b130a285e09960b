"""A version as a whole: the renditions that its plan names, and those that were made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from storage import keys
from storage.catalogue import renditions
from storage.catalogue.models import Rendition
from workers.context import StepContext
from workers.patience import patiently
from workers.plan.plan import Plan
from workers.verify import check_version


def checked_renditions(context: StepContext, plan: Plan, *, published: bool = True) -> Sequence[Rendition]:
    """What was made of a version, if it is whole. Raises ``OutputRejected``, or ``ChunksRejected`` with the chunks that
    do not belong together.
    """
    prefix = keys.version_prefix(context.version.asset_id, context.version.id)
    stored = patiently(lambda: {info.key: info.size for info in context.objects.list(prefix)})
    with context.sessions() as session:
        made = renditions.renditions_of(session, context.version.id, published=published)
    check_version(plan, made, stored, (context.version.media_info or {}).get("source_duration"))
    return made


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
                frame_rate=float(video.frame_rate),
                planned_bandwidth=rung.maximum * 1100,
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
