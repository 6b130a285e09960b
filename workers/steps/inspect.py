"""Look at a source, refuse what cannot become a stream, and plan the rest."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from storage.catalogue import steps
from storage.catalogue.models import Version
from workers.blame import forgiving_tools
from workers.context import Publish, StepContext
from workers.ffmpeg import ToolFailed, ToolFlooded, ToolTimedOut
from workers.media import OpenSource
from workers.patience import patiently
from workers.plan.commands import reading
from workers.plan.facts import facts_of
from workers.plan.failure import MediaFailure
from workers.plan.formats.mp4_index import IndexedTrack, SampleTable, find_index, read_index, read_samples
from workers.plan.formats.swf.wrapper import NOT_SUPPORTED
from workers.plan.passthrough import may_conform
from workers.plan.plan import Plan, make_plan, plan_to_json
from workers.plan.progress import Progress
from workers.plan.quality import why_unmeasured
from workers.plan.schedule import UNSEEN_WEIGHT, first_steps, stand_in_step, unplanned_weight
from workers.plan.source import cadence, clock, limits
from workers.plan.source.cadence import Seen
from workers.plan.source.demuxers import MENDING
from workers.plan.source.lottie import check_size, may_be_lottie
from workers.plan.source.packets import Packets, last_packets, parse_packets
from workers.plan.source.probe import AudioStream, MediaInfo, VideoStream, parse_probe
from workers.plan.source.sniff import SNIFF_BYTES, is_container, sniff
from workers.plan.source.tracks import track_steps
from workers.steps import animation, flash
from workers.steps.animation import Inspected
from workers.whole import keep_made, renew_renditions

PROBE_SECONDS = 30.0
PACKETS_SECONDS = 60.0
TAIL_SECONDS = 10.0
LOOK_SECONDS = 40.0
EDITED_CONTAINERS = ("mov",)
HEADER_SECONDS = 0.5
"""How much more than its header says a source may hold before the header counts as wrong."""

READ_THROUGH_SECONDS = 1200.0
UNINDEXED = ("mp3", "aac", "amr")
"""Sound without an index, whose duration is a guess from the bit rate: it is read to its end."""

TOOL_SAYS_NO = 1
"""Status of a tool that could not make sense of its input."""

REFERENCE_MOVIE = "Skipped opening external track"
"""What ffprobe says of a QuickTime file whose media are in other files (its ``dref``), none of which it opens."""

UNREADABLE = "Error during demuxing: Not yet implemented"
"""What ffmpeg says, and ends well, where it cannot read on: in Ogg chains of video whose links are told apart."""

TOO_LARGE = "Picture size"
"""What ffprobe begins its complaint with of a picture beyond ``max_pixels``, of which it then tells no size."""


def inspect(context: StepContext) -> Publish:
    """The first step of every version. Raises ``MediaFailure`` with the reason people will read."""
    head = _head(context)
    if may_be_lottie(head):
        check_size(head, context.version.source_size or 0)
    elif sniff(head) != NOT_SUPPORTED:
        return stand_in(context)

    def publish(session: Session) -> None:
        steps.add_steps(session, context.version.id, [stand_in_step()])
        steps.expect(session, context.version.id, UNSEEN_WEIGHT)

    return publish


def stand_in(context: StepContext) -> Publish:
    """Plan what the source becomes. What FFmpeg cannot read has something made first that stands in for it, which may
    take minutes: then this is a step of its own, for which nobody's first look waits. Raises ``MediaFailure``.
    """
    found = examine(context)
    level = context.settings.loudness_target is not None
    return lambda session: _publish(session, context.version, found, level=level)


@dataclass(frozen=True)
class Examined:
    """What a source is, and what becomes of it. ``duration`` in seconds; ``stand_in_key`` is the object that later
    steps read in its place."""

    media: MediaInfo
    plan: Plan
    duration: float
    stand_in_key: str | None = None


def examine(context: StepContext) -> Examined:
    """What the source is, and what becomes of it. Raises ``MediaFailure`` if nothing can."""
    head = _head(context)
    if may_be_lottie(head):
        return _planned(context, *animation.inspect_lottie(context, head))
    code = sniff(head)
    if code == NOT_SUPPORTED:
        return _examined(context, flash.HEAD, flash.take_video(context))
    if code:
        raise MediaFailure(code, f"starts with {head[:40]!r}")
    if header := animation.read_header(context, head):
        return _planned(context, animation.inspect_image(context, header))
    return _examined(context, head)


def _head(context: StepContext) -> bytes:
    empty = not context.version.source_size
    return b"" if empty else patiently(lambda: context.objects.get(context.source_key, 0, SNIFF_BYTES))


def _examined(context: StepContext, head: bytes, stand_in_key: str | None = None) -> Examined:
    """A film, or sound alone: the source, or what stands in for it."""
    with context.tools.source(context.objects, stand_in_key or context.source_key, context.outputs) as source:
        media = _probe(source, head)
        limits.check_streams(media)
        found = measure(source, media, context.settings.max_duration)
    plan = make_plan(
        media, found.duration, found.picture_end, context.ladder, seen=found.seen, samples=found.samples
    )
    return Examined(media, plan, found.duration, stand_in_key)


@dataclass(frozen=True)
class Measured:
    """Seconds of a source and of its picture, what was seen of it, and its picture's samples if they are indexed."""

    duration: float
    picture_end: float
    seen: Seen
    samples: SampleTable | None = None


