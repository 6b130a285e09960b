"""A lesson comes by several ways: its origin's word comes before what others say of it, and who brings nothing stands
in nobody's way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from house import served
from lesson import Lesson, add_lesson
from platforms import Platform, free_port, make_platform
from sqlalchemy import select, update
from sqlalchemy.orm import Session, sessionmaker
from two_platforms import Line, World, met, world

from storage.catalogue.models import Asset, Chunk, FollowedLesson, PlatformLink, Rendition
from storage.catalogue.ways import TRIES, stations_by
from storage.exchange.lessons import Station
from storage.ids import new_id
from workers.link_turns import Turns

__all__ = ["world"]

pytestmark = pytest.mark.integration

A, B = new_id(), new_id()


@dataclass
class Passing:
    """A platform that passes on a lesson of the province, so it says; what it tells is its own."""

    platform: Platform
    lesson: Lesson
    link_id: str
    line: Line


@pytest.fixture
def passing(world: World, sessions: sessionmaker[Session]) -> Iterator[Passing]:
    """The city knows it; the province has a new lesson, of which it tells."""
    world.city.ask("GET", "/v1/platform-links", 200)
    lesson = add_lesson(sessions, world.province.house.objects)
    with sessions.begin() as session:
        session.execute(
            update(Asset)
            .where(Asset.id == lesson.asset_id)
            .values(organization_id=world.province.organization_id, visibility=None, title="来自省里")
        )
    world.lesson = lesson
    port = free_port()
    platform = make_platform(sessions, f"http://127.0.0.1:{port}", "转")
    theirs = add_lesson(sessions, platform.house.objects)
    line = Line(platform.house.app)
    with served(line, port):
        link_id = met(platform, world.city)
        with sessions.begin() as session:
            session.execute(
                update(Asset)
                .where(Asset.id == theirs.asset_id)
                .values(organization_id=platform.organization_id, visibility=None, title="据说来自省里")
            )
            first = Station(url=world.province.url.upper(), name="省", asset_id=lesson.asset_id)
            session.add(
                FollowedLesson(
                    link_id=link_id,
                    origin_id=lesson.asset_id,
                    state="adopted",
                    asset_id=theirs.asset_id,
                    stations=[first.model_dump()],
                )
            )
        platform.ask(
            "PATCH", f"/v1/platform-links/{link_id}", 200, {"shares": [{"asset_id": theirs.asset_id}]}
        )
        yield Passing(platform, theirs, link_id, line)
        for each in (link_id, world.link_id):
            world.city.house.client.delete(
                f"/v1/platform-links/{each}/subscription", headers=world.city.admin
            )


def told(world: World, link_id: str, origin_id: str) -> dict[str, Any]:
    lessons = world.city.ask("GET", f"/v1/platform-links/{link_id}/lessons?limit=200", 200)["lessons"]
    [found] = [each for each in lessons if each["origin_id"] == origin_id]
    assert isinstance(found, dict)
    return found


def hear(world: World, passing: Passing) -> dict[str, Any]:
    """What came of the hearsay."""
    world.city.ask("PUT", f"/v1/platform-links/{passing.link_id}/subscription", 200, world.wish)
    world.work()
    return told(world, passing.link_id, passing.lesson.asset_id)


def title(world: World, asset_id: str) -> str:
    return str(world.city.ask("GET", f"/v1/assets/{asset_id}", 200)["title"])


def hashes(sessions: sessionmaker[Session], version_id: str | None) -> list[str]:
    query = select(Chunk.sha256).join(Rendition, Rendition.id == Chunk.rendition_id)
    with sessions() as session:
        return sorted(session.execute(query.where(Rendition.version_id == version_id)).scalars())


def test_the_origin_takes_over_what_came_by_hearsay(world: World, passing: Passing) -> None:
    by_hearsay = hear(world, passing)
    assert (by_hearsay["state"], title(world, by_hearsay["asset_id"])) == ("current", "据说来自省里")
    assert [each["name"] for each in by_hearsay["stations"]] == ["省", "转"]
    world.follow()
    direct = told(world, world.link_id, world.lesson.asset_id)
    assert (direct["state"], direct["asset_id"]) == ("current", by_hearsay["asset_id"])
    assert title(world, direct["asset_id"]) == "来自省里"
    assert told(world, passing.link_id, passing.lesson.asset_id)["state"] == "elsewhere"
    with world.city.house.sessions() as session:
        version_id = session.get_one(Asset, direct["asset_id"]).current_version_id
    there = hashes(world.province.house.sessions, world.lesson.version_id)
    assert hashes(world.city.house.sessions, version_id) == there
    world.play(direct["asset_id"])


def test_hearsay_changes_nothing_of_what_the_origin_tells(world: World, passing: Passing) -> None:
    world.follow()
    before = told(world, world.link_id, world.lesson.asset_id)
    assert hear(world, passing)["state"] == "elsewhere"
    assert told(world, world.link_id, world.lesson.asset_id) == before
    assert title(world, before["asset_id"]) == "来自省里"


def test_an_origin_that_is_away_is_in_nobodys_way_and_has_the_lesson_when_it_is_back(
    world: World, passing: Passing
) -> None:
    world.city.ask("PUT", f"/v1/platform-links/{world.link_id}/subscription", 200, world.wish)
    world.tell()
    world.keeper.read_changes()
    with world.city.house.sessions.begin() as session:
        row = select(FollowedLesson).where(FollowedLesson.origin_id == world.lesson.asset_id)
        found = session.execute(row.where(FollowedLesson.link_id == world.link_id)).scalar_one()
        # It told of it before it went away.
        found.first_url, found.first_id = world.province.url, world.lesson.asset_id
        found.stations = [Station(url=world.province.url, name="省", asset_id=found.first_id).model_dump()]
    world.line.is_away = True
    try:
        for _ in range(TRIES - 1):
            assert hear(world, passing)["state"] == "elsewhere"
            world.keeper._turns = Turns()
        by_hearsay = hear(world, passing)
        assert (by_hearsay["state"], title(world, by_hearsay["asset_id"])) == ("current", "据说来自省里")
    finally:
        world.line.is_away = False
    world.keeper._turns = Turns()
    world.work()
    direct = told(world, world.link_id, world.lesson.asset_id)
    assert (direct["state"], title(world, direct["asset_id"])) == ("current", "来自省里")
    assert direct["asset_id"] == by_hearsay["asset_id"]


def test_when_a_way_ends_the_others_are_looked_at_again(world: World, passing: Passing) -> None:
    world.follow()
    asset_id = told(world, world.link_id, world.lesson.asset_id)["asset_id"]
    assert hear(world, passing)["state"] == "elsewhere"
    world.share()
    world.work()
    assert told(world, world.link_id, world.lesson.asset_id)["state"] == "gone"
    assert asset_id != hear(world, passing)["asset_id"]
    assert title(world, hear(world, passing)["asset_id"]) == "据说来自省里"


def test_whoever_tells_a_lesson_is_named_whatever_it_says() -> None:
    link = PlatformLink(peer_url="https://city.example", name="市")
    ours = Station(url="https://CITY.example:443", name="自称", asset_id=B)
    origin = Station(url="https://province.example", name="省", asset_id=A)
    assert stations_by(link, B, [origin, ours]) == [origin, ours]
    named = Station(url="https://city.example", name="市", asset_id=B)
    assert stations_by(link, B, [origin]) == [origin, named]
    assert stations_by(link, B, [ours, origin]) == [ours, origin, named]
