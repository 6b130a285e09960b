"""What progress foretells of twenty mixed uploads that wait for two workers, against how long each then took."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from benchmarks import clips
from benchmarks.figure import Figure
from benchmarks.stack import MeasuredStack, measured_stack
from media_service.cli.client import connect_to

GOAL = 0.8
FROM_PERCENT = 20
"""From where on the time that is left has to be known."""

FACTOR = 2.0
NEAR_SECONDS = 3.0
"""Shorter than what pollers notice: off by so little is not wrong, whatever the factor."""

POLL_SECONDS = 1.0
RETRY_SECONDS = 1800.0

_SLIDES = "smptehdbars=s={size}:r=25,drawbox=x='mod(floor(t/5)*160,iw)':w=120:h=ih:c=black:t=fill"
_FILM = "testsrc2=s={size}:r=25,rotate=0.1*sin(t/3),noise=alls=5:allf=t"
_MIXED = (
    # name, source of the picture (None for sound alone), its size, seconds
    ("film", _FILM, "640x360", 8),
    ("slides", _SLIDES, "640x360", 40),
    ("animation.gif", "testsrc2=s=320x240:r=10", "320x240", 3),
    ("film", _FILM, "854x480", 4),
    ("sound", None, "", 240),
    ("slides", _SLIDES, "1280x720", 8),
    ("film", _FILM, "426x240", 11),
    ("slides", _SLIDES, "854x480", 11),
    ("film", _FILM, "426x240", 5),
    ("sound", None, "", 30),
)
"""Ten lessons, of which each is uploaded twice, by two organizations."""


@dataclass(frozen=True)
class _Observation:
    """What the API said of an asset ``at`` a moment (of ``time.monotonic``)."""

    at: float
    percent: int
    eta_seconds: int | None


def measure(folder: Path) -> Sequence[Figure]:
    """All are uploaded at once, then looked at every second until the last one is ready."""
    lessons = [_lesson(folder, number, row) for number, row in enumerate(_MIXED)]
    with measured_stack(folder, WORKERS="2", DOWNLOADS="off") as stack:
        uploads = [_uploader(stack, name) for name in ("county", "school")]
        asset_ids = [upload(lesson) for lesson in lessons for upload in uploads]
        seen, ready_at = _watch(stack, asset_ids)
    falls = sum(
        later.percent < earlier.percent for each in seen.values() for earlier, later in pairwise(each)
    )
    observed = [
        (observation.eta_seconds, ready_at[asset_id] - observation.at)
        for asset_id, each in seen.items()
        for observation in each
        if observation.percent >= FROM_PERCENT
    ]
    right = sum(eta is not None and is_right(eta, left) for eta, left in observed)
    unknown = sum(eta is None for eta, _ in observed)
    note = f"{len(observed)} observations of {len(asset_ids)} uploads, {unknown} without an ETA"
    return [
        Figure("ETA within a factor of 2", right, len(observed), "", GOAL, more_is_better=True, note=note),
        Figure("percent fell", falls, sum(map(len, seen.values())), "", 0),
    ]


def is_right(eta: float, left: float) -> bool:
    """Whether so many seconds were a fair thing to say where ``left`` were left."""
    return left / FACTOR <= eta <= left * FACTOR or abs(eta - left) <= NEAR_SECONDS


def _watch(
    stack: MeasuredStack, asset_ids: Sequence[str]
) -> tuple[dict[str, list[_Observation]], dict[str, float]]:
    seen: dict[str, list[_Observation]] = {asset_id: [] for asset_id in asset_ids}
    ready_at: dict[str, float] = {}
    deadline = time.monotonic() + RETRY_SECONDS
    while len(ready_at) < len(asset_ids):
        for asset_id in (each for each in asset_ids if each not in ready_at):
            asset = stack.client.get(f"/v1/assets/{asset_id}")
            now = time.monotonic()
            if asset["state"] == "failed" or now > deadline:
                raise RuntimeError(f"asset {asset_id} did not become ready: {asset}")
            if asset["state"] == "ready":
                ready_at[asset_id] = now
                continue
            progress = asset["progress"]
            seen[asset_id].append(_Observation(now, progress["percent"], progress["eta_seconds"]))
        time.sleep(POLL_SECONDS)
    return seen, ready_at


def _uploader(stack: MeasuredStack, organization: str) -> Callable[[Path], str]:
    """Uploads a file as an organization of its own; gives the asset's ID."""
    organization_id = stack.post("/v1/organizations", {"name": organization})["id"]
    key = {"organization_id": organization_id, "role": "author", "label": organization}
    client = connect_to(stack.url, stack.post("/v1/api-keys", key)["key"])
    return lambda path: client.upload(path, path.stem, lambda _sent, _size: None)


def _lesson(folder: Path, number: int, row: tuple[str, str | None, str, int]) -> Path:
    name, picture, size, seconds = row
    length = ["-t", str(seconds)]
    sound = ["-f", "lavfi", *length, "-i", "sine=frequency=250:beep_factor=4"]
    if picture is None:
        return clips.make(folder / f"eta-{number}.m4a", [*sound, "-c:a", "aac", "-b:a", "96k"])
    source = ["-f", "lavfi", *length, "-i", picture.format(size=size)]
    if name.endswith(".gif"):
        return clips.make(folder / f"eta-{number}.gif", source)
    return clips.make(folder / f"eta-{number}.mp4", [*source, *sound, *clips.codecs(22)])
