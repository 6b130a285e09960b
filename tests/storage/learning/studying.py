"""Learners and cheats of study sessions, as tests tell of them: a player of some seconds' segments, by the clock."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from telling import NOW

from configs.words import StudyMode
from storage.learning.beats import Beat
from storage.learning.proofs import chained
from storage.learning.ranges import Range
from storage.learning.study import Heard, StudySession, heard, opened
from storage.learning.study_terms import terms_of

LESSON = 600_000
SEGMENT = 4_000
NONCE = "n0nce" * 5


def segments_of(played: Sequence[Range]) -> list[Range]:
    """The segments that have to be fetched to play these ranges."""
    numbers = {n for start, end in played for n in range(start // SEGMENT, -(-end // SEGMENT))}
    return [(n * SEGMENT, (n + 1) * SEGMENT) for n in sorted(numbers)]


@dataclass
class Player:
    """A player of ours whose page was opened with the session. ``clock`` is its page's, ``now`` the true time since."""

    mode: StudyMode = "sequential"
    speed_limit: float | None = None
    presence_seconds: int | None = None
    furthest: int = 0
    position: int = 0
    now: int = 0
    page_ahead: int = 0
    sequence: int = 0
    chain: str = NONCE
    lied: dict[str, Any] = field(default_factory=dict)
    session: StudySession = field(init=False)
    kept: list[Beat] = field(default_factory=list)
    fetches: Callable[[Sequence[Range]], Sequence[Range]] = segments_of
    proven: dict[int, Sequence[Range]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.session = opened(
            opened_at=NOW,
            clock=0,
            nonce=NONCE,
            terms=terms_of(self.mode, self.speed_limit, self.presence_seconds),
            duration=LESSON,
            furthest=self.furthest,
        )

    def wait(self, seconds: float) -> Player:
        self.now += round(seconds * 1000)
        return self

    def seek(self, seconds: float) -> Player:
        self.position = round(seconds * 1000)
        return self

    def play(
        self, seconds: float, *, rate: float = 1.0, every: float = 20, send: bool = True, **more: Any
    ) -> Player:
        """Play so many seconds of the clock, with a beat for every 20."""
        left = round(seconds * 1000)
        while left > 0:
            took = min(left, round(every * 1000))
            left -= took
            self.now += took
            end = min(LESSON, self.position + round(took * rate))
            played = [(self.position, end)] if end > self.position else []
            self.position = end
            self.tell(played, rate=rate, **more)
            if send:
                self.send()
        return self

    def tell(self, played: Sequence[Range], **more: Any) -> Beat:
        """Cut a beat."""
        at = max(0, self.now + self.page_ahead)
        beat = replace(Beat(self.sequence, at, list(played)), **{**more, **self.lied})
        beat = replace(beat, chain=chained(self.chain, beat))
        self.chain = beat.chain
        self.sequence += 1
        self.kept.append(beat)
        self.proven[beat.sequence] = self.fetches(beat.played)
        return beat

    def send(self, *beats: Beat) -> Player:
        """Send what is kept, or something else."""
        told = [
            Heard(beat, NOW + self.now + 150, self.proven.get(beat.sequence, []))
            for beat in beats or self.kept
        ]
        self.session = heard(self.session, told)
        self.kept = [] if not beats else self.kept
        return self

    @property
    def hours(self) -> float:
        """Believed seconds."""
        return self.session.believed_ms / 1000
