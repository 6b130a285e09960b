"""What streams say, as server-sent events (HTML, section 9.2): values in, bytes out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from storage.catalogue.working import Working

BEAT: Final = b": \n\n"
"""A comment that nobody notices but what is in between."""

RETRY: Final = b"retry: 3000\n\n"
"""Milliseconds after which a browser connects again. It stands before all messages."""


def message(kind: str, data: bytes, message_id: str = "") -> bytes:
    """One message; JSON has no line ends. With an ID, who connects again goes on after it."""
    head = f"id: {message_id}\n" if message_id else ""
    return f"{head}event: {kind}\ndata: ".encode() + data + b"\n\n"


def hello(message_id: str) -> bytes:
    """The first one: from here on nothing is missed."""
    return message("hello", b"{}", message_id)


def reset() -> bytes:
    """What happened meanwhile is more than a stream tells: load what is shown anew."""
    return message("reset", b"{}")


def progress(working: Working) -> bytes:
    """How far a version is."""
    document: dict[str, Any] = {
        "asset_id": working.asset_id,
        "version_id": working.version_id,
        "state": working.state,
        "percent": working.percent,
        "queue_position": working.queue_position,
    }
    return message("progress", json.dumps(document, separators=(",", ":")).encode())


def moved(before: Mapping[str, Working], now: Iterable[Working]) -> Iterator[Working]:
    """Of versions that are not through those of which something is to be told that was not told before."""
    for each in now:
        if before.get(each.version_id) != each:
            yield each
