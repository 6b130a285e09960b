"""The second codec family: the same rungs as AV1 (SVT-AV1), for players that decode it well.

Off unless it is asked for, because it takes the work and two thirds of the storage once more; made after a version is
ready, and shown when all of it is there. A player stays with one family, so each of them is whole.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from workers.plan.model.plan import Plan
from workers.plan.model.rungs import Rung

SUFFIX: Final = "-av1"

CRF_ABOVE: Final = 13.0
"""SVT-AV1's rate factor for about the quality of one of x264's: they count to 63, and lower is better in both."""

LOWEST_CRF, HIGHEST_CRF = 24.0, 55.0

SHARE: Final = 0.7
"""Of the bit rate's cap: AV1 needs that much for the same picture."""


def av1_plan(plan: Plan) -> Plan:
    """Return the picture of ``plan`` once more as AV1, without the sounds, which both families share."""
    video = plan.picture
    twin = replace(video, rungs=tuple(map(_twin, video.rungs)), source_encoding=None, notes=())
    return replace(plan, video=twin, sounds=(), notes=())


def _twin(rung: Rung) -> Rung:
    return replace(
        rung,
        name=rung.name + SUFFIX,
        codec="av1",
        encoder="software",
        passthrough=False,
        crf=min(max(rung.crf + CRF_ABOVE, LOWEST_CRF), HIGHEST_CRF),
        maxrate=round(rung.maxrate * SHARE),
        bufsize=round(rung.bufsize * SHARE),
    )
