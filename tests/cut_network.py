"""A network between a process and its server that can be cut: connections stay open, and nothing comes through."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress


class Wire:
    """Carries TCP connections from ``port`` of this machine to a server, unless it is ``cut``."""

    def __init__(self, host: str, port: int) -> None:
        self._server = (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._whole = threading.Event()
        self._whole.set()
        self.answered = 0
        """Bytes that came from the server."""
        self._sockets: list[socket.socket] = [self._listener]
        self.port: int = self._listener.getsockname()[1]
        self._start(self._accept)

    def cut(self) -> None:
        """From now on bytes are taken and go nowhere."""
        self._whole.clear()

    def mend(self) -> None:
        """Let through what was held back, and all that comes."""
        self._whole.set()

    def break_off(self) -> None:
        """End all connections that there are, as a network does that is changed; new ones are let through."""
        self.mend()
        listener, *ended = self._sockets
        self._sockets = [listener]
        _end(ended)

    def close(self) -> None:
        """End all connections."""
        self.mend()
        _end(self._sockets)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                try:
                    far = socket.create_connection(self._server)
                except OSError:  # it is stopped
                    near.close()
                    continue
                self._sockets += [near, far]
                self._start(self._carry, near, far)
                self._start(self._carry, far, near, True)

    def _carry(self, source: socket.socket, target: socket.socket, counts: bool = False) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                self._whole.wait()
                target.sendall(data)
                if counts:
                    self.answered += len(data)
        for each in (source, target):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def _start(self, target: Callable[..., None], *arguments: object) -> None:
        threading.Thread(target=target, args=arguments, daemon=True).start()


@contextmanager
def wire(host: str, port: int) -> Iterator[Wire]:
    """A wire that is gone afterwards."""
    made = Wire(host, port)
    try:
        yield made
    finally:
        made.close()


def _end(sockets: list[socket.socket]) -> None:
    for each in sockets:
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
        each.close()
