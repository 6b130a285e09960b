"""A platform tells what it likes of where its lessons come from: it comes before nobody else by that.

The province has lessons, the city passes on what it says is the province's, and the school follows both.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest
from exchanging import Line, Site, make_site
from house import served
from lesson import add_lesson
from platforms import free_port, link_up
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, sessionmaker

from media_service.exchange import serving
from storage.catalogue.models import Asset, FollowedLesson, PlatformLink, Subscription
from storage.catalogue.recording import record
from storage.ids import new_id

pytestmark = pytest.mark.integration

Document = dict[str, Any]


@dataclass
class SlowLine(Line):
    """What leads to a platform that tells no changes for as long as it likes."""

    waits: threading.Event | None = None

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if self.waits is not None and path == "/v1/exchange/changes":
            self.waits.wait(60)
        return super().__call__(environ, start_response)


@dataclass
class World:
    province: Site
    city: Site
    school: Site
    from_province: str
    from_city: str

    def add(self, site: Site, title: str) -> str:
        """A lesson of a platform, with bytes that no other lesson has."""
        lesson = add_lesson(site.sessions, site.platform.house.objects)
        with site.sessions.begin() as session:
            values = {"organization_id": site.platform.organization_id, "visibility": None, "title": title}
            session.execute(update(Asset).where(Asset.id == lesson.asset_id).values(**values))
        return lesson.asset_id

    def say_it_came(self, asset_id: str, url: str, origin_id: str) -> None:
        """Let the city say that a lesson of its own came from elsewhere."""
        stations = [{"url": url, "name": "省", "asset_id": origin_id}]
        with self.city.sessions.begin() as session:
            session.add(
                FollowedLesson(
                    link_id=self.from_city,
                    origin_id=new_id(),
                    state="adopted",
                    asset_id=asset_id,
                    stations=stations,
                )
            )

    def share(self, site: Site, link_id: str, *asset_ids: str) -> None:
        shares = [{"asset_id": each} for each in asset_ids]
        site.platform.ask("PATCH", f"/v1/platform-links/{link_id}", 200, {"shares": shares})

    def follow(self, *link_ids: str, visibility: str = "public") -> None:
        """Let the school follow these links, too, and do all that there is to do."""
        for link_id in link_ids:
            wish = {"visibility": visibility}
            self.school.platform.ask("PUT", f"/v1/platform-links/{link_id}/subscription", 200, wish)
        self.look()

    def look(self) -> None:
        serving._let_in.clear()
        serving._stored.clear()
        for site in (self.province, self.city):
            more = 1
            while more:
                with site.sessions.begin() as session:
                    more = record(session)
        for _ in range(2):
            self.school.mirroring.read_changes()
            for _ in range(50):
                self.hurry()
                if self.school.mirroring.copy().pause is None:
                    break

    def hurry(self) -> None:
        with self.school.sessions.begin() as session:
            due = FollowedLesson.due_at.is_not(None) & FollowedLesson.failure.is_(None)
            session.execute(update(FollowedLesson).where(due).values(due_at=func.now()))

    def told(self, link_id: str, origin_id: str) -> Document:
        path = f"/v1/platform-links/{link_id}/lessons?limit=200"
        lessons = self.school.platform.ask("GET", path, 200)["lessons"]
        [found] = [each for each in lessons if each["origin_id"] == origin_id]
        assert isinstance(found, dict)
        return found

    def state(self, link_id: str, origin_id: str) -> str:
        return str(self.told(link_id, origin_id)["state"])

    def asset(self, asset_id: str) -> Document:
        found = self.school.platform.ask("GET", f"/v1/assets/{asset_id}", 200)
        assert isinstance(found, dict)
        return found

    def another(self, origin: Site) -> str:
        """Another link of the school with a platform."""
        link_id = link_up(origin.platform, self.school.platform)
        met = origin.platform.call(self.school.platform, link_id, "POST", "/v1/exchange/contacts")
        assert met.status_code == 200
        return link_id


@pytest.fixture(scope="module")
def sites(three_catalogues: list[sessionmaker[Session]]) -> Iterator[list[Site]]:
    with ExitStack() as open_ones:
        found = []
        for name, own in zip(("省", "市", "校"), three_catalogues, strict=True):
            port = free_port()
            site = make_site(own, name, port)
            site.line = SlowLine(site.platform.house.app)
            open_ones.enter_context(served(site.line, port))
            found.append(site)
        yield found


@pytest.fixture
def world(sites: list[Site]) -> Iterator[World]:
    """With links of its own, which end when the test does."""
    made = World(sites[0], sites[1], sites[2], "", "")
    made.from_province, made.from_city = made.another(made.province), made.another(made.city)
    yield made
    for page in made.school.platform.ask("GET", "/v1/platform-links?limit=200", 200)["platform_links"]:
        if page["state"] != "ended":
            made.school.platform.ask("DELETE", f"/v1/platform-links/{page['id']}", 204)


@dataclass
class Case:
    """A lesson of the province, and one of the city that it says is that one."""

    real: str
    fake: str


@pytest.fixture
def case(world: World) -> Case:
    found = Case(world.add(world.province, "真的"), world.add(world.city, "假的"))
    world.say_it_came(found.fake, world.province.platform.url, found.real)
    world.share(world.province, world.from_province, found.real)
    world.share(world.city, world.from_city, found.fake)
    return found


def test_nobody_sees_by_that_what_they_may_not(world: World, case: Case) -> None:
    """What came by others is open to everybody, the origin's own is not to be."""
    world.follow(world.from_city)
    open_one = world.told(world.from_city, case.fake)["asset_id"]
    world.follow(world.from_province, visibility="private")
    real = world.told(world.from_province, case.real)
    assert real["state"] == "current" and real["asset_id"] != open_one
    assert world.asset(real["asset_id"])["visibility"] == "private"
    world.school.platform.ask("GET", f"/v1/assets/{open_one}", 404)
    assert world.state(world.from_city, case.fake) == "elsewhere"


