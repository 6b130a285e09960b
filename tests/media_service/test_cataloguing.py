"""What librarians say of lessons, and the categories they sort them into, by HTTP."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from house import House, house
from sqlalchemy import select
from werkzeug.test import TestResponse

from storage.catalogue import assets, trash
from storage.catalogue.models import Asset, Event
from storage.catalogue.organizations import create_organization

__all__ = ["house"]

SAID: dict[str, Any] = {
    "level": "senior",
    "audience": "六十岁以上",
    "contributors": [
        {"role": "presenter", "name": "李老师", "organization": "杭州老年大学"},
        {"role": "author", "name": "编写组", "organization": None},
    ],
    "licence": {"code": "custom", "text": "仅供\n社区教学使用", "url": "https://example.org/terms?v=1"},
    "source_organization": {"name": "杭州老年大学", "id": "12330100"},
    "published_at": "2026-11-29T08:00:00Z",
    "withdraw_at": "2099-12-31T16:00:00Z",
    "original_date": "2009-05",
    "other_ids": {"old-platform": "12345", "doi": "10.1000/182"},
    "old_views": 5_000_000,
}
NULL = {
    "level": None,
    "audience": None,
    "licence": None,
    "source_organization": None,
    "published_at": None,
    "withdraw_at": None,
    "original_date": None,
    "old_views": None,
}


class Office:
    """A city with a school, the city's administrator, and lessons of the school."""

    def __init__(self, house: House) -> None:
        self.house = house
        with house.sessions.begin() as session:
            self.city = create_organization(session, "市").id
            self.school = create_organization(session, "一中", self.city).id
            self.other = create_organization(session, "外市").id
        self.keys = {
            name: house.api_key(owner, role)
            for name, owner, role in (
                ("city", self.city, "admin"),
                ("school", self.school, "author"),
                ("other", self.other, "admin"),
            )
        }

    def lesson(self, title: str = "课", owner: str = "") -> str:
        with self.house.sessions.begin() as session:
            return assets.create_asset(session, owner or self.school, title, "a.mp4", "signed").asset_id

    def ask(
        self, method: str, path: str, json: Any = None, key: str = "city", **headers: str
    ) -> TestResponse:
        return self.house.client.open(
            path,
            method=method,
            json=json,
            headers={**self.keys[key], **{name.replace("_", "-"): value for name, value in headers.items()}},
        )

    def category(self, code: str, key: str = "city", **values: Any) -> str:
        made = self.ask(
            "POST", "/v1/categories", {"code": code, "name_zh": code, "name_en": code, **values}, key
        )
        assert made.status_code == 201, made.text
        return str(made.json["id"])

    def found(self, **query: Any) -> list[str]:
        answer = self.house.client.get("/v1/assets", query_string=query, headers=self.keys["city"])
        assert answer.status_code == 200, answer.text
        return [each["id"] for each in answer.json["assets"]]


@pytest.fixture(scope="module")
def office(house: House) -> Office:
    return Office(house)


def test_all_that_is_said_is_shown_again_and_taken_away_by_null(office: Office) -> None:
    path = f"/v1/assets/{office.lesson()}"
    assert office.ask("GET", path).json.items() >= NULL.items()
    changed = office.ask("PATCH", path, SAID, key="school")
    assert changed.status_code == 200, changed.text
    shown = office.ask("GET", path)
    assert shown.json.items() >= SAID.items()

    assert office.ask("PATCH", path, {"old_views": 6}, If_Match='"somebody-elses"').status_code == 412
    seen = changed.headers["ETag"]
    cleared = office.ask("PATCH", path, {**NULL, "contributors": [], "other_ids": {}}, If_Match=seen)
    assert cleared.status_code == 200, cleared.text
    assert cleared.json.items() >= {**NULL, "contributors": [], "other_ids": {}}.items()


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        ({"level": "university"}, "#/level"),
        ({"audience": " "}, "#/audience"),
        ({"contributors": [{"role": "star", "name": "x"}]}, "#/contributors/0/role"),
        ({"contributors": None}, "#/contributors"),
        ({"licence": {"code": "MIT"}}, "#/licence/code"),
        ({"licence": {"code": "custom"}}, "#/licence"),
        ({"licence": {"code": "CC-BY-4.0", "text": "mine"}}, "#/licence"),
        ({"licence": {"code": "custom", "url": "javascript:alert(1)"}}, "#/licence/url"),
        ({"licence": {"code": "custom", "url": 'https://a.example/"><script>'}}, "#/licence/url"),
        ({"source_organization": {"id": "1"}}, "#/source_organization/name"),
        ({"original_date": "2009-02-30"}, "#/original_date"),
        ({"original_date": "May 2009"}, "#/original_date"),
        ({"other_ids": {"Old Platform": "1"}}, "#/other_ids/Old Platform"),
        ({"other_ids": {"old": ""}}, "#/other_ids/old"),
        ({"old_views": -1}, "#/old_views"),
        ({"old_views": 1.5}, "#/old_views"),
        ({"published_at": "2026-11-29"}, "#/published_at"),
        ({"published_at": "2026-11-30T08:00:00Z", "withdraw_at": "2026-11-29T08:00:00Z"}, "#"),
    ],
)
def test_what_makes_no_sense_is_refused(office: Office, said: Any, pointer: str) -> None:
    answer = office.ask("PATCH", f"/v1/assets/{office.lesson()}", said)
    assert answer.status_code == 422, answer.text
    assert answer.json["errors"][0]["pointer"].replace("%20", " ") == pointer


