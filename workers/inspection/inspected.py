"""What every door of the inspection returns."""

from __future__ import annotations

from dataclasses import dataclass

from workers.plan.formats.mp4_index import SampleTable
from workers.plan.model.treatment import WHITE
from workers.plan.source.cadence import NO_FINDINGS, Findings
from workers.plan.source.probe import MediaInfo


class LeftToBrowser(Exception):
    """Only a browser draws this source, and that is the step ``draw``."""


@dataclass(frozen=True)
class Inspected:
    """A source that can become a stream. ``duration`` and ``picture_end`` in seconds; ``samples`` are the picture's, if
    its own encoding might be served; ``background`` (0xRRGGBB) lies behind transparent pixels. ``stand_in_key`` is the
    object that later steps read in the source's place.
    """

    media: MediaInfo
    duration: float
    picture_end: float
    findings: Findings = NO_FINDINGS
    samples: SampleTable | None = None
    background: int = WHITE
    stand_in_key: str | None = None
