"""What only a look at pictures and clocks can tell: are they interlaced, doubled, does time start again?

Headers often do not know or lie. A look costs time, so it is planned for suspects only, and is short.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from workers.plan.source.probe import MediaInfo, VideoStream
from workers.plan.timing import is_constant

PIECES = (0.15, 0.5, 0.8)
"""Where to look, as shares of the duration."""

PIECE_FRAMES = 24

FAST_RATE = 48
"""Rates from here on may be half of them duplicates."""

INTERLACED_LINES = (480, 486, 576, 1080, 1088)
INTERLACED_CODECS = ("mpeg2video", "dvvideo", "mpeg4", "mjpeg", "rawvideo", "vc1", "wmv3", "prores", "dnxhd")
"""Lines of television, and codecs that carry it and whose headers may not say so."""

FEWEST_CHANGES = 8


@dataclass(frozen=True)
class Findings:
    """What was found. ``fields`` is progressive, tff or bff; ``doubled``: every picture comes twice; ``restarts``:
    the timestamps start again somewhere, or an edit list joins parts, so that it can only be read from its beginning.
    """

    fields: str = "progressive"
    doubled: bool = False
    restarts: bool = False


NO_FINDINGS = Findings()


@dataclass(frozen=True)
class FieldCounts:
    """How many pictures looked like two fields, top or bottom first, and how many like one picture."""

    tff: int = 0
    bff: int = 0
    progressive: int = 0


def suspect_fields(media: MediaInfo) -> bool:
    """Return whether the picture may consist of fields."""
    video = media.video
    if video is None or media.animated_image or video.turned:
        return False
    if video.declared_fields == "unknown":
        return video.codec in INTERLACED_CODECS and video.coded_size[1] in INTERLACED_LINES
    return video.declared_fields != "progressive"


def suspect_doubled(media: MediaInfo) -> bool:
    """Return whether every second picture may be a duplicate: the rate is constant and high."""
    video = media.video
    if video is None or media.animated_image:
        return False
    return video.average_rate >= FAST_RATE and is_constant(video.nominal_rate, video.average_rate)


def decide_fields(video: VideoStream, pieces: Iterable[FieldCounts]) -> str:
    """Interlaced where pictures look so; where nothing moved, where the header says so. Pictures also overrule
    the header about which field is first.
    """
    found = list(pieces)
    tff, bff = sum(piece.tff for piece in found), sum(piece.bff for piece in found)
    progressive = sum(piece.progressive for piece in found)
    declared = video.declared_fields
    if tff + bff + progressive < FEWEST_CHANGES:
        return "progressive" if declared == "unknown" else declared
    # A film with some combed pictures in it is better left alone; of television some pictures always stand still.
    if tff + bff < progressive / (1 if declared == "unknown" else 4):
        return "progressive"
    if declared in ("tff", "bff") and max(tff, bff) < 4 * min(tff, bff) + FEWEST_CHANGES:
        return declared
    return "tff" if tff >= bff else "bff"


def decide_doubled(pieces: Iterable[Sequence[int]]) -> bool:
    """Return whether half the rate holds all pictures; each piece lists the numbers of pictures that differ from the
    one before. Where too little moves to tell, the rate is kept, and so it is for film at 24 among 60.
    """
    gaps = [after - before for piece in pieces for before, after in pairwise(piece)]
    if len(gaps) < FEWEST_CHANGES:
        return False
    return gaps.count(1) <= 0.05 * len(gaps) and sum(gap % 2 == 0 for gap in gaps) >= 0.8 * len(gaps)


def parse_fields(text: str) -> FieldCounts:
    """Read what the ``metadata`` filter printed after ``idet`` (doc/filters.texi): the last counts are the sums."""
    values = dict(line.split("=", 1) for line in text.splitlines() if line.startswith("lavfi.idet.multiple"))
    counts = (values.get(f"lavfi.idet.multiple.{kind}", "0") for kind in ("tff", "bff", "progressive"))
    return FieldCounts(*(int(float(count)) for count in counts))


def parse_pictures(text: str) -> list[int]:
    """Read the numbers of pictures in ``framecrc`` output (libavformat/framecrcenc.c)."""
    return [int(line.split(",")[2]) for line in text.splitlines() if line and not line.startswith("#")]
