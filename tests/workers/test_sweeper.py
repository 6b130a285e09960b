"""What no row refers to goes, wherever it lies; what a row refers to, or may yet, stays."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, sessionmaker

from storage import keys
from storage.catalogue import assets, organizations
from storage.catalogue.models import Asset, Step, Version
from storage.ids import new_id
from storage.memory import MemoryObjectStore
from workers import sweeper
from workers.rounds import Round

pytestmark = pytest.mark.integration


@pytest.fixture(autouse=True)
def all_is_old(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeper, "ORPHAN_AGE", timedelta(seconds=-60))


def make_versions(sessions: sessionmaker[Session], objects: MemoryObjectStore, count: int) -> list[Version]:
    """Versions that are ready, each with its source and what an attempt left behind."""
    with sessions.begin() as session:
        organization = organizations.create_organization(session, "省社区教育")
        made = [
            assets.create_asset(session, organization.id, f"第{n}课", "a.mp4", "public") for n in range(count)
        ]
        for version in made:
            version.state, version.source_key = "ready", keys.source_key(version.asset_id, version.id)
            objects.put(version.source_key, b"source")
            objects.put(keys.step_key(version.asset_id, version.id, new_id(), 1, "240p.mp4"), b"left behind")
    return made


def walk(sessions: sessionmaker[Session], objects: MemoryObjectStore) -> int:
    """Rounds until all was looked at."""
    cursor, rounds = "", 0
    while True:
        done = sweeper.remove_orphans(sessions, objects, cursor)
        cursor, rounds = done.cursor, rounds + 1
        if not cursor:
            return rounds


def test_every_folder_is_looked_at_and_what_nothing_refers_to_goes(
    sessions: sessionmaker[Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeper, "FOLDERS_AT_A_TIME", 3)
    objects = MemoryObjectStore()
    made = make_versions(sessions, objects, 7)
    kept = {version.source_key for version in made}
    with sessions.begin() as session:
        unfinished = session.get_one(Version, made[3].id)
        unfinished.state = "processing"
    at_work = {info.key for info in objects.list(keys.asset_prefix(made[3].asset_id))}
    pending = objects.begin_multipart(f"{keys.version_prefix(made[3].asset_id, made[3].id)}source")
    objects.begin_multipart(f"{keys.version_prefix(made[4].asset_id, made[4].id)}download.mp4")
    for nowhere in (
        keys.step_key(new_id(), new_id(), new_id(), 1, "240p.mp4"),
        keys.step_key(made[0].asset_id, new_id(), new_id(), 1, "240p.mp4"),
        keys.tail_key(new_id(), 5),
        f"{keys.CHECKS}abc",
    ):
        objects.put(nowhere, b"nobody's")
    assert walk(sessions, objects) == 4
    assert {info.key for info in objects.list("")} == kept | at_work
    assert [upload.upload_id for upload in objects.pending_multipart()] == [pending]


def test_what_is_young_stays(sessions: sessionmaker[Session], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeper, "ORPHAN_AGE", timedelta(hours=24))
    objects = MemoryObjectStore()
    make_versions(sessions, objects, 2)
    before = [info.key for info in objects.list("")]
    walk(sessions, objects)
    assert [info.key for info in objects.list("")] == before


def test_deleted_assets_go_round_after_round_without_a_pause(
    sessions: sessionmaker[Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeper, "ASSETS_AT_A_TIME", 4)
    objects = MemoryObjectStore()
    made = make_versions(sessions, objects, 9)
    kept, at_work = made[0], made[1]
    deleted = [version.asset_id for version in made[1:]]
    with sessions.begin() as session:
        session.execute(update(Asset).where(Asset.id.in_(deleted)).values(deleted_at=func.now()))
        session.add(Step(version_id=at_work.id, name="inspect", kind="inspect", state="leased"))
    rounds = 1
    while sweeper.purge_deleted(sessions, objects) == Round(pause=0):
        rounds += 1
    assert rounds > 1
    with sessions() as session:
        left = session.execute(select(Asset.id).where(Asset.id.in_([kept.asset_id, *deleted])))
        assert set(left.scalars()) == {kept.asset_id, at_work.asset_id}
    assert {info.key.split("/")[1] for info in objects.list("")} == {kept.asset_id, at_work.asset_id}
