"""Two thousand viewers at one edge, in real time: each starts, fetches a segment of picture and sound as it plays.

They watch the second highest rung, more than which this simulation cannot take in beside the edge.
"""

from __future__ import annotations

import asyncio
import random
import resource
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles
from urllib.parse import urljoin, urlsplit

import m3u8

from benchmarks.edge_stack import Piece, edge_stack
from benchmarks.figure import Figure
from benchmarks.stack import MeasuredStack, is_web

VIEWERS = 2000
TOKENS = 200
ARRIVAL_SECONDS = 20.0
PLAY_SECONDS = 60.0
AHEAD_SECONDS = 12.0
"""How much a player keeps ready."""

LONGEST_SEGMENT = 0.2
BUSY = 0.05
"""Share of one core that web processes may take while nobody starts."""


@dataclass
class Seen:
    """Of all viewers: seconds that each segment took, and what went wrong."""

    segments: list[float] = field(default_factory=list)
    playlists: int = 0
    errors: list[str] = field(default_factory=list)


def measure(folder: Path) -> Sequence[Figure]:
    """Viewers come within ``ARRIVAL_SECONDS`` and stay for ``PLAY_SECONDS``; the web service is watched after that."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 2 * VIEWERS + 256)), hard))
    with edge_stack(folder) as (stack, edge, asset_id):
        wish = {"policy": "signed"}
        playback_id = stack.post(f"/v1/assets/{asset_id}/playback-ids", wish)["id"]
        tokens = [
            stack.post("/v1/playback-tokens", {"playback_id": playback_id, "viewer": f"viewer-{n}"})["token"]
            for n in range(TOKENS)
        ]
        manifests = [f"{edge.url}/v/{playback_id}/master.m3u8?token={token}" for token in tokens]
        seen = Seen()
        busy = asyncio.run(_all(stack, manifests, seen))
    percentile = quantiles(seen.segments, n=100)[98]
    requests = len(seen.segments) + seen.playlists
    note = f"{len(seen.segments)} segments, {seen.playlists} playlists, {seen.errors[:3]}"
    return [
        Figure(f"failed requests of {VIEWERS} viewers", len(seen.errors), requests, "", 0, note=note),
        Figure("99th percentile of a segment", percentile, LONGEST_SEGMENT, "s", 1),
        Figure("web processes while all play", busy, BUSY, "cores", 1),
    ]


async def _all(stack: MeasuredStack, manifests: Sequence[str], seen: Seen) -> float:
    viewers = [
        asyncio.create_task(
            _viewer(manifests[number % len(manifests)], random.uniform(0, ARRIVAL_SECONDS), seen)
        )
        for number in range(VIEWERS)
    ]
    await asyncio.sleep(ARRIVAL_SECONDS + 5)
    before, began = stack.cpu_seconds(is_web), time.monotonic()
    await asyncio.sleep(PLAY_SECONDS - ARRIVAL_SECONDS - 10)
    busy = (stack.cpu_seconds(is_web) - before) / (time.monotonic() - began)
    await asyncio.gather(*viewers)
    return busy


async def _viewer(manifest: str, after: float, seen: Seen) -> None:
    await asyncio.sleep(after)
    connection = _Connection(manifest)
    try:
        master = m3u8.loads((await connection.get(manifest)).decode(), manifest)
        tracks = [
            _pieces((await connection.get(url)).decode(), url)
            for url in (master.playlists[1].absolute_uri, master.media[0].absolute_uri)
        ]
        seen.playlists += 3
        began = time.monotonic()
        for number, _ in enumerate(tracks[0]):
            due = began + sum(piece.seconds for piece in tracks[0][:number]) - AHEAD_SECONDS
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            for track in tracks:
                if number < len(track):
                    asked = time.monotonic()
                    await connection.get(track[number].url, track[number])
                    seen.segments.append(time.monotonic() - asked)
    except (OSError, EOFError, RuntimeError, ValueError) as error:
        seen.errors.append(repr(error)[:200])
    finally:
        connection.close()


def _pieces(text: str, base: str) -> list[Piece]:
    """Without ``m3u8``, whose parser would take most of a core for so many viewers."""
    found, seconds, where = [], 0.0, ("0", "0")
    for line in text.splitlines():
        if line.startswith("#EXTINF:"):
            seconds = float(line.removeprefix("#EXTINF:").split(",")[0])
        elif line.startswith("#EXT-X-BYTERANGE:"):
            length, _, first = line.removeprefix("#EXT-X-BYTERANGE:").partition("@")
            where = (first, length)
        elif line and not line.startswith("#"):
            found.append(Piece(urljoin(base, line), int(where[0]), int(where[1]), seconds))
    return found


class _Connection:
    """One connection that is kept, as a browser does (HTTP/1.1, bodies of a declared length)."""

    def __init__(self, url: str) -> None:
        self._place = urlsplit(url)
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def get(self, url: str, piece: Piece | None = None) -> bytes:
        """The body. Raises ``RuntimeError`` if the status is not the one that is due, or the length is wrong."""
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._place.hostname, self._place.port)
        reader, writer = self._streams
        parts = urlsplit(url)
        wanted = f"Range: {piece.range}\r\n" if piece else ""
        head = f"GET {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\n{wanted}\r\n"
        writer.write(head.encode())
        answer = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        status = int(answer.split(" ", 2)[1])
        body = await reader.readexactly(int(answer.split("content-length: ")[1].split("\r\n")[0]))
        if status != (206 if piece else 200) or (piece and len(body) != piece.length):
            raise RuntimeError(f"{parts.path}: {status}, {len(body)} bytes")
        return body

    def close(self) -> None:
        """Hang up."""
        if self._streams:
            self._streams[1].close()
