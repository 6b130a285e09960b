"""A play: one opening of one asset in one player, as its beats tell it. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from storage.learning.beats import Beat, Quality, Sending, Source, Suspicion
from storage.learning.ranges import Range, clipped, length, union

_MOST_ERRORS: Final = 20
"""Kinds of errors of one play."""

_MOST_RANGES: Final = 500
"""Of one play: nobody jumps about more often."""

_MOST_STALLS: Final = 1_000_000_000
MOST: Final = 9_000_000_000_000_000
"""Sums stop here: whoever invents what a player tells may invent anything, and columns and JavaScript's numbers end."""


@dataclass(frozen=True)
class Play:
    """Sums over its beats; times in milliseconds, moments since 1970.

    ``playing_ms`` is time by the clock, ``attended_ms`` that of it in which somebody might have heard or seen,
    ``watched`` the media time that was seen, each moment once, ``played_ms`` the same with repetitions. ``clock_ms`` is
    how long the page says it has been open, ``opened_at`` when that was by our clock, ``ahead_ms`` how far the page's
    clock has since run ahead of ours, ``fastest`` the highest speed. ``bitrate_ms`` is kilobits per second times
    ``measured_ms``.
    """

    duration: int | None
    began_at: int
    last_at: int
    opened_at: int
    suspicion: Suspicion | None = None
    source: Source = "player"
    attendance: int = 1
    counted_at: int | None = None
    beats: int = 0
    clock_ms: int = 0
    ahead_ms: int = 0
    fastest: float = 1.0
    playing_ms: int = 0
    attended_ms: int = 0
    played_ms: int = 0
    watched: Sequence[Range] = ()
    startup_ms: int | None = None
    stalls: int = 0
    stall_ms: int = 0
    errors: Mapping[str, int] = field(default_factory=dict)
    bitrate_ms: int = 0
    measured_ms: int = 0
    frames: int = 0
    dropped: int = 0
    bytes: int = 0

    @property
    def watched_ms(self) -> int:
        """Media time that was seen, each moment once."""
        return length(self.watched)


def opened(sending: Sending) -> Play:
    """A play of which nothing was told before this."""
    told = sending.told
    return Play(
        duration=told.duration,
        began_at=told.received,
        last_at=told.received,
        opened_at=told.received - sending.sent,
        source=told.source,
        attendance=told.attendance,
    )


def heard(play: Play, sending: Sending, beats: Sequence[Beat]) -> Play:
    """The play after ``beats`` of a sending: those that were not told before."""
    told = sending.told
    play = replace(
        play,
        duration=play.duration or told.duration,
        last_at=max(play.last_at, told.received),
        suspicion=play.suspicion or told.suspicion,
        ahead_ms=max(play.ahead_ms, play.opened_at - (told.received - sending.sent)),
    )
    for beat in beats:
        play = _after(play, beat)
    return play


def _after(play: Play, beat: Beat) -> Play:
    played = beat.played if play.duration is None else clipped(beat.played, play.duration)
    media_ms = length(beat.played)
    # Who plays slowly hears no more of it.
    playing_ms = round(media_ms / max(beat.rate, 1.0))
    return _with_quality(
        replace(
            play,
            beats=play.beats + 1,
            clock_ms=max(play.clock_ms, beat.at),
            fastest=max(play.fastest, beat.rate),
            playing_ms=play.playing_ms + playing_ms,
            attended_ms=play.attended_ms + (playing_ms if beat.is_attended else 0),
            played_ms=play.played_ms + media_ms,
            watched=union(play.watched, played)[:_MOST_RANGES],
        ),
        beat.quality,
        media_ms,
    )


def _with_quality(play: Play, quality: Quality, media_ms: int) -> Play:
    errors = Counter(play.errors)
    for code, number in quality.errors.items():
        if code in errors or len(errors) < _MOST_ERRORS:
            errors[code] = min(errors[code] + number, _MOST_STALLS)
    known = quality.bitrate is not None
    return replace(
        play,
        startup_ms=quality.startup_ms if play.startup_ms is None else play.startup_ms,
        stalls=min(play.stalls + quality.stalls, _MOST_STALLS),
        stall_ms=min(play.stall_ms + quality.stall_ms, MOST),
        errors=dict(errors),
        bitrate_ms=min(play.bitrate_ms + (quality.bitrate or 0) * media_ms, MOST),
        measured_ms=play.measured_ms + (media_ms if known else 0),
        frames=min(play.frames + quality.frames, MOST),
        dropped=min(play.dropped + quality.dropped, MOST),
        bytes=min(play.bytes + quality.bytes, MOST),
    )
