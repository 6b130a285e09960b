"""Clients that are slow, silent or gone, at a web service with two threads: nobody else notices."""

from __future__ import annotations

import hashlib
import json
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from delivery_site import web
from lesson import Lesson, add_lesson
from sqlalchemy import func, select
from support import PATIENCE, RunningStack, children
from tus import Tus, noise, sessions_of

from media_service.cli.client import connect_to
from media_service.server.request_body import DOCUMENT_SILENCE
from media_service.uploads.protocol import MEBIBYTE
from storage.catalogue.file_names import VIDEO_FILE
from storage.catalogue.models import File, Upload
from storage.ids import new_id

pytestmark = pytest.mark.integration

TOKENS = "/v1/playback-tokens"
FILE_SIZE = 32 * MEBIBYTE
CROWD = 60
THREADS = 2


@contextmanager
def web_of(stack: RunningStack, **variables: str) -> Iterator[RunningStack]:
    """The stack as one more web process shows it, which has the settings ``variables`` and is its ``pid``."""
    with web(stack, **variables) as (port, service):
        url = f"http://127.0.0.1:{port}"
        (pid,) = children(service.pid)
        yield replace(stack, url=url, pid=pid, client=connect_to(url, stack.api_key))


@pytest.fixture(scope="module")
def narrow(stack: RunningStack) -> Iterator[RunningStack]:
    with web_of(stack, WEB_THREADS=str(THREADS), WEB_ANSWERS="100") as running:
        yield running


@pytest.fixture(scope="module")
def lesson(narrow: RunningStack) -> Lesson:
    """A lesson whose file to be saved holds ``FILE_SIZE`` random bytes."""
    sessions = sessions_of(narrow)
    added = add_lesson(sessions, narrow.objects)
    data, key = noise(FILE_SIZE), new_id()
    narrow.objects.put(key, data)
    with sessions.begin() as session:
        session.add(
            File(
                version_id=added.version_id,
                name=VIDEO_FILE,
                object_key=key,
                content_type="video/mp4",
                size=FILE_SIZE,
                sha256=hashlib.sha256(data).hexdigest(),
            )
        )
    sessions.kw["bind"].dispose()
    return added


def file_of(lesson: Lesson) -> str:
    return f"/v/{lesson.public_id}/{VIDEO_FILE}"


def connect(stack: RunningStack, *, window: int | None = None) -> socket.socket:
    """A connection whose client keeps ``window`` bytes ready at most."""
    place = urlsplit(stack.url)
    connection = socket.socket()
    if window is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
    connection.settimeout(60)
    connection.connect((place.hostname, place.port))
    return connection


def begin(stack: RunningStack, path: str, declared: int, body: bytes, *, key: bool = True) -> socket.socket:
    """A POST that announces ``declared`` bytes of JSON; the connection stays open."""
    connection = connect(stack)
    lines = [
        f"POST {path} HTTP/1.1",
        f"Host: {urlsplit(stack.url).netloc}",
        *([f"Authorization: Bearer {stack.api_key}"] if key else []),
        "Content-Type: application/json",
        f"Content-Length: {declared}",
        "\r\n",
    ]
    connection.sendall("\r\n".join(lines).encode() + body)
    return connection


def ask_for(stack: RunningStack, path: str) -> socket.socket:
    """A GET of a client that reads nothing so far, and has room for next to nothing."""
    connection = connect(stack, window=4096)
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    return connection


def answer_of(connection: socket.socket) -> bytes:
    received = bytearray()
    while piece := connection.recv(1 << 20):
        received += piece
    return bytes(received)


def require_service(stack: RunningStack, lesson: Lesson) -> None:
    """Playback and management answer. Room for a busy machine, none for waiting until the others are done: the two
    threads would be at a crowd for minutes."""
    begun = time.monotonic()
    for path in ("/healthz", f"/v/{lesson.public_id}/master.m3u8", f"/embed/{lesson.public_id}"):
        assert stack.request("GET", path, key=None).status == 200
    assert stack.request("GET", "/v1/assets").status == 200
    assert time.monotonic() - begun < CROWD * DOCUMENT_SILENCE / THREADS / 10


