"""Lessons of another platform are copied here whole, play without it, and stay as they are there.

Named after what went wrong elsewhere: PeerTube #6857 and #6359 (a mirror that plays only while its origin is there),
#4344 (copies that begin anew), #4341 (another origin costs all copies).
"""

from __future__ import annotations

import base64
import hashlib
import random
from dataclasses import replace
from typing import Any

import pytest
from lesson import FACTS, add_lesson
from pydantic import ValidationError
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session
from two_platforms import World, met, world

from media_service.exchange import serving
from storage import joined_files
from storage.catalogue import fingerprints, shared_lessons
from storage.catalogue.models import (
    Asset,
    Chunk,
    File,
    FollowedLesson,
    MirroredObject,
    Rendition,
    Track,
    Version,
)
from storage.exchange.lessons import SharedFingerprint
from storage.fingerprints import TILE, Fingerprint
from storage.ids import new_id
from storage.joined_files import ChunkSlice
from storage.objects import ObjectStore, StorageFull
from workers import mirroring
from workers.mirroring import is_within

__all__ = ["world"]

pytestmark = pytest.mark.integration


def test_a_mirror_plays_with_its_origin_away(world: World) -> None:
    """PeerTube #6857, #6359."""
    world.follow()
    told = world.copy_of(world.lesson.asset_id)
    assert (told["state"], told["title"], told["failure"]) == ("current", "太极拳", None)
    assert told["bytes_done"] == told["bytes_total"] == sum(world.line.sent.values())
    assert [station["asset_id"] for station in told["stations"]] == [world.lesson.asset_id]
    world.line.is_away = True
    try:
        assert world.play(told["asset_id"]) > 10
    finally:
        world.line.is_away = False
    with world.city.house.sessions() as session, world.province.house.sessions() as there:
        copied = session.get_one(Asset, told["asset_id"])
        query = select(Chunk.sha256).join(Rendition, Rendition.id == Chunk.rendition_id)
        hashes = [
            sorted(each.execute(query.where(Rendition.version_id == version_id)).scalars())
            for each, version_id in ((session, copied.current_version_id), (there, world.lesson.version_id))
        ]
        assert hashes[0] == hashes[1] and len(hashes[0]) == 5
        left = select(MirroredObject).where(MirroredObject.version_id == copied.current_version_id)
        assert session.execute(left).first() is None
        key = session.execute(
            select(Chunk.object_key, Chunk.sha256)
            .join(Rendition, Rendition.id == Chunk.rendition_id)
            .where(Rendition.version_id == copied.current_version_id, Chunk.sha256 == hashes[0][0])
        ).first()
    assert key is not None
    assert hashlib.sha256(world.city.house.objects.get(key[0])).hexdigest() == key[1]


def test_what_changes_there_changes_here_and_what_stayed_is_not_fetched_again(world: World) -> None:
    world.follow()
    asset_id = world.copy_of(world.lesson.asset_id)["asset_id"]
    before = sum(world.line.sent.values())
    said = {
        "title": "太极拳（修订）",
        "tags": ["太极"],
        "licence": {"code": "CC-BY-4.0"},
        "language": "zh-CN",
    }
    world.province.ask("PATCH", f"/v1/assets/{world.lesson.asset_id}", 200, said)
    world.follow()
    here = world.city.ask("GET", f"/v1/assets/{asset_id}", 200)
    assert {name: here[name] for name in ("title", "tags", "language")} == {
        name: said[name] for name in ("title", "tags", "language")
    }
    assert here["licence"]["code"] == "CC-BY-4.0"
    assert sum(world.line.sent.values()) == before
    # Captions of another language: the version here is made anew, of what is here and the new track alone.
    track = "WEBVTT\n\n00:00.000 --> 00:02.000\nhello again\n"
    world.province.ask(
        "PUT",
        f"/v1/assets/{world.lesson.asset_id}/tracks/captions/en",
        200,
        data=track.encode(),
        headers={"Content-Type": "text/vtt"},
    )
    world.follow()
    tracks = world.city.ask("GET", f"/v1/assets/{asset_id}/tracks", 200)["tracks"]
    assert {each["language"] for each in tracks} == {"zh", "en"}
    assert sum(world.line.sent.values()) - before < 500
    world.play(asset_id)


