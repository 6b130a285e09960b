"""An encoder that is not x264 and needs no hardware: OpenH264, in the place of one of graphics hardware. It has another
scale, other headers and no B-frames, and goes the same way from trials to verification."""

from __future__ import annotations

from dataclasses import replace

import pytest

from workers.plan.model.encoders import ENCODERS, Encoder

NAME = "vaapi"
"""In whose place it stands."""

OPENH264 = Encoder(
    title="OpenH264",
    codec="libopenh264",
    factor="qmin",
    above=2,
    step=1,
    nodes=("/dev/zero",),
    options={
        "profile:v": "high",
        "coder": "cabac",
        "rc_mode": "bitrate",
        "qmax": 51,
        "allow_skip_frames": 0,
    },
)


def install(monkeypatch: pytest.MonkeyPatch, **changes: object) -> None:
    """Let OpenH264 be the graphics hardware of this machine, perhaps with something amiss."""
    monkeypatch.setitem(ENCODERS, NAME, replace(OPENH264, **changes))  # type: ignore[arg-type]