def test_what_another_organization_has_is_in_nobodys_way(world: World, case: Case) -> None:
    """It may not see that."""
    root = world.school.platform.organization_id
    own = {"name": "分校", "parent_id": root}
    branch = world.school.platform.ask("POST", "/v1/organizations", 201, own)["id"]
    second = world.another(world.city)
    with world.school.sessions.begin() as session:
        session.get_one(PlatformLink, second).organization_id = branch
    world.share(world.city, second, case.fake)
    world.follow(world.from_city, visibility="private")
    world.follow(second)
    assert world.state(world.from_city, case.fake) == world.state(second, case.fake) == "current"


def test_both_that_are_here_become_the_origins_own(world: World, case: Case) -> None:
    """As where the origin was away for a while, when it had begun to be copied."""
    world.follow(world.from_city)
    world.follow(world.from_province, visibility="private")
    with world.school.sessions.begin() as session:
        by_city = session.execute(
            select(FollowedLesson).where(FollowedLesson.link_id == world.from_city)
        ).scalar_one()
        # It is looked at again whenever something changes there.
        by_city.due_at = func.now()
    world.look()
    assert world.state(world.from_province, case.real) == "current"
    assert world.state(world.from_city, case.fake) == "elsewhere"
    world.school.platform.ask("DELETE", f"/v1/platform-links/{world.from_province}/subscription", 204)
    world.share(world.province, world.from_province)
    world.look()


def test_a_platform_that_is_slow_holds_up_no_other(world: World, case: Case) -> None:
    """The province's changes are there while the city has not answered."""
    for link_id in (world.from_city, world.from_province):
        wish = {"visibility": "public"}
        world.school.platform.ask("PUT", f"/v1/platform-links/{link_id}/subscription", 200, wish)
    with world.province.sessions.begin() as session:
        record(session)
    line = world.city.line
    assert isinstance(line, SlowLine)
    with world.school.sessions.begin() as session:
        # The slow one has its turn first.
        waits = Subscription.link_id == world.from_province
        session.execute(update(Subscription).where(waits).values(read_at=func.now()))
    line.waits = threading.Event()
    reading = threading.Thread(target=world.school.mirroring.read_changes, daemon=True)
    reading.start()
    try:
        known = select(FollowedLesson.id).where(FollowedLesson.link_id == world.from_province)
        for _ in range(300):
            with world.school.sessions() as session:
                if session.execute(known).first() is not None:
                    break
            reading.join(0.1)
        assert reading.is_alive()
        assert world.told(world.from_province, case.real)["origin_id"] == case.real
    finally:
        line.waits.set()
        line.waits = None
        reading.join(60)
