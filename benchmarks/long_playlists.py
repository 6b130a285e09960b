"""How long the signed media playlist of a long lesson is, for each way in which segments are delivered."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from benchmarks.figure import Figure
from media_service.playback.access.tokens import IMAGE, STORYBOARD, VIDEO, sign
from media_service.playback.manifests import hls
from media_service.playback.manifests.delivery import Delivery, EdgeDelivery, Scope, ServiceDelivery
from media_service.playback.manifests.presentation import ChunkRanges, Presentation, with_query
from storage.ids import new_id, new_public_id
from storage.keys import step_key
from storage.packed_chunks import Segment

HOURS = 3
SEGMENTS_OF_A_CHUNK = 16
SEGMENT: Final = 4.0
GOAL_KB = 200.0
NAME: Final = "1080p"
EDGE: Final = "https://edge.media.example"
"""As long as such names are."""


def measure(folder: Path) -> Sequence[Figure]:  # noqa: ARG001
    """Uncompressed kB of the playlist a player is led to, and of the same asked for with the token in its query."""
    asset_id, version_id = new_id(), new_id()
    count = round(HOURS * 3600 / SEGMENT / SEGMENTS_OF_A_CHUNK)
    chunks = [_chunk(number) for number in range(count)]
    keys = [step_key(asset_id, version_id, new_id(), 1, f"{NAME}-{number}.mp4") for number in range(count)]
    shown = Presentation(version_id, True, 4, HOURS * 3600.0, ())
    now = time.time()
    query = f"?token={_token(now)}"

    def size(delivery: Delivery, token_query: str) -> float:
        def address(number: int) -> str:
            return delivery.address(NAME, number, keys[number], 0)

        template = hls.media(shown, address, chunks)
        scope = Scope(asset_id, version_id, NAME)
        return len(with_query(template, delivery.query(scope, token_query, now, now).text)) / 1000

    edge = size(EdgeDelivery(EDGE, "s" * 32), "")
    long = size(ServiceDelivery(), query)
    note = f"{long:.0f} kB with the token in the query; {edge:.0f} kB with an edge of another name"
    claim = f"signed media playlist of {HOURS} h"
    return [Figure(claim, size(ServiceDelivery(), ""), GOAL_KB, "kB", 1, note=note)]


def _chunk(number: int) -> ChunkRanges:
    """Of 1 Mbit/s; a ``free`` box stands between segments."""
    segments = tuple(Segment(SEGMENT, 800 + 512_345 * place, 512_337) for place in range(SEGMENTS_OF_A_CHUNK))
    return ChunkRanges(number, 800, segments)


def _token(now: float) -> str:
    return sign(
        key_id=new_id(),
        algorithm="EdDSA",
        private_key=Ed25519PrivateKey.generate(),
        playback_id=new_public_id(),
        kinds=[VIDEO, IMAGE, STORYBOARD],
        now=now,
        lifetime=3600,
        claims={"viewer": "student-7", "organization": new_id()},
    )