def measure(source: OpenSource, media: MediaInfo, maximum: float) -> Measured:
    """Find out what headers do not tell, or tell wrongly."""
    if clock.restarts(media.container, source.server.size, source.server.read):
        duration = _read_through(source, media, maximum)
        return Measured(duration, duration, replace(_look(source, media, 0.0), restarts=True))
    index = _index(source, media)
    duration, picture_end = _extent(source, media, maximum, index)
    return Measured(duration, picture_end, _look(source, media, duration), _picture_samples(media, index))


def _picture_samples(media: MediaInfo, index: _Index | None) -> SampleTable | None:
    """Where each frame lies, if the source's own encoding might be served."""
    if index is None or media.video is None or not may_conform(media.video, index.tracks[media.video.index]):
        return None
    return read_samples(index.movie, media.video.index)


def _planned(context: StepContext, found: Inspected, stand_in_key: str | None = None) -> Examined:
    background = context.version.background
    plan = make_plan(found.media, found.duration, found.picture_end, context.ladder, background=background)
    return Examined(found.media, plan, found.duration, stand_in_key)


def _probe(source: OpenSource, head: bytes) -> MediaInfo:
    try:
        finished = source.ffprobe(reading.probe_arguments(source.input), PROBE_SECONDS)
    except ToolFailed as error:
        if not _says_no(error):
            raise
        raise MediaFailure(_refusal(error.stderr_tail, head), error.stderr_tail[-500:]) from error
    except ToolFlooded as error:
        raise MediaFailure("source_damaged", str(error)) from error
    if REFERENCE_MOVIE in finished.stderr_tail:
        raise MediaFailure("source_is_reference", finished.stderr_tail[-500:])
    media = parse_probe(json.loads(finished.stdout))
    if media.video is None and TOO_LARGE in finished.stderr_tail:
        raise MediaFailure("picture_too_large", finished.stderr_tail[-500:])
    return media


def _says_no(error: ToolFailed) -> bool:
    """Whether the tool judged the source, or worked on it without end; else it could not run, and may next time."""
    return error.returncode == TOOL_SAYS_NO or isinstance(error, ToolTimedOut)


def _refusal(complaint: str, head: bytes) -> str:
    if "moov atom not found" in complaint:
        return "source_truncated" if head[4:8] == b"ftyp" else "source_not_media"
    if "Function not implemented" in complaint:
        return "format_not_supported"
    if "max_streams" in complaint:
        return "too_many_streams"
    if "not on whitelist" in complaint:
        return "codec_not_supported" if "Codec" in complaint else "format_not_supported"
    return "source_damaged" if is_container(head) else "source_not_media"


def _extent(
    source: OpenSource, media: MediaInfo, maximum: float, index: _Index | None
) -> tuple[float, float]:
    """Seconds of the presentation and of its picture; proves that the end of the source is really there."""
    declared = _declared_duration(media)
    if declared is None or media.container in UNINDEXED:
        packets = _packets(source, media, 0.0)
        limits.check_duration(packets.end, maximum)
        return packets.end, packets.picture_end
    limits.check_duration(declared, maximum)
    packets = _last_packets(source, media, declared, index)
    limits.check_end(packets, declared)
    video = media.video
    declared_picture = video.start + video.duration if video and video.duration else declared
    # One that only claims to last beyond the end is cut there, as players do.
    if packets.last_start > declared + HEADER_SECONDS:
        limits.check_duration(packets.played_end, maximum)
        declared = packets.played_end
    if media.container not in EDITED_CONTAINERS:
        # MPEG and others give no length to a last picture. An edit list, however, may end before the packets do.
        declared = max(declared, packets.picture_end)
    return declared, packets.picture_end or declared_picture


def _last_packets(source: OpenSource, media: MediaInfo, declared: float, index: _Index | None) -> Packets:
    return last_packets(index.tracks, media) if index else _packets(source, media, declared - TAIL_SECONDS)


@dataclass(frozen=True)
class _Index:
    """A plain index, and what it says of its tracks, which are the streams that ffprobe found."""

    movie: bytes
    tracks: tuple[IndexedTrack, ...]


