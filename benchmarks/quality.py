"""Bytes at equal quality against Apple's example ladder, and how near each rung comes to its promise."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import geometric_mean
from typing import Any
from urllib.parse import urljoin

import urllib3

from benchmarks import clips
from benchmarks.figure import Figure
from benchmarks.plot import small_multiples
from benchmarks.scenes import RATE, SCENES, SECONDS, SIZE
from benchmarks.stack import measured_stack
from benchmarks.vmaf import Curve, kilobits_for, picture_size, vmaf
from configs.ladder import load_ladder

GOALS = {"slides": 0.15, "slides with a speaker": 0.15, "talking head": 0.4, "cartoon": 0.6, "film": 0.6}
NEAR = 2.0

APPLE = (
    (416, 234, 145),
    (640, 360, 365),
    (768, 432, 730),
    (960, 540, 2000),
    (1280, 720, 3000),
    (1280, 720, 4500),
    (1920, 1080, 6000),
    (1920, 1080, 7800),
)
"""Width, height and kbit/s of the H.264 variants in Apple's HLS authoring specification; same preset as ours."""


def measure(folder: Path) -> Sequence[Figure]:
    """Each scene is uploaded, its renditions are fetched as a player does, and every frame is compared."""
    figures, misses, rungs = [], 0, 0
    drawn: dict[str, dict[str, Curve]] = {}
    with measured_stack(folder) as stack:
        for name, make in SCENES.items():
            clip = make(folder)
            asset = stack.wait_ready(stack.client.upload(clip, name, lambda _sent, _size: None))
            ours = renditions(stack.client.pool, asset, folder)
            curve = _curve(ours.values(), clip)
            apple = _curve(_apple(clip, folder), clip)
            drawn[name] = {"Lessonstream": curve, "Apple's example": apple}
            ratios = [
                rate / reference
                for rate, value in curve
                if (reference := kilobits_for(apple, value)) is not None
            ]
            promised = _promised(asset)
            found = {rung: own_size(path, clip) for rung, path in ours.items()}
            rungs += len(found)
            misses += sum(abs(found[rung] - promised.get(rung, found[rung])) > NEAR for rung in found)
            note = "; ".join(
                f"{rung} {found[rung]:.1f} (promised {promised.get(rung, 0):.1f})" for rung in found
            )
            print(f"{name}: {note}", file=sys.stderr, flush=True)
            figures.append(
                Figure(
                    f"bytes at equal VMAF, {name}",
                    geometric_mean(ratios) if ratios else 1.0,
                    1.0,
                    "of Apple's",
                    GOALS[name],
                    note=f"{note}; ours {_shown(curve)}; Apple's {_shown(apple)}",
                )
            )
    plot = folder / "quality.svg"
    plot.write_text(small_multiples(drawn))
    print(f"curves: {plot}", file=sys.stderr, flush=True)
    figures.append(Figure("rungs within 2 VMAF of their promise", rungs - misses, rungs, "rungs", 0.9, True))
    return figures


def renditions(pool: urllib3.PoolManager, asset: Mapping[str, Any], folder: Path) -> dict[str, Path]:
    """Each video rendition as one file: its initialization segment and its segments."""
    manifest = asset["playback_ids"][0]["manifest_url"]
    found = {}
    for rendition in asset["renditions"]:
        if rendition["kind"] != "video":
            continue
        name = rendition["name"]
        master = pool.request("GET", manifest).data.decode()
        uri = next(line for line in master.splitlines() if line.endswith(f"/{name}.m3u8"))
        playlist = urljoin(manifest, uri)
        chunks = dict.fromkeys(
            line for line in pool.request("GET", playlist).data.decode().splitlines() if line.endswith(".mp4")
        )
        path = folder / f"ours-{name}.mp4"
        path.write_bytes(b"".join(pool.request("GET", urljoin(playlist, chunk)).data for chunk in chunks))
        found[name] = path
    return found


def _promised(asset: Mapping[str, Any]) -> dict[str, float]:
    """What each rung was said to reach: "720p: CRF 23 for VMAF 93.0 (aim 93), ..."."""
    return {
        decision.partition(":")[0]: float(decision.split("VMAF ")[1].split(" ")[0])
        for decision in asset["decisions"]
        if "for VMAF" in decision
    }


def _apple(clip: Path, folder: Path) -> list[Path]:
    preset, paths = load_ladder().preset, []
    for width, height, kilobits in APPLE:
        path = folder / f"apple-{kilobits}.mp4"
        rate = ["-b:v", f"{kilobits}k", "-maxrate", f"{1.1 * kilobits}k", "-bufsize", f"{2 * kilobits}k"]
        command = [clips.ffmpeg(), *clips.QUIET, "-i", str(clip), "-an", "-vf", f"scale={width}:{height}"]
        command += ["-c:v", "libx264", "-preset", preset, *rate, "-g", str(4 * RATE), "-sc_threshold", "0"]
        subprocess.run([*command, str(path)], check=True)
        paths.append(path)
    return paths


def _curve(paths: Any, clip: Path) -> list[tuple[float, float]]:
    """As seen on a 1080p screen, whatever the rung's size."""
    return [(_kilobits(path), vmaf(path, clip, SIZE, str(RATE))) for path in paths]


def own_size(path: Path, clip: Path) -> float:
    """VMAF of a rendition at its own size."""
    return vmaf(path, clip, picture_size(path), str(RATE))


def _kilobits(path: Path) -> float:
    return path.stat().st_size * 8 / 1000 / SECONDS


def _shown(curve: Sequence[tuple[float, float]]) -> str:
    return json.dumps([[round(rate), round(value, 1)] for rate, value in sorted(curve)])
