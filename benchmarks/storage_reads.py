"""What workers read from the object storage to make everything of two minutes of film, against the source's size."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from prometheus_client.parser import text_string_to_metric_families

from benchmarks import clips
from benchmarks.figure import Figure
from benchmarks.stack import MeasuredStack, measured_stack

BYTES_GOAL: Final = 3.0
REQUESTS_GOAL: Final = 100
NAMES: Final = ("lessonstream_storage_read_bytes", "lessonstream_storage_requests")


def measure(folder: Path) -> Sequence[Figure]:
    """Bytes and requests of all steps, reading back what was stored included; beside it, without blocks on the workers'
    disk."""
    film = clips.conforming(folder)
    size = film.stat().st_size
    found = {kept: _read(folder, film, kept) for kept in ("0", str(2 << 30))}
    (plain_bytes, plain_requests), (read_bytes, requests) = found.values()
    note = "; ".join(f"{kind} {count / size:.2f}" for kind, count in read_bytes.most_common(8))
    return [
        Figure(
            "bytes read for two minutes of film, against the source's",
            read_bytes.total() / 1e6,
            size / 1e6,
            "MB",
            BYTES_GOAL,
            note=f"{note}; without blocks {plain_bytes.total() / size:.1f}",
        ),
        Figure(
            "requests by which it is read, against the goal",
            requests.total(),
            REQUESTS_GOAL,
            "",
            1.0,
            note=f"{dict(requests.most_common(8))}; without blocks {plain_requests.total():.0f}",
        ),
    ]


def _read(folder: Path, film: Path, kept: str) -> tuple[Counter[str], Counter[str]]:
    with measured_stack(folder, SOURCE_CACHE_BYTES=kept) as stack:
        stack.wait_finished(stack.client.upload(film, film.stem, lambda _sent, _size: None))
        time.sleep(3)  # what processes measure is added up once a second
        read, requests = (_by_kind(stack, name) for name in NAMES)
        return read, requests


def _by_kind(stack: MeasuredStack, name: str) -> Counter[str]:
    """A metric by the kind of step."""
    families = text_string_to_metric_families(stack.request("GET", "/metrics").data.decode())
    [family] = [family for family in families if family.name == name]
    return Counter({sample.labels["kind"]: int(sample.value) for sample in family.samples if sample.value})