def test_what_is_on_slides_comes_too(world: World) -> None:
    world.follow()
    here = world.copy_of(world.lesson.asset_id)["asset_id"]
    text = b"WEBVTT\n\n00:01.000 --> 00:02.000\n\xe5\x85\x89\xe5\x90\x88\xe4\xbd\x9c\xe7\x94\xa8\n"
    of = f"/v1/assets/{world.lesson.asset_id}/tracks/slides/zh"
    answer = world.province.house.client.put(
        of, data=text, headers={**world.province.admin, "Content-Type": "text/vtt"}
    )
    assert answer.status_code in (200, 201), answer.text
    world.work()
    assert world.copy_of(world.lesson.asset_id)["state"] == "current"
    tracks = world.city.ask("GET", f"/v1/assets/{here}/tracks", 200)["tracks"]
    assert [(each["kind"], each["language"]) for each in tracks if each["kind"] == "slides"] == [
        ("slides", "zh")
    ]
    with world.city.house.sessions() as session:
        key = session.execute(
            select(Track.object_key)
            .join(Asset, Asset.current_version_id == Track.version_id)
            .where(Asset.id == here, Track.kind == "slides")
        ).scalar_one()
    assert "光合作用" in world.city.house.objects.get(key).decode()
    world.province.ask("DELETE", of, 204)
    world.work()
    tracks = world.city.ask("GET", f"/v1/assets/{here}/tracks", 200)["tracks"]
    assert {each["kind"] for each in tracks} == {"captions"}


