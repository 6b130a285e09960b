"""Two editors at the same time: what one adds is not lost, and whoever asks is told that there was another."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from house import House, house
from sqlalchemy.orm import Session, sessionmaker
from werkzeug.test import TestResponse

from storage.catalogue.assets import create_asset
from storage.catalogue.models import Version
from storage.catalogue.organizations import create_organization
from storage.ids import new_id

__all__ = ["house"]
pytestmark = pytest.mark.integration

Ask = Callable[..., TestResponse]


@pytest.fixture(scope="module")
def city(house: House) -> str:
    with house.sessions.begin() as session:
        return create_organization(session, "市").id


@pytest.fixture(scope="module")
def ask(house: House, city: str) -> Ask:
    key = house.api_key(city, "admin")

    def ask(method: str, path: str, body: Any = None, **headers: str) -> TestResponse:
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        return house.client.open(path, method=method, json=body, headers={**key, **told})

    return ask


def assets(sessions: sessionmaker[Session], organization_id: str, count: int) -> list[str]:
    with sessions.begin() as session:
        return [
            create_asset(session, organization_id, "课", "a.mp4", "public").asset_id for _ in range(count)
        ]


def course(ask: Ask, asset_ids: list[str]) -> str:
    made = ask("POST", "/v1/collections", {"title": "课程", "asset_ids": asset_ids})
    assert made.status_code == 201
    return f"/v1/collections/{made.json['id']}"


def items(ask: Ask, path: str) -> list[str]:
    return [item["asset_id"] for item in ask("GET", path).json["items"]]


def test_the_addition_of_another_editor_is_not_overwritten(house: House, city: str, ask: Ask) -> None:
    first, second, third = assets(house.sessions, city, 3)
    path = course(ask, [first])
    seen = ask("GET", path).headers["ETag"]
    changed = ask("PATCH", path, {"asset_ids": [first, second]}, If_Match=seen)
    assert changed.status_code == 200 and changed.headers["ETag"] != seen
    refused = ask("PATCH", path, {"asset_ids": [first, third]}, If_Match=seen)
    assert (refused.status_code, refused.json["code"]) == (412, "changed_meanwhile")
    assert refused.headers["ETag"] == changed.headers["ETag"] == ask("GET", path).headers["ETag"]
    assert ask("DELETE", path, If_Match=seen).status_code == 412
    assert items(ask, path) == [first, second]
    assert (
        ask("PATCH", path, {"title": "新"}, If_Match=f'"other", {refused.headers["ETag"]}').status_code == 200
    )
    assert ask("PATCH", path, {"title": "新"}, If_Match=f"W/{refused.headers['ETag']}").status_code == 412
    assert ask("PATCH", path, {"title": "新"}, If_Match='"", W/"", "other"').status_code == 412
    assert ask("PATCH", path, {"title": "旧"}, If_Match="*").status_code == 200
    assert ask("PATCH", path, {"title": "课"}).status_code == 200


def test_who_wants_it_not_to_be_there_overwrites_nothing(house: House, city: str, ask: Ask) -> None:
    [asset_id] = assets(house.sessions, city, 1)
    partner = f"/v1/partners/{ask('POST', '/v1/partners', {'name': '某站'}).json['id']}"
    lesson, library = f"/v1/assets/{asset_id}", f"/v1/organizations/{city}/library"
    for method, path, change in (
        ("PATCH", lesson, {"title": "新"}),
        ("DELETE", lesson, None),
        ("PATCH", partner, {"name": "新"}),
        ("PATCH", library, {"name": "新"}),
    ):
        seen = ask("GET", path)
        assert ask(method, path, change, If_None_Match="*").json["code"] == "changed_meanwhile"
        for unheard in ("", seen.headers["ETag"]):
            assert ask(method, path, change, If_None_Match=unheard).json["code"] == "invalid_request"
        assert ask("GET", path).headers["ETag"] == seen.headers["ETag"]


def test_how_far_a_lesson_is_disturbs_no_editor(house: House, city: str, ask: Ask) -> None:
    [asset_id] = assets(house.sessions, city, 1)
    path = course(ask, [asset_id])
    before = ask("GET", path)
    with house.sessions.begin() as session:
        session.query(Version).filter_by(asset_id=asset_id).update({"state": "queued"})
    after = ask("GET", path)
    assert after.json["items"][0]["state"] == "queued" != before.json["items"][0]["state"]
    assert after.headers["ETag"] == before.headers["ETag"]


def test_who_asks_again_is_told_only_what_is_new(house: House, city: str, ask: Ask) -> None:
    [asset_id] = assets(house.sessions, city, 1)
    path = f"/v1/assets/{asset_id}"
    seen = ask("GET", path).headers["ETag"]
    again = ask("GET", path, If_None_Match=seen)
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", seen)
    with house.sessions.begin() as session:
        session.query(Version).filter_by(asset_id=asset_id).update({"state": "processing", "progress": 0.5})
    new = ask("GET", path, If_None_Match=seen)
    assert (new.status_code, new.json["state"]) == (200, "processing")
    assert ask("GET", path, If_None_Match=new.headers["ETag"]).status_code == 304
    assert ask("PATCH", path, {"title": "新"}, If_Match=seen).status_code == 200


def test_one_lesson_is_added_moved_and_removed(house: House, city: str, ask: Ask) -> None:
    first, second, third = assets(house.sessions, city, 3)
    path = course(ask, [first])
    assert ask("PUT", f"{path}/items/{second}").status_code == 200
    assert ask("PUT", f"{path}/items/{second}").json["count"] == 2
    added = ask("PUT", f"{path}/items/{third}?position=0")
    assert [item["asset_id"] for item in added.json["items"]] == [third, first, second]
    assert added.headers["ETag"] == ask("GET", path).headers["ETag"]
    assert ask("PUT", f"{path}/items/{third}?position=1000").status_code == 200
    assert items(ask, path) == [first, second, third]
    assert ask("DELETE", f"{path}/items/{second}").status_code == 204
    assert ask("DELETE", f"{path}/items/{second}").json["code"] == "collection_item_not_found"
    assert items(ask, path) == [first, third]
    assert ask("PUT", f"{path}/items/{new_id()}").json["code"] == "asset_not_found"
    assert ask("PUT", f"{path}/items/{first}?position=-1").json["code"] == "invalid_request"


def test_many_who_add_at_once_lose_nothing(house: House, city: str, ask: Ask) -> None:
    added = assets(house.sessions, city, 8)
    path = course(ask, [])
    threads = [
        threading.Thread(target=lambda asset_id=asset_id: ask("PUT", f"{path}/items/{asset_id}"))
        for asset_id in added
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(items(ask, path)) == sorted(added)


def test_partners_and_assets_are_edited_likewise(house: House, city: str, ask: Ask) -> None:
    [asset_id] = assets(house.sessions, city, 1)
    collection_id = course(ask, [asset_id]).rpartition("/")[2]
    partner = f"/v1/partners/{ask('POST', '/v1/partners', {'name': '站'}).json['id']}"
    for path, change in ((partner, {"name": "新"}), (f"/v1/assets/{asset_id}", {"title": "新"})):
        seen = ask("GET", path).headers["ETag"]
        assert ask("PATCH", path, change, If_Match=seen).status_code == 200
        assert ask("PATCH", path, change, If_Match=seen).json["code"] == "changed_meanwhile"
        assert ask("DELETE", path, If_Match=seen).json["code"] == "changed_meanwhile"
    shared = ask("PUT", f"{partner}/collections/{collection_id}")
    assert shared.json["collection_ids"] == [collection_id]
    assert ask("DELETE", f"{partner}/collections/{collection_id}").status_code == 204
    assert ask("DELETE", f"{partner}/collections/{collection_id}").json["code"] == "collection_not_found"
    assert ask("GET", partner).json["collection_ids"] == []


def test_what_was_changed_says_when(house: House, city: str, ask: Ask) -> None:
    first, second = assets(house.sessions, city, 2)
    collection, asset = course(ask, [first]), f"/v1/assets/{first}"

    def moves(path: str, act: Callable[[], object]) -> bool:
        before = ask("GET", path).json["updated_at"]
        act()
        return bool(ask("GET", path).json["updated_at"] > before)

    def progress(**values: Any) -> None:
        with house.sessions.begin() as session:
            session.query(Version).filter_by(asset_id=first).update(values)

    assert moves(collection, lambda: ask("PUT", f"{collection}/items/{second}"))
    assert moves(collection, lambda: ask("DELETE", f"{collection}/items/{second}"))
    assert moves(collection, lambda: ask("PATCH", collection, {"title": "新"}))
    assert not moves(collection, lambda: ask("PATCH", collection, {}))
    assert moves(asset, lambda: ask("PATCH", asset, {"title": "新"}))
    assert moves(asset, lambda: ask("POST", f"{asset}/playback-ids", {"policy": "signed"}))
    assert moves(asset, lambda: progress(state="failed"))
    assert not moves(asset, lambda: progress(progress=0.5))
