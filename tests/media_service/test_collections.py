"""Collections over HTTP: whose assets they hold, in which order, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from asking import Ask, asking, tree
from house import House, house
from sqlalchemy import update
from sqlalchemy.orm import Session, sessionmaker

from configs.words import Policy
from media_service.management.collection_documents import CollectionChanges
from storage.catalogue import categories, trash
from storage.catalogue.assets import create_asset, find_asset
from storage.catalogue.models import Asset
from storage.catalogue.organizations import create_organization
from storage.catalogue.reach import Reach

__all__ = ["house", "tree"]
pytestmark = pytest.mark.integration

UNKNOWN = "0mwweeu53jy63fifmmyuzmf0"
"""Well formed, and of nothing."""

RESOURCE = "/v1/collections"


def an_asset(
    sessions: sessionmaker[Session], organization_id: str, title: str = "课", policy: Policy = "signed"
) -> str:
    """An asset of which nothing has arrived; with a public playback ID everybody may see it."""
    with sessions.begin() as session:
        return create_asset(session, organization_id, title, "a.mp4", policy).asset_id


@pytest.fixture(scope="module")
def ask(house: House, tree: tuple[str, str, str]) -> Ask:
    return asking(house, RESOURCE, tree[0], "author")


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
        trash.remove(session, gone)
    assert assets_of(ask("GET", f"/{made['id']}").json) == [below]
    assert ask("GET", "?limit=1").json["collections"][0]["count"] == 1

    assert ask("DELETE", f"/{made['id']}").status_code == 204
    assert ask("GET", f"/{made['id']}").json["code"] == "collection_not_found"


def test_pages_hold_every_collection_once_newest_first(house: House) -> None:
    with house.sessions.begin() as session:
        organization_id = create_organization(session, "校").id
    ask = asking(house, RESOURCE, organization_id, "author")
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
    for stranger in (asking(house, RESOURCE, foreign, "author"), asking(house, RESOURCE, school, "author")):
        for method, body in (("GET", None), ("PATCH", {"title": "x"}), ("DELETE", None)):
            answer = stranger(method, f"/{made['id']}", body)
            assert (answer.status_code, answer.json["code"]) == (404, "collection_not_found")
        assert (
            stranger("POST", "", {"title": "x", "asset_ids": [of_city]}).json["code"] == "collection_assets"
        )
    answer = ask("POST", "", {"title": "x", "asset_ids": [of_foreign]})
    assert (answer.status_code, answer.json["code"]) == (422, "collection_assets")
    assert of_foreign in answer.json["detail"]


def test_lessons_come_from_whom_lets_the_adder_see_them(
    house: House, tree: tuple[str, str, str], ask: Ask
) -> None:
    city, school, foreign = tree
    of_city, of_foreign = an_asset(house.sessions, city), an_asset(house.sessions, foreign, policy="public")
    at_school = asking(house, RESOURCE, school, "author")
    below = at_school("POST", "", {"title": "校课", "asset_ids": [of_foreign]}).json
    path = f"/{below['id']}"
    # Whoever stands above sees more, and puts there what those below do not see.
    assert assets_of(ask("PATCH", path, {"asset_ids": [of_city, of_foreign]}).json) == [of_city, of_foreign]
    seen = at_school("GET", path).json
    assert (assets_of(seen), seen["count"], seen["unseen"]) == ([of_foreign], 1, 1)
    assert at_school("GET", "?limit=1").json["collections"][0]["count"] == 1
    # It keeps its place, whatever they do meanwhile.
    own = an_asset(house.sessions, school)
    assert assets_of(at_school("PATCH", path, {"asset_ids": [of_foreign, own]}).json) == [of_foreign, own]
    assert at_school("PUT", f"{path}/items/{own}?position=0").status_code == 200
    assert {*assets_of(ask("GET", path).json)} == {of_city, own, of_foreign}
    with house.sessions.begin() as session:
        session.execute(
            update(Asset)
            .where(Asset.id == of_foreign)
            .values(visibility="private", effective_visibility="private")
        )
    shown = ask("GET", path).json
    assert ({*assets_of(shown)}, shown["unseen"]) == ({of_city, own}, 1)
    assert at_school("PUT", f"{path}/items/{of_foreign}").status_code == 200
    assert at_school("DELETE", f"{path}/items/{of_city}").status_code == 204
    other = at_school("POST", "", {"title": "x", "asset_ids": [of_foreign]})
    assert other.json["code"] == "collection_assets"


DESCRIBED: dict[str, Any] = {
    "title": "二十四式太极拳",
    "description": "从头学起。\n\n每周一课。",
    "language": "zh-CN",
    "subject": "健身",
    "tags": ["太极", "养生"],
    "level": "senior",
    "audience": "六十岁以上",
    "contributors": [{"role": "presenter", "name": "李老师", "organization": "老年大学"}],
    "licence": {"code": "CC-BY-4.0", "text": None, "url": None},
    "source_organization": {"name": "老年大学", "id": "123"},
    "published_at": "2026-11-02T00:00:00Z",
    "withdraw_at": "2099-11-02T00:00:00Z",
    "original_date": "2009-05",
    "other_ids": {"old-platform": "7"},
    "visibility": "shared",
    "shared_partner_ids": [],
}


def test_all_that_is_said_of_a_course_is_kept(house: House, tree: tuple[str, str, str], ask: Ask) -> None:
    city, _, foreign = tree
    with house.sessions.begin() as session:
        category = categories.create(
            session, city, code=f"R-{city}", name_zh="养生", name_en="Health", parent_id=None
        ).id
        elsewhere = categories.create(
            session, foreign, code=f"R-{foreign}", name_zh="外", name_en="Else", parent_id=None
        ).id
    said = {**DESCRIBED, "category_ids": [category], "shared_organization_ids": [foreign]}
    assert said.keys() == {*CollectionChanges.model_fields} - {"asset_ids"}
    made = ask("POST", "", said)
    assert made.status_code == 201, made.text
    assert {name: made.json[name] for name in said} == said
    assert made.json["effective_visibility"] == "shared"
    path = f"/{made.json['id']}"
    assert ask("GET", path).json == made.json and ask("GET", path).headers["ETag"] == made.headers["ETag"]

    told = ask("GET", f"{path}/metadata").json
    terms = [(each["term"], each["value"]["text"]) for each in told["dublin_core"]]
    for term in (
        ("title", said["title"]),
        ("type", "Collection"),
        ("subject", "养生"),
        ("creator", "李老师"),
        ("audience", "六十岁以上"),
        ("identifier", made.json["embed_url"]),
        ("license", "https://creativecommons.org/licenses/by/4.0/"),
    ):
        assert term in terms
    level = {"": {"text": "3", "language": None, "scheme": "LOMv1.0"}}
    assert {"path": "general.aggregationLevel", "parts": level} in told["lom"]

    bare = ask("PATCH", path, {"visibility": None, "level": None, "tags": [], "withdraw_at": None})
    assert (bare.json["visibility"], bare.json["effective_visibility"]) == (None, "organization")
    assert bare.json["description"] == said["description"] and bare.headers["ETag"] != made.headers["ETag"]
    stale = house.client.patch(
        f"{RESOURCE}{path}",
        json={"title": "x"},
        headers={**house.api_key(city, "author"), "If-Match": made.headers["ETag"]},
    )
    assert (stale.status_code, stale.json["code"]) == (412, "changed_meanwhile")

    for wrong, code in (
        ({"category_ids": [elsewhere]}, "category_not_found"),
        ({"shared_organization_ids": [UNKNOWN]}, "shared_with_unknown"),
        ({"shared_partner_ids": [UNKNOWN]}, "shared_with_unknown"),
        ({"level": "any"}, "invalid_request"),
        ({"withdraw_at": "2020-01-01T00:00:00Z", "published_at": "2021-01-01T00:00:00Z"}, "invalid_request"),
    ):
        assert ask("PATCH", path, wrong).json["code"] == code
        assert ask("POST", "", {"title": "x", **wrong}).json["code"] == code
    # A category in which a course stands stays.
    used = house.client.delete(f"/v1/categories/{category}", headers=house.api_key(city, "admin"))
    assert (used.status_code, used.json["code"]) == (409, "category_in_use")

    def found(query: str) -> bool:
        return made.json["id"] in [each["id"] for each in ask("GET", f"?{query}").json["collections"]]

    assert all(
        map(found, ("q=太极拳", "q=每周", "language=zh", f"category={category}", "visibility=organization"))
    )
    assert not any(
        map(found, ("q=茶", "language=en", f"category={elsewhere}", "visibility=public", "level=adult"))
    )


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
