"""A presentation of three rungs, a sound and captions, as manifests are made from it."""

from __future__ import annotations

from collections.abc import Callable

from media_service.playback.manifests.delivery import ServiceDelivery
from media_service.playback.manifests.presentation import (
    CaptionTrack,
    ChunkRanges,
    Presentation,
    Segment,
    Variant,
)

AUDIO = Variant("audio", "audio", "mp4a.40.2", 130_000, 128_000, 40.0, channels=2, language="zh")
RUNGS = tuple(
    Variant(name, "video", codecs, peak, average, 40.0, width, height, rate)
    for name, codecs, peak, average, width, height, rate in (
        ("240p", "avc1.64000d", 420_000, 300_000, 426, 240, 30.0),
        ("480p", "avc1.64001e", 1_300_000, 900_000, 854, 480, 30.0),
        ("720p", "avc1.64001f", 2_600_000, 1_900_000, 1280, 720, 30000 / 1001),
    )
)
CAPTIONS = (CaptionTrack("t1", "zh-CN", '中文 "字幕"\n'),)
READY = Presentation("v" * 24, True, 4, 40.0, (*RUNGS, AUDIO), CAPTIONS)


def at(rendition: str) -> Callable[[int], str]:
    """Addresses as the service itself has them."""
    return lambda number: ServiceDelivery().address(rendition, number, "", 0)


def chunks_of(durations: list[list[float]], first: int = 0) -> list[ChunkRanges]:
    made = []
    for number, seconds in enumerate(durations, first):
        offset, segments = 800, []
        for index, duration in enumerate(seconds):
            segments.append(Segment(duration, offset, 1000 + index))
            offset += 1000 + index + 8
        made.append(ChunkRanges(number, 800, tuple(segments)))
    return made
