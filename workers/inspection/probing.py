"""Asking ffprobe, and telling by its complaints what is wrong with a source."""

from __future__ import annotations

import json

from configs.words import FailureCode
from workers.ffmpeg import ToolFailed, ToolFlooded, ToolTimedOut
from workers.media import OpenSource
from workers.plan.commands import reading
from workers.plan.failure import MediaFailure
from workers.plan.source.packets import Packets, parse_packets
from workers.plan.source.probe import MediaInfo, parse_probe
from workers.plan.source.sniff import is_container

PROBE_SECONDS = 30.0
PACKETS_SECONDS = 60.0

TOOL_SAYS_NO = 1
"""Status of a tool that could not make sense of its input."""

REFERENCE_MOVIE = "Skipped opening external track"
"""What ffprobe says of a QuickTime file whose media are in other files (its ``dref``), none of which it opens."""

TOO_LARGE = "Picture size"
"""What ffprobe begins its complaint with of a picture beyond ``max_pixels``, of which it then tells no size."""


def probe(source: OpenSource, head: bytes) -> MediaInfo:
    """Ask ffprobe for the streams of a source that starts with ``head``. Raises ``MediaFailure``."""
    try:
        finished = source.ffprobe(reading.probe_arguments(source.input), PROBE_SECONDS)
    except ToolFailed as error:
        if not says_no(error):
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


def says_no(error: ToolFailed) -> bool:
    """Return whether the tool judged the source, or worked on it without end; else it may do better next time."""
    return error.returncode == TOOL_SAYS_NO or isinstance(error, ToolTimedOut)


def _refusal(complaint: str, head: bytes) -> FailureCode:
    if "moov atom not found" in complaint:
        return "source_truncated" if head[4:8] == b"ftyp" else "source_not_media"
    if "Function not implemented" in complaint:
        return "format_not_supported"
    if "max_streams" in complaint:
        return "too_many_streams"
    if "not on whitelist" in complaint:
        return "codec_not_supported" if "Codec" in complaint else "format_not_supported"
    return "source_damaged" if is_container(head) else "source_not_media"


def read_packets(source: OpenSource, media: MediaInfo, start: float) -> Packets:
    """Ask ffprobe for the packets from ``start`` seconds on. Raises ``MediaFailure``."""
    arguments = reading.packets_arguments(source.input, start + media.start if start > 0 else 0.0)
    try:
        return parse_packets(json.loads(source.ffprobe(arguments, PACKETS_SECONDS).stdout), media)
    except ToolFailed as error:
        if not says_no(error):
            raise
        raise MediaFailure("source_truncated", error.stderr_tail[-500:]) from error
    except ToolFlooded as error:
        raise MediaFailure("too_many_frames", str(error)) from error
