"""A study session: what the service believes of what a player tells. Pure.

Beats are taken in the order of their numbers, each once; what comes too early waits. Of each the ranges are believed
that the session's terms allow, that were fetched, and that fit into the time that has passed by the service's own
clock; of the rest is kept how much it was and why. A gap in the network costs nothing: beats that come late fit, for
by the clock they could have been played meanwhile. Ranges that are believed join without a seam, so that leaping over
what lies between gains nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from configs.words import StudyRefusal
from storage.learning.beats import Beat
from storage.learning.proofs import chained
from storage.learning.ranges import Range, clipped, first, length, union, within
from storage.learning.study_terms import StudyTerms

SLACK_MS: Final = 2_000
"""How far clocks of player and service may be apart, and how much may be played at once after a stand: players tell
times to about a frame, and messages take their time."""

LEAP_MS: Final = 2_000
"""What may be left out in order: a seek lands where a picture begins."""

LONGEST_MS: Final = 12 * 3_600_000
"""After which another session has to begin."""

ANSWER_MS: Final = 60_000
"""How long somebody may take to say that they are there."""

ENOUGH_FALSE: Final = 3
"""False proofs of segments after which a session counts as forged."""

_SPEED_SLACK: Final = 1.01
_EDGE_MS: Final = 100
"""By which the edges of segments are told less exactly than by players."""

_MOST_RANGES: Final = 500
_MOST_WAITING: Final = 64


@dataclass(frozen=True)
class Heard:
    """A beat as it came: ``received`` in milliseconds since 1970, ``fetched`` the ranges of media time of the segments
    that it proves."""

    beat: Beat
    received: int
    fetched: Sequence[Range] = ()


@dataclass(frozen=True)
class StudySession:
    """A session as far as it has come; times in milliseconds.

    ``opened_at`` is the service's clock (since 1970) when it began, ``clock`` the page's own then. ``chain`` is the
    hash of the last beat, ``sequence`` the number of the next, ``at`` the page's clock at the end of the last one.
    ``credit`` is media time that could have been played and was not, ``unseen_ms`` how long it has played since
    somebody was seen to be there. ``furthest`` is the end of what was studied, now or before. ``believed`` holds each
    moment once, ``played_ms`` counts repetitions. ``ended_at`` is when another session took its place.
    """

    opened_at: int
    clock: int
    chain: str
    terms: StudyTerms
    duration: int | None
    sequence: int = 0
    at: int = 0
    credit: int = 0
    unseen_ms: int = 0
    furthest: int = 0
    fetched: Sequence[Range] = ()
    believed: Sequence[Range] = ()
    played_ms: int = 0
    refused: Mapping[StudyRefusal, int] = field(default_factory=dict)
    waiting: Sequence[Heard] = ()
    ended_at: int | None = None
    false_proofs: int = 0
    forged: bool = False

    @property
    def believed_ms(self) -> int:
        """Media time that was studied in it, each moment once."""
        return length(self.believed)


def opened(
    *,
    opened_at: int,
    clock: int,
    nonce: str,
    terms: StudyTerms,
    duration: int | None,
    sequence: int = 0,
    furthest: int = 0,
) -> StudySession:
    """A session of which nothing was told yet."""
    return StudySession(
        opened_at,
        clock,
        nonce,
        terms,
        duration,
        sequence=sequence,
        at=clock,
        furthest=furthest,
    )


def heard(session: StudySession, told: Sequence[Heard]) -> StudySession:
    """The session after what was told; told again, or in another order, it is the same session."""
    for each in told:
        session = _queued(session, each)
        while session.waiting and session.waiting[0].beat.sequence == session.sequence:
            next_, session = session.waiting[0], replace(session, waiting=session.waiting[1:])
            session = _judged(session, next_)
    return session


def doubted(session: StudySession, false_proofs: int) -> StudySession:
    """The session after proofs of it turned out to be false. One may be an accident; of three nothing is believed."""
    session = replace(session, false_proofs=session.false_proofs + false_proofs)
    if session.forged or session.false_proofs < ENOUGH_FALSE:
        return session
    return replace(
        session,
        forged=True,
        believed=(),
        played_ms=0,
        waiting=(),
        refused=_counted(session.refused, "forged", session.played_ms),
    )


def _queued(session: StudySession, told: Heard) -> StudySession:
    number = told.beat.sequence
    known = {each.beat.sequence for each in session.waiting}
    if number < session.sequence or number in known or number >= session.sequence + _MOST_WAITING:
        return session
    if number == session.sequence and chained(session.chain, told.beat) != told.beat.chain:
        return _refused(session, "wrong_chain", length(told.beat.played))
    return replace(session, waiting=sorted([*session.waiting, told], key=lambda each: each.beat.sequence))


def _judged(session: StudySession, told: Heard) -> StudySession:
    beat = told.beat
    if chained(session.chain, beat) != beat.chain:
        # It waited for the one before it. The true one may still come.
        return _refused(session, "wrong_chain", length(beat.played))
    session = replace(
        session,
        chain=beat.chain,
        sequence=beat.sequence + 1,
        fetched=union(session.fetched, told.fetched, seam=0)[:_MOST_RANGES],
        unseen_ms=0 if beat.present else session.unseen_ms,
    )
    if session.forged:
        return _refused(session, "forged", length(beat.played))
    till, reason = _end_of_clock(session, told)
    passed = max(0, min(beat.at, till) - session.at)
    has_time = session.credit + round(passed * session.terms.speed_limit)
    session = replace(session, at=max(session.at, min(beat.at, till)))
    # What the clock leaves is judged last: what is refused for another reason costs none.
    session, left = _allowed(session, beat)
    beyond = max(0, beat.at - till) * max(beat.rate, 1.0)
    session, left = _cut(session, left, first(left, round(length(left) - beyond)), reason)
    session, left = _cut(session, left, first(left, has_time), "over_clock")
    session, left = _attended(session, beat, left)
    session = _believe(session, left)
    return replace(session, credit=min(SLACK_MS, has_time - length(left)))


def _end_of_clock(session: StudySession, told: Heard) -> tuple[int, StudyRefusal]:
    """Up to which reading of the page's clock something can have been played, and what is wrong beyond."""
    limits: list[tuple[int, StudyRefusal]] = [
        (told.received - session.opened_at + SLACK_MS, "ahead_of_clock"),
        (LONGEST_MS, "ended"),
    ]
    if session.ended_at is not None:
        limits.append((session.ended_at - session.opened_at + SLACK_MS, "ended"))
    passed, reason = min(limits)
    return session.clock + passed, reason