def test_many_are_changed_with_all_of_it_and_taken_back(office: Office) -> None:
    one, two = office.lesson(), office.lesson()
    foreign = office.category("foreign", key="other")
    office.ask("PATCH", f"/v1/assets/{one}", {"published_at": "2020-01-01T00:00:00Z", "visibility": "public"})
    made = office.ask(
        "POST",
        "/v1/asset-changes",
        {
            "changes": [
                {"asset_id": one, "set": {**SAID, "visibility": "private"}},
                {"asset_id": two, "set": {"category_ids": [foreign]}},
            ]
        },
    )
    assert [row["outcome"] for row in made.json["rows"]] == ["changed", "category_not_found"]
    shown = office.ask("GET", f"/v1/assets/{one}").json
    assert shown.items() >= {**SAID, "effective_visibility": "private"}.items()
    back = office.ask("POST", f"/v1/asset-changes/{made.json['id']}/undo")
    assert [row["outcome"] for row in back.json["rows"]] == ["changed"]
    shown = office.ask("GET", f"/v1/assets/{one}").json
    before = {**NULL, "published_at": "2020-01-01T00:00:00Z", "effective_visibility": "public"}
    assert shown.items() >= before.items()


def test_categories_are_used_by_all_below_and_by_nobody_else(office: Office) -> None:
    health = office.category("R")
    yoga = office.category("R1", parent_id=health, organization_id=office.school)
    lesson = office.lesson()
    put = office.ask("PATCH", f"/v1/assets/{lesson}", {"category_ids": [yoga, health, yoga]}, key="school")
    assert put.json["category_ids"] == [yoga, health]
    codes = [each["code"] for each in office.ask("GET", "/v1/categories", key="school").json["categories"]]
    assert {"R", "R1"} <= {*codes}
    assert "R1" not in office.ask("GET", "/v1/categories").text

    of_city = office.lesson(owner=office.city)
    refused = office.ask("PATCH", f"/v1/assets/{of_city}", {"category_ids": [yoga]})
    assert (refused.status_code, refused.json["code"]) == (404, "category_not_found")
    assert office.found(category=yoga) == office.found(category=health) == [lesson]
    office.ask("PATCH", f"/v1/assets/{of_city}", {"category_ids": [health]})
    assert {*office.found(category=health)} == {lesson, of_city}

    moved = office.ask("PATCH", f"/v1/organizations/{office.school}", {"parent_id": office.city})
    assert moved.status_code == 200, moved.text
    with office.house.sessions.begin() as session:
        elsewhere = create_organization(session, "区", office.city).id
        stranger = create_organization(session, "另一区", office.city).id
    own = office.category("X", organization_id=elsewhere)
    below = office.category("X1", parent_id=own, organization_id=elsewhere)
    assert (
        office.ask("PATCH", f"/v1/categories/{own}", {"parent_id": below}).json["code"] == "category_circle"
    )
    with office.house.sessions.begin() as session:
        child = create_organization(session, "校", elsewhere).id
    kept = office.lesson(owner=child)
    office.ask("PATCH", f"/v1/assets/{kept}", {"category_ids": [own]})
    torn = office.ask("PATCH", f"/v1/organizations/{child}", {"parent_id": stranger})
    assert torn.json["code"] == "organization_shared"
    assert f"category {own}" in torn.json["detail"]


