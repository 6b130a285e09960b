"""The web service is replaced while viewers and authors are at it: no request fails."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import delivery_site
import pytest
import urllib3
from streams import Streams
from support import LESSONSTREAM, PATIENCE, RunningStack

from benchmarks.edge_server import edge, free_port

pytestmark = pytest.mark.integration

USERS = 6
CHUNK = 64 * 1024


@dataclass
class Users:
    """Clients that ask over and over, each request on a fresh connection; ``failed`` tells what was not answered."""

    url: str
    key: str
    answered: int = 0
    failed: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        headers = {"Authorization": f"Bearer {self.key}", "Connection": "close"}
        with urllib3.PoolManager(retries=False, timeout=30) as pool:
            while not self.over.is_set():
                for method, path, body in (
                    ("GET", "/healthz", None),
                    ("GET", "/v1/assets", None),
                    ("PUT", "/v1/assets/nothing.bin", os.urandom(CHUNK)),
                ):
                    try:
                        answer = pool.request(method, self.url + path, body=body, headers=headers)
                        if answer.status >= 400:
                            self.failed.append(f"{method} {path}: {answer.status} {answer.data[:200]!r}")
                    except urllib3.exceptions.HTTPError as error:
                        self.failed.append(f"{method} {path}: {error!r}")
                    self.answered += 1

    def wait_for_more(self) -> None:
        """Until each of them has been answered some more."""
        wanted, until = self.answered + 5 * USERS, time.monotonic() + 60
        while self.answered < wanted:
            assert time.monotonic() < until, "nobody is answered any more"
            time.sleep(0.05)


@contextmanager
def using(url: str, key: str) -> Iterator[Users]:
    users = Users(url, key)
    threads = [threading.Thread(target=users.run) for _ in range(USERS)]
    for thread in threads:
        thread.start()
    try:
        yield users
    finally:
        users.over.set()
        for thread in threads:
            thread.join()


def web_processes(stack: RunningStack) -> set[int]:
    return {pid for pid, command in stack.processes().items() if " web " in command}


def wait_until(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < until, "it did not come about"
        time.sleep(0.1)


def test_a_running_stack_loads_its_code_anew(stack: RunningStack) -> None:
    before = web_processes(stack)
    workers = {pid for pid, command in stack.processes().items() if "workers.main" in command}
    with using(stack.url, stack.api_key) as users, Streams(stack) as streams:
        streams.open(4)
        users.wait_for_more()
        assert (
            os.spawnv(os.P_WAIT, LESSONSTREAM[0], [*LESSONSTREAM, "reload", "--data", str(stack.data)]) == 0
        )
        # Granian's own process stays and has replaced all others.
        wait_until(
            lambda: len(web_processes(stack) & before) == 1 and len(web_processes(stack)) == len(before)
        )
        wait_until(
            lambda: (
                len(now := {pid for pid, command in stack.processes().items() if "workers.main" in command})
                == len(workers)
                and not now & workers
            )
        )
        users.wait_for_more()
        # Each has come to its end as it should, before anybody lost patience.
        wait_until(lambda: all(stream.is_over for stream in streams.opened))
        again = streams.open(1)[0]
        assert again.next("hello").id
    assert not users.failed


@pytest.mark.long
def test_two_web_services_behind_the_edge_are_replaced_in_turn(stack: RunningStack, tmp_path: Path) -> None:
    """As the operator of compose does it."""
    port = free_port()
    with ExitStack() as running:
        services = [running.enter_context(delivery_site.web(stack)) for _ in range(2)]
        # As with names that are looked up for each request: nothing is remembered of an address.
        listed = " ".join(f"server 127.0.0.1:{at} max_fails=0;" for at, _process in services)
        running.enter_context(
            edge(
                tmp_path / "edge",
                "http",
                services[0][0],
                environment={"WEB_UPSTREAM": "webs"},
                port=port,
                added=f"upstream webs {{ {listed} }}\n",
            )
        )
        with using(f"http://127.0.0.1:{port}", stack.api_key) as users:
            users.wait_for_more()
            for at, process in services:
                process.send_signal(signal.SIGTERM)
                process.wait(60)
                users.wait_for_more()
                running.enter_context(delivery_site.web(stack, port=at))
                users.wait_for_more()
        assert not users.failed
