"""Who sees what: every kind of caller, and every way to a lesson. What is not seen is not there (404)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from flask.testing import FlaskClient
from house import House, house
from signed_in import OURS, signed_in
from werkzeug.test import TestResponse

from storage.catalogue.organizations import create_organization

__all__ = ["house"]

TUS = {"Tus-Resumable": "1.0.0", "Upload-Length": "10", "Upload-Metadata": "filename bGVzc29uLm1wNA=="}

Ask = Callable[..., TestResponse]


@dataclass
class World:
    """A city with two schools, who works there, and a lesson that Li of the first school has begun to upload, in a
    course of hers."""

    callers: dict[str, Ask]
    asset_id: str
    upload: str
    playback_id: str
    collection_id: str
    change_set_id: str


def asking(client: FlaskClient, headers: dict[str, str]) -> Ask:
    def ask(method: str, path: str, **more: Any) -> TestResponse:
        sent = {**headers, **more.pop("headers", {})}
        return client.open(path, method=method, base_url="https://media.example", headers=sent, **more)

    return ask


@pytest.fixture(scope="module")
def world(house: House) -> World:
    with house.sessions.begin() as session:
        city = create_organization(session, "市").id
        school = create_organization(session, "一中", city).id
        other = create_organization(session, "二中", city).id

    def person(organization_id: str, name: str, role: str) -> Ask:
        browser = signed_in(house, organization_id, name, role)
        return asking(browser.client, {"X-CSRF-Token": browser.who()["csrf_token"], **OURS})

    def key(organization_id: str, role: str) -> Ask:
        return asking(house.client, house.api_key(organization_id, role))

    callers = {
        "li, an author": person(school, "li", "author"),
        "wang, another author": person(school, "wang", "author"),
        "the school's administrator": person(school, "chen", "admin"),
        "an author of the city": person(city, "zhou", "author"),
        "the city's administrator": person(city, "wu", "admin"),
        "an author of the other school": person(other, "zheng", "author"),
        "the other school's administrator": person(other, "feng", "admin"),
        "the school's key of an author": key(school, "author"),
        "the school's key of a portal": key(school, "portal"),
        "the city's key": key(city, "admin"),
        "the other school's key": key(other, "admin"),
    }
    li = callers["li, an author"]
    begun = li("POST", "/v1/uploads", headers=TUS)
    asset_id = begun.headers["Lessonstream-Asset"]
    changed = li(
        "POST", "/v1/asset-changes", json={"changes": [{"asset_id": asset_id, "set": {"title": "课"}}]}
    )
    assert changed.status_code == 201, changed.text
    return World(
        callers,
        asset_id,
        begun.headers["Location"],
        li("GET", f"/v1/assets/{asset_id}").json["playback_ids"][0]["id"],
        li("POST", "/v1/collections", json={"title": "课程", "asset_ids": [asset_id]}).json["id"],
        changed.json["id"],
    )


SEES = {
    "li, an author": True,
    "wang, another author": False,
    "the school's administrator": True,
    "an author of the city": False,
    "the city's administrator": True,
    "an author of the other school": False,
    "the other school's administrator": False,
    "the school's key of an author": True,
    "the school's key of a portal": True,
    "the city's key": True,
    "the other school's key": False,
}

WAYS: dict[str, Callable[[Ask, World], TestResponse]] = {
    "show": lambda ask, world: ask("GET", f"/v1/assets/{world.asset_id}"),
    "versions": lambda ask, world: ask("GET", f"/v1/assets/{world.asset_id}/versions"),
    "tracks": lambda ask, world: ask("GET", f"/v1/assets/{world.asset_id}/tracks"),
    "token by asset": lambda ask, world: ask(
        "POST", "/v1/playback-tokens", json={"asset_id": world.asset_id}
    ),
    "token by playback ID": lambda ask, world: ask(
        "POST", "/v1/playback-tokens", json={"playback_id": world.playback_id}
    ),
    "collection": lambda ask, world: ask("GET", f"/v1/collections/{world.collection_id}"),
    "offline pack": lambda ask, world: ask("POST", "/v1/offline-packs", json={"asset_id": world.asset_id}),
}

CHANGES: dict[str, Callable[[Ask, World], TestResponse]] = {
    "upload": lambda ask, world: ask("HEAD", world.upload, headers=TUS),
    "send": lambda ask, world: ask(
        "PATCH",
        world.upload,
        headers={**TUS, "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"},
    ),
    "rename": lambda ask, world: ask("PATCH", f"/v1/assets/{world.asset_id}", json={"title": "课"}),
    "captions": lambda ask, world: ask(
        "PUT",
        f"/v1/assets/{world.asset_id}/tracks/captions/zh",
        data="WEBVTT\n\n00:00.000 --> 00:01.000\n好\n",
        headers={"Content-Type": "text/vtt"},
    ),
    "playback ID": lambda ask, world: ask(
        "POST", f"/v1/assets/{world.asset_id}/playback-ids", json={"policy": "public"}
    ),
    "course": lambda ask, world: ask(
        "PATCH", f"/v1/collections/{world.collection_id}", json={"title": "课程"}
    ),
    "item": lambda ask, world: ask("PUT", f"/v1/collections/{world.collection_id}/items/{world.asset_id}"),
    "replace": lambda ask, world: ask(
        "POST", f"/v1/assets/{world.asset_id}/versions", json={"reprocess": True}
    ),
}


def is_there(answer: TestResponse) -> bool:
    """Whether the caller learns that there is something; what comes of it is told elsewhere."""
    assert answer.status_code < 500, answer.text
    assert answer.status_code != 401, answer.text
    return answer.status_code not in (403, 404)


@pytest.mark.parametrize("way", WAYS)
def test_who_sees_a_lesson(world: World, way: str) -> None:
    assert {name: is_there(WAYS[way](ask, world)) for name, ask in world.callers.items()} == SEES


@pytest.mark.parametrize("way", CHANGES)
def test_who_changes_a_lesson(world: World, way: str) -> None:
    found = {name: is_there(CHANGES[way](ask, world)) for name, ask in world.callers.items()}
    assert found == SEES | {"the school's key of a portal": False}


def test_lists_hold_what_is_seen(world: World) -> None:
    for path, name, wanted in (
        ("/v1/assets", "assets", world.asset_id),
        ("/v1/assets?sort=title&count=true", "assets", world.asset_id),
        ("/v1/assets?state=uploading&state=ready", "assets", world.asset_id),
        ("/v1/collections", "collections", world.collection_id),
    ):
        found = {
            caller: [entry["id"] for entry in ask("GET", path).json[name]] == [wanted]
            for caller, ask in world.callers.items()
        }
        assert found == SEES, path
    portal = "the school's key of a portal"
    uploads = {
        caller: [entry["asset_id"] for entry in ask("GET", "/v1/uploads").json["uploads"]] == [world.asset_id]
        for caller, ask in world.callers.items()
        if caller != portal
    }
    assert uploads == {caller: sees for caller, sees in SEES.items() if caller != portal}
    counts = {
        caller: ask("GET", "/v1/assets?count=true").json["total"]["count"]
        for caller, ask in world.callers.items()
    }
    assert counts == {caller: int(sees) for caller, sees in SEES.items()}


def test_lists_by_owner(world: World) -> None:
    li, chief = world.callers["li, an author"], world.callers["the school's administrator"]
    me = li("GET", "/v1/whoami").json["person"]
    for ask, owner, count in (
        (li, "me", 1),
        (chief, "me", 0),
        (chief, me["id"], 1),
        (world.callers["the city's key"], me["id"], 1),
        (world.callers["wang, another author"], me["id"], 0),
    ):
        found = ask("GET", f"/v1/assets?owner={owner}").json["assets"]
        assert [entry["owner"] for entry in found] == [{"id": me["id"], "name": "li"}] * count
        assert len(ask("GET", f"/v1/uploads?owner={owner}").json["uploads"]) == count
    assert world.callers["the city's key"]("GET", "/v1/assets?owner=me").status_code == 422


def test_many_at_once_are_those_that_one_sees(world: World) -> None:
    changes = {"changes": [{"asset_id": world.asset_id, "set": {"subject": "语文"}}]}
    for name, ask in world.callers.items():
        if name == "the school's key of a portal":
            continue
        answer = ask("POST", "/v1/asset-changes", json=changes)
        assert answer.status_code == 201, answer.text
        assert (answer.json["rows"][0]["outcome"] != "asset_not_found") == SEES[name], name
    for name in ("wang, another author", "an author of the city", "the other school's key"):
        undone = world.callers[name]("POST", f"/v1/asset-changes/{world.change_set_id}/undo")
        assert undone.status_code == 404
    assert (
        world.callers["li, an author"]("POST", f"/v1/asset-changes/{world.change_set_id}/undo").status_code
        == 200
    )


def test_an_author_puts_own_lessons_into_own_courses(world: World) -> None:
    wang, chief = world.callers["wang, another author"], world.callers["the school's administrator"]
    refused = wang("POST", "/v1/collections", json={"title": "t", "asset_ids": [world.asset_id]})
    assert (refused.status_code, refused.json["code"]) == (422, "collection_assets")
    own = wang("POST", "/v1/collections", json={"title": "t"}).json["id"]
    assert wang("PUT", f"/v1/collections/{own}/items/{world.asset_id}").status_code == 404
    # What an administrator has put there stays when its author orders it anew.
    assert chief("PUT", f"/v1/collections/{own}/items/{world.asset_id}").status_code == 200
    kept = wang("PATCH", f"/v1/collections/{own}", json={"asset_ids": [world.asset_id]})
    assert [item["asset_id"] for item in kept.json["items"]] == [world.asset_id]
    assert wang("DELETE", f"/v1/collections/{own}").status_code == 204


@pytest.mark.parametrize(
    "path",
    ["/v1/people", "/v1/organizations", "/v1/api-keys", "/v1/audit-log", "/v1/partners", "/v1/signing-keys"],
)
def test_authors_manage_nothing(world: World, path: str) -> None:
    assert world.callers["li, an author"]("GET", path).status_code == 403


def test_a_lesson_in_the_trash_is_its_authors(world: World, house: House) -> None:
    li, wang = world.callers["li, an author"], world.callers["wang, another author"]
    begun = li("POST", "/v1/uploads", headers={**TUS, "Upload-Length": "1"})
    sent = {
        "Tus-Resumable": "1.0.0",
        "Upload-Offset": "0",
        "Content-Type": "application/offset+octet-stream",
    }
    assert li("PATCH", begun.headers["Location"], headers=sent, data=b"x").status_code == 204
    asset_id = begun.headers["Lessonstream-Asset"]
    assert wang("DELETE", f"/v1/assets/{asset_id}").status_code == 404
    assert li("DELETE", f"/v1/assets/{asset_id}").status_code in (200, 204)
    assert wang("POST", f"/v1/assets/{asset_id}/restore").status_code == 404
    assert [entry["id"] for entry in li("GET", "/v1/assets?trashed=true").json["assets"]] == [asset_id]
    assert wang("GET", "/v1/assets?trashed=true").json["assets"] == []
    assert li("POST", f"/v1/assets/{asset_id}/restore").status_code == 200
    assert li("DELETE", f"/v1/assets/{asset_id}").status_code in (200, 204)