def _index(source: OpenSource, media: MediaInfo) -> _Index | None:
    """The index of the source, if it has a plain one and every track of it is all there."""
    if media.container not in EDITED_CONTAINERS:
        return None
    movie = find_index(source.server.size, source.server.read)
    tracks = None if movie is None else read_index(movie)
    if movie is None or tracks is None or len(tracks) != media.streams:
        return None
    there = all(track.last_byte <= source.server.size for track in tracks)
    return _Index(movie, tracks) if there else None


def _read_through(source: OpenSource, media: MediaInfo, maximum: float) -> float:
    """Seconds of a source whose timestamps start again, as ffmpeg mends them when it reads all of it."""
    reports: list[Progress] = []
    picture = media.video.index if media.video else None
    sounds = [sound.index for sound in media.sounds]
    demuxer = MENDING.get(media.container)
    try:
        finished = source.ffmpeg(
            reading.read_through(source.input, picture, sounds, demuxer),
            seconds=READ_THROUGH_SECONDS,
            progress=reports.append,
        )
    except ToolFailed as error:
        if not _says_no(error):
            raise
        raise MediaFailure("duration_unknown", error.stderr_tail[-500:]) from error
    if UNREADABLE in finished.stderr_tail:
        raise MediaFailure("format_not_supported", finished.stderr_tail[-500:])
    seconds = reports[-1].out_time_seconds if reports else 0.0
    if reports and media.video:
        # The last picture has no length of its own; all of them together have.
        counted = float(reports[-1].frame / media.video.average_rate)
        seconds = counted if seconds < counted < seconds + HEADER_SECONDS else seconds
    limits.check_duration(seconds, maximum)
    return seconds


def _look(source: OpenSource, media: MediaInfo, duration: float) -> Seen:
    """Look at some pictures of a suspect; what cannot be looked at is taken for what its header says."""
    video = media.video
    fields, doubled = cadence.suspect_fields(media), cadence.suspect_doubled(media)
    if video is None or not (fields or doubled):
        return Seen()
    starts = sorted({round(share * duration, 3) for share in cadence.PIECES})
    with forgiving_tools():
        arguments = reading.look_at_pictures(source.input, video.index, starts, fields=fields)
        source.ffmpeg(arguments, seconds=LOOK_SECONDS)
    written = [source.outputs.find(reading.PIECE.format(number)) for number in range(len(starts))]
    texts = [text.decode(errors="replace") for text in written if text is not None]
    if fields:
        return Seen(fields=cadence.decide_fields(video, map(cadence.parse_fields, texts)))
    return Seen(doubled=cadence.decide_doubled(map(cadence.parse_pictures, texts)))


def _declared_duration(media: MediaInfo) -> float | None:
    streams: list[VideoStream | AudioStream] = [*media.sounds[:1]]
    if media.video:
        streams.append(media.video)
    return max(
        (stream.start + stream.duration for stream in streams if stream.duration), default=media.duration
    )


def _packets(source: OpenSource, media: MediaInfo, start: float) -> Packets:
    """Read packets from ``start`` seconds on."""
    arguments = reading.packets_arguments(source.input, start + media.start if start > 0 else 0.0)
    try:
        return parse_packets(json.loads(source.ffprobe(arguments, PACKETS_SECONDS).stdout), media)
    except ToolFailed as error:
        if not _says_no(error):
            raise
        raise MediaFailure("source_truncated", error.stderr_tail[-500:]) from error
    except ToolFlooded as error:
        raise MediaFailure("too_many_frames", str(error)) from error


def _publish(session: Session, version: Version, found: Examined, *, level: bool) -> None:
    media, plan = found.media, found.plan
    if reason := why_unmeasured(plan):
        plan = replace(plan, notes=(reason,))
    media_info = _media_info(media, plan) | {"source_duration": found.duration}
    session.execute(
        update(Version)
        .where(Version.id == version.id)
        .values(
            kind=plan.kind,
            media_info=media_info,
            plan=plan_to_json(plan),
            facts=facts_of(plan, media_info),
            stand_in_key=found.stand_in_key,
        )
    )
    renew_renditions(session, version.id, plan)
    encodes = keep_made(session, version.id, first_steps(plan, level=level))
    # One call: publishing, which waits for the tracks, must not be queued before they are there.
    steps.add_steps(session, version.id, [*track_steps(media.embedded), *encodes])
    steps.expect(session, version.id, unplanned_weight(plan))


def _media_info(media: MediaInfo, plan: Plan) -> dict[str, Any]:
    """What is kept of a source for later steps, and for services of the release before."""
    return {
        "duration": plan.duration,
        "width": media.video.width if media.video else None,
        "height": media.video.height if media.video else None,
        "frame_rate": float(plan.video.frame_rate) if plan.video else None,
        "loop": plan.loop,
        "container": media.container,
        "video_codec": media.video.codec if media.video else None,
        "audio_codec": media.sounds[0].codec if media.sounds else None,
    }
