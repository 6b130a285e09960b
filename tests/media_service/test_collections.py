"""Collections over HTTP: whose assets they hold, in which order, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from house import House, house
from sqlalchemy.orm import Session, sessionmaker
from werkzeug.test import TestResponse

from storage.catalogue.assets import create_asset, delete_asset, find_asset
from storage.catalogue.organizations import create_organization
from storage.catalogue.reach import Reach

__all__ = ["house"]
pytestmark = pytest.mark.integration

UNKNOWN = "0mwweeu53jy63fifmmyuzmf0"
"""Well formed, and of nothing."""

Ask = Callable[..., TestResponse]


def an_asset(sessions: sessionmaker[Session], organization_id: str, title: str = "课") -> str:
    """An asset of which nothing has arrived."""
    with sessions.begin() as session:
        return create_asset(session, organization_id, title, "a.mp4", "public").asset_id


def asking(house: House, organization_id: str, role: str = "author") -> Ask:
    """Requests by a key of this organization: method, path below the collections, JSON body."""
    key = house.api_key(organization_id, role)

    def ask(method: str, path: str = "", body: Any = None) -> TestResponse:
        return house.client.open(f"/v1/collections{path}", method=method, json=body, headers=key)

    return ask


@pytest.fixture(scope="module")
def tree(house: House) -> tuple[str, str, str]:
    """A city, a school below it, and another city."""
    with house.sessions.begin() as session:
        city = create_organization(session, "市")
        return city.id, create_organization(session, "校", city.id).id, create_organization(session, "外").id


@pytest.fixture(scope="module")
def ask(house: House, tree: tuple[str, str, str]) -> Ask:
    return asking(house, tree[0])


def assets_of(collection: Any) -> list[str]:
    return [item["asset_id"] for item in collection["items"]]


def test_a_course_keeps_its_order(house: House, tree: tuple[str, str, str], ask: Ask) -> None:
    city, school, _ = tree
    own, below = an_asset(house.sessions, city, "第一课"), an_asset(house.sessions, school)
    answer = ask("POST", "", {"title": " 国画入门 ", "asset_ids": [below, own]})
    assert answer.status_code == 201
    made = answer.json
    assert (made["title"], made["count"], assets_of(made)) == ("国画入门", 2, [below, own])
    assert made["items"][1]["title"] == "第一课" and made["items"][1]["state"] == "uploading"
    assert made["public_id"] not in (made["id"], "") and made["organization_id"] == city
    assert ask("GET", f"/{made['id']}").json == made

    assert assets_of(ask("PATCH", f"/{made['id']}", {"asset_ids": [own, below]}).json) == [own, below]
    renamed = ask("PATCH", f"/{made['id']}", {"title": "国画"}).json
    assert (renamed["title"], assets_of(renamed)) == ("国画", [own, below])
    assert renamed["public_id"] == made["public_id"]

    with house.sessions.begin() as session:
        gone = find_asset(session, own, Reach(city))
        assert gone is not None
        delete_asset(session, gone)
    assert assets_of(ask("GET", f"/{made['id']}").json) == [below]
    assert ask("GET", "?limit=1").json["collections"][0]["count"] == 1

    assert ask("DELETE", f"/{made['id']}").status_code == 204
    assert ask("GET", f"/{made['id']}").json["code"] == "collection_not_found"


def test_pages_hold_every_collection_once_newest_first(house: House) -> None:
    with house.sessions.begin() as session:
        organization_id = create_organization(session, "校").id
    ask = asking(house, organization_id)
    made = [ask("POST", "", {"title": str(number)}).json["id"] for number in range(5)]
    seen: list[str] = []
    after = ""
    while True:
        page = ask("GET", f"?limit=2{after}").json
        seen += [entry["id"] for entry in page["collections"]]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert seen == made[::-1]
    assert ask("GET", "?after=../x").json["code"] == "invalid_cursor"


def test_a_collection_holds_up_to_a_thousand_assets(
    house: House, tree: tuple[str, str, str], ask: Ask
) -> None:
    with house.sessions.begin() as session:
        many = [create_asset(session, tree[0], "课", "a.mp4", "public").asset_id for _ in range(1001)]
    made = ask("POST", "", {"title": "大课", "asset_ids": many[:1000]}).json
    assert made["count"] == 1000 and assets_of(made) == many[:1000]
    answer = ask("PATCH", f"/{made['id']}", {"asset_ids": many})
    assert (answer.status_code, answer.json["code"]) == (422, "invalid_request")


def test_what_others_have_does_not_exist(house: House, tree: tuple[str, str, str], ask: Ask) -> None:
    city, school, foreign = tree
    of_city, of_foreign = an_asset(house.sessions, city), an_asset(house.sessions, foreign)
    made = ask("POST", "", {"title": "课", "asset_ids": [of_city]}).json
    for stranger in (asking(house, foreign), asking(house, school)):
        for method, body in (("GET", None), ("PATCH", {"title": "x"}), ("DELETE", None)):
            answer = stranger(method, f"/{made['id']}", body)
            assert (answer.status_code, answer.json["code"]) == (404, "collection_not_found")
        assert (
            stranger("POST", "", {"title": "x", "asset_ids": [of_city]}).json["code"] == "collection_assets"
        )
    # Whoever stands above sees more than the collection may hold.
    below = asking(house, school)("POST", "", {"title": "校课"}).json
    assert ask("GET", f"/{below['id']}").status_code == 200
    answer = ask("PATCH", f"/{below['id']}", {"asset_ids": [of_city]})
    assert (answer.status_code, answer.json["code"]) == (422, "collection_assets")
    assert of_city in answer.json["detail"]
    assert ask("POST", "", {"title": "x", "asset_ids": [of_foreign]}).json["code"] == "collection_assets"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "invalid_request"),
        ({"title": ""}, "invalid_request"),
        ({"title": "x" * 256}, "invalid_request"),
        ({"title": "x", "asset_ids": "y"}, "invalid_request"),
        ({"title": "x", "asset_ids": [1]}, "invalid_request"),
        ({"title": "x", "owner": "y"}, "invalid_request"),
        ({"title": "x", "asset_ids": ["../../etc"]}, "collection_assets"),
        ({"title": "x", "asset_ids": [UNKNOWN]}, "collection_assets"),
    ],
    ids=str,
)
def test_refused(ask: Ask, body: Any, code: str) -> None:
    answer = ask("POST", "", body)
    assert (answer.status_code, answer.json["code"]) == (422, code)


def test_an_asset_stands_in_a_collection_once(house: House, tree: tuple[str, str, str], ask: Ask) -> None:
    one = an_asset(house.sessions, tree[0])
    answer = ask("POST", "", {"title": "x", "asset_ids": [one, one]})
    assert answer.json["code"] == "collection_assets" and "twice" in answer.json["detail"]
    assert ask("GET", "/..%2F").status_code == 404
