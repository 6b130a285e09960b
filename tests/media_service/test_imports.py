"""Files that are fetched from an address: whatever their servers do, what arrives is the file, or a named failure."""

from __future__ import annotations

import hashlib
import logging
import multiprocessing
import os
import re
import signal
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import pytest
from house import BreakableStore, House, make_house
from lesson import FACTS, add_lesson
from rehearsal import ENVIRONMENT
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, sessionmaker
from strangers import Stranger, says, stranger
from support import RunningStack

from configs.jobs import FETCH
from configs.ladder import load_ladder
from configs.settings import load_settings
from storage.catalogue import claims, endings, imports, versions
from storage.catalogue.models import Import, Step, Upload, Version
from storage.catalogue.organizations import create_organization
from storage.ids import new_id
from storage.keys import source_key, upload_prefix
from storage.measures import Measures
from storage.s3 import S3ObjectStore
from workers import jobs
from workers.media import MediaTools
from workers.resources import Resources
from workers.steps import fetch

ALLOWED = "127.0.0.2"
MIB = 1024 * 1024
PART = 8 * MIB
FILE = b"\0\0\0\x20ftypisom" + os.urandom(PART * 2 + MIB)


@dataclass
class Origin:
    """A server of a file, with its whims. ``cuts`` are how many bytes each answer has before it breaks off; those after
    them are whole. ``told`` is what is said of the length besides."""

    data: bytes = FILE
    etag: str = '"one"'
    knows_ranges: bool = True
    heeds_if_range: bool = True
    content_type: str = "video/mp4"
    tells_length: bool = True
    told: int = 0
    cuts: list[int] = field(default_factory=list)
    changed: Origin | None = None
    sent: int = 0
    starts: list[int] = field(default_factory=list)
    hold: threading.Event | None = None
    held: threading.Event = field(default_factory=threading.Event)

    def talk(self, connection: socket.socket, request: bytes) -> None:
        asked = re.search(rb"(?im)^range: bytes=(\d+)-", request)
        same = re.search(rb"(?im)^if-range: (.*?)\r", request)
        current = self.changed if self.changed is not None and self.starts else self
        start = int(asked[1]) if asked and self.knows_ranges else 0
        if same and same[1].decode() != current.etag and self.heeds_if_range:
            start = 0
        self.starts.append(start)
        head = f"HTTP/1.1 {'206 Partial' if start else '200 OK'}\r\nContent-Type: {self.content_type}\r\n"
        if current.etag:
            head += f"ETag: {current.etag}\r\n"
        if self.tells_length:
            head += f"Content-Length: {len(current.data) + self.told - start}\r\n"
        if start:
            whole = len(current.data)
            head += f"Content-Range: bytes {start}-{whole - 1}/{whole}\r\n"
        connection.sendall(f"{head}\r\n".encode())
        body = current.data[start:]
        if self.cuts:
            body = body[: self.cuts.pop(0)]
        connection.sendall(body)
        self.sent += len(body)
        if self.hold is not None and len(self.starts) == 1:
            self.held.set()
            self.hold.wait(30)


