"""A stack that delivers by an edge of its own, and the playlists of a lesson on it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import m3u8
import urllib3

from benchmarks import clips
from benchmarks.edge_server import Edge, edge
from benchmarks.stack import MeasuredStack, measured_stack
from storage.embedded.data_folder import free_port

_SECRET = "a secret of the edge for measurements"


@dataclass(frozen=True)
class Piece:
    """One range of an object: what a player fetches at a time."""

    url: str
    first: int
    length: int
    seconds: float

    @property
    def range(self) -> str:
        """As a header."""
        return f"bytes={self.first}-{self.first + self.length - 1}"

    @property
    def target(self) -> str:
        """Path and query."""
        parts = urlsplit(self.url)
        return f"{parts.path}?{parts.query}"


@contextmanager
def edge_stack(folder: Path, added: str = "") -> Iterator[tuple[MeasuredStack, Edge, str]]:
    """The stack, its edge (with more configuration in ``added``) and the asset ID of a ready lesson of a minute."""
    port = free_port()
    variables = {"DELIVERY": "edge", "EDGE_SECRETS": _SECRET, "EDGE_URL": f"http://127.0.0.1:{port}"}
    variables["ADDRESS_REQUESTS_PER_SECOND"] = "0"  # all the load comes from one
    with measured_stack(folder, **variables) as stack, tempfile.TemporaryDirectory(dir=folder) as place:
        environment = {
            "EDGE_SECRETS": _SECRET,
            "S3_ENDPOINT": stack.environment["S3_ENDPOINT"],
            "EDGE_S3_ACCESS_KEY": stack.environment["S3_ACCESS_KEY"],
            "EDGE_S3_SECRET_KEY": stack.environment["S3_SECRET_KEY"],
        }
        web = urlsplit(stack.url).port or 80
        with edge(Path(place), "http", web, environment=environment, port=port, added=added) as running:
            asset_id = stack.client.upload(clips.moving_lesson(folder), "lesson", lambda _sent, _size: None)
            stack.wait_finished(asset_id)
            yield stack, running, asset_id


def media_playlists(manifest: str) -> list[str]:
    """Addresses of the playlists of the highest variant, of the lowest one and of the sound."""
    master = m3u8.loads(_text(manifest), manifest)
    variants = sorted(master.playlists, key=lambda variant: variant.stream_info.bandwidth)
    return [variants[-1].absolute_uri, variants[0].absolute_uri, master.media[0].absolute_uri]


def pieces(playlist: str) -> list[Piece]:
    """Initialization segment and segments of a media playlist, in order."""
    parsed = m3u8.loads(_text(playlist), playlist)
    found = []
    for item, seconds in [
        *((item, 0.0) for item in parsed.segment_map),
        *((item, item.duration) for item in parsed.segments),
    ]:
        length, _, first = item.byterange.partition("@")
        found.append(Piece(item.absolute_uri, int(first), int(length), seconds))
    return found


def _text(url: str) -> str:
    answer = urllib3.request("GET", url, timeout=30)
    if answer.status != 200:
        raise RuntimeError(f"{url}: {answer.status}")
    return answer.data.decode()
