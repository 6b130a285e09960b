"""Readers of server-sent events, as browsers are."""

from __future__ import annotations

import http.client
import json
import queue
import socket
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import urlsplit

from support import RunningStack


@dataclass(frozen=True)
class Message:
    """One event; its data are JSON."""

    kind: str
    id: str
    data: dict[str, Any]
    text: str


@dataclass
class Stream:
    """An open one, read by a thread until it ends."""

    response: http.client.HTTPResponse
    connection: http.client.HTTPConnection
    messages: queue.Queue[Message | None] = field(default_factory=queue.Queue)
    broken: str = ""
    beats: int = 0

    def read(self) -> None:
        fields: dict[str, str] = {}
        try:
            while line := self.response.readline():
                text = line.decode().rstrip("\n")
                if text.startswith(":"):
                    self.beats += 1
                elif text:
                    name, _, value = text.partition(": ")
                    fields[name] = value
                elif "event" in fields:
                    data = fields.get("data", "{}")
                    self.messages.put(Message(fields["event"], fields.get("id", ""), json.loads(data), data))
                    fields = {}
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.broken = repr(error)
        self.messages.put(None)

    @property
    def is_over(self) -> bool:
        """Whether it ended as an answer ends."""
        assert not self.broken, self.broken
        return self.response.isclosed()

    def next(self, *kinds: str, seconds: float = 30) -> Message:
        """The next message of one of these kinds; others are passed over."""
        while True:
            message = self.messages.get(timeout=seconds)
            assert message is not None, f"the stream ended {self.broken}"
            if message.kind in kinds:
                return message

    def leave(self) -> None:
        """Go, as who loses the network."""
        if self.connection.sock is not None:
            with suppress(OSError):
                self.connection.sock.shutdown(socket.SHUT_RDWR)

    def rest(self, seconds: float = 30) -> list[Message]:
        """All that comes until its end."""
        found = []
        while (message := self.messages.get(timeout=seconds)) is not None:
            found.append(message)
        return found


@dataclass
class Streams:
    """Streams of one stack, all closed at the end."""

    stack: RunningStack
    opened: list[Stream] = field(default_factory=list)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for stream in self.opened:
            stream.leave()

    def open(self, number: int = 1, key: str = "", last: str = "", **headers: str) -> list[Stream]:
        """So many new ones, with the admin key unless another is given."""
        place = urlsplit(self.stack.url)
        added = []
        for _ in range(number):
            connection = http.client.HTTPConnection(str(place.hostname), place.port, timeout=60)
            wanted = {"Authorization": f"Bearer {key or self.stack.api_key}", **headers}
            if last:
                wanted["Last-Event-ID"] = last
            connection.request("GET", "/v1/live", headers=wanted)
            response = connection.getresponse()
            assert response.status == 200, response.read()
            assert response.headers["Content-Type"].startswith("text/event-stream")
            stream = Stream(response, connection)
            threading.Thread(target=stream.read, daemon=True).start()
            added.append(stream)
        self.opened += added
        return added
