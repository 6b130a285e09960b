"""Uploads that are interrupted at random points, by whatever may happen: all finish, and no byte differs."""

from __future__ import annotations

import hashlib
import http.client
import json
import random
import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
import urllib3
from cut_network import Wire
from havoc import SERVERS, WEB, dead, kill, leader, session_of, until
from invariants import catalogue_of, digest_of
from sqlalchemy import select
from support import PATIENCE, SMALL, RunningStack, running_stack

from storage.catalogue.models import Upload, Version
from storage.keys import upload_prefix

pytestmark = pytest.mark.faults

MEBIBYTE = 1024 * 1024
SEED = 20


@pytest.fixture(scope="module")
def fragile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    """A stack to be harmed, with nothing else to do."""
    with running_stack(tmp_path_factory.mktemp("interrupted") / "data", "--port", "0", **SMALL) as running:
        yield running


@dataclass
class Sender:
    """A client that goes on wherever it is told to, until all is there."""

    stack: RunningStack
    data: bytes
    chance: random.Random
    path: str = ""
    interruptions: list[str] = field(default_factory=list)

    def ask(
        self, method: str, path: str, headers: dict[str, str], body: bytes = b""
    ) -> tuple[int, int | None]:
        """Status and offset of an answer. Raises ``OSError`` and ``HTTPException`` where there is none."""
        place = urlsplit(self.stack.url)
        with closing(http.client.HTTPConnection(place.hostname or "", place.port, timeout=60)) as connection:
            connection.request(method, path, body or None, {**self.headers(), **headers})
            answer = connection.getresponse()
            answer.read()
            self.path = answer.headers.get("Location") or self.path
            offset = answer.headers.get("Upload-Offset")
            return answer.status, None if offset is None else int(offset)

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.stack.api_key}", "Tus-Resumable": "1.0.0"}

    def begin(self) -> None:
        status, _ = self.ask("POST", "/v1/uploads", {"Upload-Length": str(len(self.data))})
        assert status == 201

    def offset(self) -> int:
        """Where to go on, once the service is there again."""

        def look() -> tuple[int] | None:
            with suppress(OSError, http.client.HTTPException):
                status, offset = self.ask("HEAD", self.path, {})
                assert status in (200, 503), status
                return (offset,) if status == 200 and offset is not None else None
            return None

        (found,) = until(look, PATIENCE, "an answer to HEAD") or (0,)
        return found

    def send(self, start: int) -> None:
        """All that is missing. Whatever goes wrong, the next HEAD tells."""
        headers = {"Upload-Offset": str(start), "Content-Type": "application/offset+octet-stream"}
        with suppress(OSError, http.client.HTTPException):
            status, _ = self.ask("PATCH", self.path, headers, self.data[start:])
            assert status in (204, 400, 403, 409, 423, 500, 502, 503), status

    def part_sent(self, start: int, port: int = 0) -> http.client.HTTPConnection:
        """A request that says that it brings all the rest and has brought some of it."""
        place = urlsplit(self.stack.url)
        connection = http.client.HTTPConnection(place.hostname or "", port or place.port, timeout=60)
        connection.putrequest("PATCH", self.path)
        for name, value in {
            **self.headers(),
            "Upload-Offset": str(start),
            "Content-Type": "application/offset+octet-stream",
            "Content-Length": str(len(self.data) - start),
        }.items():
            connection.putheader(name, value)
        connection.endheaders()
        connection.send(self.data[start : self.chance.randint(start, len(self.data))])
        return connection


def client_gone(sender: Sender, start: int) -> None:
    sender.part_sent(start).close()


def web_killed(sender: Sender, start: int) -> None:
    with closing(sender.part_sent(start)):
        time.sleep(sender.chance.uniform(0, 0.3))
        kill(*session_of(leader(sender.stack, WEB)))


def storage_away(sender: Sender, start: int) -> None:
    with dead(sender.stack, "s3"):
        sender.send(start)