def test_a_storage_that_is_full_is_said_and_gone_on_with(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    lesson = add_lesson(world.province.house.sessions, world.province.house.objects)
    with world.province.house.sessions.begin() as session:
        values = {"organization_id": world.province.organization_id, "visibility": None}
        session.execute(update(Asset).where(Asset.id == lesson.asset_id).values(**values))

    def full(*_: Any, **__: Any) -> None:
        raise StorageFull("no space left")

    with monkeypatch.context() as patch:
        patch.setattr(world.city.house.objects, "put", full)
        world.tell()
        world.keeper.read_changes()
        with pytest.raises(StorageFull):
            while world.keeper.copy().pause is not None:
                pass
        told = world.copy_of(lesson.asset_id)
        assert (told["state"], told["failure"]["code"]) == ("copying", "storage_failed_here")
    # Without waiting for a longer time each try.
    while world.keeper.copy().pause is not None:
        pass
    told = world.copy_of(lesson.asset_id)
    assert (told["state"], told["failure"]) == ("current", None)
    world.play(told["asset_id"])


def test_what_is_withdrawn_there_leaves_here_and_comes_back(world: World) -> None:
    world.follow()
    asset_id = world.copy_of(world.lesson.asset_id)["asset_id"]
    issued = world.city.ask("POST", "/v1/playback-tokens", 201, {"asset_id": asset_id})
    master = f"/v/{issued['playback_id']}/master.m3u8?token={issued['token']}"
    assert world.city.house.get(master).status_code == 200
    world.share()
    world.follow()
    assert world.copy_of(world.lesson.asset_id)["state"] == "gone"
    world.city.ask("GET", f"/v1/assets/{asset_id}", 404)
    world.city.house.gate._playback_ids._known.clear()
    assert world.city.house.get(master).status_code == 404
    before = sum(world.line.sent.values())
    world.share({"asset_id": world.lesson.asset_id})
    world.follow()
    back = world.copy_of(world.lesson.asset_id)
    assert (back["state"], back["asset_id"]) == ("current", asset_id)
    assert sum(world.line.sent.values()) == before
    world.play(asset_id)


def test_where_a_line_is_cut_it_goes_on_at_that_byte(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """PeerTube #4344."""
    part = 64 * 1024
    monkeypatch.setattr(mirroring, "PART", part)
    lesson = add_lesson(world.province.house.sessions, world.province.house.objects)
    data = random.Random(7).randbytes(10 * part)
    world.province.house.objects.put("large", data)
    with world.province.house.sessions.begin() as session:
        session.execute(
            update(Asset)
            .where(Asset.id == lesson.asset_id)
            .values(organization_id=world.province.organization_id, visibility=None)
        )
        session.add(
            File(
                version_id=lesson.version_id,
                name="download.mp4",
                object_key="large",
                content_type="video/mp4",
                size=len(data),
                sha256=hashlib.sha256(data).hexdigest(),
            )
        )
    path = f"/v1/exchange/objects/{lesson.version_id}/files/download.mp4"
    world.line.cuts = [len(data) * share // 100 for share in (30, 30, 30)]
    world.share({"organization_id": world.province.organization_id})
    world.follow()
    assert world.line.cuts == []
    assert world.copy_of(lesson.asset_id)["state"] == "current"
    assert world.line.sent[path] == len(data)
    with world.city.house.sessions() as session:
        here = session.get_one(Asset, world.copy_of(lesson.asset_id)["asset_id"]).current_version_id
        stored = session.execute(
            select(File.object_key).where(File.name == "download.mp4", File.version_id == here)
        ).scalar_one()
    assert world.city.house.objects.get(stored) == data

    # The keeper dies in the middle: of what it had, one part at most is fetched again.
    other = add_lesson(world.province.house.sessions, world.province.house.objects)
    with world.province.house.sessions.begin() as session:
        session.execute(
            update(Asset)
            .where(Asset.id == other.asset_id)
            .values(organization_id=world.province.organization_id, visibility=None)
        )
        session.add(
            File(
                version_id=other.version_id,
                name="download.mp4",
                object_key="large",
                content_type="video/mp4",
                size=len(data),
                sha256=hashlib.sha256(data).hexdigest(),
            )
        )
    path = f"/v1/exchange/objects/{other.version_id}/files/download.mp4"
    monkeypatch.setattr(mirroring, "FRUITLESS", 0)
    world.line.cuts = [int(2.5 * part)]
    with monkeypatch.context() as patch:
        patch.setattr(
            mirroring.mirrors, "put_off", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt("killed"))
        )
        with pytest.raises(KeyboardInterrupt):
            world.follow()
    with world.city.house.sessions.begin() as session:
        session.execute(update(FollowedLesson).values(lease_until=FollowedLesson.created_at))
    world.follow()
    assert world.copy_of(other.asset_id)["state"] == "current"
    assert len(data) <= world.line.sent[path] <= len(data) + part


def test_another_way_to_a_lesson_fetches_nothing(world: World) -> None:
    """PeerTube #4341; and what is our own does not come back as another's."""
    world.follow()
    before = dict(world.line.sent)
    other = met(world.province, world.city)
    world.province.ask(
        "PATCH", f"/v1/platform-links/{other}", 200, {"shares": [{"asset_id": world.lesson.asset_id}]}
    )
    world.city.ask("PUT", f"/v1/platform-links/{other}/subscription", 200, {})
    world.follow()
    lessons = world.city.ask("GET", f"/v1/platform-links/{other}/lessons", 200)["lessons"]
    assert [each["state"] for each in lessons] == ["elsewhere"]
    assert world.line.sent == before
    assert world.copy_of(world.lesson.asset_id)["state"] == "current"
    world.city.ask("DELETE", f"/v1/platform-links/{other}/subscription", 204)
    world.city.ask("GET", f"/v1/platform-links/{other}/subscription", 404)


def test_an_adopted_lesson_is_our_own(world: World) -> None:
    world.follow()
    told = world.copy_of(world.lesson.asset_id)
    path = f"/v1/platform-links/{world.link_id}/lessons/{told['id']}/adopt"
    assert world.city.ask("POST", path, 200)["state"] == "adopted"
    world.share()
    world.follow()
    world.play(told["asset_id"])
    assert world.copy_of(world.lesson.asset_id)["stations"] == told["stations"]


def test_a_version_that_lies_about_its_bytes_is_not_shown(world: World) -> None:
    lesson = add_lesson(world.province.house.sessions, world.province.house.objects)
    with world.province.house.sessions.begin() as session:
        session.execute(
            update(Asset)
            .where(Asset.id == lesson.asset_id)
            .values(organization_id=world.province.organization_id, visibility=None)
        )
        [key] = session.execute(
            select(Chunk.object_key)
            .join(Rendition, Rendition.id == Chunk.rendition_id)
            .where(Rendition.version_id == lesson.version_id, Rendition.name == "audio")
        ).scalars()
    whole = world.province.house.objects.get(key)
    world.province.house.objects.put(key, whole[:-1] + bytes([whole[-1] ^ 1]))
    world.share({"asset_id": lesson.asset_id})
    world.follow()
    told = world.copy_of(lesson.asset_id)
    assert (told["state"], told["failure"]["code"]) == ("copying", "answer_invalid")
    with world.city.house.sessions() as session:
        states = session.execute(select(Version.state).where(Version.asset_id == told["asset_id"])).scalars()
        assert {*states} == {"processing"}
    asset = world.city.ask("GET", f"/v1/assets/{told['asset_id']}", 200)
    assert asset["state"] == "processing" and 0 < asset["progress"]["percent"] < 100
    world.province.house.objects.put(key, whole)
    world.follow()
    world.play(told["asset_id"])


@pytest.mark.parametrize(
    "wrong", ["no chunks", "a hole", "no size", "no sound", "too long", "no text", "no file"]
)
def test_what_could_not_be_played_is_not_understood_and_what_was_here_plays(world: World, wrong: str) -> None:
    lesson = add_lesson(world.province.house.sessions, world.province.house.objects)
    with world.province.house.sessions.begin() as session:
        values = {"organization_id": world.province.organization_id, "visibility": None}
        session.execute(update(Asset).where(Asset.id == lesson.asset_id).values(**values))
    world.share({"asset_id": lesson.asset_id})
    world.follow()
    told = world.copy_of(lesson.asset_id)
    addresses = world.play(told["asset_id"])
    with world.province.house.sessions.begin() as session:
        of = Rendition.version_id == lesson.version_id
        chunks = Chunk.rendition_id.in_(
            select(Rendition.id).where(of, Rendition.name == ("audio" if wrong == "no sound" else "360p"))
        )
        if wrong == "no chunks":
            session.execute(delete(Chunk).where(chunks))
        elif wrong == "a hole":
            session.execute(delete(Chunk).where(chunks, Chunk.number == 0))
        elif wrong == "no size":
            session.execute(update(Rendition).where(of, Rendition.name == "360p").values(width=0))
        elif wrong == "no sound":
            session.execute(delete(Chunk).where(chunks))
            session.execute(delete(Rendition).where(of, Rendition.name == "audio"))
        elif wrong == "too long":
            session.get_one(Version, lesson.version_id).facts = replace(FACTS, duration=1e12)
        elif wrong == "no text":
            key = f"{new_id()}.vtt"
            world.province.house.objects.put(key, b"\xff\xfe no text at all")
            session.execute(update(Track).where(Track.id == lesson.track_id).values(object_key=key))
        elif wrong == "no file":
            data = joined_files.write(b"head", [ChunkSlice("360p", 7, 0, 10)])
            add_recipe(world.province.house.objects, session, lesson.version_id, data)
        session.execute(update(Asset).where(Asset.id == lesson.asset_id).values(title="改名"))
    serving._stored.clear()
    with world.city.house.sessions.begin() as session:
        mine = FollowedLesson.origin_id == lesson.asset_id
        session.execute(update(FollowedLesson).where(mine).values(due_at=FollowedLesson.created_at))
    while world.keeper.copy().pause is not None:
        pass
    after = world.copy_of(lesson.asset_id)
    assert after["failure"]["code"] == "lesson_not_understood", after
    assert after["failure"]["detail"] and after["asset_id"] == told["asset_id"]
    asset = world.city.ask("GET", f"/v1/assets/{told['asset_id']}", 200)
    assert (asset["state"], asset["title"]) == ("ready", "改名")
    assert world.play(told["asset_id"]) == addresses
    issued = world.city.ask("POST", "/v1/playback-tokens", 201, {"asset_id": told["asset_id"]})
    for name in ("master.m3u8", "manifest.mpd", "storyboard.jpg", "storyboard.vtt", "poster.jpg"):
        answer = world.city.house.get(f"/v/{issued['playback_id']}/{name}?token={issued['token']}")
        assert answer.status_code == 200, name


def add_recipe(objects: ObjectStore, session: Session, version_id: str, data: bytes) -> None:
    """A file that is put together of chunks that there are not."""
    key = new_id()
    objects.put(key, data)
    file = File(
        version_id=version_id,
        name="download.mp4",
        object_key=key,
        content_type="video/mp4",
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        joined_size=14,
    )
    session.add(file)


@pytest.mark.parametrize(
    ("minute", "first", "until", "expected"),
    [
        (0, None, None, True),
        (100, 60, 120, True),
        (120, 60, 120, False),
        (1400, 1320, 360, True),
        (300, 1320, 360, True),
        (700, 1320, 360, False),
    ],
)
def test_nights_go_over_midnight(minute: int, first: int | None, until: int | None, expected: bool) -> None:
    assert is_within(minute, first, until) == expected


def test_the_same_lesson_is_found_again_across_platforms(world: World) -> None:
    """By the hash of its file, where that is told, and by how it looks and sounds."""
    noise = random.Random(11)
    tile = TILE[0] * TILE[1]
    looks = Fingerprint(noise.randbytes(4 * tile), 10.0, noise.randbytes(4 * 300))
    lesson = add_lesson(world.province.house.sessions, world.province.house.objects)
    own = add_lesson(world.city.house.sessions, world.city.house.objects)
    sha256 = hashlib.sha256(noise.randbytes(9)).hexdigest()
    for platform, each in ((world.province, lesson), (world.city, own)):
        with platform.house.sessions.begin() as session:
            session.execute(
                update(Asset)
                .where(Asset.id == each.asset_id)
                .values(organization_id=platform.organization_id, visibility=None)
            )
            session.execute(
                update(Version)
                .where(Version.id == each.version_id)
                .values(source_sha256=sha256, source_size=9)
            )
            fingerprints.write(session, each.version_id, 41.0, of=looks)
    world.share({"asset_id": lesson.asset_id, "with_source": True})
    world.follow()
    copy = world.copy_of(lesson.asset_id)["asset_id"]
    found = world.city.ask("GET", f"/v1/assets/{copy}/resembling", 200)["assets"]
    assert [(each["asset_id"], each["pictures"], each["sound"]) for each in found] == [
        (own.asset_id, 1.0, 1.0)
    ]
    assert world.city.ask("GET", f"/v1/assets/{copy}", 200)["duplicate_of"] == [own.asset_id]
    assert world.city.ask("GET", f"/v1/assets/{own.asset_id}", 200)["duplicate_of"] == [copy]
    # The file itself is not to be had: then its hash is not told either.
    world.share({"asset_id": lesson.asset_id})
    told = world.province.house.sessions
    with told() as session:
        version = session.get_one(Version, lesson.version_id)
        plain = shared_lessons._version(session, version, {}, with_source=False)
        whole = shared_lessons._version(session, version, {}, with_source=True)
    assert (plain.source_sha256, whole.source_sha256) == (None, sha256)
    assert plain.fingerprint is not None and plain.fingerprint.value() == looks


@pytest.mark.parametrize(
    "wrong",
    [
        {"pictures": "AAAA"},
        {"pictures": base64.b64encode(bytes(13 * TILE[0] * TILE[1])).decode(), "picture_seconds": 1},
        {"pictures": base64.b64encode(bytes(TILE[0] * TILE[1])).decode(), "picture_seconds": 1e-300},
        {"pictures": "A" * 50_000},
        {"pictures": "=A=="},
        {"picture_seconds": float("nan")},
        {"picture_seconds": float("inf")},
        {"duration": 0},
        {"duration": -1e300},
        {"sound": "AAAA"},
        {"sound": "A" * 12_004},
        {"sound": "不是"},
    ],
)
def test_fingerprints_that_would_cost_much_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        SharedFingerprint.model_validate({"duration": 10.0, **wrong})
