"""Look at a source, refuse what cannot become a stream, and plan the rest."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from storage.catalogue import steps
from storage.catalogue.models import Rendition, Version
from workers.context import Publish, StepContext
from workers.ffmpeg import ToolFailed, ToolTimedOut
from workers.media import OpenSource
from workers.patience import patiently
from workers.plan import commands, limits
from workers.plan.failure import MediaFailure
from workers.plan.plan import Plan, make_plan, plan_to_json
from workers.plan.probe import (
    AudioStream,
    MediaInfo,
    Packets,
    VideoStream,
    parse_packets,
    parse_probe,
)
from workers.plan.schedule import encoding_steps
from workers.plan.sniff import SNIFF_BYTES, sniff

PROBE_SECONDS = 30.0
PACKETS_SECONDS = 60.0
TAIL_SECONDS = 10.0
UNINDEXED = ("mp3", "aac", "amr")
"""Sound without an index, whose duration is a guess from the bit rate: it is read to its end."""

TOOL_SAYS_NO = 1
"""Status of a tool that could not make sense of its input."""


def inspect(context: StepContext) -> Publish:
    """The first step of every version. Raises ``MediaFailure`` with the reason people will read."""
    size = context.version.source_size or 0
    head = patiently(lambda: context.objects.get(context.source_key, 0, SNIFF_BYTES)) if size else b""
    if code := sniff(head):
        raise MediaFailure(code, f"starts with {head[:40]!r}")
    with context.tools.source(context.objects, context.source_key, context.folder) as source:
        media = _probe(source, head)
        limits.check_streams(media)
        duration, picture_end = _extent(source, media, context.settings.max_duration)
    plan = make_plan(media, duration, picture_end, context.ladder)
    facts = _facts(media, plan) | {"source_duration": duration}
    return lambda session: _publish(session, context.version, facts, plan)


def _probe(source: OpenSource, head: bytes) -> MediaInfo:
    try:
        return parse_probe(json.loads(source.ffprobe(commands.probe_arguments(source.input), PROBE_SECONDS)))
    except ToolFailed as error:
        if not _says_no(error):
            raise
        raise MediaFailure(_refusal(error.stderr_tail, head), error.stderr_tail[-500:]) from error


def _says_no(error: ToolFailed) -> bool:
    """Whether the tool judged the source, or worked on it without end; else it could not run, and may next time."""
    return error.returncode == TOOL_SAYS_NO or isinstance(error, ToolTimedOut)


def _refusal(complaint: str, head: bytes) -> str:
    if "moov atom not found" in complaint:
        return "source_truncated" if head[4:8] == b"ftyp" else "source_not_media"
    if "max_streams" in complaint:
        return "too_many_streams"
    if "not on whitelist" in complaint:
        return "codec_not_supported" if "Codec" in complaint else "format_not_supported"
    return "source_not_media"


def _extent(source: OpenSource, media: MediaInfo, maximum: float) -> tuple[float, float]:
    """Seconds of the presentation and of its picture; proves that the end of the source is really there."""
    declared = _declared_duration(media)
    if declared is None or media.animated_image or media.container in UNINDEXED:
        packets = _packets(source, media, 0.0)
        limits.check_animation(media, packets)
        limits.check_duration(packets.end, maximum)
        return packets.end, packets.picture_end
    limits.check_duration(declared, maximum)
    packets = _packets(source, media, declared - TAIL_SECONDS)
    limits.check_end(packets, declared)
    video = media.video
    declared_picture = video.start + video.duration if video and video.duration else declared
    return declared, packets.picture_end or declared_picture


def _declared_duration(media: MediaInfo) -> float | None:
    streams: list[VideoStream | AudioStream] = [*media.sounds[:1]]
    if media.video:
        streams.append(media.video)
    return max(
        (stream.start + stream.duration for stream in streams if stream.duration), default=media.duration
    )


def _packets(source: OpenSource, media: MediaInfo, start: float) -> Packets:
    """Read packets from ``start`` seconds on."""
    arguments = commands.packets_arguments(source.input, start + media.start if start > 0 else 0.0)
    try:
        return parse_packets(json.loads(source.ffprobe(arguments, PACKETS_SECONDS)), media)
    except ToolFailed as error:
        if not _says_no(error):
            raise
        raise MediaFailure("source_truncated", error.stderr_tail[-500:]) from error


def _publish(session: Session, version: Version, facts: dict[str, Any], plan: Plan) -> None:
    session.execute(
        update(Version)
        .where(Version.id == version.id)
        .values(kind=plan.kind, media_info=facts, plan=plan_to_json(plan))
    )
    session.add_all(_renditions(version.id, plan))
    session.flush()
    steps.add_steps(session, version.id, encoding_steps(plan))


def _renditions(version_id: str, plan: Plan) -> Iterator[Rendition]:
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


def _facts(media: MediaInfo, plan: Plan) -> dict[str, Any]:
    """What people see of a source."""
    return {
        "duration": plan.duration,
        "width": media.video.width if media.video else None,
        "height": media.video.height if media.video else None,
        "frame_rate": float(plan.video.frame_rate) if plan.video else None,
        "container": media.container,
        "video_codec": media.video.codec if media.video else None,
        "audio_codec": media.sounds[0].codec if media.sounds else None,
    }
