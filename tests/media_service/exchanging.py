"""A province, a city that copies what it shares, and a school that copies what the city does: each in memory on a
catalogue of its own, asked over real connections."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import IPv4Network
from typing import Any
from zoneinfo import ZoneInfo

from house import SECRET_KEY, served
from lesson import add_lesson
from platforms import Platform, free_port, link_up, make_platform
from sqlalchemy import select, update
from sqlalchemy.orm import Session, sessionmaker

from storage.catalogue import plays
from storage.catalogue.models import Asset, FollowedLesson
from storage.catalogue.recording import record
from storage.ids import new_id
from storage.learning.beats import Beat, Sending, Told
from storage.outbound.client import Outbound
from workers.counting import add_up
from workers.mirroring import Mirroring
from workers.reporting import Reporting

ZONE = ZoneInfo("Asia/Shanghai")
OUTBOUND = Outbound((IPv4Network("127.0.0.0/8"),))


@dataclass
class Line:
    """What leads to a platform; it can be cut, before a request is heard or after."""

    app: Any
    is_away: bool = False
    loses_answers: bool = False
    bodies: list[Any] = field(default_factory=list)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if self.is_away:
            raise ConnectionError("the line is cut")
        answer = b"".join(self.app(environ, start_response))
        if environ["PATH_INFO"] == "/v1/exchange/totals":
            self.bodies.append(json.loads(answer))
            if self.loses_answers:
                raise ConnectionError("the line is cut")
        return [answer]


@dataclass
class Site:
    """A platform, its keeper and the line to it."""

    platform: Platform
    line: Line
    mirroring: Mirroring
    reporting: Reporting

    @property
    def sessions(self) -> sessionmaker[Session]:
        return self.platform.house.sessions

    def follow(self, origin: Site, link_id: str) -> None:
        """Copy all that is shared by then."""
        more = 1
        while more:
            with origin.sessions.begin() as session:
                more = record(session)
        self.platform.ask("PUT", f"/v1/platform-links/{link_id}/subscription", 200, {"visibility": "public"})
        self.mirroring.read_changes()
        while self.mirroring.copy().pause is not None:
            pass

    def copy_of(self, link_id: str, origin_id: str) -> str:
        with self.sessions() as session:
            query = select(FollowedLesson.asset_id).where(
                FollowedLesson.link_id == link_id, FollowedLesson.origin_id == origin_id
            )
            asset_id = session.execute(query).scalar_one()
        assert asset_id is not None
        return asset_id

    def watch(
        self, asset_id: str, number: int, *, at: datetime | None = None, seconds: int = 60
    ) -> list[str]:
        """So many views of a lesson, each of somebody else; returns the plays."""
        moment = at or datetime.now(ZONE)
        with self.sessions.begin() as session:
            asset = session.get_one(Asset, asset_id)
            sendings = [
                Sending(
                    new_id(),
                    seconds * 1000 + 1000,
                    [Beat(0, seconds * 1000 + 1000, [(0, seconds * 1000)])],
                    Told(
                        received=int(moment.timestamp() * 1000),
                        playback_id="i",
                        asset_id=asset.id,
                        organization_id=asset.organization_id,
                        version_id="v",
                        viewer=new_id(),
                        duration=600_000,
                    ),
                )
                for _ in range(number)
            ]
            plays.record(session, sendings, ZONE)
        return [each.play for each in sendings]

    def add_up(self) -> None:
        while add_up(self.sessions).pause == 0:
            pass

    def tell(self) -> None:
        """What a keeper does: sums first, then those that are owed."""
        self.add_up()
        self.reporting.tell()

    def views(self, asset_id: str, **query: Any) -> Any:
        self.add_up()
        words = "".join(f"&{name}={value}" for name, value in query.items())
        return self.platform.ask("GET", f"/v1/views?asset={asset_id}{words}", 200)

    def parts(self, asset_id: str) -> dict[str, int]:
        """Views by platform."""
        self.add_up()
        found = self.platform.ask("GET", f"/v1/views/platforms?asset={asset_id}", 200)["platforms"]
        return {each["url"]: each["views"] for each in found}


@dataclass
class World:
    """The city copies what the province shares, the school what the city does."""

    province: Site
    city: Site
    school: Site
    upper: str
    lower: str

    def add_lesson(self) -> tuple[str, str, str]:
        """A lesson of the province, its copy in the city and its copy at the school."""
        lesson = add_lesson(self.province.sessions, self.province.platform.house.objects)
        with self.province.sessions.begin() as session:
            values = {"organization_id": self.province.platform.organization_id, "visibility": None}
            session.execute(update(Asset).where(Asset.id == lesson.asset_id).values(**values))
        self.city.follow(self.province, self.upper)
        city = self.city.copy_of(self.upper, lesson.asset_id)
        self.school.follow(self.city, self.lower)
        return lesson.asset_id, city, self.school.copy_of(self.lower, city)


def make_site(sessions: sessionmaker[Session], name: str, port: int, url: str = "") -> Site:
    url = url or f"http://127.0.0.1:{port}"
    platform = make_platform(sessions, url, name)
    settings = platform.house.app.extensions["lessonstream"].settings
    object.__setattr__(settings, "outbound_allowed_networks", ("127.0.0.0/8",))
    common: dict[str, Any] = {
        "secret_key": SECRET_KEY,
        "public_url": url,
        "poll": 0,
        "time_zone": ZONE,
    }
    mirroring = Mirroring(sessions, platform.house.objects, OUTBOUND, kept=timedelta(days=30), **common)
    return Site(platform, Line(platform.house.app), mirroring, Reporting(sessions, OUTBOUND, **common))


@contextmanager
def three_platforms(catalogues: list[sessionmaker[Session]]) -> Iterator[World]:
    """All three, linked; what one has is shared with the next."""
    with ExitStack() as open_ones:
        sites = []
        for name, own in zip(("省", "市", "校"), catalogues, strict=True):
            port = free_port()
            site = make_site(own, name, port)
            open_ones.enter_context(served(site.line, port))
            sites.append(site)
        province, city, school = sites
        links = []
        for above, below in ((province, city), (city, school)):
            link_id = link_up(above.platform, below.platform)
            met = above.platform.call(below.platform, link_id, "POST", "/v1/exchange/contacts")
            assert met.status_code == 200
            shares = [{"organization_id": above.platform.organization_id}]
            above.platform.ask("PATCH", f"/v1/platform-links/{link_id}", 200, {"shares": shares})
            links.append(link_id)
        yield World(province, city, school, *links)
