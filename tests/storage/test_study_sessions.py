"""Study sessions in the catalogue: of one learner one at a time, told once or often, and proofs that are looked at."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from storage.catalogue import study
from storage.catalogue.models import (
    Asset,
    Chunk,
    Rendition,
    StoredStudySession,
    StudyCourse,
    StudyRecord,
    Version,
)
from storage.catalogue.organizations import create_organization
from storage.ids import new_id
from storage.learning.beats import Beat, Sending, Told
from storage.learning.proofs import chained, proof_of
from storage.memory import MemoryObjectStore
from storage.objects import ObjectStore, StorageError
from workers.studying import Studying

CHUNK = bytes(range(256)) * 40
"""Ten segments of four seconds and 1,024 bytes each."""


class Learner:
    """Somebody who studies a lesson of forty seconds."""

    def __init__(
        self, sessions: sessionmaker[Session], name: str = "甲", *, lesson: Learner | None = None
    ) -> None:
        self.sessions = sessions
        self.name = name
        self.play = new_id()
        self.sequence = 0
        with sessions.begin() as session:
            if lesson is None:
                self.portal = create_organization(session, "学校").id
                asset = Asset(organization_id=self.portal, title="书法")
                session.add(asset)
                session.flush()
                version = Version(asset_id=asset.id, state="ready", file_name="课.mp4")
                session.add(version)
                session.flush()
                self.asset_id, self.version_id = asset.id, version.id
                rendition = Rendition(
                    version_id=version.id, kind="video", name="240p", position=0, planned_bandwidth=1
                )
                session.add(rendition)
                session.flush()
                self.key = f"assets/{asset.id}/{version.id}/{rendition.id}/1/240p-0.mp4"
                segments = [[4.0, number * 1024, 1024] for number in range(10)]
                session.add(
                    Chunk(
                        rendition_id=rendition.id,
                        number=0,
                        object_key=self.key,
                        size=len(CHUNK),
                        sha256="",
                        init_length=0,
                        init_sha256="",
                        frames=1,
                        segments=segments,
                    )
                )
                self.course_id = new_id()
                session.add(StudyCourse(collection_id=self.course_id, mode="sequential"))
            else:
                self.portal, self.asset_id, self.version_id = (
                    lesson.portal,
                    lesson.asset_id,
                    lesson.version_id,
                )
                self.key, self.course_id = lesson.key, lesson.course_id
        self.objects = MemoryObjectStore()
        self.objects.put(self.key, CHUNK)
        self.open()

    def open(self) -> None:
        with self.sessions.begin() as session:
            course = study.find_course(session, self.course_id)
            assert course is not None
            row = study.open_session(
                session,
                course,
                portal_id=self.portal,
                learner=self.name,
                asset_id=self.asset_id,
                version_id=self.version_id,
                play_id=self.play,
                duration=40_000,
                clock=1_000,
                sequence=self.sequence,
            )
        self.row, self.chain = row, row.nonce
        self.opened = round(row.opened_at.timestamp() * 1000)

    def beat(self, start: int, end: int, *, honest: bool = True) -> Beat:
        numbers = range(start // 4_000, -(-end // 4_000))
        proofs = tuple(
            ("240p", n, proof_of(self.row.nonce, CHUNK[n * 1024 : (n + 1) * 1024] if honest else b"?"))
            for n in numbers
        )
        beat = Beat(self.sequence, 1_000 + end + self.sequence * 100, [(start, end)], fetched=proofs)
        beat = replace(beat, chain=chained(self.chain, beat))
        self.chain, self.sequence = beat.chain, self.sequence + 1
        return beat

    def sending(self, *beats: Beat, **more: Any) -> Sending:
        last = max(each.at for each in beats)
        told = Told(
            received=self.opened + last + 100,
            playback_id="p",
            asset_id=self.asset_id,
            organization_id=self.portal,
            version_id=self.version_id,
            viewer="v",
            **{"learner": self.name, "portal": self.portal, **more},
        )
        return Sending(self.play, last, list(beats), told, self.row.id)

    def tell(self, *sendings: Sending, objects: ObjectStore | None = None) -> None:
        studying = Studying(objects or self.objects, share=1.0)
        false_proofs = studying.find_false(self.sessions, sendings)
        with self.sessions.begin() as session:
            studying.record(session, sendings, false_proofs)

    def record(self) -> StudyRecord | None:
        with self.sessions() as session:
            return session.scalars(
                select(StudyRecord).where(
                    StudyRecord.collection_id == self.course_id, StudyRecord.learner == self.name
                )
            ).one_or_none()

    @property
    def seconds(self) -> float:
        found = self.record()
        return found.believed_ms / 1000 if found else 0


def test_what_is_told_twice_or_later_is_the_same(sessions: sessionmaker[Session]) -> None:
    learner = Learner(sessions)
    beats = [learner.beat(start, start + 10_000) for start in range(0, 40_000, 10_000)]
    one, two = learner.sending(*beats[:2]), learner.sending(*beats[2:])
    learner.tell(two)
    assert learner.seconds == 0, "it waits for those before it"
    learner.tell(one, one)
    learner.tell(two)
    assert learner.seconds == 40
    found = learner.record()
    assert found is not None and found.completed_at is not None
    with sessions.begin() as session:
        study.add_up(
            session, [(learner.course_id, learner.portal, learner.name, learner.asset_id, learner.version_id)]
        )
    again = learner.record()
    assert again is not None and again.completed_at == found.completed_at and again.believed == [0, 40_000]


def test_another_session_takes_over_and_goes_on_where_it_was(sessions: sessionmaker[Session]) -> None:
    learner = Learner(sessions)
    old, before = learner.row, learner.sending(learner.beat(0, 10_000))
    learner.tell(before)
    late = learner.sending(learner.beat(10_000, 40_000))
    learner.sequence = 0
    learner.open()
    with sessions() as session:
        ended = study.find_session(session, old.id)
        assert ended is not None and ended.end_reason == "taken_over"
        assert learner.row.furthest == 10_000
    learner.tell(late)
    assert learner.seconds <= 13, "it was ended before that could have been played"
    with sessions() as session:
        ended = study.find_session(session, old.id)
        assert ended is not None and ended.refused["ended"] > 25_000


@pytest.mark.parametrize(
    "foreign",
    [{"learner": "乙"}, {"portal": "x" * 24}, {"asset_id": "x" * 24}],
    ids=lambda each: next(iter(each)),
)
def test_nobody_studies_in_the_session_of_another(
    sessions: sessionmaker[Session], foreign: dict[str, str]
) -> None:
    learner = Learner(sessions)
    sending = learner.sending(learner.beat(0, 10_000))
    learner.tell(replace(sending, told=replace(sending.told, **foreign)))
    assert learner.seconds == 0
    learner.tell(sending)
    assert learner.seconds == 10, "and spoils nothing"


def test_who_makes_proofs_up_loses_the_session(sessions: sessionmaker[Session]) -> None:
    learner = Learner(sessions)
    learner.tell(learner.sending(learner.beat(0, 10_000)))
    assert learner.seconds == 10
    learner.tell(
        learner.sending(*(learner.beat(at, at + 5_000, honest=False) for at in (10_000, 15_000, 20_000)))
    )
    assert learner.seconds == 0
    with sessions() as session:
        row = study.find_session(session, learner.row.id)
        assert row is not None and row.forged and row.refused["forged"] > 0
        assert study.end_of(row, row.opened_at) == "forged"
    learner.tell(learner.sending(learner.beat(25_000, 30_000)))
    assert learner.seconds == 0
    learner.sequence = 0
    learner.open()
    learner.tell(learner.sending(learner.beat(0, 10_000)))
    assert learner.seconds == 10, "another session may be honest"


def test_segments_that_do_not_exist_prove_nothing(sessions: sessionmaker[Session]) -> None:
    learner = Learner(sessions)
    beat = replace(learner.beat(0, 10_000), fetched=(("1080p", 0, "x" * 22), ("240p", 99, "x" * 22)))
    beat = replace(beat, chain=chained(learner.row.nonce, beat))
    learner.tell(learner.sending(beat))
    with sessions() as session:
        row = session.get(StoredStudySession, learner.row.id)
        assert row is not None and row.refused == {"not_fetched": 10_000}


def test_an_object_storage_that_is_away_costs_nobody_time(sessions: sessionmaker[Session]) -> None:
    class Away(MemoryObjectStore):
        def get(self, key: str, start: int = 0, length: int | None = None) -> bytes:
            raise StorageError("away")

    learner = Learner(sessions)
    learner.tell(learner.sending(learner.beat(0, 10_000)), objects=Away())
    assert learner.seconds == 10


def test_two_learners_of_one_lesson_are_two(sessions: sessionmaker[Session]) -> None:
    one = Learner(sessions)
    other = Learner(sessions, "乙", lesson=one)
    one.tell(one.sending(one.beat(0, 10_000)), other.sending(other.beat(0, 20_000)))
    assert (one.seconds, other.seconds) == (10, 20)
