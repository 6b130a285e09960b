"""Which connections are ended: silent ones of one address, and none on which an answer waits to be taken."""

from __future__ import annotations

import math
import socket
import sys
import time
from collections.abc import Iterator

import pytest

from media_service import connections
from media_service.connections import Still

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux tells how long a connection is still"
)


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


def connect(listener: socket.socket) -> tuple[socket.socket, socket.socket]:
    """The client's end and ours, after the client has sent a byte."""
    client = socket.create_connection(listener.getsockname(), timeout=2)
    ours, _ = listener.accept()
    client.sendall(b"x")
    assert ours.recv(1) == b"x"
    ours.settimeout(0)
    return client, ours


def is_ended(ours: socket.socket) -> bool:
    try:
        return ours.recv(1) == b""
    except BlockingIOError:
        return False


def test_a_silent_one_is_ended_and_can_still_be_answered(listener: socket.socket) -> None:
    client, ours = connect(listener)
    time.sleep(0.4)
    other, newer = connect(listener)
    with client, ours, other, newer:
        assert connections.end(Still("127.0.0.1", listener.getsockname()[1], 0.3, math.inf)) == 1
        assert is_ended(ours) and not is_ended(newer)
        ours.sendall(b"408")
        assert client.recv(3) == b"408"


@pytest.mark.parametrize(
    "other", [Still("127.0.0.2", 0, 0.3, math.inf), Still("127.0.0.1", 1, 0.3, math.inf)]
)
def test_others_are_left_alone(listener: socket.socket, other: Still) -> None:
    client, ours = connect(listener)
    time.sleep(0.5)
    port = other.port or listener.getsockname()[1]
    with client, ours:
        assert connections.end(Still(other.address, port, other.least, other.most)) == 0
        assert connections.end(Still("127.0.0.1", port, 0.3, 0.4)) == 0
        assert not is_ended(ours)


def test_a_viewer_who_pauses_is_left_alone(listener: socket.socket) -> None:
    client, ours = connect(listener)
    with client, ours:
        sent = 0
        while sent < 64 * 1024 * 1024:
            try:
                sent += ours.send(b"x" * 65536)
            except BlockingIOError:
                time.sleep(0.5)
                try:
                    sent += ours.send(b"x" * 65536)
                except BlockingIOError:
                    break
        assert connections.end(Still("127.0.0.1", listener.getsockname()[1], 0.3, math.inf)) == 0


def test_addresses_are_compared_and_not_their_spelling(listener: socket.socket) -> None:
    client, ours = connect(listener)
    time.sleep(0.4)
    with client, ours:
        assert connections.end(Still("::ffff:127.0.0.1", listener.getsockname()[1], 0.3, math.inf)) == 1
