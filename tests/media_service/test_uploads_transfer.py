"""Whole uploads: interrupted, resumed, contended, finished after a crash, expired; byte for byte what was sent."""

from __future__ import annotations

import hashlib
import json
import random
import threading
import time

import pytest
from support import RunningStack
from tus import VERSION, Tus, change_upload, encode, noise, sessions_of
from uploaded import Inside, inside

from media_service.uploads.protocol import MEBIBYTE
from storage import upload_finish
from storage.catalogue import upload_locks
from storage.catalogue.models import Asset, Step, Upload, Version
from storage.catalogue.upload_locks import LOCK
from storage.keys import source_key, upload_prefix

pytestmark = pytest.mark.integration

__all__ = ["inside"]


@pytest.fixture(scope="module")
def tus(stack: RunningStack) -> Tus:
    return Tus(stack)


@pytest.mark.parametrize("size", [1, 5 * MEBIBYTE, 8 * MEBIBYTE, 8 * MEBIBYTE + 1, 40 * MEBIBYTE])
def test_one_request(tus: Tus, inside: Inside, size: int) -> None:
    data = noise(size)
    path = tus.create(size)
    assert tus.patch(path, 0, data).status == 204
    inside.check(path, data)


def test_pieces_of_any_size(tus: Tus, inside: Inside) -> None:
    data, chance = noise(36 * MEBIBYTE), random.Random(7)
    path, offset = tus.create(len(data)), 0
    while offset < len(data):
        step = chance.choice([1, 1000, 3 * MEBIBYTE, 9 * MEBIBYTE])
        answer = tus.patch(path, offset, data[offset : offset + step])
        assert answer.status == 204
        offset = int(answer.headers["Upload-Offset"])
    inside.check(path, data)


def test_broken_connections_keep_what_had_arrived(tus: Tus, inside: Inside) -> None:
    data, chance = noise(36 * MEBIBYTE), random.Random(11)
    path, offset = tus.create(len(data)), 0
    for _ in range(4):
        sent = chance.randrange(1, 8 * MEBIBYTE)
        tus.cut_off(path, offset, len(data) - offset, data[offset : offset + sent])
        offset = settled(tus, path, offset + sent)
        assert offset > 0
    assert tus.patch(path, offset, data[offset:]).status == 204
    inside.check(path, data)


def test_an_upload_that_was_cut_off_once_too_often_is_its_asset_at_uploading(tus: Tus) -> None:
    path = tus.create(10)
    asset_id = tus.send("HEAD", path).headers["Lessonstream-Asset"]
    tus.patch(path, 0, b"12345")
    asset = tus.stack.client.get(f"/v1/assets/{asset_id}")
    assert asset["state"] == "uploading"
    assert asset["progress"] == {
        "percent": 50,
        "stage": "upload",
        "eta_seconds": None,
        "queue_position": None,
    }


def test_of_two_requests_at_once_one_wins(tus: Tus, inside: Inside) -> None:
    data = noise(3 * MEBIBYTE)
    path = tus.create(len(data))
    first = tus.begin(path, 0, len(data), data[:1000])
    time.sleep(0.5)
    refused = tus.patch(path, 0, data)
    assert refused.status == 423
    assert json.loads(refused.data)["code"] == "upload_locked"
    first.sendall(data[1000:])
    assert first.recv(100).startswith(b"HTTP/1.1 204")
    first.close()
    inside.check(path, data)


