"""Asking ffprobe, and telling by its complaints what is wrong with a source."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection
from contextlib import suppress
from fractions import Fraction
from functools import partial
from typing import Any, Final

from configs.words import FailureCode
from workers.blame import forgiving_tools
from workers.ffmpeg import Finished, ToolFailed, ToolFlooded, ToolTimedOut
from workers.media import OpenSource
from workers.plan.commands import reading
from workers.plan.failure import MediaFailure
from workers.plan.formats.ogg import begins_in_the_middle
from workers.plan.source.allowlist import MAX_STREAMS
from workers.plan.source.packets import Packets, parse_packets, shown_rate
from workers.plan.source.probe import MediaInfo, parse_look, parse_probe
from workers.plan.source.protection import DRM
from workers.plan.source.selection import is_decodable
from workers.plan.source.sniff import is_container

PROBE_SECONDS = 30.0
PACKETS_SECONDS = 60.0
COUNTED_SECONDS = 60.0

TOOL_SAYS_NO = 1
"""Status of a tool that could not make sense of its input."""

REFERENCE_MOVIE = "Skipped opening external track"
"""What ffprobe says of a QuickTime file whose media are in other files (its ``dref``), none of which it opens."""

_REFUSED: Final = re.compile(r"Codec \(([\w.-]+)\) not on whitelist")
"""What the tools say of a decoder that they may not open."""

_UNDECODED: Final = re.compile(r"Unsupported codec with id \d+ for input stream (\d+)")
"""What ffprobe says of a stream for which it has no decoder."""

TOO_LARGE = "Picture size"
"""What ffprobe begins its complaint with of a picture beyond ``max_pixels``, of which it then tells no size."""


def probe(source: OpenSource, head: bytes) -> MediaInfo:
    """Ask ffprobe for the streams of a source that starts with ``head``. Raises ``MediaFailure``."""
    try:
        finished = _ask(source, partial(reading.probe_arguments, source.input), PROBE_SECONDS)
    except ToolFailed as error:
        if not says_no(error):
            raise
        raise MediaFailure(_refusal(error.stderr_tail, head), error.stderr_tail[-500:]) from error
    except ToolFlooded as error:
        raise MediaFailure("source_damaged", str(error)) from error
    if REFERENCE_MOVIE in finished.stderr_tail:
        raise MediaFailure("source_is_reference", finished.stderr_tail[-500:])
    if DRM in finished.stderr_tail:
        raise MediaFailure("source_encrypted", finished.stderr_tail[-500:])
    document = json.loads(finished.stdout)
    _look_at_undecoded(source, document, finished.stderr_tail)
    media = parse_probe(document)
    if media.video is None and TOO_LARGE in finished.stderr_tail:
        raise MediaFailure("picture_too_large", finished.stderr_tail[-500:])
    return media


def _look_at_undecoded(source: OpenSource, document: dict[str, Any], complaint: str) -> None:
    """Complete what ffprobe says of pictures for which it has no decoder: the tool that decodes them has the last
    word."""
    lacking = {int(number) for number in _UNDECODED.findall(complaint)}
    for stream in document.get("streams") or []:
        if stream.get("codec_type") != "video" or stream["index"] not in lacking or not is_decodable(stream):
            continue
        with forgiving_tools():
            finished = source.ffmpeg(
                reading.look_at_stream(source.input, stream["index"]), seconds=PROBE_SECONDS
            )
            stream.update(parse_look(finished.stderr_tail))


def _ask(source: OpenSource, arguments: Callable[[Collection[str]], list[str]], seconds: float) -> Finished:
    """Run ffprobe, which ends at the first stream whose decoder it may not open: then again, with the ``arguments`` for
    those that were refused so far. Raises as ``OpenSource.ffprobe`` does."""
    refused: set[str] = set()
    while True:
        try:
            return source.ffprobe(arguments(sorted(refused)), seconds)
        except ToolFailed as error:
            found = set(_REFUSED.findall(error.stderr_tail)) - refused
            if not found or len(refused) > MAX_STREAMS:
                raise
            refused |= found


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
        return "format_not_supported"
    if begins_in_the_middle(head):
        return "source_truncated"
    return "source_damaged" if is_container(head) else "source_not_media"


def read_packets(source: OpenSource, media: MediaInfo, start: float) -> Packets:
    """Ask ffprobe for the packets from ``start`` seconds on. Raises ``MediaFailure``."""
    begin = start + media.start if start > 0 else 0.0
    try:
        finished = _ask(source, partial(reading.packets_arguments, source.input, begin), PACKETS_SECONDS)
        return parse_packets(json.loads(finished.stdout), media)
    except ToolFailed as error:
        if not says_no(error):
            raise
        raise MediaFailure("source_truncated", error.stderr_tail[-500:]) from error
    except ToolFlooded as error:
        raise MediaFailure("too_many_frames", str(error)) from error


def read_rate(source: OpenSource, stream: int) -> Fraction | None:
    """Count the pictures of ``stream`` in the first ``COUNTED_SECONDS``: how many there are in a second, None if that
    cannot be told."""
    arguments = partial(reading.packets_arguments, source.input, 0.0, seconds=COUNTED_SECONDS)
    with forgiving_tools(), suppress(ToolFlooded):
        return shown_rate(json.loads(_ask(source, arguments, PACKETS_SECONDS).stdout), stream)
    return None
