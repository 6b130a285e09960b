"""Lessons handed in, accepted or given back, and published, by HTTP; and the reminder that one ends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from house import House, house
from signed_in import Browser, signed_in
from sqlalchemy import select, update

from storage.catalogue import assets, withdrawals
from storage.catalogue.models import Asset, Event
from storage.catalogue.organizations import create_organization

__all__ = ["house"]


@dataclass
class School:
    """One whose city has lessons reviewed: an author, and an administrator who may look at them."""

    house: House
    city: str
    id: str
    author: Browser
    chief: Browser

    def lesson(self) -> str:
        with self.house.sessions.begin() as session:
            owner = self.author.who()["person"]["id"]
            made = assets.create_asset(session, self.id, "课", "a.mp4", "public", owner_id=owner)
            return made.asset_id

    def step(self, who: Browser, asset_id: str, action: str, note: str = "") -> Any:
        return who.change(f"/v1/assets/{asset_id}/reviews", json={"action": action, "note": note})

    def wish(self, organization_id: str, **wishes: Any) -> None:
        key = self.house.api_key(self.city, "admin")
        answer = self.house.client.patch(f"/v1/organizations/{organization_id}", json=wishes, headers=key)
        assert answer.status_code == 200, answer.text
        assert answer.json.items() >= wishes.items()

    def events(self, asset_id: str) -> list[tuple[str, Any]]:
        query = select(Event.type, Event.payload).where(Event.asset_id == asset_id).order_by(Event.number)
        with self.house.sessions() as session:
            return [(row.type, row.payload) for row in session.execute(query)]


@pytest.fixture(scope="module")
def school(house: House) -> School:
    with house.sessions.begin() as session:
        city = create_organization(session, "市").id
        school = create_organization(session, "校", city).id
    made = School(
        house, city, school, signed_in(house, school, "li"), signed_in(house, city, "chen", "admin")
    )
    made.wish(city, review=True)
    return made


def test_a_lesson_goes_its_way_and_all_of_it_is_kept(school: School) -> None:
    lesson = school.lesson()
    portal = school.house.api_key(school.id)
    path = f"/v1/assets/{lesson}"

    def is_found() -> bool:
        return school.house.client.get(path, headers=portal).status_code == 200

    assert school.author.open(path).json["review_state"] == "draft"
    assert not is_found()
    assert school.step(school.author, lesson, "publish").json["code"] == "review_impossible"
    assert school.step(school.author, lesson, "submit").json["review_state"] == "submitted"
    waiting = school.chief.open("/v1/assets?review=submitted").json["assets"]
    assert [each["id"] for each in waiting] == [lesson]

    assert school.step(school.author, lesson, "accept").json["code"] == "role_not_allowed"
    assert school.step(school.chief, lesson, "return").status_code == 422
    assert school.step(school.chief, lesson, "return", "声音太小").json["review_state"] == "returned"
    school.step(school.author, lesson, "submit", "改好了")
    assert school.step(school.chief, lesson, "accept").json["review_state"] == "accepted"
    assert not is_found()
    done = school.step(school.author, lesson, "publish")
    assert done.status_code == 200, done.text
    assert is_found()

    history = school.author.open(f"{path}/reviews").json
    assert history["is_reviewed"] and history["review_state"] == "published"
    assert [(each["action"], each["made_by"], each["note"]) for each in history["reviews"]] == [
        ("submit", "li", ""),
        ("return", "chen", "声音太小"),
        ("submit", "li", "改好了"),
        ("accept", "chen", ""),
        ("publish", "li", ""),
    ]
    told = [(kind, payload.get("note")) for kind, payload in school.events(lesson) if "note" in payload]
    assert told == [
        ("asset.submitted", ""),
        ("asset.returned", "声音太小"),
        ("asset.submitted", "改好了"),
        ("asset.accepted", ""),
        ("asset.published", ""),
    ]
    assert school.step(school.author, lesson, "withdraw").json["review_state"] == "draft"
    assert not is_found()


def test_an_administrator_may_publish_at_once_and_so_may_everybody_without_reviews(school: School) -> None:
    lesson = school.lesson()
    assert school.step(school.chief, lesson, "publish").json["review_state"] == "published"
    school.wish(school.id, review=False)
    free = school.lesson()
    assert school.author.open(f"/v1/assets/{free}").json["review_state"] == "published"
    school.step(school.author, free, "withdraw")
    published = school.step(school.author, free, "publish").json
    assert (published["review_state"], published["is_reviewed"]) == ("published", False)
    school.wish(school.id, review=None)
    assert school.author.open(f"/v1/assets/{free}").json["review_state"] == "published"
    assert school.author.open(f"/v1/assets/{free}/reviews").json["is_reviewed"]


def test_who_sees_no_lesson_sees_no_review(school: School) -> None:
    lesson = school.lesson()
    other = signed_in(school.house, school.id, "wang")
    assert other.open(f"/v1/assets/{lesson}/reviews").status_code == 404
    assert school.step(other, lesson, "submit").status_code == 404


def test_the_end_of_a_lesson_is_told_a_week_before_and_once(school: School) -> None:
    soon, later = school.lesson(), school.lesson()
    sessions = school.house.sessions

    def end(asset_id: str, days: float) -> None:
        with sessions.begin() as session:
            ends = datetime.now(UTC) + timedelta(days=days)
            session.execute(update(Asset).where(Asset.id == asset_id).values(withdraw_at=ends))

    def told() -> list[str]:
        with sessions.begin() as session:
            withdrawals.remind(session)
        return [
            each
            for each in (soon, later)
            for kind, payload in school.events(each)
            if kind == "asset.withdrawing" and payload["withdraw_at"]
        ]

    end(soon, 6)
    end(later, 8)
    assert told() == told() == [soon]
    end(soon, 5)
    end(later, 6.5)
    assert told() == [soon, soon, later]
