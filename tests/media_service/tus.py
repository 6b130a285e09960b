"""A tus client with bare hands: every header can be left out or wrong."""

from __future__ import annotations

import base64
import json
import os
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import urllib3
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker
from support import RunningStack

from storage.catalogue import database

OCTETS = "application/offset+octet-stream"
VERSION = {"Tus-Resumable": "1.0.0"}

H = dict[str, str | None]
"""Headers of a request."""

Told = Mapping[str, str | re.Pattern[str] | None]
"""Headers of an answer: ``*`` stands for any value, a pattern for those that it matches, None for absence."""


@dataclass
class Tus:
    """Speaks to one stack as one key."""

    stack: RunningStack
    key: str | None = ""
    pool: urllib3.PoolManager = field(default_factory=lambda: urllib3.PoolManager(retries=False))

    def send(
        self, method: str, path: str, body: Any = None, /, **headers: str | None
    ) -> urllib3.BaseHTTPResponse:
        """One request. Headers are given as ``Upload_Offset="3"``; None leaves a usual one out."""
        usual: dict[str, str | None] = dict(VERSION)
        if self.key is not None:
            usual["Authorization"] = f"Bearer {self.key or self.stack.api_key}"
        if method == "PATCH":
            usual["Content-Type"] = OCTETS
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        kept = {name: value for name, value in {**usual, **given}.items() if value is not None}
        return self.pool.request(method, self.stack.url + path, body=body, headers=kept)

    def create(self, length: int, /, **metadata: str) -> str:
        """The path of a new upload."""
        answer = self.send(
            "POST", "/v1/uploads", Upload_Length=str(length), Upload_Metadata=encode(metadata) or None
        )
        assert answer.status == 201, answer.data
        return str(answer.headers["Location"])

    def patch(self, path: str, offset: int, body: Any, /, **headers: str | None) -> urllib3.BaseHTTPResponse:
        return self.send("PATCH", path, body, **{"Upload_Offset": str(offset), **headers})

    def offset(self, path: str) -> int:
        answer = self.send("HEAD", path)
        assert answer.status == 200, answer.status
        return int(answer.headers["Upload-Offset"])

    def cut_off(self, path: str, offset: int, declared: int, body: bytes) -> None:
        """Announce ``declared`` bytes, send ``body`` and break the connection."""
        connection = self.begin(path, offset, declared, body)
        connection.close()

    def begin(self, path: str, offset: int, declared: int, body: bytes) -> socket.socket:
        """The first bytes of a PATCH; the connection stays open."""
        place = urlsplit(self.stack.url)
        connection = socket.create_connection((place.hostname, place.port), timeout=20)
        lines = [
            f"PATCH {path} HTTP/1.1",
            f"Host: {place.netloc}",
            f"Authorization: Bearer {self.key or self.stack.api_key}",
            "Tus-Resumable: 1.0.0",
            f"Content-Type: {OCTETS}",
            f"Upload-Offset: {offset}",
            f"Content-Length: {declared}",
            "\r\n",
        ]
        connection.sendall("\r\n".join(lines).encode() + body)
        return connection

    def other_key(self, role: str, *, same_organization: bool = True) -> str:
        """A key of the root organization, or of a new one below it."""
        wish: dict[str, str] = {"role": role}
        if not same_organization:
            child = self.stack.request("POST", "/v1/organizations", json={"name": "county"})
            wish["organization_id"] = json.loads(child.data)["id"]
        return str(json.loads(self.stack.request("POST", "/v1/api-keys", json=wish).data)["key"])


def encode(metadata: Mapping[str, str]) -> str:
    return ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in metadata.items())


def check_headers(answer: Any, told: Told) -> None:
    for name, value in told.items():
        found = answer.headers.get(name)
        if value == "*":
            assert found, name
        elif isinstance(value, re.Pattern):
            assert found is not None and value.fullmatch(found), (name, found)
        else:
            assert found == value, name


def sessions_of(stack: RunningStack) -> sessionmaker[Session]:
    return sessionmaker(database.connect(stack.environment["DATABASE_URL"]), expire_on_commit=False)


def change_upload(stack: RunningStack, path: str, change: str) -> None:
    """Set columns of an upload's row, to bring about what else takes hours or a crash."""
    sessions = sessions_of(stack)
    with sessions.begin() as session:
        session.execute(text(f"UPDATE uploads SET {change} WHERE id = :id"), {"id": path.rpartition("/")[2]})
    sessions.kw["bind"].dispose()


def noise(size: int) -> bytes:
    return os.urandom(size)
