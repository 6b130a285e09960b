"""What is deleted leaves at once, lies in the trash for a while, and comes back whole."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Any

import pytest
from house import PUBLIC_URL, House, house, walk
from lesson import Lesson, add_lesson
from sqlalchemy import func, select, update

from storage.catalogue import steps
from storage.catalogue.inventory import named_objects
from storage.catalogue.models import Asset, Step, Version
from storage.catalogue.new_steps import NewStep
from workers import sweeper

__all__ = ["house"]


@pytest.fixture
def lesson(house: House) -> Lesson:
    return add_lesson(house.sessions, house.objects)


class Author:
    def __init__(self, house: House, organization_id: str, role: str = "author") -> None:
        self.house, self.key = house, house.api_key(organization_id, role)

    def __call__(self, method: str, path: str, **more: Any) -> Any:
        return self.house.client.open(path, method=method, headers=self.key, **more)


@pytest.fixture
def call(house: House, lesson: Lesson) -> Author:
    return Author(house, lesson.organization_id)


def in_trash(call: Author) -> list[str]:
    return [each["id"] for each in call("GET", "/v1/assets?trashed=true").json["assets"]]


def test_it_leaves_at_once_and_comes_back_whole(house: House, lesson: Lesson, call: Author) -> None:
    address = f"/v1/assets/{lesson.asset_id}"
    call("PATCH", address, json={"external_id": "lesson-1"})
    course = call("POST", "/v1/collections", json={"title": "课", "asset_ids": [lesson.asset_id]}).json
    before = call("GET", address).json
    urls = walk(house, f"/v/{lesson.public_id}/master.m3u8")
    assert call("DELETE", address).status_code == 204
    time.sleep(1.05)
    for url, _ in urls:
        assert house.get(url).status_code == 404, url
    assert house.get(f"/embed/{lesson.public_id}").status_code == 404
    assert call("GET", address).json["code"] == "asset_not_found"
    assert call("DELETE", address).json["code"] == "asset_not_found"
    assert call("GET", "/v1/assets").json["assets"] == []
    [trashed] = call("GET", "/v1/assets?trashed=true&state=ready&count=true").json["assets"]
    assert trashed["id"] == lesson.asset_id and trashed["external_id"] == "lesson-1"
    kept = datetime.fromisoformat(trashed["removed_after"]) - datetime.fromisoformat(trashed["trashed_at"])
    assert abs(kept - timedelta(days=30)) < timedelta(seconds=1)
    # The course is edited meanwhile: what is in the trash keeps its place.
    other = add_lesson(house.sessions, house.objects)
    with house.sessions.begin() as session:
        session.execute(
            update(Asset).where(Asset.id == other.asset_id).values(organization_id=lesson.organization_id)
        )
    path = f"/v1/collections/{course['id']}"
    assert call("GET", path).json["items"] == []
    assert call("PUT", f"{path}/items/{other.asset_id}").status_code in (200, 204)

    sweeper.purge_deleted(house.sessions, house.objects)
    back = call("POST", f"{address}/restore")
    assert back.status_code == 200, back.text
    changing = {"updated_at": None}
    assert {**back.json, **changing} == {**before, **changing}
    assert in_trash(call) == []
    time.sleep(1.05)
    for url, span in urls:
        assert house.get(url, **({"Range": span} if span else {})).status_code in (200, 206), url
    found = call("GET", path).json["items"]
    assert {each["asset_id"] for each in found} == {lesson.asset_id, other.asset_id}
    assert call("POST", f"{address}/restore").json["code"] == "asset_not_found"
    log = house.client.get("/v1/audit-log", headers=house.api_key(lesson.organization_id, "admin")).json
    told = [entry["action"] for entry in log["entries"] if entry["target_id"] == lesson.asset_id]
    assert told[:2] == ["asset.restore", "asset.delete"]


def test_work_that_was_under_way_goes_on(house: House, call: Author) -> None:
    added = call("POST", "/v1/assets?filename=a.mp4", data=b"a film").json
    with house.sessions.begin() as session:
        steps.add_steps(session, added["version_id"], [NewStep("verify", "verify", after=("inspect",))])
    call("DELETE", f"/v1/assets/{added['id']}")

    def states() -> dict[str, str]:
        with house.sessions() as session:
            found = session.execute(select(Step).where(Step.version_id == added["version_id"])).scalars()
            return {step.kind: step.state for step in found}

    assert set(states().values()) == {"cancelled"}
    wakes = len(house.wakes)
    assert call("POST", f"/v1/assets/{added['id']}/restore").json["state"] == "queued"
    assert states() == {"inspect": "queued", "verify": "waiting"}
    assert len(house.wakes) > wakes


def test_an_external_id_that_was_taken_stays_with_who_has_it(
    house: House, lesson: Lesson, call: Author
) -> None:
    address = f"/v1/assets/{lesson.asset_id}"
    call("PATCH", address, json={"external_id": "taken"})
    call("DELETE", address)
    assert call("POST", "/v1/assets?filename=a.mp4&external_id=taken", data=b"x").status_code == 201
    back = call("POST", f"{address}/restore")
    assert (back.status_code, back.json["external_id"]) == (200, None)
    assert call("GET", "/v1/assets?external_id=taken").json["assets"][0]["id"] != lesson.asset_id


def test_it_goes_for_good_after_its_time(house: House, lesson: Lesson, call: Author) -> None:
    call("DELETE", f"/v1/assets/{lesson.asset_id}")

    def named() -> bool:
        with house.sessions() as session:
            return any(each.asset_id == lesson.asset_id for each in named_objects(session, print))

    sweeper.purge_deleted(house.sessions, house.objects)
    assert in_trash(call) == [lesson.asset_id] and named()
    with house.sessions.begin() as session:
        session.execute(
            update(Asset)
            .where(Asset.id == lesson.asset_id)
            .values(purge_at=func.now() - timedelta(seconds=1))
        )
    assert in_trash(call) == [] and not named()
    assert call("POST", f"/v1/assets/{lesson.asset_id}/restore").json["code"] == "asset_not_found"
    sweeper.purge_deleted(house.sessions, house.objects)
    with house.sessions() as session:
        assert session.get(Asset, lesson.asset_id) is None


def test_administrators_remove_for_good(house: House, lesson: Lesson, call: Author) -> None:
    admin = Author(house, lesson.organization_id, "admin")
    address = f"/v1/assets/{lesson.asset_id}"
    refused = call("DELETE", f"{address}?permanently=true")
    assert (refused.status_code, refused.json["code"]) == (403, "role_not_allowed")
    call("DELETE", address)
    stranger = Author(house, add_lesson(house.sessions, house.objects).organization_id, "admin")
    for method, path in (("DELETE", f"{address}?permanently=true"), ("POST", f"{address}/restore")):
        assert stranger(method, path).json["code"] == "asset_not_found"
    assert stranger("GET", "/v1/assets?trashed=true").json["assets"] == []
    assert admin("DELETE", f"{address}?permanently=true").status_code == 204
    assert in_trash(call) == []
    assert call("POST", f"{address}/restore").json["code"] == "asset_not_found"
    sweeper.purge_deleted(house.sessions, house.objects)
    with house.sessions() as session:
        assert session.get(Version, lesson.version_id) is None


def test_what_lies_in_the_trash_is_not_replaced(house: House, lesson: Lesson, call: Author) -> None:
    added = call("POST", f"/v1/assets/{lesson.asset_id}/versions", data=b"x").json
    call("DELETE", f"/v1/assets/{lesson.asset_id}")
    for method, path in (("POST", "/versions"), ("POST", f"/versions/{added['id']}/activate")):
        answer = call(method, f"/v1/assets/{lesson.asset_id}{path}", json={"reprocess": True})
        assert answer.json["code"] in ("asset_not_found", "invalid_request"), path
    back = call("POST", f"/v1/assets/{lesson.asset_id}/restore").json
    assert back["pending"]["version_id"] == added["id"] and back["pending"]["state"] == "queued"
    assert back["playback_ids"][0]["manifest_url"].startswith(PUBLIC_URL)