@dataclass
class Place:
    """The service, a worker of the lane of imports, and an organization."""

    house: House
    objects: S3ObjectStore
    shared: Resources
    admin: dict[str, str]
    author: dict[str, str]

    def begin(self, url: str, **more: str) -> str:
        made = self.house.client.post("/v1/imports", json={"url": url, **more}, headers=self.author)
        assert made.status_code == 201, made.text
        assert made.headers["Location"] == f"/v1/assets/{made.json['asset_id']}"
        return str(made.json["asset_id"])

    def asset(self, asset_id: str, headers: dict[str, str] | None = None) -> Any:
        return self.house.client.get(f"/v1/assets/{asset_id}", headers=headers or self.author).json

    def claim(self, owner: str = "tests") -> claims.Claim | None:
        """The next step; what waits for another attempt need not wait."""
        with self.house.sessions.begin() as session:
            session.execute(
                update(Step)
                .where(Step.state == "queued", Step.queued_at > func.now())
                .values(queued_at=func.now())
            )
            return claims.claim_in_turn(session, [jobs.LANE_LINES[FETCH]], owner)

    def work(self) -> int:
        """Do all there is; returns how many attempts it took."""
        count = 0
        while (claim := self.claim()) is not None:
            jobs.carry(self.shared, claim)
            count += 1
        signal.alarm(0)
        return count

    def version(self, asset_id: str) -> Version:
        with self.house.sessions() as session:
            return session.execute(select(Version).where(Version.asset_id == asset_id)).scalar_one()

    def check(self, asset_id: str, data: bytes) -> None:
        """The source is these bytes, inspected next, and nothing else is left of it."""
        version = self.version(asset_id)
        assert version.state == "queued", (version.failure_code, version.failure_detail)
        assert version.source_sha256 == hashlib.sha256(data).hexdigest()
        assert self.objects.get(version.source_key or "") == data
        assert not list(self.objects.pending_multipart(version.source_key or ""))
        with self.house.sessions() as session:
            kinds = session.execute(
                select(Step.kind, Step.state).where(Step.version_id == version.id).order_by(Step.kind)
            ).all()
        assert [tuple(row) for row in kinds] == [("fetch", "done"), ("inspect", "queued")]

    def check_nothing(self, asset_id: str, code: str) -> None:
        """It failed for this reason, and no byte of it is left."""
        version = self.version(asset_id)
        assert (version.state, version.failure_code) == ("failed", code), version.failure_detail
        key = source_key(asset_id, version.id)
        with self.house.sessions() as session:
            upload = session.execute(select(Upload).where(Upload.version_id == version.id)).scalar_one()
        assert upload.received == 0
        kept = [*self.objects.list(key), *self.objects.list(upload_prefix(upload.id))]
        assert not kept and not list(self.objects.pending_multipart(key))


def make_place(
    stack: RunningStack, sessions: sessionmaker[Session], folder: Path, **environment: str
) -> Place:
    variables = {"OUTBOUND_ALLOWED_NETWORKS": ALLOWED, **environment}
    house = make_house(sessions, objects=cast("BreakableStore", stack.objects), **variables)
    settings = load_settings({**ENVIRONMENT, **variables})
    shared = Resources(
        lanes=(FETCH,),
        settings=settings,
        ladder=load_ladder(),
        engine=sessions.kw["bind"],
        sessions=sessions,
        objects=stack.objects,
        tools=MediaTools.find(settings),
        work_folder=folder,
        wake=lambda: None,
        measures=Measures(),
    )
    with sessions.begin() as session:
        organization_id = create_organization(session, "市").id
    keys = (house.api_key(organization_id, role) for role in ("admin", "author"))
    return Place(house, stack.objects, shared, *keys)


