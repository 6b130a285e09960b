"""A server that says nothing: one waits for it, and not all; and its return is noticed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait

import pytest

from storage.breaker import PROBE_SECONDS, Breaker, ServerSilent

PATIENCE = 30


class Server:
    """Answers at once, unless it is frozen."""

    def __init__(self) -> None:
        self.thawed = threading.Event()
        self.thawed.set()
        self.ended = threading.Event()
        self.calls = 0

    def probe(self) -> None:
        if not self.thawed.is_set():
            raise ServerSilent

    def call(self, breaker: Breaker) -> str:
        with breaker.asking():
            self.calls += 1
            while not self.thawed.wait(0.02):
                if self.ended.is_set():
                    raise ServerSilent
        return "answer"


def eventually(what: Callable[[], bool]) -> None:
    done = threading.Event()
    for _ in range(PATIENCE * 20):
        if what():
            return
        done.wait(0.05)
    raise AssertionError("it never came to be")


def test_calls_fail_while_the_server_is_silent_and_succeed_afterwards() -> None:
    server = Server()
    breaker = Breaker("server", server.probe, places=3, on_silence=server.ended.set)
    assert server.call(breaker) == "answer"
    server.thawed.clear()
    with ThreadPoolExecutor(8) as pool:
        calls = [pool.submit(server.call, breaker) for _ in range(8)]
        assert not wait(calls, PATIENCE).not_done
        assert all(isinstance(call.exception(), ServerSilent) for call in calls)
        assert server.calls <= 1 + 3, "more than its places waited for the server"
    eventually(lambda: breaker.is_open)
    asked = server.calls
    for _ in range(100):
        with pytest.raises(ServerSilent):
            server.call(breaker)
    assert server.calls == asked, "a call was made of a server that is known to be silent"
    server.ended.clear()
    server.thawed.set()
    eventually(lambda: not breaker.is_open)
    assert server.call(breaker) == "answer"


def test_a_slow_server_that_is_there_is_waited_for() -> None:
    server, slow = Server(), threading.Event()
    probed = threading.Event()
    breaker = Breaker("server", probed.set, places=3, on_silence=lambda: pytest.fail("it was there"))

    def call() -> str:
        with breaker.asking():
            slow.wait(PATIENCE)
        return "late"

    with ThreadPoolExecutor(1) as pool:
        late = pool.submit(call)
        assert probed.wait(PATIENCE)
        assert server.call(breaker) == "answer"
        slow.set()
        assert late.result(PATIENCE) == "late"
    assert not breaker.is_open


def test_who_finds_all_places_taken_waits_while_a_slow_server_says_that_it_is_there() -> None:
    slow, probed = threading.Event(), threading.Event()

    def probe() -> None:
        threading.Event().wait(PROBE_SECONDS * 0.9)
        probed.set()

    breaker = Breaker("server", probe, places=1)

    def call() -> str:
        with breaker.asking():
            slow.wait(PATIENCE)
        return "answer"

    with ThreadPoolExecutor(2) as pool:
        calls = [pool.submit(call) for _ in range(2)]
        assert probed.wait(PATIENCE)
        slow.set()
        assert [late.result(PATIENCE) for late in calls] == ["answer"] * 2


def test_what_has_begun_goes_on_though_all_places_are_taken() -> None:
    """As a transaction for whose locks those wait who have the places."""
    begun, done = threading.Event(), threading.Event()
    breaker = Breaker("server", lambda: None, places=1)

    def wait_for_the_lock() -> None:
        with breaker.asking():
            begun.set()
            assert done.wait(PATIENCE)

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(wait_for_the_lock)
        assert begun.wait(PATIENCE)
        with breaker.asking(has_begun=True):
            done.set()
        waiting.result(PATIENCE)
