"""Events are written with what they tell, whoever writes it, and read in an order that passes nothing by."""

from __future__ import annotations

import pytest
from ledger import take
from sqlalchemy import delete, func, text, update
from sqlalchemy.orm import Session, sessionmaker
from support import settle

from storage.catalogue import assets, events, organizations, steps, tracks, trash, upload_locks, uploads
from storage.catalogue.models import Asset, Event, EventCounter, Person, Track, Upload, Version
from storage.catalogue.reach import Reach
from storage.catalogue.uploads import Transfer

pytestmark = pytest.mark.integration


@pytest.fixture
def city(sessions: sessionmaker[Session]) -> str:
    with sessions.begin() as session:
        return organizations.create_organization(session, "市").id


def begin_upload(session: Session, organization_id: str) -> Transfer:
    return uploads.create_upload(
        session,
        uploads.Announced(organization_id, "k", 7, upload_locks.LOCK),
        title="第一课",
        file_name="a.mp4",
        policy="public",
        external_id=f"lesson of {organization_id}",
    )


def settled_feed(sessions: sessionmaker[Session], city: str, after: str | None = None) -> list[Event]:
    settle(sessions)
    return feed(sessions, city, after)


def feed(
    sessions: sessionmaker[Session], city: str, after: str | None = None, limit: int = 1000
) -> list[Event]:
    with sessions() as session:
        return list(events.list_events(session, Reach(city), limit, after=after))


def types(found: list[Event]) -> list[str]:
    return [each.type for each in found]


def test_a_lessons_life_is_told(sessions: sessionmaker[Session], city: str) -> None:
    with sessions.begin() as session:
        transfer = begin_upload(session, city)
    with sessions.begin() as session:
        uploads.finish(session, transfer, "00")
    held = take(sessions, transfer.version_id, "inspect")
    with sessions.begin() as session:
        steps.complete(session, held)
    with sessions.begin() as session:
        tracks.put(
            session,
            Track(version_id=transfer.version_id, kind="captions", language="zh", label="", object_key="1"),
        )
    with sessions.begin() as session:  # replaced, which is no deletion
        tracks.put(
            session,
            Track(version_id=transfer.version_id, kind="captions", language="zh", label="字", object_key="2"),
        )
    with sessions.begin() as session:
        tracks.remove(session, transfer.version_id, "captions", "zh")
    with sessions.begin() as session:
        asset = session.get_one(Asset, transfer.asset_id)
        asset.title = "新"
    with sessions.begin() as session:
        assets.add_playback_id(session, session.get_one(Asset, transfer.asset_id), "signed")
    with sessions.begin() as session:
        steps.fail_version(session, transfer.version_id, "source_damaged", "why")
    with sessions.begin() as session:
        trash.remove(session, session.get_one(Asset, transfer.asset_id))
    with sessions.begin() as session:
        session.execute(update(Asset).where(Asset.id == transfer.asset_id).values(current_version_id=None))
        session.execute(delete(Version).where(Version.asset_id == transfer.asset_id))
        session.execute(delete(Asset).where(Asset.id == transfer.asset_id))
    found = settled_feed(sessions, city)
    assert types(found) == [
        "asset.created",
        "version.created",
        "upload.created",
        "upload.finished",
        "version.queued",
        "version.processing",
        "track.put",
        "track.put",
        "track.deleted",
        "asset.changed",
        "asset.changed",
        "version.failed",
        "asset.deleted",
        "asset.purged",
    ]
    assert [each.sequence for each in found] == [*range(1, len(found) + 1)]
    assert {each.asset_id for each in found} == {transfer.asset_id}
    assert [each.payload["changed"] for each in found if each.type == "asset.changed"] == [
        ["title"],
        ["playback_ids"],
    ]
    assert found[11].payload == {
        "external_id": f"lesson of {city}",
        "title": "新",
        "version_id": transfer.version_id,
        "state": "failed",
        "kind": None,
        "failure_code": "source_damaged",
    }
    assert max(len(events.write(each)) for each in found) < 20_000


def test_another_version_that_becomes_the_current_one_is_told_and_the_first_is_not(
    sessions: sessionmaker[Session], city: str
) -> None:
    with sessions.begin() as session:
        transfer = begin_upload(session, city)
        second = Version(
            asset_id=transfer.asset_id, file_name="b.mp4", background=0, state="ready", kind="video"
        )
        session.add(second)
    seen = settled_feed(sessions, city)[-1].id
    pointer = update(Asset).where(Asset.id == transfer.asset_id)
    with sessions.begin() as session:  # there and back, and once more to the same, which is no change
        for version_id in (second.id, transfer.version_id, transfer.version_id):
            session.execute(pointer.values(current_version_id=version_id))
    with sessions.begin() as session:
        session.execute(pointer.values(current_version_id=second.id, title="新"))
    with sessions.begin() as session:  # what takes it away says so itself
        session.execute(pointer.values(current_version_id=None))
    found = [each for each in settled_feed(sessions, city, seen) if each.type == "version.activated"]
    assert [each.payload["version_id"] for each in found] == [second.id, transfer.version_id, second.id]
    assert found[-1].payload == {
        "external_id": f"lesson of {city}",
        "title": "新",
        "version_id": second.id,
        "state": "ready",
        "kind": "video",
        "failure_code": None,
    }


def test_an_upload_that_is_given_up_is_told_with_its_asset(
    sessions: sessionmaker[Session], city: str
) -> None:
    with sessions.begin() as session:
        transfer = begin_upload(session, city)
    with sessions.begin() as session:
        uploads.forget(session, transfer)
    gone = settled_feed(sessions, city)[3:]
    assert sorted(types(gone)) == ["asset.deleted", "upload.deleted"]
    assert {each.asset_id for each in gone} == {transfer.asset_id}
    assert [each.sequence for each in gone] == [4, 5]


