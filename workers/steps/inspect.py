"""Look at a source, refuse what cannot become a stream, and plan the rest."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from storage.catalogue import steps
from storage.catalogue.models import Asset, Version
from storage.catalogue.new_steps import NewStep
from workers.context import Publish, StepContext
from workers.inspection.examine import Examined, examine, examine_kind, recognize
from workers.inspection.inspected import LeftToBrowser
from workers.plan.decisions.facts import facts_of
from workers.plan.decisions.hardware import without_hardware
from workers.plan.decisions.quality import why_unmeasured
from workers.plan.decisions.schedule import (
    UNSEEN_WEIGHT,
    draw_step,
    first_steps,
    follow_step,
    stand_in_step,
    unplanned_weight,
)
from workers.plan.model.plan import Plan
from workers.plan.model.serialization import hardware_has_failed, plan_to_json
from workers.plan.source.kinds import FlashMovie, HtmlPackage, LottieFile
from workers.plan.source.lottie import check_size
from workers.plan.source.probe import MediaInfo
from workers.plan.source.tracks import track_steps
from workers.planned_renditions import keep_made, renew_renditions


def inspect(context: StepContext) -> Publish:
    """The first step of every version. What FFmpeg cannot read has something made first that stands in for it, which
    may take minutes: that is a step of its own, for which nobody's first look waits. Raises ``MediaFailure`` with the
    reason people will read.
    """
    kind = recognize(context)
    if not isinstance(kind, LottieFile | FlashMovie | HtmlPackage):
        return _publishing(context, examine_kind(context, kind))
    if isinstance(kind, LottieFile):
        check_size(kind.head, context.version.source_size or 0)

    return lambda session: _publish_unseen(session, context.version, stand_in_step())


def stand_in(context: StepContext) -> Publish:
    """Make what stands in for the source, and plan what it becomes, or leave it to the step ``draw``. Raises
    ``MediaFailure``."""
    try:
        return _publishing(context, examine(context))
    except LeftToBrowser:
        return lambda session: _publish_unseen(session, context.version, draw_step())


def draw(context: StepContext) -> Publish:
    """As ``stand_in``, of what only a browser draws."""
    return _publishing(context, examine(context, by_browser=True))


def _publish_unseen(session: Session, version: Version, step: NewStep) -> None:
    steps.add_steps(session, version.id, [step])
    steps.expect(session, version.id, UNSEEN_WEIGHT)


def _publishing(context: StepContext, found: Examined) -> Publish:
    level = context.settings.loudness_target is not None
    return lambda session: _publish(session, context.version, found, level=level)


def _publish(session: Session, version: Version, found: Examined, *, level: bool) -> None:
    media, plan = found.source.media, found.plan
    if plan.video and hardware_has_failed(version.plan):
        plan = without_hardware(plan)
    if reason := why_unmeasured(plan):
        plan = replace(plan, notes=(*plan.notes, reason))
    media_info = _media_info(media, plan) | {"source_duration": found.source.duration}
    session.execute(
        update(Version)
        .where(Version.id == version.id)
        .values(
            kind=plan.kind,
            media_info=media_info,
            plan=plan_to_json(plan),
            facts=facts_of(plan, media_info),
            stand_in_key=found.source.stand_in_key,
        )
    )
    renew_renditions(session, version.id, plan)
    encodes = keep_made(session, version.id, first_steps(plan, level=level))
    # One call: publishing, which waits for the tracks, must not be queued before they are there.
    steps.add_steps(
        session, version.id, [*track_steps(media.embedded), *_following(session, version), *encodes]
    )
    steps.expect(session, version.id, unplanned_weight(plan))


def _following(session: Session, version: Version) -> list[NewStep]:
    """What a version wants that may take another one's place."""
    current = session.execute(
        select(Asset.current_version_id).where(Asset.id == version.asset_id)
    ).scalar_one()
    return [] if current == version.id else [follow_step()]


def _media_info(media: MediaInfo, plan: Plan) -> dict[str, Any]:
    """Return what is kept of a source for later steps, and for services of the release before."""
    return {
        "duration": plan.duration,
        "width": media.video.width if media.video else None,
        "height": media.video.height if media.video else None,
        "frame_rate": float(plan.video.grid.frame_rate) if plan.video else None,
        "loop": plan.loop,
        "container": media.container,
        "video_codec": media.video.codec if media.video else None,
        "audio_codec": media.sounds[0].codec if media.sounds else None,
    }