def test_many_requests_at_once_leave_one_whole_source(tus: Tus, inside: Inside) -> None:
    data = noise(2 * MEBIBYTE)
    path = tus.create(len(data))
    statuses: list[int] = []

    def push() -> None:
        statuses.append(Tus(tus.stack).patch(path, 0, data).status)

    threads = [threading.Thread(target=push) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses.count(204) == 1
    assert set(statuses) <= {204, 409, 423, 403}
    inside.check(path, data)


def test_a_client_takes_over_from_its_own_silent_connection(tus: Tus, inside: Inside) -> None:
    data = noise(2 * MEBIBYTE)
    path = tus.create(len(data))
    silent = tus.begin(path, 0, len(data), data[: MEBIBYTE // 2])
    began = time.monotonic()
    while (answer := tus.patch(path, tus.offset(path), data)).status == 423:
        time.sleep(0.5)
    assert answer.status == 204
    assert time.monotonic() - began < LOCK.total_seconds() + 20
    silent.close()
    inside.check(path, data)


def test_who_asks_after_a_cut_goes_on_at_once(tus: Tus, inside: Inside) -> None:
    data = noise(300_000)
    path = tus.create(len(data))
    sessions = sessions_of(tus.stack)
    offset = 0
    for _ in range(12):
        cut = tus.begin(path, offset, len(data) - offset, data[offset : offset + 20_000])
        with sessions() as session:
            while not upload_locks.is_held(session, path.rpartition("/")[2]):
                session.rollback()
        cut.close()
        offset = tus.offset(path)
        answer = tus.patch(path, offset, data[offset : offset + 1000])
        assert answer.status == 204, answer.data
        offset += 1000
    sessions.kw["bind"].dispose()
    assert tus.patch(path, offset, data[offset:]).status == 204
    inside.check(path, data)


def test_who_goes_on_sending_is_not_waited_for(tus: Tus) -> None:
    path = tus.create(20 * MEBIBYTE)
    sending = tus.begin(path, 0, 20 * MEBIBYTE, b"x")
    stop = threading.Event()

    def drip() -> None:
        while not stop.wait(0.2):
            sending.sendall(b"x" * 1000)

    thread = threading.Thread(target=drip)
    thread.start()
    try:
        assert tus.offset(path) == 0
    finally:
        stop.set()
        thread.join()
        sending.close()
    tus.send("DELETE", path)


def test_what_the_client_promised_is_checked(tus: Tus, inside: Inside) -> None:
    data = noise(1000)
    good = tus.create(len(data), sha256=hashlib.sha256(data).hexdigest().upper())
    assert tus.patch(good, 0, data).status == 204
    inside.check(good, data)


@pytest.mark.parametrize("size", [1000, 17 * MEBIBYTE])
def test_other_bytes_than_promised_leave_nothing(tus: Tus, inside: Inside, size: int) -> None:
    data = noise(size)
    path = tus.create(size, sha256="0" * 64)
    version = inside.version(path)
    answer = tus.patch(path, 0, data)
    assert answer.status == 460
    assert json.loads(answer.data)["code"] == "checksum_mismatch"
    assert_nothing_left(tus, inside, path, version)


def test_termination_removes_all(tus: Tus, inside: Inside) -> None:
    path = tus.create(40 * MEBIBYTE)
    assert tus.patch(path, 0, noise(20 * MEBIBYTE)).status == 204
    version = inside.version(path)
    assert len(list(inside.objects.list(upload_prefix(path.rpartition("/")[2])))) == 1
    assert tus.send("DELETE", path).status == 204
    assert_nothing_left(tus, inside, path, version)


def test_termination_wins_over_a_request_that_is_sending(tus: Tus, inside: Inside) -> None:
    path = tus.create(2 * MEBIBYTE)
    version = inside.version(path)
    sending = tus.begin(path, 0, 2 * MEBIBYTE, noise(1000))
    time.sleep(0.3)
    assert tus.send("DELETE", path).status == 204
    sending.sendall(noise(2 * MEBIBYTE - 1000))
    assert sending.recv(100).startswith(b"HTTP/1.1 423")
    sending.close()
    assert tus.send("HEAD", path).status == 404
    with inside.sessions() as session:
        assert session.get(Asset, version.asset_id) is None


def test_nothing_comes_into_an_organization_that_was_closed_meanwhile(stack: RunningStack) -> None:
    child = stack.request("POST", "/v1/organizations", json={"name": "county"}).json()["id"]
    wish = {"role": "author", "organization_id": child}
    tus = Tus(stack, stack.request("POST", "/v1/api-keys", json=wish).json()["key"])
    path = tus.create(10)
    asset_id = tus.send("HEAD", path).headers["Lessonstream-Asset"]

    def change(closed: bool) -> None:
        answer = stack.request("PATCH", f"/v1/organizations/{child}", json={"closed": closed})
        assert answer.status == 200

    with tus.begin(path, 0, 10, b"12345") as connection:
        change(True)
        connection.sendall(b"67890")
        answer = connection.recv(65536)
    assert answer.startswith(b"HTTP/1.1 403 ") and b"organization_closed" in answer
    assert stack.request("HEAD", path, headers=VERSION).status == 403
    assert stack.client.get(f"/v1/assets/{asset_id}")["state"] == "uploading"
    change(False)
    asked = stack.request("HEAD", path, headers=VERSION)
    assert (asked.status, asked.headers["Upload-Offset"]) == (200, "10")
    assert stack.client.get(f"/v1/assets/{asset_id}")["state"] != "uploading"


@pytest.mark.parametrize("size", [1000, 17 * MEBIBYTE])
@pytest.mark.parametrize("by", ["request", "keeper"])
def test_a_crash_before_the_last_transaction_is_made_good(
    tus: Tus, inside: Inside, size: int, by: str
) -> None:
    data = noise(size)
    path = tus.create(size)
    assert tus.patch(path, 0, data).status == 204
    version = inside.version(path)
    with inside.sessions.begin() as session:
        # As if the process had been killed after the source was complete and before the commit.
        session.query(Step).filter_by(version_id=version.id).delete()
        session.query(Version).filter_by(id=version.id).update(
            {"state": "uploading", "source_key": None, "failure_code": None, "failure_detail": None}
        )
        session.query(Upload).filter_by(version_id=version.id).update({"finished_at": None})
    if by == "keeper":
        assert upload_finish.finish_stranded(inside.sessions, inside.objects) in (0, 1)
    assert tus.offset(path) == size
    inside.check(path, data)


def test_an_object_storage_that_lost_the_upload_makes_it_start_over(tus: Tus, inside: Inside) -> None:
    data = noise(36 * MEBIBYTE)
    path = tus.create(len(data))
    assert tus.patch(path, 0, data[: 20 * MEBIBYTE]).status == 204
    version = inside.version(path)
    key = source_key(version.asset_id, version.id)
    [pending] = inside.objects.pending_multipart(key)
    inside.objects.abort_multipart(key, pending.upload_id)
    answer = tus.patch(path, 20 * MEBIBYTE, data[20 * MEBIBYTE :])
    assert answer.status == 409
    assert tus.offset(path) == 0
    assert tus.patch(path, 0, data).status == 204
    inside.check(path, data)


def test_expired_uploads_are_removed_and_no_others(tus: Tus, inside: Inside) -> None:
    old, young = tus.create(40 * MEBIBYTE), tus.create(10)
    tus.patch(old, 0, noise(20 * MEBIBYTE))
    tus.patch(young, 0, b"12345")
    version = inside.version(old)
    change_upload(tus.stack, old, "expires_at = now() - interval '1 s'")
    upload_finish.expire(inside.sessions, inside.objects)
    assert_nothing_left(tus, inside, old, version)
    assert tus.offset(young) == 5


def test_each_byte_prolongs_the_life(tus: Tus, inside: Inside) -> None:
    path = tus.create(10)
    change_upload(tus.stack, path, "expires_at = now() + interval '60 s'")
    soon = tus.send("HEAD", path).headers["Upload-Expires"]
    answer = tus.patch(path, 0, b"1")
    assert (
        answer.headers["Upload-Expires"] != soon or tus.send("HEAD", path).headers["Upload-Expires"] != soon
    )


def test_metadata_reach_the_asset(tus: Tus) -> None:
    pairs = {"filename": "lesson 1.mp4", "title": "第一课 <b>", "policy": "signed"}
    answer = tus.send("POST", "/v1/uploads", Upload_Length="3", Upload_Metadata=encode(pairs))
    asset = tus.stack.client.get("/v1/assets/" + answer.headers["Lessonstream-Asset"])
    assert asset["title"] == "第一课 <b>"
    assert asset["source"]["file_name"] == "lesson 1.mp4"
    assert [entry["policy"] for entry in asset["playback_ids"]] == ["signed"]


def settled(tus: Tus, path: str, expected: int) -> int:
    """The offset, once the server has noticed the broken connection and stored what it had."""
    deadline = time.monotonic() + 10
    while (offset := tus.offset(path)) != expected and time.monotonic() < deadline:
        time.sleep(0.1)
    return offset


def assert_nothing_left(tus: Tus, inside: Inside, path: str, version: Version) -> None:
    assert tus.send("HEAD", path).status == 404
    assert tus.stack.request("GET", f"/v1/assets/{version.asset_id}").status == 404
    key = source_key(version.asset_id, version.id)
    assert list(inside.objects.list(key)) == []
    assert list(inside.objects.list(upload_prefix(path.rpartition("/")[2]))) == []
    assert list(inside.objects.pending_multipart(key)) == []
    with inside.sessions() as session:
        assert session.get(Asset, version.asset_id) is None


def test_a_finished_upload_is_forgotten_and_its_asset_stays(tus: Tus, inside: Inside) -> None:
    over, fresh = tus.create(4), tus.create(4)
    for path in (over, fresh):
        assert tus.patch(path, 0, b"done").status == 204
    asset_id = tus.send("HEAD", over).headers["Lessonstream-Asset"]
    change_upload(tus.stack, over, "expires_at = now() - interval '1 s'")
    upload_finish.expire(inside.sessions, inside.objects)
    assert [tus.send("HEAD", path).status for path in (over, fresh)] == [404, 200]
    assert tus.stack.request("GET", f"/v1/assets/{asset_id}").status == 200
