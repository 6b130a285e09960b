"""Courses of another platform arrive with their lessons in order; a part of what is shared can be followed alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from lesson import Lesson, add_lesson
from sqlalchemy import update
from two_platforms import World, world

from storage.catalogue.models import Asset

__all__ = ["world"]

pytestmark = pytest.mark.integration


@pytest.fixture
def lessons(world: World) -> Iterator[list[Lesson]]:
    """Three of the province's own."""
    made = [add_lesson(world.province.house.sessions, world.province.house.objects) for _ in range(3)]
    for number, lesson in enumerate(made):
        with world.province.house.sessions.begin() as session:
            session.execute(
                update(Asset)
                .where(Asset.id == lesson.asset_id)
                .values(
                    organization_id=world.province.organization_id, visibility=None, title=f"第{number}课"
                )
            )
    yield made
    world.wish = {"visibility": "subtree"}


def make_course(world: World, title: str, lessons: list[Lesson]) -> str:
    ids = [each.asset_id for each in lessons]
    made = world.province.ask("POST", "/v1/collections", 201, {"title": title, "asset_ids": ids})
    return str(made["id"])


def courses(world: World) -> dict[str, Any]:
    found = world.city.ask("GET", f"/v1/platform-links/{world.link_id}/courses?limit=200", 200)["courses"]
    return {each["origin_id"]: each for each in found}


def order(world: World, collection_id: str) -> list[str]:
    """What the lessons of a course of the city are called in the province."""
    page = world.city.ask("GET", f"/v1/collections/{collection_id}", 200)
    told = world.city.ask("GET", f"/v1/platform-links/{world.link_id}/lessons?limit=200", 200)["lessons"]
    origins = {each["asset_id"]: each["origin_id"] for each in told}
    return [origins[asset_id] for asset_id in (each["asset_id"] for each in page["items"])]


def test_a_course_arrives_in_order_and_stays_as_it_is_there(world: World, lessons: list[Lesson]) -> None:
    first, second, third = lessons
    course = make_course(world, "太极拳入门", [third, first])
    world.share({"collection_id": course})
    world.wish = {"visibility": "subtree", "mode": "reference"}
    world.follow()
    here = courses(world)[course]
    assert (here["state"], here["title"], here["lessons"]) == ("current", "太极拳入门", 2)
    assert order(world, here["collection_id"]) == [third.asset_id, first.asset_id]
    world.province.ask(
        "PATCH",
        f"/v1/collections/{course}",
        200,
        {"title": "太极拳", "asset_ids": [first.asset_id, second.asset_id, third.asset_id]},
    )
    world.follow()
    assert courses(world)[course]["collection_id"] == here["collection_id"]
    assert world.city.ask("GET", f"/v1/collections/{here['collection_id']}", 200)["title"] == "太极拳"
    assert order(world, here["collection_id"]) == [each.asset_id for each in lessons]
    world.share()
    world.follow()
    assert courses(world)[course]["state"] == "gone"
    world.city.ask("GET", f"/v1/collections/{here['collection_id']}", 404)


def test_a_part_of_what_is_shared_is_followed(world: World, lessons: list[Lesson]) -> None:
    first, second, third = lessons
    course = make_course(world, "书法", [first])
    other = make_course(world, "国画", [second])
    world.province.ask("PATCH", f"/v1/assets/{third.asset_id}", 200, {"licence": {"code": "CC-BY-4.0"}})
    world.share({"organization_id": world.province.organization_id})
    mine = {each.asset_id for each in lessons}

    def states() -> dict[str, str]:
        told = world.city.ask("GET", f"/v1/platform-links/{world.link_id}/lessons?limit=200", 200)["lessons"]
        return {each["origin_id"]: each["state"] for each in told if each["origin_id"] in mine}

    # Nothing is followed, but what there is to choose from is known by name.
    world.wish = {"visibility": "subtree", "mode": "reference", "only": []}
    world.follow()
    assert {*states().values()} == {"left_out"}
    assert world.copy_of(first.asset_id)["title"] == "第0课"
    assert (courses(world)[course]["state"], courses(world)[other]["title"]) == ("left_out", "国画")

    world.wish = {**world.wish, "only": [{"course_id": course}, {"licence": "CC-BY-4.0"}]}
    world.follow()
    assert states() == {
        first.asset_id: "current",
        second.asset_id: "left_out",
        third.asset_id: "current",
    }
    assert {each: courses(world)[each]["state"] for each in (course, other)} == {
        course: "current",
        other: "left_out",
    }
    # A lesson that is added to the course comes, too; what is not followed any more leaves.
    world.province.ask(
        "PATCH", f"/v1/collections/{course}", 200, {"asset_ids": [second.asset_id, first.asset_id]}
    )
    world.follow()
    here = courses(world)[course]["collection_id"]
    assert order(world, here) == [second.asset_id, first.asset_id]
    gone = world.copy_of(third.asset_id)["asset_id"]
    world.wish = {**world.wish, "only": [{"lesson_id": second.asset_id}]}
    world.follow()
    assert states() == {
        first.asset_id: "left_out",
        second.asset_id: "current",
        third.asset_id: "left_out",
    }
    world.city.ask("GET", f"/v1/assets/{gone}", 404)
    refused = world.city.ask(
        "PUT",
        f"/v1/platform-links/{world.link_id}/subscription",
        422,
        {"only": [{"lesson_id": second.asset_id, "owner": "省"}]},
    )
    assert refused["code"] == "invalid_request"
