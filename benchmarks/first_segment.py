"""Seconds from the last byte of an upload to the first segment, against ffmpeg alone making that segment."""

from __future__ import annotations

import re
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from urllib.parse import urljoin

import urllib3

from benchmarks import clips
from benchmarks.figure import Figure
from benchmarks.stack import MeasuredStack, measured_stack
from configs.ladder import load_ladder

GOAL = 4.0
LENGTH_GOALS = {60: 1.3, 120: 1.3}
"""Minutes of longer sources, and how much longer than for one minute their first segment may take."""

ROUNDS = 5
POLL_SECONDS = 0.02


def measure(folder: Path) -> Sequence[Figure]:
    """Ours and the reference take turns; what a round began is removed before the next one."""
    clips_by_minutes = {1: clips.lesson(folder), **{n: clips.long_lesson(folder, n) for n in LENGTH_GOALS}}
    waits: dict[int, list[float]] = {minutes: [] for minutes in clips_by_minutes}
    references: dict[int, list[float]] = {minutes: [] for minutes in clips_by_minutes}
    with measured_stack(folder) as stack:
        for _ in range(ROUNDS):
            for minutes, clip in clips_by_minutes.items():
                references[minutes].append(_reference_seconds(clip, folder))
                waits[minutes].append(_first_segment_seconds(stack, clip))
    ours = {minutes: median(times) for minutes, times in waits.items()}
    figures = [
        Figure(
            f"first segment, {minutes} min",
            ours[minutes],
            median(references[minutes]),
            "s",
            GOAL,
            note="rounds: " + ", ".join(f"{time:.2f}" for time in waits[minutes]),
        )
        for minutes in clips_by_minutes
    ]
    return figures + [
        Figure(f"{minutes} min against 1 min", ours[minutes], ours[1], "s", goal)
        for minutes, goal in LENGTH_GOALS.items()
    ]


def _first_segment_seconds(stack: MeasuredStack, clip: Path) -> float:
    """From the moment at which the client hands over its last byte: finishing the upload counts."""
    handed_over: list[float] = []

    def progress(sent: int, size: int) -> None:
        if sent == size:
            handed_over.append(time.monotonic())

    asset_id = stack.client.upload(clip, "lesson", progress)
    manifest = stack.client.get(f"/v1/assets/{asset_id}")["playback_ids"][0]["manifest_url"]
    while not _plays(stack.client.pool, manifest):
        time.sleep(POLL_SECONDS)
    seconds = time.monotonic() - handed_over[0]
    stack.remove(asset_id)
    return seconds


def _plays(pool: urllib3.PoolManager, manifest: str) -> bool:
    """Whether the first segments of the lowest rung and of the sound can be had, by way of the playlists."""
    master = pool.request("GET", manifest)
    if master.status != 200:
        return False
    text = master.data.decode()
    bandwidths = [int(value) for value in re.findall(r"#EXT-X-STREAM-INF:.*?\bBANDWIDTH=(\d+)", text)]
    variants = [line for line in text.splitlines() if line and not line.startswith("#")]
    sounds = re.findall(r'#EXT-X-MEDIA:TYPE=AUDIO.*URI="([^"]+)"', text)
    lowest = variants[bandwidths.index(min(bandwidths))]
    return all(_first_segment(pool, urljoin(manifest, address)) for address in (lowest, *sounds))


def _first_segment(pool: urllib3.PoolManager, playlist: str) -> bool:
    text = pool.request("GET", playlist).data.decode()
    found = re.search(r"#EXT-X-BYTERANGE:(\d+)@(\d+)\s+(?:#.*\s+)*([^#\s]+)", text)
    if found is None:
        return False
    length, offset = int(found[1]), int(found[2])
    headers = {"Range": f"bytes={offset}-{offset + length - 1}"}
    answer = pool.request("GET", urljoin(playlist, found[3]), headers=headers)
    return answer.status == 206 and len(answer.data) == length


def _reference_seconds(clip: Path, folder: Path) -> float:
    """ffmpeg from a local file: the lowest rung's first segment and nothing else."""
    ladder = load_ladder()
    rung = ladder.rungs[-1]
    frames = str(round(clips.FRAME_RATE * ladder.segment_seconds))
    arguments = ["-i", str(clip), "-an", "-frames:v", frames, "-vf", f"scale=-2:{rung.lines}"]
    arguments += ["-c:v", "libx264", "-preset", ladder.preset, "-crf", f"{rung.crf:g}", "-g", frames]
    arguments += ["-maxrate", f"{rung.maxrate}k", "-bufsize", f"{2 * rung.maxrate}k", "-pix_fmt", "yuv420p"]
    arguments += ["-movflags", "+frag_keyframe+empty_moov+default_base_moof"]
    with tempfile.TemporaryDirectory(dir=folder) as target:
        began = time.monotonic()
        subprocess.run([clips.ffmpeg(), *clips.QUIET, *arguments, f"{target}/segment.mp4"], check=True)
        return time.monotonic() - began
