"""CPU seconds of the whole pipeline against one hand-written ffmpeg command that makes the same renditions."""

from __future__ import annotations

import re
import resource
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks import clips
from benchmarks.figure import Figure
from benchmarks.scenes import RATE, SCENES
from benchmarks.stack import MeasuredStack, is_worker, measured_stack
from configs.ladder import load_ladder

GOAL = 1.10
CONFORMING_GOAL = 0.6
LESSONS = (
    ("film", 15, 1.6),
    ("film", 120, 1.12),
    ("slides", 120, 1.30),
    ("talking head", 120, GOAL),
    ("cartoon", 120, GOAL),
    ("slides with a speaker", 600, GOAL),
)
"""A scene, the seconds for which it goes on, and the goal: what a lesson costs once weighs more in a short one."""


def measure(folder: Path) -> Sequence[Figure]:
    """The workers' processes are counted, with every tool that they ran: inspection, trials, encoding, images, checks,
    downloads. The reference makes the renditions that were decided for a clip, by the same rate factors.
    """
    film, conforming = clips.film(folder), clips.conforming(folder)
    with measured_stack(folder) as stack:
        return [
            _measured(stack, "pipeline CPU", film, GOAL, folder),
            _measured(stack, "conforming source", conforming, CONFORMING_GOAL, folder),
            *(_lesson(stack, name, seconds, goal, folder) for name, seconds, goal in LESSONS),
        ]


def _lesson(stack: MeasuredStack, name: str, seconds: int, goal: float, folder: Path) -> Figure:
    scene = SCENES[name](folder)
    clip = clips.lasting(scene, seconds, folder / f"{scene.stem}-{seconds}.mp4")
    claim = f"pipeline CPU, {name}, {seconds} s"
    return _measured(stack, claim, clip, goal, folder, rate=RATE, sound=False)


def _measured(
    stack: MeasuredStack,
    name: str,
    clip: Path,
    goal: float,
    folder: Path,
    *,
    rate: int = clips.FRAME_RATE,
    sound: bool = True,
) -> Figure:
    workers, servers = worker_seconds(stack), _server_seconds(stack)
    asset = stack.wait_finished(stack.client.upload(clip, clip.stem, lambda _sent, _size: None))
    ours = worker_seconds(stack) - workers
    beside = _server_seconds(stack) - servers
    decode = _reference_seconds(folder, ["-i", str(clip.resolve()), "-f", "null", "-"])
    reference = _reference_seconds(folder, _reference_arguments(clip, decided(asset), rate, sound=sound))
    note = (
        f"{asset['decisions'][0]}; web service, keeper and servers took {beside:.1f} s beside; "
        f"the source decoded and nothing else: {decode:.1f} s"
    )
    return Figure(name, ours, reference, "s", goal, note=note)


def decided(asset: Mapping[str, Any]) -> dict[str, float]:
    """The rate factor of each rung that was kept, by its name, best first: "720p: CRF 23 for VMAF 93.0 ...". For one
    that was taken over, that by which it would have been encoded.
    """
    found = [re.match(r"(\S+): (?:.* instead of )?CRF ([\d.]+)", decision) for decision in asset["decisions"]]
    return {match[1]: float(match[2]) for match in found if match}


def worker_seconds(stack: MeasuredStack) -> float:
    """CPU seconds of all workers of a stack so far, with every tool that they ran."""
    return stack.cpu_seconds(is_worker)


def _server_seconds(stack: MeasuredStack) -> float:
    return stack.cpu_seconds() - worker_seconds(stack)


def _reference_seconds(folder: Path, arguments: Sequence[str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with tempfile.TemporaryDirectory(dir=folder) as target:
        subprocess.run([clips.ffmpeg(), *clips.QUIET, *arguments], check=True, cwd=target)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _reference_arguments(clip: Path, factors: Mapping[str, float], rate: int, *, sound: bool) -> list[str]:
    """One decode, each rung scaled from the next larger one, fMP4 HLS, the sound as its own rendition."""
    ladder = load_ladder()
    rungs = [rung for rung in ladder.rungs if rung.name in factors]
    frames = str(round(rate * ladder.segment_seconds))
    graph, source = [], "0:v"
    for number, rung in enumerate(rungs):
        last = number == len(rungs) - 1
        onward = f"split[v{number}][to{number}]" if not last else f"null[v{number}]"
        graph.append(f"[{source}]scale=-2:{rung.lines},{onward}")
        source = f"to{number}"
    arguments = ["-i", str(clip.resolve()), "-filter_complex", ";".join(graph)]
    for number, rung in enumerate(rungs):
        arguments += ["-map", f"[v{number}]", f"-crf:v:{number}", f"{factors[rung.name]:g}"]
        arguments += [
            f"-maxrate:v:{number}",
            f"{rung.maxrate}k",
            f"-bufsize:v:{number}",
            f"{2 * rung.maxrate}k",
        ]
    arguments += ["-c:v", "libx264", "-preset", ladder.preset, "-profile:v", "high", "-g", frames]
    arguments += ["-keyint_min", frames, "-sc_threshold", "0", "-pix_fmt", "yuv420p"]
    group = ",agroup:sound" if sound else ""
    streams = " ".join(f"v:{number}{group},name:{rung.name}" for number, rung in enumerate(rungs))
    if sound:
        arguments += ["-map", "0:a", "-c:a", "aac", "-b:a", f"{ladder.audio_kilobits}k"]
        streams += " a:0,agroup:sound,name:sound"
    arguments += ["-f", "hls", "-hls_time", f"{ladder.segment_seconds:g}", "-hls_playlist_type", "vod"]
    arguments += ["-hls_segment_type", "fmp4", "-var_stream_map", streams]
    return [*arguments, "-master_pl_name", "master.m3u8", "%v.m3u8"]
