"""A province that shares with a city, which follows it: the province answers over real connections, which can be cut;
what is in the city lies in memory and in a catalogue of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import IPv4Network
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from house import SECRET_KEY, served, walk
from lesson import Lesson, add_image, add_lesson
from platforms import CITY, Platform, free_port, link_up, make_platform
from sqlalchemy import update
from sqlalchemy.orm import Session, sessionmaker

from media_service.exchange import serving
from storage.catalogue.models import Asset, FollowedLesson
from storage.catalogue.recording import record
from storage.outbound.client import Outbound
from workers.mirroring import Mirroring

OUTBOUND = Outbound((IPv4Network("127.0.0.0/8"),))


@dataclass
class Line:
    """What passes from the origin: bytes of objects by path; ``cuts`` are numbers of bytes after which a download
    breaks."""

    app: Any
    sent: dict[str, int] = field(default_factory=dict)
    cuts: list[int] = field(default_factory=list)
    is_away: bool = False

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if self.is_away:
            raise ConnectionError("the origin is away")
        path = environ["PATH_INFO"]
        answer = self.app(environ, start_response)
        return self._counted(path, answer) if "/objects/" in path else answer

    def _counted(self, path: str, answer: Iterable[bytes]) -> Iterator[bytes]:
        data = b"".join(answer)
        if self.cuts and path.endswith("download.mp4") and len(data) > self.cuts[0]:
            data = data[: self.cuts.pop(0)]
            self.sent[path] = self.sent.get(path, 0) + len(data)
            yield data
            raise ConnectionError("cut")
        self.sent[path] = self.sent.get(path, 0) + len(data)
        yield data


@dataclass
class World:
    """The city follows the province, all of which is shared with it."""

    province: Platform
    city: Platform
    lesson: Lesson
    link_id: str
    line: Line
    keeper: Mirroring
    wish: dict[str, Any] = field(default_factory=lambda: {"visibility": "subtree"})

    def follow(self) -> None:
        """All that is shared, until everything that is told is done."""
        self.city.ask("PUT", f"/v1/platform-links/{self.link_id}/subscription", 200, self.wish)
        self.work()

    def tell(self) -> None:
        """Have the province know what became of its lessons."""
        serving._let_in.clear()
        serving._stored.clear()
        more = 1
        while more:
            with self.province.house.sessions.begin() as session:
                more = record(session)

    def work(self) -> None:
        """Until everything that is told is done."""
        self.tell()
        self.keeper.read_changes()
        for _ in range(50):
            self.hurry()
            if self.keeper.copy().pause is None and self.keeper.arrange().pause is None:
                break

    def hurry(self) -> None:
        """What waits for another try need not wait."""
        with self.city.house.sessions.begin() as session:
            due = FollowedLesson.due_at.is_not(None)
            session.execute(update(FollowedLesson).where(due).values(due_at=FollowedLesson.created_at))

    def copy_of(self, asset_id: str) -> dict[str, Any]:
        """The lesson that came, as the API tells it."""
        lessons = self.city.ask("GET", f"/v1/platform-links/{self.link_id}/lessons?limit=200", 200)["lessons"]
        [found] = [each for each in lessons if each["origin_id"] == asset_id]
        assert isinstance(found, dict)
        return found

    def share(self, *shares: dict[str, Any]) -> None:
        self.province.ask("PATCH", f"/v1/platform-links/{self.link_id}", 200, {"shares": list(shares)})

    def play(self, asset_id: str) -> int:
        """Play a lesson of the city with a token, to its last byte; how many addresses that took."""
        asset = self.city.ask("GET", f"/v1/assets/{asset_id}", 200)
        assert asset["state"] == "ready", asset["state"]
        issued = self.city.ask("POST", "/v1/playback-tokens", 201, {"asset_id": asset_id})
        house = self.city.house
        master = f"/v/{issued['playback_id']}/master.m3u8?token={issued['token']}"
        asked = walk(house, master)
        for url, span in asked:
            answer = house.get(url, **({"Range": span} if span else {}))
            assert answer.status_code in (200, 206), (url, answer.text[:200])
        for name in ("poster.jpg", "storyboard.vtt"):
            answer = house.get(f"/v/{issued['playback_id']}/{name}?token={issued['token']}")
            assert answer.status_code == 200, name
        return len(asked)


def met(province: Platform, city: Platform) -> str:
    """A link of which both know that it is one."""
    link_id = link_up(province, city)
    assert province.call(city, link_id, "POST", "/v1/exchange/contacts").status_code == 200
    return link_id


@pytest.fixture(scope="module")
def world(sessions: sessionmaker[Session], other_sessions: sessionmaker[Session]) -> Iterator[World]:
    port = free_port()
    province = make_platform(sessions, f"http://127.0.0.1:{port}", "省")
    city = make_platform(other_sessions, CITY, "市")
    for platform in (province, city):
        settings = platform.house.app.extensions["lessonstream"].settings
        object.__setattr__(settings, "outbound_allowed_networks", ("127.0.0.0/8",))
    lesson = add_lesson(sessions, province.house.objects)
    with sessions.begin() as session:
        # What a lesson has once everything is made of it.
        pieces = {"pieces": [[3.0, 1.0], [18.0, 1.0], [28.0, 1.0]]}
        add_image(session, province.house.objects, lesson.version_id, "preview", pieces)
        session.execute(
            update(Asset)
            .where(Asset.id == lesson.asset_id)
            .values(organization_id=province.organization_id, visibility=None, title="太极拳")
        )
    line = Line(province.house.app)
    keeper = Mirroring(
        other_sessions,
        city.house.objects,
        OUTBOUND,
        secret_key=SECRET_KEY,
        public_url=CITY,
        poll=0,
        time_zone=ZoneInfo("Asia/Shanghai"),
        kept=timedelta(days=30),
    )
    with served(line, port):
        made = World(province, city, lesson, met(province, city), line, keeper)
        made.share({"organization_id": province.organization_id})
        yield made
