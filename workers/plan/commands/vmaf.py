"""Judge pictures by VMAF against those they were made from."""

from __future__ import annotations

from typing import Any

import ffmpeg


def counted(picture: Any) -> Any:
    """Return the same frames with times that only count them, so that both sides of a comparison match."""
    return picture.filter("settb", "1/25").filter("setpts", "N")


def judged(distorted: Any, reference: Any, log: str, **options: str | int) -> Any:
    """An output that writes scores of counted frames to ``log``, as JSON; ``options`` are libvmaf's."""
    scored = ffmpeg.filter([distorted, reference], "libvmaf", log_fmt="json", log_path=log, **options)
    return ffmpeg.output(scored, "-", format="null", fps_mode="passthrough", enc_time_base="filter")
