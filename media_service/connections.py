"""Ends connections on which nothing moves, whichever request they belong to.

Granian waits for a request body without end, cannot be told to stop waiting, and does not say which connection a
request came by. The kernel does know how long each connection has been still. Linux only; elsewhere nothing ends.
"""

from __future__ import annotations

import fcntl
import ipaddress
import logging
import os
import socket
import struct
import termios
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

log = logging.getLogger(__name__)

_OPEN_FILES: Final = Path("/proc/self/fd")
_TCP_INFO: Final = struct.Struct("=8x36x3I")
"""``struct tcp_info`` of linux/tcp.h as far as it is read: ages in milliseconds after eight bytes and nine words."""


@dataclass(frozen=True)
class Still:
    """What is known of a connection on which a body is waited for: the client's ``address``, the ``port`` it came to,
    and between how many seconds the last byte went either way. Others may look the same, as behind a proxy.
    """

    address: str
    port: int
    least: float
    most: float


def end(wanted: Still) -> int:
    """Stop reading from the connections that look like this; returns from how many. Whoever waits for more of a body
    then sees its end, and can still answer.
    """
    ended = 0
    for connection in _accepted(wanted.port):
        with closing(connection), suppress(OSError):  # it may end by itself at any time
            still_for = _still_for(connection)
            known = _same(connection.getpeername()[0], wanted.address)
            if known and wanted.least <= still_for <= wanted.most and not _sends(connection):
                connection.shutdown(socket.SHUT_RD)
                ended += 1
    if ended:
        log.info("stopped waiting for %s: %d connection(s) were silent", wanted.address, ended)
    return ended


def _accepted(port: int) -> Iterator[socket.socket]:
    """Connections of this process that were made to ``port``."""
    if not _OPEN_FILES.is_dir():
        return
    for entry in _OPEN_FILES.iterdir():
        with suppress(OSError):
            # A copy: the number may come to mean another file while we look.
            connection = socket.socket(fileno=os.dup(int(entry.name)))
            if connection.family in (socket.AF_INET, socket.AF_INET6) and _is_accepted(connection, port):
                yield connection
            else:
                connection.close()


def _is_accepted(connection: socket.socket, port: int) -> bool:
    try:
        return bool(connection.getsockname()[1] == port and connection.getpeername())
    except OSError:
        return False


def _still_for(connection: socket.socket) -> float:
    """Seconds since the last byte of content went either way."""
    facts = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO.size)
    sent, _acknowledged, received = _TCP_INFO.unpack(facts)
    return float(min(sent, received)) / 1000


def _sends(connection: socket.socket) -> bool:
    """Whether an answer is on its way that the client does not take, as when a viewer pauses."""
    queued = bytearray(4)
    fcntl.ioctl(connection.fileno(), termios.TIOCOUTQ, queued)
    return any(queued)


def _same(one: str, other: str) -> bool:
    return _plain(one) == _plain(other)


def _plain(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    found = ipaddress.ip_address(address)
    return getattr(found, "ipv4_mapped", None) or found