@pytest.fixture
def place(
    stack: RunningStack,
    sessions: sessionmaker[Session],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Place:
    monkeypatch.setattr(fetch, "PAUSE_SECONDS", 0.0)
    return make_place(stack, sessions, tmp_path)


@pytest.fixture
def canary() -> Iterator[Stranger]:
    """Our own server: nobody may ever connect to it."""
    with stranger(says("HTTP/1.1 200 OK\n\nsecret"), "127.0.0.1") as found:
        yield found


def test_a_file_comes_whole_and_says_so_meanwhile(place: Place) -> None:
    origin = Origin()
    with stranger(origin.talk) as server:
        asset_id = place.begin(f"{server.url}/a/%E8%AF%BE.mp4?token=secret", external_id=new_id())
        before = place.asset(asset_id)
        assert (before["state"], before["title"], before["source"]["file_name"]) == (
            "uploading",
            "课",
            "课.mp4",
        )
        assert before["imported"] == {
            "url": f"{server.url}/…",
            "size": None,
            "received": 0,
            "last_error": None,
        }
        assert place.asset(asset_id, place.admin)["imported"]["url"].endswith("?token=secret")
        assert place.work() == 1
    place.check(asset_id, FILE)
    assert origin.starts == [0]
    after = place.asset(asset_id)["imported"]
    assert (after["size"], after["received"]) == (len(FILE), len(FILE))


def test_a_file_is_replaced_by_one_from_an_address(place: Place) -> None:
    lesson = add_lesson(place.house.sessions, place.objects)
    admin = place.house.api_key(lesson.organization_id, "admin")

    def ask(method: str, path: str = "", **body: str) -> Any:
        address = f"/v1/assets/{lesson.asset_id}{path}" if path != "/imports" else "/v1/imports"
        return place.house.client.open(address, method=method, json=body or None, headers=admin)

    with stranger(Origin().talk) as server:
        wish = {"url": f"{server.url}/second.mp4", "replaces": lesson.asset_id}
        begun = ask("POST", "/imports", **wish)
        assert begun.status_code == 201, begun.text
        version_id = begun.json["version_id"]
        assert begun.json["asset_id"] == lesson.asset_id and version_id != lesson.version_id
        meanwhile = ask("GET").json
        assert (meanwhile["version_id"], meanwhile["state"]) == (lesson.version_id, "ready")
        assert meanwhile["pending"] == {"version_id": version_id, "state": "uploading", "failure": None}
        assert place.work() == 1
    new, old = ask("GET", "/versions").json["versions"]
    assert (new["id"], new["state"], new["activates"], new["source"]["file_name"]) == (
        version_id, "queued", "ready", "second.mp4",
    )  # fmt: skip
    assert (new["source"]["size"], old["id"], old["current"]) == (len(FILE), lesson.version_id, True)
    with place.house.sessions.begin() as session:  # as its last step does
        version = session.get_one(Version, version_id)
        assert place.objects.get(version.source_key or "") == FILE
        version.state, version.kind, version.facts = "ready", "video", FACTS
        versions.hold(session, lesson.asset_id)
        assert versions.activate_awaited(session, version_id)
    after = ask("GET").json
    assert (after["version_id"], after["pending"]) == (version_id, None)
    refused = ask("POST", "/imports", url="https://example.org/a.mp4", replaces=new_id())
    assert refused.json["code"] == "asset_not_found"


def test_what_is_fetched_nobody_else_can_send(place: Place) -> None:
    asset_id = place.begin(f"http://{ALLOWED}:9999/a.mp4")
    with place.house.sessions() as session:
        upload = session.execute(
            select(Upload).where(Upload.version_id == place.version(asset_id).id)
        ).scalar_one()
    headers = {**place.author, "Tus-Resumable": "1.0.0"}
    assert place.house.client.head(f"/v1/uploads/{upload.id}", headers=headers).status_code == 404
    listed = place.house.client.get("/v1/uploads", headers=place.author).json["uploads"]
    assert upload.id not in [entry["id"] for entry in listed]
    assert place.house.client.delete(f"/v1/assets/{asset_id}", headers=place.author).status_code == 204


def test_a_broken_connection_goes_on_at_its_byte(place: Place) -> None:
    origin = Origin(cuts=[5 * MIB, 7 * MIB, 3 * MIB])
    with stranger(origin.talk) as server:
        asset_id = place.begin(server.url)
        assert place.work() == 1
    place.check(asset_id, FILE)
    assert origin.starts == [0, 5 * MIB, 12 * MIB, 15 * MIB]
    assert origin.sent == len(FILE)


def test_there_is_an_end_to_it(place: Place) -> None:
    with stranger(Origin(cuts=[PART + MIB, 0]).talk) as server:
        asset_id = place.begin(server.url)
        claim = place.claim()
        assert claim is not None
        jobs.carry(place.shared, claim)
        with place.house.sessions.begin() as session:
            own = Import.version_id == place.version(asset_id).id
            session.execute(update(Import).where(own).values(ends_at=func.now()))
        place.work()
    place.check_nothing(asset_id, "import_too_slow")


def test_who_had_a_turn_gives_way_and_goes_on_where_it_was(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "TURN_SECONDS", 0.0)
    first, second = Origin(), Origin(data=FILE[: 5 * MIB])
    with stranger(first.talk) as slow, stranger(second.talk) as quick:
        asset_ids = [place.begin(slow.url), place.begin(quick.url)]
        claim = place.claim()
        assert claim is not None
        jobs.carry(place.shared, claim)
        kept = place.asset(asset_ids[0])["imported"]["received"]
        assert 0 < kept < PART
        monkeypatch.setattr(fetch, "TURN_SECONDS", 60.0)
        place.work()
    place.check(asset_ids[0], FILE)
    place.check(asset_ids[1], second.data)
    assert first.starts == [0, kept]


def test_no_log_tells_an_address_whole(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with stranger(Origin(cuts=[PART, 0, 0]).talk) as server:
        place.begin(f"{server.url}/a.mp4?token=hidden")
        place.work()
    assert "hidden" not in caplog.text


def test_an_origin_that_is_away_is_asked_again_where_it_stopped(place: Place) -> None:
    origin = Origin(cuts=[10 * MIB, 0, 0])
    with stranger(origin.talk) as server:
        asset_id = place.begin(server.url)
        claim = place.claim()
        assert claim is not None
        jobs.carry(place.shared, claim)
        shown = place.asset(asset_id)
        assert shown["state"] == "uploading" and shown["progress"]["percent"] == 1000 * MIB // len(FILE)
        assert shown["imported"]["received"] == 10 * MIB and shown["imported"]["size"] == len(FILE)
        assert shown["imported"]["last_error"] == "broken_off"
        place.work()
    place.check(asset_id, FILE)
    assert origin.starts == [0, *[10 * MIB] * 3]


@pytest.mark.parametrize("heeds", [True, False], ids=["whole", "lying"])
def test_a_file_that_changes_in_the_middle_is_never_mixed(place: Place, *, heeds: bool) -> None:
    other = Origin(data=FILE[:100] + os.urandom(9 * MIB), etag='"two"')
    origin = Origin(cuts=[12 * MIB], changed=other, heeds_if_range=heeds)
    with stranger(origin.talk) as server:
        asset_id = place.begin(server.url)
        place.work()
    place.check(asset_id, other.data)


@pytest.mark.parametrize(
    "whims",
    [{"knows_ranges": False}, {"etag": ""}, {"tells_length": False, "cuts": []}],
    ids=["no ranges", "no validator", "no length"],
)
def test_an_origin_that_knows_little_begins_anew(place: Place, whims: dict[str, Any]) -> None:
    origin = replace(Origin(cuts=[12 * MIB]), **whims)
    with stranger(origin.talk) as server:
        asset_id = place.begin(server.url)
        place.work()
    place.check(asset_id, FILE)
    assert set(origin.starts) == {0}


def test_an_origin_that_lies_about_the_length_is_given_up(place: Place) -> None:
    origin = Origin(told=7)
    with stranger(origin.talk) as server:
        asset_id = place.begin(server.url)
        attempts = place.work()
    assert attempts <= imports.MOST_FRUITLESS + 1
    place.check_nothing(asset_id, "import_broken_off")
    origin.told = 0
    with stranger(origin.talk) as server:
        with place.house.sessions.begin() as session:
            session.execute(
                update(Import).where(Import.version_id == place.version(asset_id).id).values(url=server.url)
            )
        again = place.house.client.post(f"/v1/assets/{asset_id}/retry", headers=place.author)
        assert (again.status_code, again.json["state"]) == (202, "uploading")
        place.work()
    place.check(asset_id, FILE)


@pytest.mark.parametrize(
    ("data", "content_type", "code"),
    [
        (b"<!DOCTYPE html><title>x</title>", "text/html", "import_is_page"),
        (b"{'error': 'sign in'}", "text/html; charset=utf-8", "import_is_page"),
        (b"#EXTM3U\n#EXT-X-VERSION:3\n", "application/octet-stream", "source_is_reference"),
        (b'<?xml version="1.0"?><MPD xmlns="x">', "application/dash+xml", "source_is_reference"),
        (b"%PDF-1.7 " + os.urandom(9000), "video/mp4", "source_is_document"),
        (b"", "video/mp4", "source_empty"),
    ],
)
def test_pages_and_playlists_are_refused(place: Place, data: bytes, content_type: str, code: str) -> None:
    with stranger(Origin(data=data, content_type=content_type).talk) as server:
        asset_id = place.begin(server.url)
        assert place.work() == 1
    place.check_nothing(asset_id, code)
    assert place.asset(asset_id)["failure"]["code"] == code


def test_a_refusal_says_which(place: Place) -> None:
    with stranger(says("HTTP/1.1 404 Not Found\nContent-Length: 0\n\n")) as server:
        asset_id = place.begin(server.url)
        place.work()
    place.check_nothing(asset_id, "import_refused")
    assert "404" in place.asset(asset_id)["failure"]["message"]["en"]


def test_nothing_private_is_asked(place: Place, canary: Stranger) -> None:
    for url in (canary.url, "http://169.254.169.254/latest", "file:///etc/passwd"):
        refused = place.house.client.post("/v1/imports", json={"url": url}, headers=place.author)
        assert (refused.status_code, refused.json["code"]) == (422, "import_url_refused")
    with stranger(says(f"HTTP/1.1 302 Found\nLocation: {canary.url}/a.mp4\n\n")) as server:
        asset_id = place.begin(server.url)
        place.work()
    place.check_nothing(asset_id, "import_address_refused")
    assert canary.connections == 0


@pytest.mark.parametrize("tells", [True, False], ids=["known", "unknown"])
def test_quotas_are_kept(
    stack: RunningStack, sessions: sessionmaker[Session], tmp_path: Path, *, tells: bool
) -> None:
    place = make_place(stack, sessions, tmp_path, QUOTA_BYTES=str(PART))
    origin = Origin(tells_length=tells)
    with stranger(origin.talk) as server:
        asset_id = place.begin(server.url)
        place.work()
    place.check_nothing(asset_id, "import_over_quota")
    with place.house.sessions() as session:
        reached = session.get_one(Import, place.version(asset_id).id).reached
    assert reached <= PART
    assert reached == 0 or not tells


def test_what_is_too_large_is_refused_also_if_nobody_said_so(
    stack: RunningStack, sessions: sessionmaker[Session], tmp_path: Path
) -> None:
    place = make_place(stack, sessions, tmp_path, MAX_UPLOAD_BYTES=str(PART))
    for tells in (True, False):
        with stranger(Origin(tells_length=tells).talk) as server:
            asset_id = place.begin(server.url)
            place.work()
        place.check_nothing(asset_id, "import_too_large")


def test_a_killed_worker_is_followed_by_one_that_goes_on(place: Place, stack: RunningStack) -> None:
    origin = Origin(cuts=[PART + MIB], hold=threading.Event())
    with stranger(origin.talk) as server:
        asset_id = place.begin(server.url)
        claim = place.claim("victim")
        assert claim is not None

        def child() -> None:
            place.shared.engine.dispose(close=False)
            objects = S3ObjectStore.of(load_settings(stack.environment))
            jobs.carry(replace(place.shared, objects=objects), claim)

        victim = multiprocessing.get_context("fork").Process(target=child)
        victim.start()
        wait_for(lambda: place.asset(asset_id)["imported"]["received"] == PART)
        victim.kill()
        victim.join()
        assert origin.hold is not None
        origin.hold.set()
        with place.house.sessions.begin() as session:
            endings.interrupt_of(session, "victim", "killed")
        place.work()
    place.check(asset_id, FILE)
    assert origin.starts == [0, PART]


def test_deleting_the_asset_cancels(place: Place) -> None:
    origin = Origin(cuts=[PART + MIB], hold=threading.Event())
    with stranger(origin.talk) as server:
        asset_id = place.begin(server.url)
        version_id, claim = place.version(asset_id).id, place.claim()
        assert claim is not None
        worker = threading.Thread(target=carry_in_thread, args=(place.shared, claim))
        worker.start()
        wait_for(lambda: place.asset(asset_id)["imported"]["received"] == PART)
        gone = place.house.client.delete(f"/v1/assets/{asset_id}", headers=place.author)
        assert gone.status_code == 204
        assert origin.hold is not None
        origin.hold.set()
        worker.join(20)
        assert not worker.is_alive()
    assert place.work() == 0
    key = source_key(asset_id, version_id)
    assert not list(place.objects.list(key)) and not list(place.objects.pending_multipart(key))


def carry_in_thread(shared: Resources, claim: claims.Claim) -> None:
    """Signals are for the main thread alone."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(signal, "alarm", lambda _seconds: 0)
        jobs.carry(shared, claim)


def wait_for(condition: Any) -> None:
    ready = threading.Event()
    for _ in range(600):
        if condition():
            return
        ready.wait(0.05)
    raise AssertionError("it did not come so far")


def test_the_stack_has_a_worker_for_imports(stack: RunningStack) -> None:
    begun = stack.request("POST", "/v1/imports", json={"url": "http://nowhere.invalid/lesson.mp4"}).json()
    address = f"/v1/assets/{begun['asset_id']}"
    wait_for(lambda: stack.request("GET", address).json()["imported"]["last_error"] is not None)
    assert stack.request("DELETE", address).status == 204
