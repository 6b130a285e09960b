"""Clients that hold request bodies open, on a stack with four threads: who only asks is answered all the same."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from lesson import Lesson, add_lesson
from support import RunningStack, running_stack
from tus import Tus, noise, sessions_of

from media_service.bodies import SMALL_SECONDS, SMALL_SILENCE
from media_service.uploads.protocol import MEBIBYTE

pytestmark = pytest.mark.integration

TOKENS = "/v1/playback-tokens"


@pytest.fixture(scope="module")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    """A stack with one web process of four threads, so two of them for uploads."""
    data = tmp_path_factory.mktemp("narrow") / "data"
    with running_stack(data, "--port", "0", WEB_PROCESSES="1", WEB_THREADS="4") as running:
        yield running


@pytest.fixture(scope="module")
def lesson(narrow: RunningStack) -> Lesson:
    sessions = sessions_of(narrow)
    added = add_lesson(sessions, narrow.objects)
    sessions.kw["bind"].dispose()
    return added


def begin(stack: RunningStack, path: str, declared: int, body: bytes, *, key: bool = True) -> socket.socket:
    """A POST that announces ``declared`` bytes of JSON; the connection stays open."""
    place = urlsplit(stack.url)
    connection = socket.create_connection((place.hostname, place.port), timeout=30)
    lines = [
        f"POST {path} HTTP/1.1",
        f"Host: {place.netloc}",
        *([f"Authorization: Bearer {stack.api_key}"] if key else []),
        "Content-Type: application/json",
        f"Content-Length: {declared}",
        "\r\n",
    ]
    connection.sendall("\r\n".join(lines).encode() + body)
    return connection


def hold(stack: RunningStack, held: ExitStack) -> tuple[list[socket.socket], list[socket.socket]]:
    """Six uploads and six documents that stop in the middle of their bodies."""
    tus = Tus(stack)
    uploads = [tus.begin(tus.create(MEBIBYTE), 0, MEBIBYTE, b"x") for _ in range(6)]
    documents = [begin(stack, TOKENS, 100, b'{"playback_id": "') for _ in range(6)]
    for connection in (*uploads, *documents):
        held.enter_context(connection)
    time.sleep(0.5)
    return uploads, documents


def seconds_for(stack: RunningStack, path: str) -> float:
    begun = time.monotonic()
    assert stack.request("GET", path, key=None).status == 200
    return time.monotonic() - begun


def answer_of(connection: socket.socket) -> bytes:
    received = b""
    while piece := connection.recv(65536):
        received += piece
    return received


def test_held_bodies_leave_playback_alone_and_honest_uploads_get_their_turn(
    narrow: RunningStack, lesson: Lesson, tmp_path: Path
) -> None:
    path = tmp_path / "lesson.mp4"
    path.write_bytes(noise(MEBIBYTE))
    uploaded: list[str] = []
    honest = threading.Thread(target=lambda: uploaded.append(narrow.upload(path)))
    with ExitStack() as held:
        uploads, _documents = hold(narrow, held)
        for _ in range(5):
            assert seconds_for(narrow, "/healthz") < 1
            assert seconds_for(narrow, f"/v/{lesson.public_id}/master.m3u8") < 1
        refused = [connection for connection in uploads if is_answered(connection)]
        assert len(refused) >= 3  # of the four, one may still be given time to send what is refused
        for connection in refused:
            head, _, body = answer_of(connection).partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 503") and b"retry-after: " in head.lower()
            assert json.loads(body)["code"] == "uploads_busy"
        honest.start()
        honest.join(3)
        assert not uploaded
    honest.join(30)
    assert narrow.client.get(f"/v1/assets/{uploaded[0]}")["id"] == uploaded[0]


def is_answered(connection: socket.socket) -> bool:
    connection.settimeout(0.1)
    try:
        return bool(connection.recv(1, socket.MSG_PEEK))
    except TimeoutError:
        return False
    finally:
        connection.settimeout(30)


def test_a_document_that_does_not_arrive_is_answered_408(narrow: RunningStack) -> None:
    with begin(narrow, TOKENS, 100, b"{") as connection:
        begun = time.monotonic()
        head, _, body = answer_of(connection).partition(b"\r\n\r\n")
        assert SMALL_SILENCE - 1 < time.monotonic() - begun < SMALL_SILENCE + 5
        assert head.startswith(b"HTTP/1.1 408")
        assert json.loads(body)["code"] == "request_timeout"
    assert seconds_for(narrow, "/healthz") < 1


def test_a_trickle_is_answered_408_too(narrow: RunningStack) -> None:
    with begin(narrow, TOKENS, 1000, b"{") as connection:
        begun = time.monotonic()
        while not is_answered(connection) and time.monotonic() < begun + SMALL_SECONDS + 10:
            connection.sendall(b" " * 5)
            time.sleep(0.5)
        assert SMALL_SECONDS - 1 < time.monotonic() - begun < SMALL_SECONDS + 10
        assert answer_of(connection).startswith(b"HTTP/1.1 408")


def test_a_silent_connection_that_lost_its_upload_does_not_keep_its_place(narrow: RunningStack) -> None:
    tus = Tus(narrow)
    path = tus.create(MEBIBYTE)
    with tus.begin(path, 0, MEBIBYTE, b"x") as silent:
        time.sleep(0.2)
        tus.send("DELETE", path)
        assert answer_of(silent).startswith(b"HTTP/1.1 4")
    data = noise(MEBIBYTE)
    for _ in range(3):
        other = tus.create(MEBIBYTE)
        assert tus.patch(other, 0, data).status == 204


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
        while not answer and time.monotonic() < begun + 10:
            try:
                connection.send(b" " * 1000)
                answer = connection.recv(4096)
            except TimeoutError:
                continue
    assert b"401" in answer and b"connection: close" in answer.lower()