def _allowed(session: StudySession, beat: Beat) -> tuple[StudySession, list[Range]]:
    """What the terms allow of a beat, and was fetched."""
    terms = session.terms
    left = list(beat.played) if session.duration is None else clipped(beat.played, session.duration)
    if beat.rate > terms.speed_limit * _SPEED_SLACK:
        return _cut(session, left, [], "too_fast")
    if terms.presence_ms is not None and not beat.visible:
        return _cut(session, left, [], "hidden")
    fetched = union([(start - _EDGE_MS, end + _EDGE_MS) for start, end in session.fetched], seam=0)
    session, left = _cut(session, left, within(left, fetched), "not_fetched")
    if terms.in_order:
        session, left = _cut(session, left, _in_order(left, session.furthest), "jumped")
    return session, left


def _in_order(ranges: Sequence[Range], furthest: int) -> list[Range]:
    found: list[Range] = []
    for start, end in ranges:
        if start <= furthest + LEAP_MS:
            found.append((start, end))
            furthest = max(furthest, end)
    return found


def _attended(session: StudySession, beat: Beat, left: list[Range]) -> tuple[StudySession, list[Range]]:
    """What was played before somebody had to say that they are there, and did not."""
    presence = session.terms.presence_ms
    if presence is None:
        return session, left
    rate = max(beat.rate, 1.0)
    most = max(0, presence + ANSWER_MS - session.unseen_ms)
    session = replace(session, unseen_ms=session.unseen_ms + round(length(left) / rate))
    return _cut(session, left, first(left, round(most * rate)), "absent")


def _believe(session: StudySession, ranges: Sequence[Range]) -> StudySession:
    believed = union(session.believed, ranges, seam=0)
    if len(believed) > _MOST_RANGES:
        return _refused(session, "too_scattered", length(ranges))
    return replace(
        session,
        believed=believed,
        played_ms=session.played_ms + length(ranges),
        furthest=max([session.furthest, *(end for _, end in ranges)]),
    )


def _cut(
    session: StudySession, before: Sequence[Range], left: list[Range], reason: StudyRefusal
) -> tuple[StudySession, list[Range]]:
    return _refused(session, reason, length(before) - length(left)), left


def _refused(session: StudySession, reason: StudyRefusal, milliseconds: int) -> StudySession:
    if milliseconds <= 0:
        return session
    return replace(session, refused=_counted(session.refused, reason, milliseconds))


def _counted(
    refused: Mapping[StudyRefusal, int], reason: StudyRefusal, milliseconds: int
) -> Mapping[StudyRefusal, int]:
    counts = Counter[StudyRefusal](refused)
    counts[reason] += milliseconds
    return dict(counts)
