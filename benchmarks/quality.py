"""Bytes at equal quality against Apple's example ladder, and how near each rung comes to its promise."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import geometric_mean
from typing import Any
from urllib.parse import urljoin

import urllib3

from benchmarks import clips
from benchmarks.figure import Figure
from benchmarks.plot import small_multiples
from benchmarks.scenes import HARD_TO_JUDGE, RATE, SCENES, SECONDS, SIZE
from benchmarks.stack import measured_stack
from benchmarks.vmaf import Curve, kilobits_for, picture_size, vmaf
from configs.ladder import load_ladder

GOALS = {"slides": 0.15, "slides with a speaker": 0.15, "talking head": 0.4, "cartoon": 0.6, "film": 0.6}
NEAR = 2.0
TRIED_FACTORS = (18, 22, 26, 30, 36)

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
    figures: list[Figure] = []
    gaps: list[float] = []
    drawn: dict[str, dict[str, Curve]] = {}
    with measured_stack(folder) as stack:
        for name, make in (SCENES | HARD_TO_JUDGE).items():
            clip = make(folder)
            asset = stack.wait_ready(stack.client.upload(clip, name, lambda _sent, _size: None))
            ours = renditions(stack.client.pool, asset, folder)
            promised = _promised(asset)
            found = {rung: own_size(path, clip) for rung, path in ours.items()}
            gaps += [found[rung] - promised.get(rung, found[rung]) for rung in found]
            note = ", ".join(f"{rung} {found[rung]:.1f} ({promised.get(rung, 100):.1f})" for rung in found)
            print(f"{name}: VMAF (promised) {note}", file=sys.stderr, flush=True)
            if name not in GOALS:
                continue
            curve, apple = _curve(ours.values(), clip), _curve(_apple(clip, folder), clip)
            drawn[name] = {"Lessonstream": curve, "Apple's example": apple}
            figures.append(_bytes_figure(name, clip, curve, apple, note))
    plot = folder / "quality.svg"
    plot.write_text(small_multiples(drawn))
    print(f"curves: {plot}", file=sys.stderr, flush=True)
    near = sum(abs(gap) <= NEAR for gap in gaps)
    return [*figures, Figure("rungs within 2 VMAF of their promise", near, len(gaps), "rungs", 0.9, True)]


def _bytes_figure(name: str, clip: Path, curve: Curve, apple: Curve, note: str) -> Figure:
    """Where the goal is missed, what no choice of sizes and factors could better is measured too."""
    goal, ratio = GOALS[name], _share(curve, apple)
    note = f"VMAF (promised) {note}; ours {_shown(curve)}; Apple's {_shown(apple)}"
    if ratio > goal:
        best = _best_curve([value for _, value in curve], clip)
        note = f"{_share(best, apple):.2f} with the best size and factor at each of these VMAFs; {note}"
    return Figure(f"bytes at equal VMAF, {name}", ratio, 1.0, "of Apple's", goal, note=note)


def _share(curve: Curve, apple: Curve) -> float:
    """Geometric mean of the bit rates, as shares of Apple's at the same VMAF."""
    references = [(rate, kilobits_for(apple, value)) for rate, value in curve]
    ratios = [rate / reference for rate, reference in references if reference is not None]
    return geometric_mean(ratios) if ratios else 1.0


def _best_curve(values: Sequence[float], clip: Path) -> Curve:
    """The lowest bit rate for each VMAF at any size of the ladder by any factor; same encoder, same preset."""
    ladder, curves = load_ladder(), []
    for rung in ladder.rungs:
        with tempfile.TemporaryDirectory() as folder:
            paths = []
            for factor in TRIED_FACTORS:
                path = Path(folder) / f"{factor}.mp4"
                _encode(clip, path, f"-2:{rung.lines}", ["-crf", str(factor)])
                paths.append(path)
            curves.append(_curve(paths, clip))
    best = {
        value: min((rate for curve in curves if (rate := kilobits_for(curve, value))), default=None)
        for value in values
    }
    return [(rate, value) for value, rate in best.items() if rate is not None]


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
    paths = []
    for width, height, kilobits in APPLE:
        path = folder / f"apple-{kilobits}.mp4"
        rate = ["-b:v", f"{kilobits}k", "-maxrate", f"{1.1 * kilobits}k", "-bufsize", f"{2 * kilobits}k"]
        _encode(clip, path, f"{width}:{height}", rate)
        paths.append(path)
    return paths


def _encode(clip: Path, target: Path, size: str, rate: Sequence[str]) -> None:
    command = [
        clips.ffmpeg(),
        *clips.QUIET,
        "-i",
        str(clip),
        "-an",
        "-vf",
        f"scale={size}",
        "-c:v",
        "libx264",
    ]
    command += ["-preset", load_ladder().preset, *rate, "-g", str(4 * RATE), "-sc_threshold", "0"]
    subprocess.run([*command, str(target)], check=True)


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
