"""The parts of the asynchronous door by themselves: environments, bodies, parts, answers; no server, no waiting."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from media_service.server import answer, request_body
from media_service.server.answer import SLICE, Rewindable, Sending, call
from media_service.server.application import Server
from media_service.server.request_body import DocumentCut, DocumentLate, RequestBody
from media_service.server.wsgi_environ import environ_of
from media_service.uploads.arriving import Arriving, End
from media_service.uploads.part import Part, Room

SCOPE = {
    "method": "GET",
    "path": "/",
    "query_string": b"",
    "http_version": "1.1",
    "scheme": "http",
    "headers": [],
    "client": ("192.0.2.1", 5000),
    "server": ("127.0.0.1", 80),
}


@pytest.mark.parametrize(
    ("raw", "path"),
    [(b"/a/b", "/a/b"), (b"/%E6%B0%B4", "/\xe6\xb0\xb4"), (b"/%ff%00", "/\xff\x00"), (b"/a%2Fb%25", "/a/b%")],
)
def test_paths_are_bytes_as_pep_3333_has_them(raw: bytes, path: str) -> None:
    assert environ_of({**SCOPE, "raw_path": raw})["PATH_INFO"] == path


def test_headers_are_joined_and_none_passes_for_another() -> None:
    headers = [
        (b"x-forwarded-for", b"198.51.100.7"),
        (b"x_forwarded_for", b"203.0.113.9"),
        (b"accept", b"a"),
        (b"accept", b"b"),
        (b"cookie", b"c=1"),
        (b"cookie", b"d=2"),
        (b"content-length", b"3"),
    ]
    environ = environ_of({**SCOPE, "headers": headers})
    assert environ["HTTP_X_FORWARDED_FOR"] == "198.51.100.7"
    assert (environ["HTTP_ACCEPT"], environ["HTTP_COOKIE"]) == ("a,b", "c=1; d=2")
    assert environ["CONTENT_LENGTH"] == "3" and "HTTP_CONTENT_LENGTH" not in environ


class Client:
    """What an ASGI server tells of a client that sends ``pieces`` and then nothing more (``silent``) or ends."""

    def __init__(self, *pieces: bytes, silent: bool = False, gone: bool = False) -> None:
        self._events = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]
        if gone:
            self._events.append({"type": "http.disconnect"})
        elif not silent:
            self._events.append({"type": "http.request", "body": b"", "more_body": False})

    async def receive(self) -> dict[str, Any]:
        if self._events:
            return self._events.pop(0)
        return await asyncio.get_running_loop().create_future()


DECLARED = {"CONTENT_LENGTH": "9"}


def test_a_document_comes_whole_or_not_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = RequestBody(Client(b"{", b"}").receive, DECLARED)
    assert asyncio.run(whole.document()) == b"{}" and whole.is_whole
    monkeypatch.setattr(request_body, "DOCUMENT_SILENCE", 0.05)
    for client, how in ((Client(b"{", silent=True), DocumentLate), (Client(b"{", gone=True), DocumentCut)):
        with pytest.raises(how):
            asyncio.run(RequestBody(client.receive, DECLARED).document())


def test_a_trickle_does_not_make_a_document_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_body, "DOCUMENT_SECONDS", 0.2)

    async def trickle() -> dict[str, Any]:
        await asyncio.sleep(0.01)
        return {"type": "http.request", "body": b" ", "more_body": True}

    with pytest.raises(DocumentLate):
        asyncio.run(RequestBody(trickle, DECLARED).document())


def test_a_read_that_waits_can_be_ended() -> None:
    async def end_it() -> tuple[bytes, bool]:
        waiting = RequestBody(Client(silent=True).receive, DECLARED)
        reading = asyncio.ensure_future(waiting.read())
        await asyncio.sleep(0)
        waiting.stop()
        return await reading, waiting.is_cut

    assert asyncio.run(end_it()) == (b"", True)


def test_who_waits_for_a_word_is_not_drained() -> None:
    async def unread(environ: dict[str, str]) -> bool:
        refused = RequestBody(Client(b"x" * 9).receive, {**DECLARED, **environ})
        await refused.drain()
        return refused.is_whole

    assert asyncio.run(unread({}))
    assert not asyncio.run(unread({"HTTP_EXPECT": "100-continue"}))


@pytest.mark.parametrize("memory", [0, 10, 100])
def test_a_part_is_the_same_in_memory_and_in_a_file(tmp_path: Path, memory: int) -> None:
    room = Room(tmp_path, memory)
    part = Part(room)
    for number in range(10):
        part.write(b"%d" % number * 5)
    assert part.read() == b"".join(b"%d" % number * 5 for number in range(10))
    assert part.size == 50 and not list(tmp_path.iterdir())
    part.close()
    assert room.take(memory) and not room.take(1)


@pytest.mark.parametrize(
    ("client", "limit", "is_declared", "end"),
    [
        (Client(b"abcd", b"efgh"), 8, True, End.WHOLE),
        (Client(b"abcd", b"ef", gone=True), 8, True, End.CUT),
        (Client(b"abcd", b"ef"), 8, False, End.WHOLE),
        (Client(b"abcd", b"ef", gone=True), 8, False, End.CUT),
        (Client(b"abcd", b"efgh", b"i"), 8, False, End.OVERFLOW),
    ],
)
def test_a_body_is_cut_into_parts(
    tmp_path: Path, client: Client, limit: int, is_declared: bool, end: End
) -> None:
    arriving = Arriving(
        RequestBody(client.receive, {"HTTP_TRANSFER_ENCODING": "chunked"}), limit, is_declared=is_declared
    )

    async def parts() -> tuple[list[bytes], End]:
        found, ended = [], None
        while ended is None:
            part = Part(Room(tmp_path))
            ended = await arriving.fill(part, 3)
            found.append(part.read())
        return found, ended

    found, ended = asyncio.run(parts())
    assert ended is end
    assert b"abcdefgh".startswith(b"".join(found)) and all(len(part) == 3 for part in found[:-1])


class Content(Rewindable):
    """Bytes that can be fetched again, and how often they were fetched and let go."""

    def __init__(self, data: bytes) -> None:
        self.data, self.fetched, self.closed = data, 0, 0

    def since(self, position: int, most: int | None = None) -> Iterator[bytes]:
        self.fetched += position < len(self.data)
        return iter((self.data[position : position + (most or len(self.data))],))

    def close(self) -> None:
        self.closed += 1


async def sending(
    content: Content, client: Client, send: Any, places: asyncio.Semaphore | None = None
) -> None:
    await Sending(content, client.receive, send, places or asyncio.Semaphore()).run()


def test_a_client_that_stands_still_is_sent_the_rest_when_it_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answer, "PATIENCE", 0.05)
    content, taken = Content(bytes(range(256)) * 4096), bytearray()

    async def send(event: Any) -> None:
        if len(taken) == 2 * SLICE:
            await asyncio.sleep(0.3)
        taken.extend(event["body"])

    asyncio.run(sending(content, Client(silent=True), send))
    assert taken == content.data
    assert content.fetched == 3  # a block, and once it is fast again all that is left


def test_what_a_slow_client_reads_is_fetched_in_few_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answer, "PATIENCE", 0.02)
    content, taken = Content(bytes(range(256)) * 4096), bytearray()

    async def send(event: Any) -> None:
        await asyncio.sleep(0.1)
        taken.extend(event["body"])

    asyncio.run(sending(content, Client(silent=True), send))
    assert taken == content.data
    assert content.fetched <= 1 + len(content.data) / answer.BLOCK


@pytest.mark.parametrize("gone", [True, False])
def test_sending_ends_with_its_client(monkeypatch: pytest.MonkeyPatch, gone: bool) -> None:
    """Whether it goes away, or stays and takes nothing."""
    monkeypatch.setattr(answer, "PATIENCE", 0.05)
    monkeypatch.setattr(answer, "SILENCE", 0.2)

    async def send(_event: Any) -> None:
        await asyncio.get_running_loop().create_future()

    async def bounded() -> None:
        async with asyncio.timeout(20):
            await sending(Content(b"x" * 10**6), Client(gone=gone, silent=not gone), send)

    asyncio.run(bounded())


@pytest.mark.parametrize("later", range(4))
def test_a_client_that_leaves_with_the_last_byte_disturbs_nothing(later: int) -> None:
    """However many turns of the event loop its leaving takes to be noticed."""
    content = Content(b"x" * SLICE * 2)

    async def leave() -> None:
        left = asyncio.Event()

        async def send(event: Any) -> None:
            if not event["more_body"]:
                left.set()
                for _ in range(later):
                    await asyncio.sleep(0)

        async def receive() -> dict[str, Any]:
            await left.wait()
            return {"type": "http.disconnect"}

        await Sending(content, receive, send, asyncio.Semaphore()).run()

    asyncio.run(leave())
    assert content.closed


def test_who_waits_for_a_place_holds_nothing_and_is_missed_when_gone() -> None:
    """And who stayed is sent all once there is a place."""
    stays, goes, taken = Content(b"x" * 10**6), Content(b"x" * 10**6), bytearray()

    async def send(event: Any) -> None:
        taken.extend(event["body"])

    async def wait_in_turn() -> None:
        places = asyncio.Semaphore(1)
        async with asyncio.timeout(20):
            async with places:
                waiting = asyncio.create_task(sending(stays, Client(silent=True), send, places))
                await sending(goes, Client(gone=True), send, places)
                while not stays.closed:
                    await asyncio.sleep(0)
            assert not taken
            await waiting

    asyncio.run(wait_in_turn())
    assert goes.fetched == 0 and goes.closed
    assert taken == stays.data


def test_what_is_at_hand_is_sent_in_one_go() -> None:
    def app(_environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [("Content-Length", "4")])
        return [b"ab", b"cd"]

    assert call(app, {"REQUEST_METHOD": "GET"}).content == b"abcd"
    assert call(app, {"REQUEST_METHOD": "HEAD"}).content == b""


def test_viewers_do_not_queue_behind_uploads() -> None:
    """A crowd of them waits for the catalogue; who plays has to be looked up there too."""
    answered = threading.Event()

    def app(environ: Any, start_response: Any) -> list[bytes]:
        if environ["PATH_INFO"] == "/upload":
            assert answered.wait(20)
        start_response("200 OK", [("Content-Length", "1")])
        return [b"x"]

    server = Server(
        app,
        threads=1,
        answers=1,
        uploads=1,
        is_prompt=lambda _: False,
        is_upload=lambda environ: environ["PATH_INFO"] == "/upload",
    )

    async def ask(path: bytes) -> None:
        async def send(event: Any) -> None:
            pass

        await server({**SCOPE, "path": path.decode(), "raw_path": path}, Client().receive, send)

    async def crowd() -> None:
        uploads = [asyncio.ensure_future(ask(b"/upload")) for _ in range(5)]
        await asyncio.sleep(0)
        await ask(b"/playlist")
        answered.set()
        await asyncio.gather(*uploads)

    asyncio.run(crowd())
