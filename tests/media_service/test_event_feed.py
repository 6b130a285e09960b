"""The feed of events over HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from house import House, house
from support import settle

from storage.catalogue.organizations import create_organization
from storage.ids import new_id

__all__ = ["house"]
pytestmark = pytest.mark.integration


@pytest.fixture
def city(house: House) -> str:
    with house.sessions.begin() as session:
        return create_organization(session, "市").id


def read(house: House, headers: dict[str, str], query: str = "") -> dict[str, Any]:
    settle(house.sessions)
    answer = house.client.get(f"/v1/events?{query}", headers=headers)
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json
    return document


def upload(house: House, headers: dict[str, str], title: str) -> str:
    answer = house.client.post(f"/v1/assets?filename=a.mp4&title={title}", data=b"x", headers=headers)
    assert answer.status_code == 201, answer.text
    return str(answer.json["id"])


def test_a_portal_reads_on_from_where_it_was(house: House, city: str) -> None:
    admin, portal = house.api_key(city, "admin"), house.api_key(city)
    assert read(house, portal) == {"events": [], "next": None}
    first = upload(house, admin, "一")
    page = read(house, portal, "limit=2")
    assert [each["type"] for each in page["events"]] == ["asset.created", "version.created"]
    assert page["next"] == page["events"][-1]["id"]
    rest = read(house, portal, f"after={page['next']}")
    assert [each["type"] for each in rest["events"]] == [
        "upload.created",
        "upload.finished",
        "version.queued",
    ]
    assert rest["next"] is None
    last = rest["events"][-1]
    assert last["asset_id"] == first and last["sequence"] == 5
    assert last["data"]["title"] == "一" and last["data"]["state"] == "queued"
    assert read(house, portal, f"after={last['id']}")["events"] == []
    second = upload(house, admin, "二")
    assert {each["asset_id"] for each in read(house, portal, f"after={last['id']}")["events"]} == {second}
    only = read(house, portal, f"type=version.queued&asset_id={first}")["events"]
    assert only == [last]


def test_nobody_reads_what_is_not_theirs(house: House, city: str) -> None:
    admin = house.api_key(city, "admin")
    school = house.client.post("/v1/organizations", json={"name": "校"}, headers=admin).json["id"]
    with house.sessions.begin() as session:
        stranger = create_organization(session, "外").id
    upload(house, house.api_key(school, "admin"), "校课")
    assert {each["organization_id"] for each in read(house, admin)["events"]} == {school}
    assert len(read(house, admin, f"organization_id={school}")["events"]) == 5
    assert read(house, house.api_key(stranger))["events"] == []
    foreign = house.client.get(f"/v1/events?organization_id={city}", headers=house.api_key(school))
    assert foreign.json["code"] == "organization_not_found"


def test_whoever_asks_after_an_event_that_is_gone_is_told_so(house: House, city: str) -> None:
    portal = house.api_key(city)
    assert house.client.get(f"/v1/events?after={new_id()}", headers=portal).status_code == 410
    assert house.client.get("/v1/events?after=x.y", headers=portal).json["code"] == "invalid_cursor"
    assert house.client.get("/v1/events?type=nonsense", headers=portal).json["code"] == "invalid_request"


def test_what_becomes_of_courses_is_told(house: House, city: str) -> None:
    admin = house.api_key(city, "admin")
    lesson = upload(house, admin, "一")
    last = read(house, admin)["events"][-1]["id"]
    made = house.client.post("/v1/collections", json={"title": "课"}, headers=admin).json
    path = f"/v1/collections/{made['id']}"
    for method, address, body in (
        ("PATCH", path, {"title": "新课", "description": "x"}),
        ("PATCH", path, {"title": "新课"}),
        ("PUT", f"{path}/items/{lesson}", None),
        ("DELETE", path, None),
    ):
        assert house.client.open(address, method=method, json=body, headers=admin).status_code < 300
    told = read(house, admin, f"after={last}")["events"]
    assert [(each["type"], each["data"].get("changed")) for each in told] == [
        ("collection.created", None),
        ("collection.changed", ["description", "title"]),
        ("collection.changed", ["items"]),
        ("collection.deleted", None),
    ]
    assert {(each["data"]["collection_id"], each["asset_id"], each["sequence"]) for each in told} == {
        (made["id"], None, None)
    }
    assert [each["data"]["title"] for each in told] == ["课", "新课", "新课", "新课"]


def test_portals_are_told_of_what_viewers_do_not_see_without_its_title(house: House, city: str) -> None:
    admin, portal = house.api_key(city, "admin"), house.api_key(city)
    lesson = upload(house, admin, "一")
    course = house.client.post("/v1/collections", json={"title": "课"}, headers=admin).json["id"]
    house.client.post(
        f"/v1/assets/{lesson}/reviews", json={"action": "withdraw", "note": "密"}, headers=admin
    )

    def titles(key: dict[str, str]) -> set[tuple[str | None, str]]:
        return {(each["asset_id"], each["data"]["title"]) for each in read(house, key)["events"]}

    assert titles(admin) == {(lesson, "一"), (None, "课")}
    assert titles(portal) == {(lesson, ""), (None, "课")}
    assert len(read(house, portal)["events"]) == len(read(house, admin)["events"])
    house.client.patch(f"/v1/collections/{course}", json={"visibility": "private"}, headers=admin)
    house.client.post(f"/v1/assets/{lesson}/reviews", json={"action": "publish"}, headers=admin)
    assert titles(portal) == {(lesson, "一"), (None, "")}
    notes = [each["data"].get("note") for each in read(house, portal, "type=asset.unpublished")["events"]]
    assert notes == [None]
