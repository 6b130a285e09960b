"""``make bench``: every figure, or those that are named, in one table."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks import (
    catalogue,
    catalogue_bytes,
    cold_lessons,
    dashboard,
    edge,
    eta,
    first_segment,
    harvest,
    ledger,
    library,
    live_streams,
    long_playlists,
    mirror,
    pipeline_cpu,
    play_start,
    playlists,
    quality,
    shaka,
    slides,
    slow_clients,
    storage_reads,
    studio,
    tokens,
    two_workers,
    upload,
    version_switch,
    viewers,
    views,
    webhooks,
)
from benchmarks.figure import Figure, Measure, report

ALL: dict[str, Measure] = {
    "first_segment": first_segment.measure,
    "play_start": play_start.measure,
    "studio": studio.measure,
    "ledger": ledger.measure,
    "library": library.measure,
    "playlists": playlists.measure,
    "long_playlists": long_playlists.measure,
    "cold_lessons": cold_lessons.measure,
    "tokens": tokens.measure,
    "catalogue": catalogue.measure,
    "catalogue_bytes": catalogue_bytes.measure,
    "upload": upload.measure,
    "eta": eta.measure,
    "slides": slides.measure,
    "slow_clients": slow_clients.measure,
    "version_switch": version_switch.measure,
    "webhooks": webhooks.measure,
    "harvest": harvest.measure,
    "mirror": mirror.measure,
    "live_streams": live_streams.measure,
    "storage_reads": storage_reads.measure,
    "pipeline_cpu": pipeline_cpu.measure,
    "two_workers": two_workers.measure,
    "quality": quality.measure,
    "shaka": shaka.measure,
    "edge": edge.measure,
    "viewers": viewers.measure,
    "views": views.measure,
    "dashboard": dashboard.measure,
}


def main() -> int:
    """Exit status 0 only if every goal is kept."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"some of {', '.join(ALL)}; all if left out")
    parser.add_argument("--folder", type=Path, help="keep generated clips here for the next run")
    options = parser.parse_args()
    if unknown := set(options.names) - set(ALL):
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    with tempfile.TemporaryDirectory(prefix="lessonstream-bench-") as temporary:
        folder = options.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        figures: list[Figure] = []
        for name in options.names or ALL:
            print(f"{name}…", file=sys.stderr, flush=True)
            figures += ALL[name](folder)
    return report(figures)


if __name__ == "__main__":
    sys.exit(main())
