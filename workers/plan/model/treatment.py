"""What is done to a picture on its way to every rendition."""

from __future__ import annotations

from dataclasses import dataclass

from workers.plan.source.cadence import Findings
from workers.plan.source.probe import Animation, VideoStream

WHITE = 0xFFFFFF


@dataclass(frozen=True)
class Treatment:
    """``color_matrix`` says how the source's colours are read, ``color`` how its light is coded (sdr, wide, hlg, pq).
    ``fields`` says whether its pictures are whole (progressive) or must be made from fields (tff, bff: which is first);
    ``coded_size`` is that of the fields before anything is done to them. With ``flatten_alpha``, ``background``
    (0xRRGGBB) is laid behind transparent pixels; colours that are ``premultiplied`` already contain their transparency.
    Where the light of HDR is mapped it ``keeps_hue``, or bright colours turn pale.
    """

    flatten_alpha: bool
    color_matrix: str = "auto"
    color: str = "sdr"
    fields: str = "progressive"
    coded_size: tuple[int, int] = (0, 0)
    background: int = WHITE
    premultiplied: bool = False
    keeps_hue: bool = False


def treatment_of(
    video: VideoStream, findings: Findings, animation: Animation | None, background: int
) -> Treatment:
    """Decide what is done to a picture, of which a look at it had these ``findings``."""
    return Treatment(
        flatten_alpha=video.has_alpha,
        color_matrix=video.color_matrix,
        color=video.color,
        fields=findings.fields,
        coded_size=video.coded_size,
        background=background,
        premultiplied=bool(animation and animation.premultiplied),
        keeps_hue=True,
    )