def open_files(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def settled_files(pid: int) -> int:
    """``open_files`` once the connections of the test before are closed."""
    found, since = open_files(pid), time.monotonic()
    while time.monotonic() < since + 1.5:
        time.sleep(0.1)
        if (now := open_files(pid)) != found:
            found, since = now, time.monotonic()
    return found


def memory(pid: int) -> int:
    """Resident bytes."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found is not None
    return int(found[1]) * 1024


def wait_until(condition: object, seconds: float = 30) -> None:
    assert callable(condition)
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not come about"
        time.sleep(0.1)


def test_a_class_uploads_at_once_while_others_fall_silent(narrow: RunningStack, lesson: Lesson) -> None:
    tus = Tus(narrow)
    silent = MEBIBYTE
    with ExitStack() as held:
        for _ in range(CROWD):
            held.enter_context(tus.begin(tus.create(silent), 0, silent, b"x"))
            held.enter_context(begin(narrow, TOKENS, 100, b'{"playback_id": "'))
            held.enter_context(begin(narrow, TOKENS, 100_000, b"{", key=False))
        require_service(narrow, lesson)
        data = noise(MEBIBYTE)
        # A byte of each is still to come: whole ones would be looked at by the workers.
        paths = [tus.create(len(data) + 1) for _ in range(30)]
        connections = [tus.begin(path, 0, len(data), data[:1000]) for path in paths]
        for start in range(1000, len(data), MEBIBYTE // 4):
            for connection in connections:
                connection.sendall(data[start : start + MEBIBYTE // 4])
        for connection in connections:
            assert connection.recv(20).startswith(b"HTTP/1.1 204")
            connection.close()
        assert {tus.offset(path) for path in paths} == {len(data)}


def test_silent_bodies_leave_nothing_behind(narrow: RunningStack) -> None:
    pid = narrow.pid
    before = settled_files(pid)
    with ExitStack() as held:
        for _ in range(CROWD):
            held.enter_context(begin(narrow, "/v1/collections", 1000, b"", key=False))
        wait_until(lambda: open_files(pid) >= before + CROWD)
        assert open_files(pid) <= before + CROWD + 10
    wait_until(lambda: open_files(pid) <= before + 10)


def test_readers_who_take_nothing_hold_up_nobody(narrow: RunningStack, lesson: Lesson) -> None:
    pid = narrow.pid
    files_before, memory_before = settled_files(pid), memory(pid)
    with ExitStack() as held:
        for _ in range(CROWD):
            held.enter_context(ask_for(narrow, file_of(lesson)))
        require_service(narrow, lesson)
        wait_until(lambda: open_files(pid) >= files_before + CROWD)
        time.sleep(3)  # they have become slow, and what was fetched for them was let go
        assert memory(pid) - memory_before < CROWD * MEBIBYTE
        require_service(narrow, lesson)
        assert open_files(pid) >= files_before + CROWD / 2, "they were not let go for it"
    # The server is not told that its clients are gone unless it listens.
    wait_until(lambda: open_files(pid) <= files_before + 10)


def test_who_pauses_gets_every_byte_all_the_same(narrow: RunningStack, lesson: Lesson) -> None:
    expected = narrow.request("GET", file_of(lesson), key=None).data
    with ask_for(narrow, file_of(lesson)) as connection:
        received = bytearray()
        while len(received) < 100_000:
            received += connection.recv(10_000)
        time.sleep(2.5)
        received += answer_of(connection)
    head, _, body = bytes(received).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200")
    assert hashlib.sha256(body).digest() == hashlib.sha256(expected).digest()


def test_who_comes_late_waits_for_a_place(stack: RunningStack, tmp_path: Path) -> None:
    places = str(2)
    with web_of(stack, WEB_UPLOADS=places, WEB_ANSWERS=places) as crowded, ExitStack() as held:
        tus = Tus(crowded)
        uploads = [tus.create(100) for _ in range(int(places))]
        silent = [held.enter_context(tus.begin(upload, 0, 100, b"x")) for upload in uploads]
        sessions = sessions_of(crowded)
        ids = [upload.rpartition("/")[2] for upload in uploads]
        locked = select(func.count(Upload.lock_owner)).where(Upload.id.in_(ids))
        with sessions() as session:
            wait_until(lambda: session.scalar(locked) == len(ids))
        sessions.kw["bind"].dispose()
        path = tmp_path / "lesson.mp4"
        path.write_bytes(noise(MEBIBYTE))
        uploaded: list[str] = []
        honest = threading.Thread(target=lambda: uploaded.append(crowded.upload(path)))
        honest.start()
        honest.join(2)
        assert not uploaded
        silent[0].close()
        honest.join(PATIENCE)
        assert crowded.client.get(f"/v1/assets/{uploaded[0]}")["id"] == uploaded[0]


def test_a_document_that_does_not_arrive_is_answered_408(narrow: RunningStack) -> None:
    with begin(narrow, TOKENS, 100, b"{") as connection:
        begun = time.monotonic()
        head, _, body = answer_of(connection).partition(b"\r\n\r\n")
        assert time.monotonic() - begun > DOCUMENT_SILENCE - 1
        assert head.startswith(b"HTTP/1.1 408")
        assert json.loads(body)["code"] == "request_timeout"


def test_what_are_no_chunks_is_answered_400(narrow: RunningStack) -> None:
    with connect(narrow) as connection:
        head = f"POST {TOKENS} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {narrow.api_key}\r\n"
        chunks = "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n"
        connection.sendall((head + chunks).encode())
        head, _, body = answer_of(connection).decode().partition("\r\n\r\n")
        assert head.startswith("HTTP/1.1 400")
        assert json.loads(body)["code"] == "bad_request"


def test_a_silent_connection_that_lost_its_upload_is_answered(narrow: RunningStack) -> None:
    tus = Tus(narrow)
    path = tus.create(MEBIBYTE)
    with tus.begin(path, 0, MEBIBYTE, b"x") as silent:
        wait_until(lambda: tus.send("DELETE", path).status in (204, 404))
        assert answer_of(silent).startswith(b"HTTP/1.1 4")


@pytest.mark.parametrize("size", [70_000, 8 * MEBIBYTE])
def test_who_sends_too_much_sees_why_and_can_go_on(narrow: RunningStack, size: int) -> None:
    tus = Tus(narrow)
    path = tus.create(10)
    answer = tus.patch(path, 0, noise(size))
    assert (answer.status, json.loads(answer.data)["code"]) == (413, "upload_overflow")
    assert tus.patch(path, 0, b"0123456789").status == 204


def test_a_refused_flood_is_cut_off_with_word_of_it(narrow: RunningStack) -> None:
    with begin(narrow, TOKENS, 10**9, b"", key=False) as connection:
        begun = time.monotonic()
        connection.settimeout(0.05)
        answer = b""
        while not answer and time.monotonic() < begun + 30:
            try:
                connection.send(b" " * 1000)
                answer = connection.recv(4096)
            except TimeoutError:
                continue
    assert b"401" in answer and b"connection: close" in answer.lower()