def network_cut(sender: Sender, start: int) -> None:
    """In the middle of a part, without a word to either side."""
    place = urlsplit(sender.stack.url)
    wire = Wire(place.hostname or "", place.port or 0)
    connection = sender.part_sent(start, wire.port)
    time.sleep(sender.chance.uniform(0, 0.2))
    wire.cut()
    try:
        sender.send(sender.offset())
    finally:
        connection.close()
        wire.close()


def two_clients(sender: Sender, start: int) -> None:
    others = [threading.Thread(target=sender.send, args=(start,)) for _ in range(2)]
    for each in others:
        each.start()
    for each in others:
        each.join()


Kind = Callable[[Sender, int], None]

HARMLESS: tuple[Kind, ...] = (client_gone, network_cut, two_clients)
"""What no other user of the stack notices."""

KINDS: tuple[Kind, ...] = (*HARMLESS, web_killed, storage_away)


def wait_until_all_is_there(stack: RunningStack) -> None:
    """What was killed is started again."""

    def look() -> bool:
        running = stack.processes().values()
        with suppress(urllib3.exceptions.HTTPError):
            # What was true of a server a moment ago is still answered when it is dead.
            return stack.request("GET", "/readyz").status == 200 and all(
                any(re.search(pattern, line) for line in running) for pattern in (WEB, SERVERS["s3"])
            )
        return False

    until(look, PATIENCE, "all servers")


def interrupted(stack: RunningStack, seed: int, of: Sequence[Kind], more: int) -> Sender:
    """An upload that is interrupted once and up to ``more`` times again, each time at another point, and then sent to
    its end."""
    chance = random.Random(seed)
    size = chance.choice([1, 1000, MEBIBYTE, 3 * MEBIBYTE, 9 * MEBIBYTE, 20 * MEBIBYTE])
    sender = Sender(stack, chance.randbytes(chance.randint(1, size)), chance)
    wait_until_all_is_there(stack)
    sender.begin()
    kinds = [of[seed % len(of)], *chance.sample(of, chance.randint(0, more))]
    for kind in kinds:
        wait_until_all_is_there(stack)
        start = sender.offset()
        if start < len(sender.data):
            sender.interruptions.append(f"{kind.__name__} at {start}")
            kind(sender, start)
    deadline = time.monotonic() + PATIENCE
    while (start := sender.offset()) < len(sender.data):
        assert time.monotonic() < deadline, (seed, sender.interruptions, start)
        sender.send(start)
    return sender


def differs(sender: Sender) -> str | None:
    """What is wrong with an upload that is said to be whole; None if nothing is."""
    stack, upload_id = sender.stack, sender.path.rpartition("/")[2]
    with catalogue_of(stack) as session:
        version = session.execute(select(Version).join(Upload).where(Upload.id == upload_id)).scalar_one()
    if version.state == "uploading" or version.source_key is None:
        return f"is {version.state}"
    sent = (len(sender.data), hashlib.sha256(sender.data).hexdigest())
    stored = digest_of(stack, version.source_key)
    pending = list(stack.objects.pending_multipart(version.source_key))
    left = [info.key for info in stack.objects.list(upload_prefix(upload_id))]
    if stored[::-1] != sent[::-1] or (version.source_size, version.source_sha256) != sent:
        return f"{sent} was sent, {stored} is stored"
    return f"left behind: {pending} {left}" if pending or left else None


def interrupt_all(stack: RunningStack, seeds: range, of: Sequence[Kind], more: int = 0) -> None:
    wrong = {}
    for seed in seeds:
        sender = interrupted(stack, seed, of, more)
        wait_until_all_is_there(stack)
        problem = differs(sender)
        wrong |= {seed: problem} if problem else {}
        told = {"seed": seed, "bytes": len(sender.data), "interrupted": sender.interruptions}
        print(json.dumps({**told, "wrong": problem}), flush=True)
    assert not wrong, wrong


def test_interrupted_uploads_finish(stack: RunningStack) -> None:
    interrupt_all(stack, range(SEED, SEED + len(HARMLESS)), HARMLESS)


@pytest.mark.long
@pytest.mark.parametrize("first", range(SEED, SEED + 100, 50))
def test_a_hundred_of_them_do(fragile: RunningStack, first: int) -> None:
    interrupt_all(fragile, range(first, first + 50), KINDS, more=2)
