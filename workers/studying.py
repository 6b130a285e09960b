"""What the keeper does with study sessions: looks whether segments were fetched, and writes down what is believed."""

from __future__ import annotations

import logging
import random
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy.orm import Session, sessionmaker

from storage.catalogue import statements, study
from storage.catalogue.models import Version
from storage.catalogue.study_segments import SegmentPlace, SegmentTables
from storage.learning.beats import Sending
from storage.learning.proofs import chosen, proof_of
from storage.objects import ObjectStore, StorageError

log = logging.getLogger(__name__)

SHARE: Final = 0.25
"""Of beats one of whose proofs is compared with the bytes of a segment: who makes them up is found out within some
minutes."""

MOST_AT_ONCE: Final = 50
"""Segments of one round, some hundred kilobytes each."""

_AWAY_SECONDS: Final = 60.0
_DICE: Final = random.SystemRandom()


@dataclass(frozen=True)
class _Doubt:
    session_id: str
    nonce: str
    proof: str
    place: SegmentPlace


class Studying:
    """Judges what learners tell, with the bytes of segments at hand. Of an object storage that is away nobody waits:
    what cannot be compared is believed. ``home`` is the service's own address, by which record stores know lessons."""

    def __init__(
        self,
        objects: ObjectStore | None,
        *,
        share: float = SHARE,
        dice: Callable[[], float] = _DICE.random,
        home: str = "",
    ) -> None:
        self._objects = objects
        self._share = share
        self._dice = dice
        self._home = home
        self._tables = SegmentTables()
        self._away_until = float("-inf")

    def find_false(self, sessions: sessionmaker[Session], sendings: Sequence[Sending]) -> Counter[str]:
        """Look at some of the proofs, and count which sessions told what is not so."""
        found: Counter[str] = Counter()
        told = [each for each in sendings if each.study]
        if not told or self._objects is None or time.monotonic() < self._away_until:
            return found
        with sessions() as session:
            doubts = self._doubts(session, told)
        for doubt in doubts[:MOST_AT_ONCE]:
            try:
                segment = self._objects.get(doubt.place.key, doubt.place.offset, doubt.place.length)
            except StorageError as error:
                log.warning("proofs of study sessions are not looked at: %s", error)
                self._away_until = time.monotonic() + _AWAY_SECONDS
                break
            if proof_of(doubt.nonce, segment) != doubt.proof:
                log.info("study session %s proved a segment that it had not", doubt.session_id)
                found[doubt.session_id] += 1
        return found

    def record(self, session: Session, sendings: Sequence[Sending], false_proofs: Mapping[str, int]) -> None:
        """Write down what is believed, what it adds up to, and what record stores are told of it."""
        study.add_up(session, study.record(session, sendings, self._tables, false_proofs))
        if self._home:
            statements.tell(session, self._home, {each.study for each in sendings if each.study})

    def _doubts(self, session: Session, sendings: Sequence[Sending]) -> list[_Doubt]:
        found: list[_Doubt] = []
        for sending in sendings:
            row = study.find_session(session, sending.study)
            if row is None or row.forged or not study.is_own(row, sending):
                continue
            version = session.get(Version, row.version_id)
            if version is None or version.state != "ready":
                continue  # a chunk may still be made again
            for beat in sending.beats:
                proof = chosen(beat, self._dice(), self._share)
                if proof is None:
                    continue
                name, number, value = proof
                place = self._tables.find(session, row.version_id, name, number)
                if place is not None:
                    found.append(_Doubt(row.id, row.nonce, value, place))
        return found
