"""Encoders of graphics hardware: how each is asked for what the ladder wants.

A rung's rate factor is x264's wherever it is told. An encoder of another scale is asked for so much more that its
picture is about as good; how good it is, is measured with that encoder itself. Each is held to the rung's maximum,
cuts closed groups where it is told, and has at most two B-frames in a row which no other frame needs, so that none is
decoded more than ``planning.DECODE_DELAY`` frames ahead. What their options mean: libavcodec's nvenc.c, qsvenc.c and
vaapi_encode.c. None of them has been run by those who wrote this: whether one works is tried at a worker's start.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from configs.words import HardwareEncoder


@dataclass(frozen=True)
class Encoder:
    """One of FFmpeg's H.264 encoders. ``factor`` is the option that takes a quality, ``above`` more than x264's rate
    factor, in multiples of ``step``; ``options`` are the same for every rung.

    ``nodes`` are patterns of the devices that it needs. With a ``device`` it works on one of them, which ffmpeg opens
    by that (``{node}`` is its path), and pictures go through ``upload`` to it; without, it finds them itself.
    """

    title: str
    codec: str
    factor: str
    above: int
    step: float
    nodes: tuple[str, ...]
    options: Mapping[str, Any] = field(default_factory=dict)
    device: str = ""
    upload: tuple[tuple[str, ...], ...] = ()

    def asked(self, crf: float) -> float:
        """Return what the encoder is asked for in the place of a rate factor of x264's."""
        return self.nearest(crf) + self.above

    def nearest(self, crf: float) -> float:
        """Return the rate factor next to ``crf`` that the encoder can be asked for."""
        return round(round(crf / self.step) * self.step, 1)


ENCODERS: Final[dict[HardwareEncoder, Encoder]] = {
    "nvenc": Encoder(
        title="NVENC",
        codec="h264_nvenc",
        factor="cq",
        above=4,
        step=0.1,
        nodes=("/dev/nvidiactl", "/dev/nvidia-uvm", "/dev/nvidia[0-9]*"),
        # Asked for a quality, FFmpeg's leaves out the buffer: the maximum holds all the same.
        options={
            "preset": "p5",
            "tune": "hq",
            "profile:v": "high",
            "rc": "vbr",
            "no-scenecut": 1,
            "forced-idr": 1,
            "bf": 2,
            "b_ref_mode": "disabled",
        },
    ),
    "quick_sync": Encoder(
        title="Quick Sync",
        codec="h264_qsv",
        factor="global_quality",
        above=2,
        step=1,
        nodes=("/dev/dri/renderD*",),
        options={
            "preset": "medium",
            "profile:v": "high",
            # Both together are what makes its groups strict; every I-frame is an IDR frame then.
            "adaptive_i": 0,
            "adaptive_b": 0,
            "idr_interval": 0,
            "bf": 2,
            "b_strategy": 0,
        },
        device="qsv=gpu,child_device={node}",
        upload=(("format", "nv12"),),
    ),
    "vaapi": Encoder(
        title="VAAPI",
        codec="h264_vaapi",
        factor="global_quality",
        above=2,
        step=1,
        nodes=("/dev/dri/renderD*",),
        # The one mode that knows of a quality and of a maximum: not every driver has it.
        options={"profile:v": "high", "rc_mode": "QVBR", "idr_interval": 0, "bf": 2, "b_depth": 1},
        device="vaapi=gpu:{node}",
        upload=(("format", "nv12"), ("hwupload",)),
    ),
}
"""In the order in which they are tried where any will do."""
