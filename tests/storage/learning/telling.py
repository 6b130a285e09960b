"""Plays as tests tell of them."""

from __future__ import annotations

from typing import Any

from storage.learning.beats import Beat, Quality, Sending, Told

NOW = 1_800_000_000_000


def beat(
    sequence: int, at: int, *played: tuple[int, int], quality: Quality | None = None, **more: Any
) -> Beat:
    return Beat(sequence, at, list(played), quality=quality or Quality(), **more)


def sending(
    *beats: Beat, play: str = "p" * 24, received: int = NOW, sent: int | None = None, **told: Any
) -> Sending:
    facts: dict[str, Any] = {
        "playback_id": "i",
        "asset_id": "a",
        "organization_id": "o",
        "version_id": "v",
        "viewer": "somebody",
        "duration": 600_000,
        **told,
    }
    last = max((each.at for each in beats), default=0)
    return Sending(play, last if sent is None else sent, list(beats), Told(received=received, **facts))
