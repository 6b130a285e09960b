"""Where the service leaves beats, in memory."""

from __future__ import annotations

from storage.beat_stream import BeatsRefused
from storage.learning.beats import Sending, from_text


class Taker:
    """Takes beats, unless it is away."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.away = False

    def append(self, text: str) -> None:
        if self.away:
            raise BeatsRefused("away")
        self.texts.append(text)

    def salt(self, day: str) -> bytes:
        return day.encode()

    @property
    def last(self) -> Sending:
        return from_text(self.texts[-1])
