"""A partner and what is shared with it, over HTTP."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from house import House, make_house
from lesson import Lesson, add_lesson
from werkzeug.test import TestResponse

from media_service.playback.access import partner_terms

SITE = "https://learn.example.cn"
STRANGER = "https://evil.example"


@dataclass
class Deal:
    """A partner with whom one lesson is shared, and a second lesson that is not."""

    house: House
    lesson: Lesson
    other: Lesson
    id: str
    collection_id: str
    admin: dict[str, str]
    key: dict[str, str]

    def ask(self, method: str, path: str, body: Any = None) -> TestResponse:
        return self.house.client.open(path, method=method, json=body, headers=self.admin)

    def change(self, **changes: Any) -> None:
        answer = self.ask("PATCH", f"/v1/partners/{self.id}", changes)
        assert answer.status_code == 200, answer.text

    def issue(self, **wishes: Any) -> TestResponse:
        body = {"playback_id": self.lesson.signed_id, **wishes}
        return self.house.client.post("/v1/playback-tokens", json=body, headers=self.key)

    def token(self) -> str:
        answer = self.issue(kinds=["video", "image", "storyboard", "download"])
        assert answer.status_code == 201, answer.text
        return str(answer.json["token"])

    @property
    def master(self) -> str:
        return f"/v/{self.lesson.signed_id}/master.m3u8?token={self.token()}"


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a process knows of partners is always fresh here; one test waits for it."""
    monkeypatch.setattr(partner_terms, "FRESH_SECONDS", 0.0)


@pytest.fixture
def own_house(house: House) -> House:
    """A process that has counted nothing, and knows nothing for longer than it takes to ask."""
    return make_house(house.sessions, objects=house.objects)


@pytest.fixture
def deal(own_house: House) -> Deal:
    lesson, other = (add_lesson(own_house.sessions, own_house.objects) for _ in range(2))
    return make_deal(own_house, lesson, other)


def make_deal(house: House, lesson: Lesson, other: Lesson) -> Deal:
    admin = house.api_key(lesson.organization_id, "admin")

    def post(path: str, body: Any) -> Any:
        answer = house.client.post(path, json=body, headers=admin)
        assert answer.status_code == 201, answer.text
        return answer.json

    course = post("/v1/collections", {"title": "课", "asset_ids": [lesson.asset_id]})
    partner = post(
        "/v1/partners",
        {"name": "学习网", "origins": [SITE, "https://*.school.edu.cn"], "collection_ids": [course["id"]]},
    )
    key = post("/v1/api-keys", {"role": "partner", "partner_id": partner["id"], "label": "站点"})
    assert (key["partner_id"], key["organization_id"]) == (partner["id"], lesson.organization_id)
    bearer = {"Authorization": f"Bearer {key['key']}"}
    return Deal(house, lesson, other, partner["id"], course["id"], admin, bearer)
