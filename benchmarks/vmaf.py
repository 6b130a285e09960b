"""VMAF of whole clips, and curves of it over the bit rate."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Sequence
from itertools import pairwise
from math import exp, log
from pathlib import Path

from benchmarks.clips import QUIET, ffmpeg
from workers.plan.formats.cmaf import read_file

Curve = Sequence[tuple[float, float]]
"""(kbit/s, VMAF), in any order."""


def vmaf(distorted: Path, source: Path, size: tuple[int, int], rate: str) -> float:
    """The mean over every third frame, both sides brought to ``size`` and to the same constant rate."""
    side = f"fps={rate}:start_time=0,scale={size[0]}:{size[1]}:flags=bicubic,format=yuv420p"
    side += f",settb=AVTB,setpts=N/({rate})/TB"
    with tempfile.TemporaryDirectory() as folder:
        log_file = Path(folder) / "vmaf.json"
        measure = f"libvmaf=n_subsample=3:n_threads=2:log_fmt=json:log_path={log_file}"
        graph = f"[0:v]{side}[d];[1:v]{side}[r];[d][r]{measure}"
        command = [ffmpeg(), *QUIET, "-i", str(distorted), "-i", str(source), "-filter_complex", graph]
        subprocess.run([*command, "-f", "null", "-"], check=True)
        return float(json.loads(log_file.read_text())["pooled_metrics"]["vmaf"]["mean"])


def picture_size(path: Path) -> tuple[int, int]:
    """Width and height of a fragmented MP4."""
    track, _fragments = read_file(path.read_bytes())
    return track.width, track.height


def kilobits_for(curve: Curve, wanted: float) -> float | None:
    """The bit rate at which the curve reaches ``wanted``, between its points; None beyond its ends."""
    points = sorted(curve, key=lambda point: point[1])
    for (low_rate, low), (high_rate, high) in pairwise(points):
        if low <= wanted <= high:
            share = (wanted - low) / (high - low) if high > low else 0.0
            return exp(log(low_rate) + share * (log(high_rate) - log(low_rate)))
    return None
