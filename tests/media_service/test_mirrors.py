"""Lessons of another platform are copied here whole, play without it, and stay as they are there.

The origin answers over real connections, which can be cut; what is here lies in memory and in a catalogue of its own.
Named after what went wrong elsewhere: PeerTube #6857 and #6359 (a mirror that plays only while its origin is there),
#4344 (copies that begin anew), #4341 (another origin costs all copies).
"""

from __future__ import annotations

import base64
import hashlib
import random
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import IPv4Network
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from house import SECRET_KEY, walk
from lesson import Lesson, add_image, add_lesson
from platforms import CITY, Platform, free_port, link_up, make_platform
from pydantic import ValidationError
from sqlalchemy import select, update
from sqlalchemy.orm import Session, sessionmaker
from werkzeug.serving import make_server

from media_service.exchange import serving
from storage.catalogue import fingerprints, shared_lessons
from storage.catalogue.models import Asset, Chunk, File, FollowedLesson, MirroredObject, Rendition, Version
from storage.catalogue.recording import record
from storage.exchange.lessons import SharedFingerprint
from storage.fingerprints import TILE, Fingerprint
from storage.outbound.client import Outbound
from workers import mirroring
from workers.mirroring import Mirroring, is_within

pytestmark = pytest.mark.integration

OUTBOUND = Outbound((IPv4Network("127.0.0.0/8"),))


@dataclass
class Line:
    """What passes from the origin: bytes of objects by path; ``cuts`` are numbers of bytes after which a download
    breaks."""

    app: Any
    sent: dict[str, int] = field(default_factory=dict)
    cuts: list[int] = field(default_factory=list)
    is_away: bool = False

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if self.is_away:
            raise ConnectionError("the origin is away")
        path = environ["PATH_INFO"]
        answer = self.app(environ, start_response)
        return self._counted(path, answer) if "/objects/" in path else answer

    def _counted(self, path: str, answer: Iterable[bytes]) -> Iterator[bytes]:
        data = b"".join(answer)
        if self.cuts and path.endswith("download.mp4") and len(data) > self.cuts[0]:
            data = data[: self.cuts.pop(0)]
            self.sent[path] = self.sent.get(path, 0) + len(data)
            yield data
            raise ConnectionError("cut")
        self.sent[path] = self.sent.get(path, 0) + len(data)
        yield data


@dataclass
class World:
    """The city follows the province, all of which is shared with it."""

    province: Platform
    city: Platform
    lesson: Lesson
    link_id: str
    line: Line
    keeper: Mirroring

    def follow(self) -> None:
        """Until everything that is told is done."""
        serving._let_in.clear()
        serving._stored.clear()
        more = 1
        while more:
            with self.province.house.sessions.begin() as session:
                more = record(session)
        self.city.ask(
            "PUT", f"/v1/platform-links/{self.link_id}/subscription", 200, {"visibility": "subtree"}
        )
        self.keeper.read_changes()
        for _ in range(50):
            self.hurry()
            if self.keeper.copy().pause is None:
                break

    def hurry(self) -> None:
        """What waits for another try need not wait."""
        with self.city.house.sessions.begin() as session:
            due = FollowedLesson.due_at.is_not(None)
            session.execute(update(FollowedLesson).where(due).values(due_at=FollowedLesson.created_at))

    def copy_of(self, asset_id: str) -> dict[str, Any]:
        """The lesson that came, as the API tells it."""
        lessons = self.city.ask("GET", f"/v1/platform-links/{self.link_id}/lessons?limit=200", 200)["lessons"]
        [found] = [each for each in lessons if each["origin_id"] == asset_id]
        assert isinstance(found, dict)
        return found

    def share(self, *shares: dict[str, Any]) -> None:
        self.province.ask("PATCH", f"/v1/platform-links/{self.link_id}", 200, {"shares": list(shares)})

    def play(self, asset_id: str) -> int:
        """Play a lesson of the city with a token, to its last byte; how many addresses that took."""
        asset = self.city.ask("GET", f"/v1/assets/{asset_id}", 200)
        assert asset["state"] == "ready", asset["state"]
        issued = self.city.ask("POST", "/v1/playback-tokens", 201, {"asset_id": asset_id})
        house = self.city.house
        master = f"/v/{issued['playback_id']}/master.m3u8?token={issued['token']}"
        asked = walk(house, master)
        for url, span in asked:
            answer = house.get(url, **({"Range": span} if span else {}))
            assert answer.status_code in (200, 206), (url, answer.text[:200])
        for name in ("poster.jpg", "storyboard.vtt"):
            answer = house.get(f"/v/{issued['playback_id']}/{name}?token={issued['token']}")
            assert answer.status_code == 200, name
        return len(asked)


def met(province: Platform, city: Platform) -> str:
    """A link of which both know that it is one."""
    link_id = link_up(province, city)
    assert province.call(city, link_id, "POST", "/v1/exchange/contacts").status_code == 200
    return link_id


@pytest.fixture(scope="module")
def world(sessions: sessionmaker[Session], other_sessions: sessionmaker[Session]) -> Iterator[World]:
    port = free_port()
    province = make_platform(sessions, f"http://127.0.0.1:{port}", "省")
    city = make_platform(other_sessions, CITY, "市")
    for platform in (province, city):
        settings = platform.house.app.extensions["lessonstream"].settings
        object.__setattr__(settings, "outbound_allowed_networks", ("127.0.0.0/8",))
    lesson = add_lesson(sessions, province.house.objects)
    with sessions.begin() as session:
        # What a lesson has once everything is made of it.
        pieces = {"pieces": [[3.0, 1.0], [18.0, 1.0], [28.0, 1.0]]}
        add_image(session, province.house.objects, lesson.version_id, "preview", pieces)
        session.execute(
            update(Asset)
            .where(Asset.id == lesson.asset_id)
            .values(organization_id=province.organization_id, visibility=None, title="太极拳")
        )
    line = Line(province.house.app)
    server = make_server("127.0.0.1", port, line, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    keeper = Mirroring(
        other_sessions,
        city.house.objects,
        OUTBOUND,
        secret_key=SECRET_KEY,
        public_url=CITY,
        poll=0,
        time_zone=ZoneInfo("Asia/Shanghai"),
        kept=timedelta(days=30),
    )
    made = World(province, city, lesson, met(province, city), line, keeper)
    made.share({"organization_id": province.organization_id})
    yield made
    server.shutdown()
    thread.join()


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
        assert session.execute(select(MirroredObject)).first() is None
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
        stored = session.execute(select(File.object_key).where(File.name == "download.mp4")).scalar_one()
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
