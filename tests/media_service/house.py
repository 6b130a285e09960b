"""The service in memory, on a real PostgreSQL: who plays by HTTP asks it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

import m3u8
import pytest
from flask import Flask
from flask.testing import FlaskClient
from lesson import Lesson, add_lesson
from sqlalchemy.orm import Session, sessionmaker
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from configs.settings import load_settings
from media_service.app import create_app
from media_service.playback.access.gate import Gate
from media_service.playback.parts import Parts, parts_of
from media_service.services import AdmitPlay, CountStart, Services, TakeOnce
from storage.beat_stream import BeatTaker, NoBeats
from storage.catalogue.organizations import create_api_key
from storage.memory import MemoryObjectStore
from storage.objects import StorageError
from storage.outbound.client import Outbound
from storage.strangers import networks

SECRET_KEY = "not a secret: only for tests, 32+"
PUBLIC_URL = "https://media.example"


class BreakableStore(MemoryObjectStore):
    """An object storage that can be away."""

    away = False

    def stream(self, key: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        if self.away:
            raise StorageError("connection refused")
        return super().stream(key, start, length)


@dataclass
class House:
    """The application and what it stands on."""

    app: Flask
    client: FlaskClient
    sessions: sessionmaker[Session]
    objects: BreakableStore
    wakes: list[float]

    @property
    def gate(self) -> Gate:
        return self.parts.gate

    @property
    def parts(self) -> Parts:
        return parts_of(self.app)

    def get(self, url: str, **headers: str) -> TestResponse:
        """GET, with headers given as ``If_None_Match=...``."""
        return self.client.get(
            url, headers={name.replace("_", "-"): value for name, value in headers.items()}
        )

    def api_key(self, organization_id: str, role: str = "portal") -> dict[str, str]:
        with self.sessions.begin() as session:
            return {"Authorization": f"Bearer {create_api_key(session, organization_id, role, 'test')[1]}"}


class _Taken:
    """What was taken, in memory."""

    def __init__(self) -> None:
        self._names: set[str] = set()

    def take(self, name: str, _seconds: int) -> bool:
        is_first = name not in self._names
        self._names.add(name)
        return is_first


def make_house(
    sessions: sessionmaker[Session],
    admit_play: AdmitPlay = lambda *_: True,
    objects: BreakableStore | None = None,
    beats: BeatTaker | None = None,
    count_start: CountStart = lambda *_: None,
    take_once: TakeOnce | None = None,
    **environment: str,
) -> House:
    objects, wakes = objects or BreakableStore(), []
    settings = load_settings(
        {
            "DATABASE_URL": "postgresql://unused/unused",
            "REDIS_URL": "redis://unused",
            "S3_ENDPOINT": "http://unused",
            "S3_ACCESS_KEY": "unused",
            "S3_SECRET_KEY": "unused",
            "SECRET_KEY": SECRET_KEY,
            "PUBLIC_URL": PUBLIC_URL,
            "RELEASE_OVERLAP": "0",
            **environment,
        }
    )
    app = create_app(
        Services(
            settings,
            sessions,
            objects,
            lambda: wakes.append(time.time()),
            lambda: None,
            admit_play=admit_play,
            beats=beats or NoBeats(),
            count_start=count_start,
            take_once=take_once or _Taken().take,
            outbound=Outbound(networks(settings.outbound_allowed_networks)),
        )
    )
    return House(app, app.test_client(), sessions, objects, wakes)


@pytest.fixture(scope="module")
def house(sessions: sessionmaker[Session]) -> House:
    return make_house(sessions)


@pytest.fixture(scope="module")
def lesson(house: House) -> Lesson:
    return add_lesson(house.sessions, house.objects)


@pytest.fixture(scope="module")
def token(house: House, lesson: Lesson) -> str:
    return token_of(house, lesson)


@contextmanager
def served(app: Any, port: int = 0) -> Iterator[str]:
    """The address at which an application answers over real connections; at any free port, unless one is named."""
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def address(house: House) -> Iterator[str]:
    """The application on a port of its own."""
    with served(house.app) as found:
        yield found


def token_of(house: House, lesson: Lesson, **wishes: object) -> str:
    answer = house.client.post(
        "/v1/playback-tokens",
        json={"playback_id": lesson.signed_id, **wishes},
        headers=house.api_key(lesson.organization_id),
    )
    assert answer.status_code == 201, answer.text
    return str(answer.json["token"])


def walk(house: House, master_url: str) -> list[tuple[str, str | None]]:
    """Every URL that a player can reach from the master, with the byte ranges it would ask for."""
    found: list[tuple[str, str | None]] = [(master_url, None)]
    master = m3u8.loads(house.get(master_url).text)
    for item in [*master.playlists, *master.media]:
        url = urljoin(master_url, item.uri)
        found.append((url, None))
        media = m3u8.loads(house.get(url).text)
        ranges = [(s.uri, s.byterange) for s in media.segments]
        ranges += [(s.init_section.uri, s.init_section.byterange) for s in media.segments if s.init_section]
        for uri, byterange in dict.fromkeys(ranges):
            length, _, start = (byterange or "").partition("@")
            span = f"bytes={start}-{int(start) + int(length) - 1}" if byterange else None
            found.append((urljoin(url, uri), span))
    return found
