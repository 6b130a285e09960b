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
from media_service.playback.delivery import EDGE_PATH
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
            lists = [manifest, *media_playlists(manifest)]
            picture = pieces(lists[1])
            for url in (*lists, *(piece.url for piece in picture)):
                _keep(Path(root), url)
            list_paths = [urlsplit(url).path for url in lists]
            targets, ranges = [piece.target for piece in picture], [piece.range for piece in picture]
            bare = [urlsplit(piece.url).path for piece in picture]
            store = S3ObjectStore.of(load_settings(stack.environment))
            direct = [_direct(store, piece) for piece in picture]
            through = [_through_service(lists[1], piece) for piece in picture]

            def rate(
                base: str, paths: Sequence[str], parts: Sequence[str] | None = None
            ) -> Callable[[], float]:
                return lambda: requests_per_second(base, paths, SECONDS, parts)

            def figure(
                claim: str, ours: Callable[[], float], reference: Callable[[], float], goal: float
            ) -> Figure:
                runs = [(ours(), reference()) for _ in range(ROUNDS)]
                return Figure(
                    claim, median(run[0] for run in runs), median(run[1] for run in runs), "1/s", goal, True
                )

            at_edge = rate(edge.url, targets, ranges)
            as_files = rate(files, bare, ranges)
            return [
                figure(
                    "playlists at the edge", rate(edge.url, list_paths), rate(files, list_paths), FILES_GOAL
                ),
                figure("segments at the edge", at_edge, as_files, FILES_GOAL),
                figure("token check at the edge", at_edge, rate(unchecked, bare, ranges), CHECK_GOAL),
                figure(
                    "segments through the service",
                    rate(stack.url, through, ranges),
                    rate(store.endpoint, direct, ranges),
                    SERVICE_GOAL,
                ),
            ]


def _keep(root: Path, url: str) -> None:
    target = root / urlsplit(url).path.lstrip("/")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(urllib3.request("GET", url).data)


def _direct(store: S3ObjectStore, piece: Piece) -> str:
    key = urlsplit(piece.url).path.removeprefix(EDGE_PATH)
    parts = urlsplit(store.presign(key, datetime.fromtimestamp(int(time.time()), UTC), 3600))
    return f"{parts.path}?{parts.query}"


def _through_service(playlist: str, piece: Piece) -> str:
    """The same object below its playlist's address, where the service has it."""
    number = urlsplit(piece.url).path.rpartition("-")[2]
    return f"{urlsplit(playlist).path.removesuffix('.m3u8')}/{number}"