def test_what_is_rolled_back_is_not_told(sessions: sessionmaker[Session], city: str) -> None:
    with sessions() as session:
        begin_upload(session, city)
        session.flush()
        session.rollback()
    assert settled_feed(sessions, city) == []


def test_progress_writes_no_event(sessions: sessionmaker[Session], city: str) -> None:
    with sessions.begin() as session:
        transfer = begin_upload(session, city)
        uploads.finish(session, transfer, "00")
    held = take(sessions, transfer.version_id, "inspect")
    before = len(settled_feed(sessions, city))
    for percent in range(100):
        with sessions.begin() as session:
            steps.renew(session, held, percent / 100)
            steps.expect(session, transfer.version_id, 100.0 - percent)
            steps.advance(session, transfer.version_id)
            session.execute(
                update(Upload).where(Upload.id == transfer.id).values(lock_until=func.now(), received=percent)
            )
    with sessions() as session:
        assert session.get_one(Version, transfer.version_id).progress > 0
    assert len(settled_feed(sessions, city)) == before


def test_what_is_committed_late_is_not_passed_by(sessions: sessionmaker[Session], city: str) -> None:
    """One transaction stays open while others end and a reader pages through what they leave."""

    def new_asset(session: Session, title: str) -> None:
        assets.create_asset(session, city, title, "a.mp4", "public")
        session.flush()

    seen: list[Event] = []

    def read() -> None:
        while page := feed(sessions, city, after=seen[-1].id if seen else None, limit=2):
            seen.extend(page)

    with sessions.begin() as session:
        new_asset(session, "before")
    settle(sessions)
    read()
    assert len(seen) == 2
    late, later = sessions(), sessions()
    new_asset(late, "late")
    for number in range(3):
        with sessions.begin() as session:
            new_asset(session, str(number))
        read()
    new_asset(later, "later")
    late.commit()
    read()
    later.commit()
    settle(sessions)
    read()
    titles = [each.payload["title"] for each in seen if each.type == "asset.created"]
    assert sorted(titles) == ["0", "1", "2", "before", "late", "later"]
    assert titles.index("late") < titles.index("0")  # where its transaction began
    assert len({each.id for each in seen}) == len(seen) == 12
    for session in (late, later):
        session.close()


def test_an_assets_events_count_in_the_order_of_commits(sessions: sessionmaker[Session], city: str) -> None:
    with sessions.begin() as session:
        version = assets.create_asset(session, city, "一", "a.mp4", "public")
    first = sessions()
    first.execute(text("SELECT pg_current_xact_id()"))
    with sessions.begin() as session:
        session.get_one(Asset, version.asset_id).title = "第一"
    first.get_one(Asset, version.asset_id).title = "第二"
    first.commit()
    first.close()
    changed = [each for each in settled_feed(sessions, city) if each.type == "asset.changed"]
    newest = max(changed, key=lambda each: each.sequence or 0)
    assert newest.payload["title"] == "第二"
    assert newest is not changed[-1]  # its transaction began before the other one


def test_old_events_go_and_so_does_who_asks_after_them(sessions: sessionmaker[Session], city: str) -> None:
    with sessions.begin() as session:
        transfer = begin_upload(session, city)
    with sessions.begin() as session:
        uploads.forget(session, transfer)
    last = settled_feed(sessions, city)[-1]
    with sessions.begin() as session:
        session.execute(update(Event).values(at=func.now() - text("interval '40 days'")))
        kept = assets.create_asset(session, city, "kept", "a.mp4", "public")
    with sessions.begin() as session:
        events.forget(session, 30)
    assert types(settled_feed(sessions, city)) == ["asset.created", "version.created"]
    with sessions() as session:
        assert session.get(EventCounter, transfer.asset_id) is None
        assert session.get_one(EventCounter, kept.asset_id).last == 2
        with pytest.raises(events.EventForgotten):
            events.list_events(session, Reach(city), 1, after=last.id)


def test_events_of_another_server_are_settled(sessions: sessionmaker[Session], city: str) -> None:
    """As after a backup was put back: there transactions had counted further."""
    with sessions.begin() as session:
        begin_upload(session, city)
    before = [each.id for each in settled_feed(sessions, city)]
    with sessions.begin() as session:
        session.execute(update(Event).values(transaction_id=Event.transaction_id + 10**9))
    assert feed(sessions, city) == []
    with sessions.begin() as session:
        assert events.settle_foreign(session)
    with sessions.begin() as session:
        assets.create_asset(session, city, "new", "a.mp4", "public")
        assert not events.settle_foreign(session)
    assert [each.id for each in settled_feed(sessions, city)][: len(before)] == before
    assert types(settled_feed(sessions, city, after=before[-1])) == ["asset.created", "version.created"]


def test_an_author_is_told_of_what_is_their_own(sessions: sessionmaker[Session], city: str) -> None:
    with sessions.begin() as session:
        person = Person(organization_id=city, subject="teacher-7", name="王老师", role="author")
        session.add(person)
        session.flush()
        own = assets.create_asset(session, city, "own", "a.mp4", "public").asset_id
        assets.create_asset(session, city, "another's", "a.mp4", "public")
        session.get_one(Asset, own).owner_id = person.id
    settle(sessions)
    with sessions() as session:
        reach = Reach(city, alone=True, owner_id=person.id)
        assert {each.asset_id for each in events.list_events(session, reach, 100)} == {own}
