"""Slides of a lecture whose slides are known: how many are found, how well they are read, and what both costs."""

from __future__ import annotations

import random
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from prometheus_client.parser import text_string_to_metric_families

from benchmarks.figure import Figure
from benchmarks.stack import MeasuredStack, measured_stack
from storage.tracks.read import read
from tests import lectures

RECALL_GOAL: Final = 0.95
PRECISION_GOAL: Final = 0.9
ERROR_GOAL: Final = 0.03
SHARE_GOAL: Final = 0.01
NEAR: Final = 5.0
"""Seconds within which a slide is found: one keyframe late."""

LECTURE: Final = lectures.Lecture(
    tuple(lectures.page(random.Random(number), 0) for number in range(40)),
    tuple(random.Random(number).uniform(60, 120) for number in range(40)),
    builds=True,
    fade=0.5,
    speaker=True,
    pointer=True,
)
"""An hour."""


def measure(folder: Path) -> Sequence[Figure]:
    """A lecture of 1080p on a stack of its own: chapters and text by what was put in, CPU by what workers told."""
    film = folder / "lecture.mp4"
    if not film.exists():
        lectures.film(LECTURE, film, rate=5, size=(1920, 1080), shown_rate=25)
    with measured_stack(folder, DOWNLOADS="off") as stack:
        asset_id = stack.client.upload(film, film.stem, lambda _sent, _size: None)
        stack.wait_ready(asset_id)
        tracks = _tracks(stack, asset_id)
        time.sleep(3)  # what processes measure is added up once a second
        spent = _cpu(stack)
        chapters, pages = (_cues(stack, asset_id, tracks[kind]) for kind in ("chapters", "slides"))
    starts, truth = [cue.start / 1000 for cue in chapters][1:], LECTURE.starts[1:]
    wrong = sum(
        lectures.errors(_plain(cue.text), _plain(page.text))
        for cue, page in zip(pages, LECTURE.pages, strict=False)
    )
    characters = sum(len(_plain(page.text)) for page in LECTURE.pages)
    encoding = sum(seconds for kind, seconds in spent.items() if kind != "slides")
    return [
        Figure(
            "slides found, of all", _near(truth, starts), len(truth), "", RECALL_GOAL, more_is_better=True
        ),
        Figure(
            "chapters that are slides, of all",
            _near(starts, truth),
            len(starts),
            "",
            PRECISION_GOAL,
            more_is_better=True,
        ),
        Figure("characters misread, of all", wrong, characters, "", ERROR_GOAL),
        Figure(
            "CPU of finding and reading slides, against that of all else",
            spent["slides"],
            encoding,
            "s",
            SHARE_GOAL,
            note=f"{spent['slides'] / LECTURE.duration * 3600:.0f} s an hour, {len(LECTURE.pages)} slides",
        ),
    ]


def _tracks(stack: MeasuredStack, asset_id: str) -> dict[str, dict[str, Any]]:
    for _ in range(600):
        found = stack.request("GET", f"/v1/assets/{asset_id}/tracks").json()["tracks"]
        if found:
            return {track["kind"]: track for track in found}
        time.sleep(1)
    raise TimeoutError("no slides were found")


def _cues(stack: MeasuredStack, asset_id: str, track: dict[str, Any]) -> Sequence[Any]:
    path = f"/v1/assets/{asset_id}/tracks/{track['kind']}/{track['language']}/source"
    return read(stack.request("GET", path).json()["text"].encode()).cues


def _cpu(stack: MeasuredStack) -> dict[str, float]:
    """Processor seconds of the workers' steps, by kind."""
    families = text_string_to_metric_families(stack.request("GET", "/metrics").data.decode())
    return {
        sample.labels["kind"]: sample.value
        for family in families
        if family.name == "lessonstream_step_cpu_seconds"
        for sample in family.samples
        if sample.name.endswith("_total")
    }


def _near(times: Iterable[float], others: Sequence[float]) -> int:
    return sum(any(abs(time - other) <= NEAR for other in others) for time in times)


def _plain(text: str) -> str:
    return "".join(text.split())
