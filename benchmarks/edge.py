"""What the edge costs: against nginx serving the same bytes as files, and with the token check against without.

And segments through the web service (``DELIVERY=service``), which keeps in memory what it sent lately, against the S3
server itself.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

import urllib3

from benchmarks.edge_stack import Piece, edge_stack, media_playlists, pieces
from benchmarks.figure import Figure
from benchmarks.load import requests_per_second
from configs.settings import load_settings
from media_service.playback.manifests.delivery import EDGE_PATH
from storage.embedded.data_folder import free_port
from storage.s3 import S3ObjectStore

ROUNDS = 3
SECONDS = 4
FILES_GOAL, CHECK_GOAL, SERVICE_GOAL = 0.9, 0.8, 0.5

_SERVERS = """
server {{ listen 127.0.0.1:{files}; access_log off; root {root}; default_type video/mp4; }}
server {{
    listen 127.0.0.1:{unchecked};
    access_log off;
    location / {{
        open_file_cache max=4000 inactive=60s;
        open_file_cache_valid 60s;
        proxy_cache segments;
        proxy_cache_key $uri;
        proxy_force_ranges on;
        proxy_pass http://127.0.0.1:9;
    }}
}}
"""


def measure(folder: Path) -> Sequence[Figure]:
    """Everything is fetched once before it is measured; runs take turns."""
    files, unchecked = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
    with tempfile.TemporaryDirectory(dir=folder) as root:
        added = _SERVERS.format(files=urlsplit(files).port, unchecked=urlsplit(unchecked).port, root=root)
        with edge_stack(folder, added) as (stack, edge, asset_id):
            playback_id = stack.client.get(f"/v1/assets/{asset_id}")["playback_ids"][0]["id"]
            manifest = f"{edge.url}/v/{playback_id}/master.m3u8"
            highest, lowest, sound = media_playlists(manifest)
            watched = [*pieces(highest), *pieces(sound)]
            small = pieces(lowest)
            lists = [manifest, highest, lowest, sound]
            for url in (*lists, *(piece.url for piece in (*watched, *small))):
                _keep(Path(root), url)
            list_paths = [urlsplit(url).path for url in lists]

            def segments(base: str, some: Sequence[Piece], path: Callable[[Piece], str]) -> Rate:
                return _rate(base, [path(piece) for piece in some], [piece.range for piece in some])

            def at_edge(some: Sequence[Piece]) -> Rate:
                return segments(edge.url, some, lambda piece: piece.target)

            store = S3ObjectStore.of(load_settings(stack.environment))
            return [
                _figure(
                    "playlists at the edge", _rate(edge.url, list_paths), _rate(files, list_paths), FILES_GOAL
                ),
                *(
                    _figure(claim + size, at_edge(some), segments(base, some, _path), goal)
                    for size, some in ((_size(watched), watched), (_size(small), small))
                    for claim, base, goal in (
                        ("segments at the edge", files, FILES_GOAL),
                        ("token check at the edge", unchecked, CHECK_GOAL),
                    )
                ),
                _figure(
                    "segments through the service" + _size(watched),
                    segments(stack.url, watched, lambda piece: _through_service(highest, piece)),
                    segments(store.endpoint, watched, lambda piece: _direct(store, piece)),
                    SERVICE_GOAL,
                ),
            ]


Rate = Callable[[], float]
"""Requests a second of a run."""


def _rate(base: str, paths: Sequence[str], ranges: Sequence[str] | None = None) -> Rate:
    return lambda: requests_per_second(base, paths, SECONDS, ranges)


def _figure(claim: str, ours: Rate, reference: Rate, goal: float) -> Figure:
    runs = [(ours(), reference()) for _ in range(ROUNDS)]
    return Figure(claim, median(run[0] for run in runs), median(run[1] for run in runs), "1/s", goal, True)


def _size(some: Sequence[Piece]) -> str:
    return f", {sum(piece.length for piece in some) / len(some) / 1000:.0f} kB"


def _path(piece: Piece) -> str:
    return urlsplit(piece.url).path


def _keep(root: Path, url: str) -> None:
    target = root / urlsplit(url).path.lstrip("/")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(urllib3.request("GET", url).data)


def _direct(store: S3ObjectStore, piece: Piece) -> str:
    key = urlsplit(piece.url).path.removeprefix(EDGE_PATH)
    parts = urlsplit(store.presign(key, datetime.fromtimestamp(int(time.time()), UTC), 3600))
    return f"{parts.path}?{parts.query}"


def _through_service(playlist: str, piece: Piece) -> str:
    """The same object beside a playlist of its version, where the service has it."""
    rendition, _, number = _path(piece).rpartition("/")[2].rpartition("-")
    return f"{urlsplit(playlist).path.rpartition('/')[0]}/{rendition}/{number}"
