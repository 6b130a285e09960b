"""Rungs: the planned video renditions of a version."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from configs.ladder import Ladder, LadderRung
from configs.words import VideoEncoder
from workers.plan.model.encoders import ENCODERS
from workers.plan.sizes import even
from workers.plan.source.probe import VideoStream


@dataclass(frozen=True)
class Rung:
    """A planned video rendition: ``maxrate`` in kbit/s and ``bufsize`` in kbit, as encoders take them.

    ``target_vmaf`` is wanted at the rung's own size; what is expected (VMAF, kbit/s) is known once pieces of the source
    were measured.
    """

    name: str
    width: int
    height: int
    crf: float
    maxrate: int
    bufsize: int
    target_vmaf: float
    expected_vmaf: float | None = None
    expected_bit_rate: int | None = None
    codec: str = "h264"
    passthrough: bool = False
    """The source's own encoding is served, and nothing is encoded."""
    encoder: VideoEncoder = "software"

    def nearest(self, crf: float) -> float:
        """Return the rate factor next to ``crf`` that the rung's encoder can be asked for."""
        return round(crf, 1) if self.encoder == "software" else ENCODERS[self.encoder].nearest(crf)

    @property
    def asked(self) -> str:
        """What its encoder is asked for, for people."""
        if self.encoder == "software":
            return f"CRF {self.crf:g}"
        encoder = ENCODERS[self.encoder]
        return f"{encoder.title} at quality {encoder.asked(self.crf):g}"


def select_rungs(video: VideoStream, rate: Fraction, ladder: Ladder) -> tuple[Rung, ...]:
    """Return the rungs of the ladder that the picture fills, best first; never upscaled.

    A picture between two rungs gets a top rung of its own size, unless the next rung is within a tenth of it.
    """
    lines = min(video.width, video.height)
    chosen = [rung for rung in ladder.rungs if rung.lines <= lines]
    if lines < ladder.rungs[0].lines and (not chosen or lines > chosen[0].lines * 1.1):
        larger = [rung for rung in ladder.rungs if rung.lines > lines][-1]
        share = lines / larger.lines
        own = LadderRung(
            f"{even(lines)}p",
            lines,
            larger.crf,
            max(100, round(larger.maxrate * share**1.5)),
            larger.vmaf,
        )
        chosen.insert(0, own)
    factor = 1.5 if rate > 31 else 1.0
    return tuple(
        Rung(
            name=rung.name,
            width=even(video.width * rung.lines / lines),
            height=even(video.height * rung.lines / lines),
            crf=rung.crf,
            maxrate=round(rung.maxrate * factor),
            bufsize=round(rung.maxrate * factor * 2),
            target_vmaf=rung.vmaf,
        )
        for rung in chosen
    )
