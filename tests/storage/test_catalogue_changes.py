"""The log of changes: complete for who follows it, in the order of commits, and silent of what is not theirs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.orm import Session, sessionmaker

from storage.catalogue import assets, change_log, collections, recording, trash, visibility
from storage.catalogue.change_log import Line, Wanted
from storage.catalogue.models import (
    Asset,
    CatalogueChange,
    ChangeLog,
    Collection,
    Organization,
    Partner,
    PartnerCollection,
    Version,
)
from storage.catalogue.organizations import create_organization
from storage.catalogue.reach import Reach
from storage.catalogue.visibility import ANYBODY, Viewer

pytestmark = pytest.mark.integration


def write(sessions: sessionmaker[Session]) -> None:
    """As the keeper does it."""
    while True:
        with sessions.begin() as session:
            if not recording.record(session):
                return


@dataclass
class Follower:
    """Reads on from where it was, and keeps what it is told."""

    sessions: sessionmaker[Session]
    viewer: Viewer
    words: frozenset[str] = frozenset()
    after: int = 0
    has: dict[str, str | None] = field(default_factory=dict)

    def read(self, limit: int = 100) -> list[Line]:
        told: list[Line] = []
        with self.sessions() as session:
            words = self.words or visibility.words_of(session, self.viewer)
            while page := change_log.page(session, words, Wanted(self.after), limit):
                told += page
                self.after = page[-1].sequence
        for line in told:
            if line.change == "deleted":
                del self.has[line.record_id]
            else:
                assert (line.record_id in self.has) == (line.change == "updated")
                self.has[line.record_id] = line.version_id
        return told

    def hears(self) -> list[tuple[str, list[str]]]:
        """What is told of by now."""
        write(self.sessions)
        return [(line.change, list(line.changed)) for line in self.read()]


@dataclass
class World:
    sessions: sessionmaker[Session]
    city: str
    school: str
    partner: str
    anybody: Follower
    inside: Follower
    of_partner: Follower

    def add(self, title: str = "课", state: str = "ready", **values: Any) -> str:
        with self.sessions.begin() as session:
            version = assets.create_asset(session, self.school, title, "a.mp4", "public", visibility="public")
            version.state = state
            for name, value in values.items():
                setattr(session.get_one(Asset, version.asset_id), name, value)
            return version.asset_id

    def say(self, asset_id: str, **values: Any) -> None:
        with self.sessions.begin() as session:
            session.execute(update(Asset).where(Asset.id == asset_id).values(**values))

    def show(self, asset_id: str, word: str) -> None:
        self.say(asset_id, visibility=word, effective_visibility=word)


@pytest.fixture
def world(sessions: sessionmaker[Session]) -> World:
    with sessions.begin() as session:
        session.execute(update(Version).values(state="failed"))
        city = create_organization(session, "市").id
        school = create_organization(session, "校", city).id
        limits = {"requests_per_second": 1, "bytes_per_second": 1, "bytes_per_day": 1}
        partner = Partner(organization_id=city, name="伙伴", origins=[], **limits)
        session.add(partner)
        session.flush()
    write(sessions)

    def follower(viewer: Viewer) -> Follower:
        made = Follower(sessions, viewer)
        with sessions() as session:
            made.after = change_log.position(session)[1]
        return made

    return World(
        sessions,
        city,
        school,
        partner.id,
        follower(ANYBODY),
        follower(Viewer(city)),
        follower(Viewer(partner_id=partner.id)),
    )


def test_a_lessons_life_is_told_to_who_may_know(world: World) -> None:
    lesson = world.add(state="processing")
    assert world.anybody.hears() == []
    with world.sessions.begin() as session:
        version = session.scalars(select(Version).where(Version.asset_id == lesson)).one()
        version.state = "playable"
    assert world.anybody.hears() == [("created", [])]
    assert world.anybody.has == {lesson: version.id}
    with world.sessions.begin() as session:
        session.get_one(Version, version.id).state = "ready"
    assert world.anybody.hears() == [("updated", ["files"])]
    world.say(lesson, title="新", tags=["x"])
    world.say(lesson, clicks=7)
    assert world.anybody.hears() == [("updated", ["metadata"])]
    with world.sessions.begin() as session:
        other = Version(asset_id=lesson, file_name="b.mp4", state="ready")
        session.add(other)
        session.flush()
        session.get_one(Asset, lesson).current_version_id = other.id
    assert world.anybody.hears() == [("updated", ["version"])]
    assert world.anybody.has == {lesson: other.id}
    with world.sessions.begin() as session:
        trash.put(session, session.get_one(Asset, lesson), timedelta(days=1))
    assert world.anybody.hears() == [("deleted", [])]
    with world.sessions.begin() as session:
        assert trash.restore(session, session.get_one(Asset, lesson))
        session.get_one(Version, other.id).state = "ready"
    assert world.anybody.hears() == [("created", [])]
    with world.sessions.begin() as session:
        session.execute(delete(Asset).where(Asset.id == lesson))
    assert world.anybody.hears() == [("deleted", [])]
    newcomer = Follower(world.sessions, ANYBODY)
    told = [line.change for line in newcomer.read(limit=2) if line.record_id == lesson]
    assert told[-1] == "deleted" and lesson not in newcomer.has


def test_what_is_hidden_ends_for_those_who_saw_it_and_is_quiet_then(world: World) -> None:
    lesson = world.add()
    for each in (world.anybody, world.inside, world.of_partner):
        assert each.hears() == [("created", [])]
    world.show(lesson, "organization")
    assert world.anybody.hears() == [("deleted", [])]
    assert world.inside.hears() == [("updated", ["visibility"])]
    assert world.of_partner.hears() == [("deleted", [])]
    world.say(lesson, title="只给自己")
    assert world.anybody.hears() == world.of_partner.hears() == []
    assert world.inside.hears() == [("updated", ["metadata"])]
    world.say(lesson, shared_partner_ids=[world.partner])
    world.show(lesson, "shared")
    assert world.of_partner.hears() == [("created", [])]
    assert world.anybody.hears() == []
    world.show(lesson, "private")
    world.say(lesson, title="密")
    assert [each.hears() for each in (world.anybody, world.inside, world.of_partner)] == [
        [],
        [("updated", ["visibility"]), ("deleted", [])],
        [("deleted", [])],
    ]


def test_what_a_partner_is_given_and_loses_is_told(world: World) -> None:
    lesson = world.add()
    world.show(lesson, "organization")
    with world.sessions.begin() as session:
        course = collections.create_collection(session, Reach(world.city), "课程", [lesson]).id
        session.add(PartnerCollection(partner_id=world.partner, collection_id=course))
    assert sorted(world.of_partner.hears()) == [("created", []), ("created", [])]
    assert world.of_partner.has.keys() == {lesson, course}
    with world.sessions.begin() as session:
        session.get_one(Collection, course).title = "新"
    assert world.of_partner.hears() == [("updated", ["metadata"])]
    world.say(lesson, title="新课")
    assert world.of_partner.hears() == [("updated", ["metadata"])] * 2, "the course names its lessons"
    with world.sessions.begin() as session:
        session.execute(delete(PartnerCollection).where(PartnerCollection.partner_id == world.partner))
    assert world.of_partner.hears() == [("deleted", [])] * 2
    assert world.of_partner.has == {}


def test_what_is_published_by_the_clock_is_told_when_it_is(world: World) -> None:
    soon = datetime.now(UTC) + timedelta(seconds=1.5)
    lesson = world.add(published_at=soon, withdraw_at=soon + timedelta(seconds=1))
    assert world.anybody.hears() == []
    heard = []
    while len(heard) < 2 and datetime.now(UTC) < soon + timedelta(seconds=20):
        heard += world.anybody.hears()
    assert heard == [("created", []), ("deleted", [])]
    with world.sessions() as session:
        line = change_log.find(session, {visibility.EVERYBODY}, lesson)
    assert line is not None and line.at >= soon + timedelta(seconds=1)


@pytest.mark.parametrize(
    ("change", "parts"),
    [
        (
            lambda world: update(Organization).where(Organization.id == world.school).values(name="新校"),
            ["metadata"],
        ),
        (
            lambda world: update(Organization).where(Organization.id == world.city).values(library=True),
            ["visibility"],
        ),
    ],
    ids=["name", "library"],
)
def test_what_many_records_depend_on_is_told_of_each(
    world: World, change: Callable[[World], Any], parts: list[str]
) -> None:
    for _ in range(2):
        world.add()
    world.anybody.hears()
    with world.sessions.begin() as session:
        session.execute(change(world))
    assert world.anybody.hears() == [("updated", parts)] * 2
    keyless = Follower(world.sessions, ANYBODY, frozenset({recording.LIBRARY}))
    keyless.read()
    assert (world.anybody.has.keys() <= keyless.has.keys()) == (parts == ["visibility"])


def test_a_change_that_is_committed_late_is_not_passed_by(world: World) -> None:
    late, early = world.add("late"), world.add("early")
    assert len(world.anybody.hears()) == 2
    with world.sessions() as slow:
        slow.execute(update(Asset).where(Asset.id == late).values(title="begun first"))
        for number in range(3):
            world.say(early, title=f"meanwhile {number}")
            assert world.anybody.hears() == [("updated", ["metadata"])]
        reading = world.anybody.after
        slow.commit()
    assert world.anybody.hears() == [("updated", ["metadata"])]
    with world.sessions() as session:
        line = change_log.find(session, {visibility.EVERYBODY}, late)
    assert line is not None and line.sequence > reading


def test_a_moment_that_was_told_as_safe_passes_nothing_by(world: World) -> None:
    """Who asks while the log is written, and later only for what came since, as harvesters do."""
    lesson = world.add()
    world.anybody.hears()
    world.say(lesson, title="新")
    writer = world.sessions()
    recording.record(writer)  # its lines have their times, and are not committed
    with world.sessions() as session:
        during = change_log.head(session)
    writer.commit()
    writer.close()
    with world.sessions() as session:
        line = change_log.find(session, {visibility.EVERYBODY}, lesson)
        afterwards = change_log.head(session)
        assert line is not None and line.sequence > during.sequence
        assert during.safe_at <= line.at <= afterwards.safe_at
        assert change_log.sequence_before(session, during.safe_at) < line.sequence


def test_each_record_stands_once_among_the_newest_and_what_is_said_again_goes(world: World) -> None:
    lesson, other = world.add(), world.add()
    world.anybody.hears()
    for number in range(3):
        world.say(lesson, title=f"{number}")
        world.anybody.hears()
    world.show(lesson, "organization")
    world.inside.hears()
    world.say(lesson, title="只给自己")
    world.inside.hears()

    def newest(viewer: Viewer) -> list[tuple[str, str]]:
        with world.sessions() as session:
            words = visibility.words_of(session, viewer)
            found = change_log.newest(session, words, Wanted(), 10_000)
            assert change_log.count_newest(session, words, Wanted()) == len(found)
        return [(each.record_id, each.change) for each in found if each.record_id in (lesson, other)]

    expected = newest(ANYBODY), newest(Viewer(world.city))
    assert expected == ([(other, "created"), (lesson, "deleted")], [(other, "created"), (lesson, "updated")])
    with world.sessions.begin() as session:
        session.execute(update(CatalogueChange).values(at=CatalogueChange.at - timedelta(days=9)))
        while recording.compact(session, 3):
            pass
        left = session.scalars(
            select(CatalogueChange.record_id).where(CatalogueChange.record_id == lesson)
        ).all()
    assert len(left) == 2
    assert (newest(ANYBODY), newest(Viewer(world.city))) == expected


def test_after_a_backup_was_put_back_numbers_of_before_are_known_as_such(world: World) -> None:
    with world.sessions.begin() as session:
        before = change_log.position(session)
        recording.begin_anew(session)
        session.expire_all()
        epoch, sequence = change_log.position(session)
    assert epoch != before[0] and sequence == before[1]
    with world.sessions() as session:
        assert session.scalars(select(ChangeLog.id)).all() == [1]
        assert session.execute(text("SELECT count(*) FROM record_marks")).scalar_one() == 0
