"""Servers that take connections and say nothing: everybody gets an answer, and what is not needed is not missed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin

import pytest
import urllib3
from havoc import frozen, until
from interrupted import make_lesson
from support import RunningStack, running_stack

pytestmark = pytest.mark.faults

ANSWER_SECONDS = 20.0
"""5 on a machine that does nothing else."""
AT_ONCE_SECONDS = 10.0
"""1 on such a machine."""

POOL = urllib3.PoolManager(maxsize=100)
TUS = {"Tus-Resumable": "1.0.0"}


@dataclass(frozen=True)
class Lesson:
    """A lesson that is ready: paths of its playlists and of a segment, and its file; and the playback ID of one that
    was deleted."""

    deleted: str
    playlists: list[str]
    segment: str
    file: Path


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    with running_stack(
        tmp_path_factory.mktemp("frozen") / "data", "--port", "0", "--workers", "1", DOWNLOADS="off"
    ) as running:
        yield running


@pytest.fixture(scope="module")
def lesson(stack: RunningStack, tmp_path_factory: pytest.TempPathFactory) -> Lesson:
    file = make_lesson(tmp_path_factory.mktemp("lesson") / "lesson.mp4", seconds=2, size="160x90")
    first, second = (stack.upload(file) for _ in range(2))
    deleted = stack.client.get(f"/v1/assets/{second}")["playback_ids"][0]["id"]
    assert stack.request("DELETE", f"/v1/assets/{second}").status == 204
    asset = stack.wait(first, "ready")
    master = f"/v/{asset['playback_ids'][0]['id']}/master.m3u8"
    media = urljoin(master, _lines(stack, master)[0])
    segment = urljoin(media, _lines(stack, media)[0])
    return Lesson(deleted, [master, media], segment, file)


def _lines(stack: RunningStack, path: str) -> list[str]:
    text = stack.request("GET", path, key=None).data.decode()
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def timed(stack: RunningStack, method: str, path: str, **more: object) -> tuple[int, float, str | None]:
    """Status, seconds and ``Retry-After`` of a request of its own connection."""
    began = time.monotonic()
    authorization = {"Authorization": f"Bearer {stack.api_key}"}
    answer = POOL.request(
        method,
        stack.url + path,
        headers={**authorization, **TUS, "Upload-Length": "5"},
        timeout=60,
        retries=False,
        **more,
    )
    return answer.status, time.monotonic() - began, answer.headers.get("Retry-After")


def all_at_once(
    pool: ThreadPoolExecutor, stack: RunningStack, paths: list[tuple[str, str]], times: int
) -> list[Future[tuple[int, float, str | None]]]:
    return [pool.submit(timed, stack, method, path) for _ in range(times) for method, path in paths]


@pytest.mark.parametrize(("server", "part"), [("postgres", "catalogue"), ("s3", "objects")])
def test_every_request_is_answered_and_told_when_to_come_again(
    stack: RunningStack, lesson: Lesson, server: str, part: str
) -> None:
    paths = {
        "postgres": [("GET", "/v1/assets"), ("POST", "/v1/uploads"), ("GET", "/v1/collections")],
        "s3": [("GET", lesson.playlists[0].replace("master.m3u8", "poster.jpg"))],
    }[server]
    with ThreadPoolExecutor(80) as pool, frozen(stack, server):
        # Twice as many as there are threads, and again when it is known.
        for _ in range(2):
            asked = all_at_once(pool, stack, paths, 64 // len(paths))
            alive = [timed(stack, "GET", "/healthz") for _ in range(10)]
            _, seconds = readiness(stack)
            answers = [future.result() for future in asked]
            assert {(status, after is not None) for status, _, after in answers} == {(503, True)}
            assert max(seconds for _, seconds, _ in answers) < ANSWER_SECONDS
            assert {status for status, _, _ in alive} == {200}
            assert max(seconds for _, seconds, _ in alive) < AT_ONCE_SECONDS
            assert seconds < ANSWER_SECONDS
            until(lambda: missing(stack) == [part], ANSWER_SECONDS, f"the word that only {part} is away")
    until(lambda: stack.request("GET", "/readyz").status == 200, 30, "the return of the server")
    until(lambda: all_serve(stack), 30, "the return of the server, as each process knows it")


def readiness(stack: RunningStack) -> tuple[dict[str, str], float]:
    """What ``/readyz`` says of each part, and the seconds that it took."""
    began = time.monotonic()
    answer = POOL.request("GET", f"{stack.url}/readyz", timeout=60, retries=False)
    return answer.json()["parts"], time.monotonic() - began


def all_serve(stack: RunningStack) -> bool:
    """Whether each web process, with near certainty, knows that all servers are back."""
    headers = {"Authorization": f"Bearer {stack.api_key}", "Connection": "close"}
    asked = (POOL.request("GET", f"{stack.url}/v1/assets", headers=headers, retries=False) for _ in range(12))
    return all(answer.status == 200 for answer in asked)


def missing(stack: RunningStack) -> list[str]:
    """The parts of which ``/readyz`` says that they do not work."""
    return [name for name, state in readiness(stack)[0].items() if state != "ready"]


def test_what_was_asked_for_lately_plays_on_without_the_catalogue(
    stack: RunningStack, lesson: Lesson
) -> None:
    paths = [*lesson.playlists, lesson.segment]
    deleted = lesson.playlists[0].replace(lesson.playlists[0].split("/")[2], lesson.deleted)
    for path in paths * 4:  # by each of the web processes, with near certainty
        assert timed(stack, "GET", path)[0] == 200
        assert timed(stack, "GET", deleted)[0] == 404
    with frozen(stack, "postgres"):
        for _ in range(3):
            played = [timed(stack, "GET", path) for path in paths]
            assert {status for status, _, _ in played} == {200}
            assert max(seconds for _, seconds, _ in played) < ANSWER_SECONDS
            assert timed(stack, "GET", deleted)[0] == 503
    until(lambda: all_serve(stack), 30, "the return of the server")


def test_an_upload_ends_at_once_without_redis(stack: RunningStack, lesson: Lesson) -> None:
    data = lesson.file.read_bytes()
    with frozen(stack, "redis"):
        created = stack.request(
            "POST", "/v1/uploads", headers={**TUS, "Upload-Length": str(len(data))}
        ).headers
        began = time.monotonic()
        headers = {**TUS, "Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"}
        finished = stack.request("PATCH", created["Location"], body=data, headers=headers)
        assert finished.status == 204
        assert time.monotonic() - began < AT_ONCE_SECONDS
        until(lambda: missing(stack) == ["queue"], ANSWER_SECONDS, "the word that only the queue is away")
    stack.wait(created["Lessonstream-Asset"], "ready")
