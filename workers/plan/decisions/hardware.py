"""Which renditions graphics hardware encodes.

All that are tried beforehand, and so reach their aim whatever it makes of a quality. Not the lowest rung, which
somebody may be watching before anything is tried, nor lessons that are not tried at all (short ones, animations): x264
makes those, which costs little. What hardware has once failed at, or what a worker has before it that has none, is
planned anew for x264: a lesson waits for no driver.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from configs.words import HardwareEncoder
from workers.plan.model.plan import Plan, VideoPlan
from workers.plan.model.rungs import Rung


def by_hardware(plan: VideoPlan, name: HardwareEncoder) -> VideoPlan:
    """Return the plan with all rungs but the lowest to be encoded by this hardware."""
    *others, lowest = plan.rungs
    return replace(plan, rungs=(*(replace(rung, encoder=name) for rung in others), lowest))


def hardware_for(rungs: Iterable[Rung]) -> set[HardwareEncoder]:
    """Return what encodes these rungs beside x264, as far as they are encoded at all."""
    return {rung.encoder for rung in rungs if rung.encoder != "software" and not rung.passthrough}


def made_by_hardware(plan: Plan) -> set[str]:
    """Return the names of the rungs that hardware encodes."""
    rungs = plan.video.rungs if plan.video else ()
    return {rung.name for rung in rungs if hardware_for([rung])}


def without_hardware(plan: Plan) -> Plan:
    """Return the plan of a picture that no hardware may encode any more. Its rungs are planned anew from that."""
    return replace(plan, video=replace(plan.picture, hardware=False))
