"""What the keeper does with beats: brings them from Redis to the catalogue, and adds days up."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

from sqlalchemy.exc import DataError
from sqlalchemy.orm import Session, sessionmaker

from storage.beat_stream import BeatSource, Entry
from storage.catalogue import plays, storage_days, view_days, view_partitions
from storage.learning import beats, starts
from storage.learning.beats import Sending
from storage.learning.starts import StartCount
from storage.measures import Measures
from workers.rounds import Round
from workers.studying import Studying

log = logging.getLogger(__name__)

AT_A_TIME: Final = 500
"""Entries of one transaction; of a keeper that is behind, one follows the other."""

_NEVER_TAKEN: Final = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, DataError)
"""What is the entry's own doing, or that of the code that judges it; servers that are away are no part of these."""

_DAYS_AT_A_TIME: Final = 500
_AHEAD: Final = 7
"""Days of which there are partitions before they begin."""


def bring_beats(
    sessions: sessionmaker[Session],
    source: BeatSource,
    zone: tzinfo,
    measures: Measures,
    studying: Studying | None = None,
) -> Round:
    """Write what waits in Redis, and let go of it only then."""
    entries = source.read(AT_A_TIME)
    if entries:
        new = _write(sessions, entries, zone, studying or Studying(None))
        source.settle(entries)
        measures.count(("beats",), new)
    measures.put(("beats_waiting",), source.waiting())
    return Round(pause=0) if len(entries) == AT_A_TIME else Round()


def _write(
    sessions: sessionmaker[Session], entries: Sequence[Entry], zone: tzinfo, studying: Studying
) -> int:
    """Write entries in one transaction, and say how many beats were new. What no catalogue takes is found by halves and
    left out: told by anybody, it would keep everybody else's beats waiting for ever."""
    sendings, counts = _read(entries)
    try:
        false_proofs = studying.find_false(sessions, sendings)
        with sessions.begin() as session:
            new = plays.record(session, sendings, zone)
            plays.record_starts(session, counts, zone)
            studying.record(session, sendings, false_proofs)
    except _NEVER_TAKEN:
        if len(entries) == 1:
            log.exception("entry %s of the stream of beats is left out", entries[0].id)
            return 0
        middle = len(entries) // 2
        halves = (entries[:middle], entries[middle:])
        return sum(_write(sessions, half, zone, studying) for half in halves)
    return new


def add_up(sessions: sessionmaker[Session]) -> Round:
    """Bring days up to date whose plays have changed, and branches of the tree that were moved."""
    with sessions.begin() as session:
        done = view_days.roll_up_stale(session, _DAYS_AT_A_TIME)
    with sessions.begin() as session:
        moved = view_days.roll_up_moved(session)
    return Round(pause=0) if done == _DAYS_AT_A_TIME or moved else Round()


def keep_partitions(sessions: sessionmaker[Session], zone: tzinfo, *, beat_days: int, play_days: int) -> None:
    """Make the partitions of the days to come, and drop those that are over."""
    today = datetime.now(zone).date()
    with sessions.begin() as session:
        view_partitions.make(session, (today + timedelta(days=ahead) for ahead in range(_AHEAD)))
    keep: dict[view_partitions.Table, int] = {"beats": beat_days, "plays": play_days, "starts": play_days}
    for table, days in keep.items():
        with sessions.begin() as session:
            for day in view_partitions.drop_before(session, table, today - timedelta(days=days)):
                log.info("%s of %s are dropped", table, day)


def measure_storage(sessions: sessionmaker[Session], zone: tzinfo) -> None:
    """Write down what each organization's assets take by now."""
    with sessions.begin() as session:
        storage_days.measure(session, datetime.now(UTC).astimezone(zone).date())


def _read(entries: Sequence[Entry]) -> tuple[list[Sending], list[StartCount]]:
    sendings: list[Sending] = []
    counts: list[StartCount] = []
    for entry in entries:
        try:
            found = starts.from_text(entry.text)
            if found is None:
                sendings.append(beats.from_text(entry.text))
            else:
                counts += found
        except ValueError as error:
            # Nothing that the service of any release writes; it would only come again.
            log.error("an entry of the stream of beats cannot be read: %s", error)
    return sendings, counts
