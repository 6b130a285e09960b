"""What a plan says to those who must not read it: the service, and through it players and people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from storage.catalogue.facts import PlannedSound, VersionFacts
from workers.plan.model.plan import Plan
from workers.plan.timing import AAC_FRAME, SAMPLE_RATE


def facts_of(plan: Plan, media_info: Mapping[str, Any]) -> VersionFacts:
    """Return the facts of a version; ``media_info`` is what its inspection stored."""
    video = plan.video
    segments = [sound.segment_frames * AAC_FRAME / SAMPLE_RATE for sound in plan.sounds]
    return VersionFacts(
        duration=plan.duration,
        width=plan.width,
        height=plan.height,
        source_width=media_info.get("width"),
        source_height=media_info.get("height"),
        frame_rate=float(video.grid.frame_rate) if video else None,
        loop=plan.loop,
        longest_segment=max([plan.segment_seconds, *segments]),
        picture_chunks=len(video.grid.chunks) if video else None,
        sounds=tuple(PlannedSound(sound.name, len(sound.chunks), sound.described) for sound in plan.sounds),
        decisions=(*plan.notes, *(video.notes if video else ())),
        notices=plan.notices,
    )
