"""CPU seconds and bytes beside Shaka Streamer, which makes the same rungs at the same VMAF from one bit rate each."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from math import exp, log
from pathlib import Path

import yaml

from benchmarks.figure import Figure
from benchmarks.pipeline_cpu import worker_seconds
from benchmarks.quality import own_size, renditions
from benchmarks.scenes import RATE, SECONDS, film, slides
from benchmarks.stack import measured_stack
from benchmarks.vmaf import picture_size

SCENES = {"slides": slides, "film": film}
LOCK = Path(__file__).with_suffix(".lock")
POINTS_A_DOUBLING = 6
"""VMAF that twice the bit rate brings, as a rule: where the second run is tried."""


def measure(folder: Path) -> Sequence[Figure]:
    """Ours is the whole pipeline with its trials, checks, images and downloads. Shaka Streamer runs twice, the second
    time nearer to our VMAF; its bytes are taken between the two runs, its CPU seconds from the second.
    """
    figures: list[Figure] = []
    program = _install(folder / "shaka")
    with measured_stack(folder) as stack:
        for name, make in SCENES.items():
            clip = make(folder)
            before = worker_seconds(stack)
            asset = stack.wait_finished(stack.client.upload(clip, name, lambda _sent, _size: None))
            ours_cpu = worker_seconds(stack) - before
            ours = renditions(stack.client.pool, asset, folder)
            vmafs = {rung: own_size(path, clip) for rung, path in ours.items()}
            sizes = {rung: float(path.stat().st_size) for rung, path in ours.items()}
            shaka_cpu, shaka_bytes = _shaka(program, clip, ours, sizes, vmafs)
            told = ", ".join(f"{rung} {vmafs[rung]:.1f}" for rung in ours)
            figures += [
                Figure(
                    f"CPU beside Shaka Streamer, {name}", ours_cpu, shaka_cpu, "s", 1, note=f"VMAF {told}"
                ),
                Figure(f"bytes beside Shaka Streamer, {name}", sum(sizes.values()), shaka_bytes, "bytes", 1),
            ]
    return figures


def _install(target: Path) -> Path:
    """The program, installed apart: what it depends on gives processes other names, ours included if they find it."""
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    wanted = [
        "--only-binary",
        ":all:",
        "--require-hashes",
        "-r",
        str(LOCK),
        "--upgrade",
        "--target",
        str(target),
    ]
    subprocess.run([*pip, *wanted], check=True)
    return target / "bin" / "shaka-streamer"


def _shaka(
    program: Path,
    clip: Path,
    ours: Mapping[str, Path],
    sizes: Mapping[str, float],
    vmafs: Mapping[str, float],
) -> tuple[float, float]:
    """CPU seconds of a run near our quality, and the bytes of all rungs at exactly our quality."""
    first, _ = _run(program, clip, ours, {rung: size * 8 / SECONDS for rung, size in sizes.items()})
    nearer = {
        rung: size * 8 / SECONDS * 2 ** ((vmafs[rung] - reached) / POINTS_A_DOUBLING)
        for rung, (size, reached) in first.items()
    }
    second, cpu = _run(program, clip, ours, nearer)
    return cpu, sum(_between(first[rung], second[rung], vmafs[rung]) for rung in ours)


def _between(one: tuple[float, float], other: tuple[float, float], wanted: float) -> float:
    """Bytes at the VMAF that is ``wanted``, on the line through two runs (bytes, VMAF)."""
    (bytes_one, vmaf_one), (bytes_other, vmaf_other) = one, other
    if abs(vmaf_one - vmaf_other) < 0.1:
        return bytes_other
    share = (wanted - vmaf_one) / (vmaf_other - vmaf_one)
    return exp(log(bytes_one) + share * (log(bytes_other) - log(bytes_one)))


def _run(
    program: Path, clip: Path, ours: Mapping[str, Path], bits: Mapping[str, float]
) -> tuple[dict[str, tuple[float, float]], float]:
    """Bytes and VMAF of each rung, and the CPU seconds of all."""
    sizes = {rung: picture_size(path) for rung, path in ours.items()}
    resolutions = {
        rung: {
            "max_width": width,
            "max_height": height,
            "max_frame_rate": RATE,
            "bitrates": {"h264": f"{max(1, round(bits[rung] / 1000))}k"},
        }
        for rung, (width, height) in sizes.items()
    }
    configurations = {
        "input": {"inputs": [{"name": str(clip.resolve()), "media_type": "video"}]},
        "pipeline": {
            "streaming_mode": "vod",
            "resolutions": list(ours),
            "audio_codecs": [],
            "video_codecs": ["h264"],
            "manifest_format": ["hls"],
            "segment_size": 4,
            "segment_per_file": False,
            "quiet": True,
        },
        "bitrate": {"video_resolutions": resolutions, "audio_channel_layouts": {}},
    }
    with tempfile.TemporaryDirectory() as temporary:
        target = Path(temporary)
        command = [str(program), "-o", str(target / "made")]
        for kind, configuration in configurations.items():
            file = target / f"{kind}.yaml"
            file.write_text(yaml.safe_dump(configuration))
            command += [f"--{kind}-config", str(file)]
        environment = {**os.environ, "PYTHONPATH": str(program.parent.parent)}
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(
            [sys.executable, *command], check=True, cwd=target, capture_output=True, env=environment
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        by_height = {picture_size(path)[1]: path for path in (target / "made").glob("*.mp4")}
        found = {
            rung: (float(by_height[height].stat().st_size), own_size(by_height[height], clip))
            for rung, (_, height) in sizes.items()
        }
    return found, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