def test_a_category_goes_when_nothing_stands_in_it(office: Office) -> None:
    top = office.category("T")
    low = office.category("T1", parent_id=top)
    lesson = office.lesson()
    office.ask("PATCH", f"/v1/assets/{lesson}", {"category_ids": [low]})
    taken = office.ask("POST", "/v1/categories", {"code": "T", "name_zh": "甲", "name_en": "A"})
    assert (taken.status_code, taken.json["code"]) == (409, "category_code_taken")
    taken = office.ask("PATCH", f"/v1/categories/{low}", {"code": "T"})
    assert (taken.status_code, taken.json["code"]) == (409, "category_code_taken")
    for category in (top, low):
        assert office.ask("DELETE", f"/v1/categories/{category}").json["code"] == "category_in_use"
    with office.house.sessions.begin() as session:
        trash.put(session, session.get_one(Asset, lesson), timedelta(days=30))
    assert office.ask("DELETE", f"/v1/categories/{low}").status_code == 204
    with office.house.sessions.begin() as session:
        assert session.get_one(Asset, lesson).category_ids == []
    assert office.ask("DELETE", f"/v1/categories/{top}", key="other").status_code == 404
    assert office.ask("DELETE", f"/v1/categories/{top}").status_code == 204


def test_lists_are_narrowed_by_level_licence_and_visibility(office: Office) -> None:
    one, two, _ = (office.lesson() for _ in range(3))
    office.ask("PATCH", f"/v1/assets/{one}", {"level": "primary", "licence": {"code": "CC-BY-4.0"}})
    office.ask("PATCH", f"/v1/assets/{two}", {"level": "secondary", "visibility": "subtree"})
    assert office.found(level="primary") == office.found(licence="CC-BY-4.0") == [one]
    assert office.found(level=["primary", "secondary"]) == [two, one]
    assert office.found(level="secondary", visibility="subtree", review="published") == [two]
    assert office.found(level="secondary", visibility="public") == []


def test_who_has_a_public_playback_id_is_public_until_somebody_says_otherwise(office: Office) -> None:
    lesson = office.lesson()
    path = f"/v1/assets/{lesson}"

    def visibility() -> tuple[Any, Any]:
        shown = office.ask("GET", path).json
        return shown["visibility"], shown["effective_visibility"]

    assert visibility() == (None, "organization")
    public = office.ask("POST", f"{path}/playback-ids", {"policy": "public"}).json["id"]
    assert visibility() == (None, "public")
    office.ask("DELETE", f"{path}/playback-ids/{public}")
    assert visibility() == (None, "organization")
    office.ask("PATCH", path, {"visibility": "private"})
    office.ask("POST", f"{path}/playback-ids", {"policy": "public"})
    assert visibility() == ("private", "private")
    office.ask("PATCH", path, {"visibility": None})
    assert visibility() == (None, "public")


def test_whom_something_is_shared_with_is_known(office: Office) -> None:
    path = f"/v1/assets/{office.lesson()}"
    partner = office.ask("POST", "/v1/partners", {"name": "图书馆"}).json["id"]
    shared = {"shared_organization_ids": [office.other], "shared_partner_ids": [partner]}
    assert office.ask("PATCH", path, shared).json.items() >= shared.items()
    office.ask("DELETE", f"/v1/partners/{partner}")
    assert office.ask("PATCH", path, shared).status_code == 200
    unknown = office.ask("PATCH", path, {"shared_organization_ids": [office.other, "nobody0000000000000000"]})
    assert (unknown.status_code, unknown.json["code"]) == (422, "shared_with_unknown")


def test_what_changed_is_told(office: Office) -> None:
    lesson = office.lesson()
    office.ask("PATCH", f"/v1/assets/{lesson}", {"level": "adult", "licence": {"code": "public_domain"}})
    with office.house.sessions() as session:
        told = session.execute(select(Event).where(Event.asset_id == lesson).order_by(Event.number)).scalars()
        assert [event.payload.get("changed") for event in told if event.type == "asset.changed"] == [
            ["level", "licence"]
        ]
