"""What is finished is packed: nobody who plays it, copies it or counts it sees a difference."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from house import House, house, make_house, walk
from lesson import Lesson, add_lesson
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from storage.catalogue import chunks, inventory, mirrors, shared_lessons, storage_days
from storage.catalogue.models import Asset, AssetStorage, Chunk, PackedChunks, Rendition, Version
from storage.catalogue.study_segments import SegmentTables
from storage.comparison import UNREADABLE, compare
from storage.exchange.lessons import chunk_path
from storage.ids import new_id
from storage.keys import asset_prefix, step_key
from workers import sweeper
from workers.packing import Packing

__all__ = ["house"]


def rows_of(session: Session, version_id: str, model: type[Chunk | PackedChunks]) -> int:
    query = select(func.count()).select_from(model).join(Rendition, Rendition.id == model.rendition_id)
    return session.execute(query.where(Rendition.version_id == version_id)).scalar_one()


def seen(house: House, lesson: Lesson) -> dict[str, Any]:
    """What players get, and what other parts read; of a service that remembers nothing."""
    fresh = make_house(house.sessions, objects=house.objects)
    found: dict[str, Any] = {
        f"{url} {span}": fresh.get(url, **({"Range": span} if span else {})).data
        for url, span in walk(fresh, f"/v/{lesson.public_id}/master.m3u8")
    }
    found["dash"] = fresh.get(f"/v/{lesson.public_id}/manifest.mpd").data
    with house.sessions.begin() as session:
        version = session.get_one(Version, lesson.version_id)
        storage_days.measure(session, date(2026, 12, 1))
        found |= {
            "named": sorted(inventory.named_by(session, version.id), key=lambda each: each.key),
            "named among all": {each.key for each in inventory.named_objects(session, print)},
            "copies": mirrors.known_copies(session, lesson.asset_id),
            "shared": [
                shared_lessons.find_object(session, version, chunk_path("360p", number), with_source=False)
                for number in range(3)
            ],
            "bytes": session.get_one(AssetStorage, lesson.asset_id, populate_existing=True).bytes,
            "study": [SegmentTables().find(session, version.id, "180p", number) for number in range(4)],
        }
    return found


def pack_all(house: House, overlap: float = 0) -> None:
    packing, cursor = Packing(house.sessions, overlap), ""
    while (found := packing.pack(cursor)).pause is not None:
        cursor = found.cursor


def test_what_is_packed_plays_and_is_told_as_before(house: House) -> None:
    lesson = add_lesson(house.sessions, house.objects)
    before = seen(house, lesson)
    assert before["shared"][1] and before["study"][0] and len(before["named"]) > 5
    pack_all(house, overlap=60)
    with house.sessions() as session:
        assert rows_of(session, lesson.version_id, PackedChunks) == 0, "the release before may be there still"
    pack_all(house)
    with house.sessions() as session:
        assert rows_of(session, lesson.version_id, Chunk) == 0
        assert rows_of(session, lesson.version_id, PackedChunks) == 3
    assert seen(house, lesson) == before


def test_only_what_nobody_changes_any_more_is_packed(house: House) -> None:
    growing = add_lesson(house.sessions, house.objects, state="playable")
    extended = add_lesson(house.sessions, house.objects)
    with house.sessions.begin() as session:
        unpublished = (Rendition.version_id == extended.version_id, Rendition.name == "360p")
        session.execute(update(Rendition).where(*unpublished).values(published=False))
    pack_all(house)
    with house.sessions() as session:
        assert rows_of(session, growing.version_id, PackedChunks) == 0
        assert rows_of(session, extended.version_id, PackedChunks) == 2
        assert rows_of(session, extended.version_id, Chunk) == 2
        there = {
            each.rendition_id: len(each.chunks) for each in chunks.of_version(session, extended.version_id)
        }
        assert sorted(there.values()) == [1, 2, 2]


def test_an_asset_that_is_being_removed_is_not_waited_for(house: House) -> None:
    lesson = add_lesson(house.sessions, house.objects)
    with house.sessions.begin() as removing:
        removing.execute(select(Version.id).where(Version.id == lesson.version_id).with_for_update())
        pack_all(house)
        assert rows_of(removing, lesson.version_id, Chunk) == 5
        removing.execute(update(Asset).where(Asset.id == lesson.asset_id).values(current_version_id=None))
        removing.execute(delete(Asset).where(Asset.id == lesson.asset_id))
    pack_all(house)
    with house.sessions() as session:
        assert not list(chunks.of_version(session, lesson.version_id))


def test_damage_to_one_lesson_removes_nothing_and_stops_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeper, "ORPHAN_AGE", timedelta(seconds=-60))
    damaged, whole = (add_lesson(house.sessions, house.objects) for _ in range(2))
    pack_all(house)
    stray = step_key(whole.asset_id, whole.version_id, new_id(), 1, "left-behind.mp4")
    house.objects.put(stray, b"left behind")
    of_damaged = {info.key for info in house.objects.list(asset_prefix(damaged.asset_id))}
    with house.sessions.begin() as session:
        for packed in session.scalars(
            select(PackedChunks)
            .join(Rendition, Rendition.id == PackedChunks.rendition_id)
            .where(Rendition.version_id == damaged.version_id)
        ):
            packed.chunks = packed.chunks[:-3] + bytes([packed.chunks[-3] ^ 1]) + packed.chunks[-2:]
    sweeper.remove_orphans(house.sessions, house.objects, "")
    assert {info.key for info in house.objects.list(asset_prefix(damaged.asset_id))} == of_damaged
    assert stray not in {info.key for info in house.objects.list(asset_prefix(whole.asset_id))}
    told: set[str] = set()
    with house.sessions() as session:
        named = list(inventory.named_objects(session, lambda _asset, version: told.add(version)))
        assert mirrors.known_copies(session, whole.asset_id)
        mirrors.known_copies(session, damaged.asset_id)
        assert SegmentTables().find(session, damaged.version_id, "180p", 0) is None
        assert SegmentTables().find(session, whole.version_id, "180p", 0) is not None
    assert told == {damaged.version_id}
    assert {each.what for each in named if each.version_id == whole.version_id} >= {"chunk"}
    problems = {
        each.named.version_id: each.problem
        for each in compare(house.sessions, house.objects)
        if each.named and each.named.what == UNREADABLE
    }
    assert set(problems) == {damaged.version_id} and "cannot be read" in problems[damaged.version_id]


def test_rows_that_packing_would_change_stay_rows(house: House) -> None:
    odd, even = (add_lesson(house.sessions, house.objects) for _ in range(2))
    with house.sessions.begin() as session:
        of_odd = select(Rendition.id).where(Rendition.version_id == odd.version_id)
        session.execute(update(Chunk).where(Chunk.rendition_id.in_(of_odd)).values(sha256="not a hash"))
    pack_all(house)
    with house.sessions() as session:
        assert rows_of(session, odd.version_id, Chunk) == 5
        assert rows_of(session, odd.version_id, PackedChunks) == 0
        assert rows_of(session, even.version_id, Chunk) == 0
