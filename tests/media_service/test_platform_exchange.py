"""What a linked platform gets of what is shared with it, and that it gets nothing else."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

import pytest
from lesson import Lesson, add_lesson
from platforms import CITY, PROVINCE, Platform, link_up, make_platform
from sqlalchemy import delete, update
from sqlalchemy.orm import Session, sessionmaker

from media_service.exchange import serving
from storage.catalogue.models import Asset, FollowedCourse, FollowedLesson, Version
from storage.catalogue.recording import record
from storage.exchange.lessons import SharedLesson

pytestmark = pytest.mark.integration


@dataclass
class World:
    """The province shares with the city; ``other_link`` is another one between both, by which nothing is shared."""

    province: Platform
    city: Platform
    lesson: Lesson
    link_id: str
    other_link: str

    def get(self, target: str, status: int = 200, *, link_id: str = "", **headers: str) -> Any:
        answer = self.city.call(self.province, link_id or self.link_id, "GET", target, **headers)
        assert answer.status_code == status, (target, answer.text)
        return answer

    def share(self, *shares: dict[str, Any]) -> None:
        path = f"/v1/platform-links/{self.link_id}"
        told = self.province.ask("PATCH", path, 200, {"shares": list(shares)})
        assert len(told["shares"]) == len(shares)
        self.settle()

    def settle(self) -> None:
        """What processes remember for some seconds is forgotten, what the keeper writes is written."""
        serving._let_in.clear()
        serving._stored.clear()
        more = 1
        while more:
            with self.province.house.sessions.begin() as session:
                more = record(session)

    def say(self, **values: Any) -> None:
        with self.province.house.sessions.begin() as session:
            session.execute(update(Asset).where(Asset.id == self.lesson.asset_id).values(**values))
        self.settle()

    def news(self, after: str, link_id: str = "") -> tuple[list[tuple[str, str]], str]:
        told = self.get(f"/v1/exchange/changes?after={after}", link_id=link_id).json
        assert not told["more"]
        return [(each["id"], each["change"]) for each in told["changes"]], told["next"]


@pytest.fixture(scope="module")
def world(sessions: sessionmaker[Session], other_sessions: sessionmaker[Session]) -> World:
    province, city = make_platform(sessions, PROVINCE, "省"), make_platform(other_sessions, CITY, "市")
    lesson = add_lesson(sessions, province.house.objects)
    source = b"the file as it was uploaded"
    province.house.objects.put("source", source)
    with sessions.begin() as session:
        session.execute(
            update(Asset)
            .where(Asset.id == lesson.asset_id)
            .values(organization_id=province.organization_id, visibility=None)
        )
        session.execute(
            update(Version)
            .where(Version.id == lesson.version_id)
            .values(
                source_key="source", source_size=len(source), source_sha256=hashlib.sha256(source).hexdigest()
            )
        )
    return World(province, city, lesson, link_up(province, city), link_up(province, city))


def test_nothing_is_shared_by_itself(world: World) -> None:
    world.share()
    world.get(f"/v1/exchange/assets/{world.lesson.asset_id}", 404)
    world.get(f"/v1/exchange/objects/{world.lesson.version_id}/images/poster", 404)
    assert world.news("")[0] == []


def test_a_shared_lesson_comes_whole(world: World) -> None:
    world.share({"organization_id": world.province.organization_id, "with_source": True})
    answer = world.get(f"/v1/exchange/assets/{world.lesson.asset_id}")
    told = SharedLesson.model_validate_json(answer.data)
    assert [station.url for station in told.stations] == [PROVINCE]
    assert told.version is not None and told.version.id == world.lesson.version_id
    objects = list(told.version.objects())
    assert {each.path.partition("/")[0] for each in objects} == {"renditions", "images", "tracks", "source"}
    assert len(objects) == 5 + 2 + 1 + 1
    for each in objects:
        target = f"/v1/exchange/objects/{told.version.id}/{each.path}"
        sent = world.get(target)
        assert (len(sent.data), hashlib.sha256(sent.data).hexdigest()) == (each.size, each.sha256)
        half = world.get(target, 206, Range=f"bytes={each.size // 2}-")
        assert half.data == sent.data[each.size // 2 :]
        world.get(target, 304, If_None_Match=sent.headers["ETag"])


@pytest.mark.parametrize(
    "path",
    [
        *("images/none", "images/../source", "renditions/180p/00", "renditions/180p/9", "renditions/180p"),
        *("tracks/captions/en", "files/x", "sources", "assets", "%2e%2e/source"),
        *("images/\0", "files/a\0b", "tracks/captions/\0", "images/\n\0", "\0"),
    ],
)
def test_no_other_object_is_sent(world: World, path: str) -> None:
    world.share({"asset_id": world.lesson.asset_id})
    answer = world.city.call(
        world.province, world.link_id, "GET", f"/v1/exchange/objects/{world.lesson.version_id}/{path}"
    )
    assert answer.status_code in (401, 404), answer.text


def test_the_source_is_shared_by_its_own_word(world: World) -> None:
    target = f"/v1/exchange/objects/{world.lesson.version_id}/source"
    world.share({"asset_id": world.lesson.asset_id})
    world.get(target, 404)
    assert world.get(f"/v1/exchange/assets/{world.lesson.asset_id}").json["version"]["source"] is None
    world.share({"asset_id": world.lesson.asset_id}, {"licence": "CC0-1.0", "with_source": True})
    world.get(target, 404)
    world.share({"asset_id": world.lesson.asset_id, "with_source": True})
    assert world.get(target).data == b"the file as it was uploaded"


def test_all_that_is_said_of_a_lesson_is_told(world: World) -> None:
    world.share({"asset_id": world.lesson.asset_id})
    root = world.province.ask(
        "POST", "/v1/categories", 201, {"code": "H", "name_zh": "健康", "name_en": "Health"}
    )
    leaf = {"code": "H1", "name_zh": "养生", "name_en": "Well-being", "parent_id": root["id"]}
    category = world.province.ask("POST", "/v1/categories", 201, leaf)["id"]
    said: dict[str, Any] = {
        "title": "太极拳入门",
        "description": "第一课",
        "language": "zh-CN",
        "subject": "体育",
        "tags": ["太极", "养生"],
        "level": "senior",
        "audience": "老年学员",
        "contributors": [{"role": "presenter", "name": "王老师", "organization": None}],
        "licence": {"code": "CC-BY-4.0", "text": None, "url": None},
        "source_organization": {"name": "老年大学", "id": None},
        "original_date": "2019-05",
        "other_ids": {"old": "4711"},
        "external_id": "tj-1",
    }
    world.province.ask(
        "PATCH", f"/v1/assets/{world.lesson.asset_id}", 200, {**said, "category_ids": [category]}
    )
    told = world.get(f"/v1/exchange/assets/{world.lesson.asset_id}").json["metadata"]
    assert {name: told[name] for name in said} == said
    assert [[each["code"] for each in way] for way in told["categories"]] == [["H", "H1"]]
    assert told["owner"] == "省"
    world.share({"category_id": root["id"], "licence": "CC-BY-4.0"})
    world.get(f"/v1/exchange/assets/{world.lesson.asset_id}")
    world.share({"category_id": root["id"], "licence": "CC0-1.0"})
    world.get(f"/v1/exchange/assets/{world.lesson.asset_id}", 404)


def test_changes_are_told_to_whom_they_concern(world: World) -> None:
    world.share({"asset_id": world.lesson.asset_id})
    told, cursor = world.news("")
    assert told[-1] == (world.lesson.asset_id, "created")
    other = world.news("", world.other_link)[1]
    world.say(title="另一个名称")
    told, cursor = world.news(cursor)
    assert told == [(world.lesson.asset_id, "updated")]
    world.say(review_state="submitted")
    told, cursor = world.news(cursor)
    assert told == [(world.lesson.asset_id, "deleted")]
    world.get(f"/v1/exchange/assets/{world.lesson.asset_id}", 404)
    world.get(f"/v1/exchange/objects/{world.lesson.version_id}/images/poster", 404)
    world.say(review_state="published")
    told, cursor = world.news(cursor)
    assert told == [(world.lesson.asset_id, "created")]
    world.share()
    assert world.news(cursor)[0] == [(world.lesson.asset_id, "deleted")]
    assert world.news(other, world.other_link)[0] == []
    assert world.get("/v1/exchange/changes?after=x.1", 200).json["from_the_beginning"]
    world.get("/v1/exchange/changes?after=nothing", 400)


def test_a_set_holds_copies_that_are_for_all_below(world: World) -> None:
    """What came from one city reaches another one with everything else that is shared, as it came."""
    course = world.province.ask(
        "POST", "/v1/collections", 201, {"title": "省级精品课", "visibility": "subtree"}
    )["id"]
    world.share({"organization_id": world.province.organization_id})
    _, cursor = world.news("")
    world.say(visibility="subtree", effective_visibility="subtree")
    told, cursor = world.news(cursor)
    # Somebody here has said it of a lesson of ours.
    assert (world.lesson.asset_id, "deleted") in told
    with world.province.house.sessions.begin() as session:
        came = {"link_id": world.other_link, "state": "current"}
        lesson = FollowedLesson(origin_id="x", asset_id=world.lesson.asset_id, mode="mirror", **came)
        session.add_all((lesson, FollowedCourse(origin_id="y", collection_id=course, **came)))
    try:
        world.say(title="来自甲市")
        world.province.ask("PATCH", f"/v1/collections/{course}", 200, {"title": "来自甲市的课"})
        world.settle()
        told, cursor = world.news(cursor)
        assert {(world.lesson.asset_id, "created"), (course, "created")} <= {*told}
        world.get(f"/v1/exchange/assets/{world.lesson.asset_id}")
        world.get(f"/v1/exchange/objects/{world.lesson.version_id}/images/poster")
        world.get(f"/v1/exchange/courses/{course}")
        for narrower in ("organization", "private"):
            world.say(visibility=narrower, effective_visibility=narrower)
            world.get(f"/v1/exchange/assets/{world.lesson.asset_id}", 404)
        assert (world.lesson.asset_id, "deleted") in world.news(cursor)[0]
    finally:
        with world.province.house.sessions.begin() as session:
            session.execute(delete(FollowedLesson).where(FollowedLesson.asset_id == world.lesson.asset_id))
            session.execute(delete(FollowedCourse).where(FollowedCourse.collection_id == course))
        world.say(visibility=None, effective_visibility="public")


def test_a_course_brings_its_lessons(world: World) -> None:
    stranger = add_lesson(world.province.house.sessions, world.province.house.objects)
    course = world.province.ask(
        "POST", "/v1/collections", 201, {"title": "太极课程", "asset_ids": [world.lesson.asset_id]}
    )["id"]
    world.share({"collection_id": course})
    told = world.get(f"/v1/exchange/courses/{course}").json
    assert (told["metadata"]["title"], told["asset_ids"]) == ("太极课程", [world.lesson.asset_id])
    assert {kind for kind, _ in world.news("")[0]} >= {world.lesson.asset_id, course}
    world.get(f"/v1/exchange/assets/{stranger.asset_id}", 404)
    world.get(f"/v1/exchange/courses/{world.lesson.asset_id}", 404)


@pytest.mark.parametrize(
    "share",
    [
        {},
        {"asset_id": "x", "collection_id": "y"},
        {"asset_id": "x", "licence": "CC0-1.0"},
        {"organization_id": "nowhere"},
        {"category_id": "nowhere"},
        {"asset_id": "nowhere"},
        {"licence": "mine"},
    ],
    ids=json.dumps,
)
def test_what_cannot_be_shared_is_told(world: World, share: dict[str, Any]) -> None:
    world.province.ask("PATCH", f"/v1/platform-links/{world.link_id}", 422, {"shares": [share]})
    stranger = add_lesson(world.province.house.sessions, world.province.house.objects)
    told = world.province.ask(
        "PATCH", f"/v1/platform-links/{world.link_id}", 422, {"shares": [{"asset_id": stranger.asset_id}]}
    )
    assert told["code"] == "share_unknown"
