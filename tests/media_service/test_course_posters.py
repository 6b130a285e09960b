"""The poster of a course: sent, taken from a lesson, or the first lesson's; and never one that may not be seen."""

from __future__ import annotations

import io
from typing import Any

import pytest
from house import House, house
from lesson import Lesson, add_lesson
from PIL import Image
from sqlalchemy import update
from werkzeug.test import TestResponse

from media_service.management.course_posters import MOST_BYTES
from storage.catalogue.models import Asset, CollectionPicture

__all__ = ["house"]


def picture(colour: str, kind: str = "PNG") -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (32, 18), colour).save(data, kind)
    return data.getvalue()


class Course:
    """A course of two lessons of one organization, as its administrator and as anybody see it."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.first, self.second = (add_lesson(house.sessions, house.objects) for _ in range(2))
        self.say(self.second, organization_id=self.first.organization_id)
        self.headers = house.api_key(self.first.organization_id, "admin")
        body = {"title": "课", "asset_ids": [self.first.asset_id, self.second.asset_id]}
        self.made = house.client.post("/v1/collections", json=body, headers=self.headers).json
        self.path = f"/v1/collections/{self.made['id']}/poster"

    def say(self, lesson: Lesson, **values: Any) -> None:
        with self.house.sessions.begin() as session:
            session.execute(update(Asset).where(Asset.id == lesson.asset_id).values(**values))

    def ask(self, method: str, path: str = "", **more: Any) -> TestResponse:
        return self.house.client.open(self.path + path, method=method, headers=self.headers, **more)

    def shown(self, **headers: str) -> TestResponse:
        url = self.house.client.get(f"/v1/collections/{self.made['id']}", headers=self.headers).json[
            "poster_url"
        ]
        return self.house.get(url.removeprefix("https://media.example"), **headers)


@pytest.fixture
def course(house: House) -> Course:
    return Course(house)


def test_a_lesson_stands_for_its_course_until_a_picture_does(course: Course) -> None:
    with course.house.sessions() as session:
        version = session.get_one(Asset, course.second.asset_id).current_version_id
    assert course.shown().data == b"\xff\xd8poster\xff\xd9"
    assert course.ask("GET").json["origin"] == "lesson" and course.ask("GET").json["asset_id"] is None

    taken = course.ask("PUT", json={"asset_id": course.second.asset_id})
    assert (taken.status_code, taken.json["asset_id"], taken.json["width"]) == (
        200,
        course.second.asset_id,
        640,
    )
    assert version is not None

    sent = course.ask("PUT", data=picture("red"), content_type="application/octet-stream")
    assert (sent.status_code, sent.json["origin"], sent.json["asset_id"]) == (200, "picture", None)
    assert (sent.json["width"], sent.json["height"]) == (32, 18)
    shown = course.shown()
    assert (shown.status_code, shown.mimetype) == (200, "image/png")
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    with Image.open(io.BytesIO(shown.data)) as found:
        assert found.getpixel((0, 0)) == (255, 0, 0)
    assert course.shown(If_None_Match=shown.headers["ETag"]).status_code == 304
    other = course.ask("PUT", data=picture("blue", "WEBP"), content_type="application/octet-stream")
    assert other.json["url"] != sent.json["url"] and course.shown().mimetype == "image/webp"

    assert course.ask("DELETE").json["origin"] == "lesson"
    assert course.shown().mimetype == "image/jpeg"
    course.ask("PUT", data=picture("red"), content_type="application/octet-stream")
    gone = course.house.client.delete(f"/v1/collections/{course.made['id']}", headers=course.headers)
    assert gone.status_code == 204
    with course.house.sessions() as session:
        assert session.get(CollectionPicture, course.made["id"]) is None


def test_posters_of_hidden_lessons_and_of_hidden_courses_are_not_shown(course: Course) -> None:
    first = course.shown().headers["ETag"]
    course.ask("PUT", json={"asset_id": course.second.asset_id})
    for lesson in (course.second, course.first):
        assert course.shown().status_code == 200
        course.say(lesson, visibility="private", effective_visibility="private")
    # Nobody sees the course any more, whose lessons are all hidden; who keeps them does.
    assert course.shown().status_code == 404
    assert course.ask("GET", "/picture").status_code == 200
    assert course.ask("GET", "/picture").headers["Cache-Control"].startswith("private")
    assert first
    portal = course.house.api_key(course.first.organization_id)
    hidden = course.house.client.get(f"{course.path}/picture", headers=portal)
    assert (hidden.status_code, hidden.json["code"]) == (404, "image_not_found")
    course.ask("PUT", data=picture("red"), content_type="application/octet-stream")
    assert course.house.client.get(f"{course.path}/picture", headers=portal).status_code == 200
    course.house.client.patch(
        f"/v1/collections/{course.made['id']}", json={"visibility": "private"}, headers=course.headers
    )
    assert course.house.client.get(f"{course.path}/picture", headers=portal).status_code == 404


def test_refused(course: Course) -> None:
    def send(data: bytes) -> str:
        return str(course.ask("PUT", data=data, content_type="application/octet-stream").json["code"])

    assert send(b"<svg/>") == send(picture("red")[:60]) == "picture_type_refused"
    assert send(b"\xff\xd8\xff" + b"x" * MOST_BYTES) == "too_large"
    other = add_lesson(course.house.sessions, course.house.objects)
    for asset_id in (other.asset_id, "../x"):
        assert course.ask("PUT", json={"asset_id": asset_id}).json["code"] == "collection_item_not_found"
