"""Organizations are renamed, moved with all below them, and closed without a lesson going dark."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from house import House, house, lesson
from lesson import Lesson
from sqlalchemy import update
from werkzeug.test import TestResponse

from media_service import auth
from storage.catalogue import partners, playback
from storage.catalogue.assets import create_asset
from storage.catalogue.models import Organization
from storage.catalogue.organizations import create_organization
from storage.ids import new_id

__all__ = ["house", "lesson"]
pytestmark = pytest.mark.integration

Ask = Callable[..., TestResponse]

PUBLIC_KEY = (
    Ed25519PrivateKey.generate()
    .public_key()
    .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    .decode()
)


class Tree:
    """A province with two cities, a school below the first one."""

    def __init__(self, house: House) -> None:
        self.house = house
        with house.sessions.begin() as session:
            self.province = create_organization(session, "省").id
            self.city = create_organization(session, "甲市", self.province).id
            self.other = create_organization(session, "乙市", self.province).id
            self.school = create_organization(session, "校", self.city).id
        self.admin = house.api_key(self.province, "admin")

    def ask(
        self, method: str, path: str, json: Any = None, key: dict[str, str] | None = None
    ) -> TestResponse:
        return self.house.client.open(path, method=method, json=json, headers=key or self.admin)

    def change(self, organization_id: str, key: dict[str, str] | None = None, **changes: Any) -> TestResponse:
        return self.ask("PATCH", f"/v1/organizations/{organization_id}", changes, key)


@pytest.fixture
def tree(house: House) -> Tree:
    return Tree(house)


def code(answer: TestResponse) -> tuple[int, str]:
    return answer.status_code, answer.json["code"]


def test_a_new_name(tree: Tree) -> None:
    assert tree.change(tree.city, name=" 丙市 ").json["name"] == "丙市"
    own = tree.house.api_key(tree.city, "admin")
    assert tree.change(tree.city, own, name="丁市").json["name"] == "丁市"
    assert tree.ask("GET", f"/v1/organizations/{tree.city}").json["name"] == "丁市"
    assert code(tree.change(tree.city, own, parent_id=tree.other)) == (409, "organization_own")
    assert code(tree.change(tree.city, own, closed=True)) == (409, "organization_own")
    assert code(tree.change(tree.province, own, name="x")) == (404, "organization_not_found")
    assert code(tree.change(tree.city, name=None)) == (422, "invalid_request")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/organizations", {"name": "新", "parent_id": ""}),
        ("/v1/api-keys", {"role": "admin", "organization_id": ""}),
        ("/v1/partners", {"name": "站", "organization_id": ""}),
        ("/v1/signing-keys", {"public_key": PUBLIC_KEY, "organization_id": ""}),
    ],
)
def test_an_id_that_is_empty_by_mistake_is_not_the_callers_own(
    tree: Tree, path: str, body: dict[str, Any]
) -> None:
    assert code(tree.ask("POST", path, body)) == (404, "organization_not_found")


def test_a_branch_moves_with_all_that_is_its_own(tree: Tree) -> None:
    with tree.house.sessions.begin() as session:
        asset_id = create_asset(session, tree.school, "课", "a.mp4", "public").asset_id
    old, new = (tree.house.api_key(each, "admin") for each in (tree.city, tree.other))
    assert tree.ask("GET", f"/v1/assets/{asset_id}", key=old).status_code == 200
    moved = tree.change(tree.school, parent_id=tree.other)
    assert moved.json["parent_id"] == tree.other
    assert tree.ask("GET", f"/v1/assets/{asset_id}", key=old).status_code == 404
    assert tree.ask("GET", f"/v1/assets/{asset_id}", key=new).status_code == 200
    assert tree.change(tree.other, parent_id=tree.city).status_code == 200
    for below in (tree.city, tree.other, tree.school):
        assert code(tree.change(tree.city, parent_id=below)) == (409, "organization_circle")
    assert code(tree.change(tree.school, parent_id=new_id())) == (404, "organization_not_found")


def test_a_course_above_does_not_lose_a_lesson_by_a_move(tree: Tree) -> None:
    with tree.house.sessions.begin() as session:
        asset_id = create_asset(session, tree.school, "课", "a.mp4", "public").asset_id
    keys = {each: tree.house.api_key(each, "admin") for each in (tree.province, tree.city)}
    course = {"title": "课程", "asset_ids": [asset_id]}
    in_city = tree.ask("POST", "/v1/collections", course, keys[tree.city]).json["id"]
    tree.ask("POST", "/v1/collections", course, keys[tree.province])
    refused = tree.change(tree.school, parent_id=tree.other)
    assert code(refused) == (409, "organization_shared") and in_city in refused.json["detail"]
    assert tree.ask("DELETE", f"/v1/collections/{in_city}").status_code == 204
    # That of the province still stands above.
    assert tree.change(tree.school, parent_id=tree.other).status_code == 200


def test_a_partner_above_does_not_lose_a_course_by_a_move(tree: Tree) -> None:
    key = tree.house.api_key(tree.school, "admin")
    course = tree.ask("POST", "/v1/collections", {"title": "课程"}, key).json["id"]
    partner = {"name": "站", "collection_ids": [course], "organization_id": tree.city}
    partner_id = tree.ask("POST", "/v1/partners", partner).json["id"]
    refused = tree.change(tree.school, parent_id=tree.other)
    assert code(refused) == (409, "organization_shared") and partner_id in refused.json["detail"]


def test_in_a_closed_organization_nothing_goes_on_but_playing(house: House, lesson: Lesson) -> None:
    with house.sessions.begin() as session:
        above = create_organization(session, "省").id
        session.execute(
            update(Organization).where(Organization.id == lesson.organization_id).values(parent_id=above)
        )
        below = create_organization(session, "校", lesson.organization_id).id
    admin = house.api_key(above, "admin")

    def change(closed: bool) -> TestResponse:
        path = f"/v1/organizations/{lesson.organization_id}"
        return house.client.patch(path, json={"closed": closed}, headers=admin)

    registered = {"public_key": PUBLIC_KEY, "organization_id": below}
    own = house.client.post("/v1/signing-keys", json=registered, headers=admin).json["id"]

    def signs() -> bool:
        with house.sessions() as session:
            return own in {key.id for key in playback.verifying_keys(session)}

    keys = [house.api_key(each, "admin") for each in (lesson.organization_id, below)]
    for key in keys:
        assert house.client.get("/v1/assets", headers=key).status_code == 200
    partner = {"name": "站", "organization_id": below}
    partner_id = house.client.post("/v1/partners", json=partner, headers=admin).json["id"]

    assert signs()
    assert change(True).json["closed_at"]
    assert not signs()
    with house.sessions() as session:
        assert partners.find_terms(session, partner_id) is None
    assert change(True).status_code == 200
    for key in keys:
        assert code(house.client.get("/v1/assets", headers=key)) == (403, "organization_closed")
    for path, body in (
        ("/v1/organizations", {"name": "新", "parent_id": below}),
        ("/v1/api-keys", {"role": "admin", "organization_id": below}),
        ("/v1/api-keys", {"role": "partner", "partner_id": partner_id}),
        ("/v1/partners", partner),
    ):
        assert code(house.client.post(path, json=body, headers=admin)) == (403, "organization_closed")
    reopen_below = house.client.patch(f"/v1/organizations/{below}", json={"closed": False}, headers=admin)
    assert code(reopen_below) == (403, "organization_closed")
    assert house.get(f"/v/{lesson.public_id}/master.m3u8").status_code == 200
    assert house.client.get(f"/v1/assets/{lesson.asset_id}", headers=admin).status_code == 200

    assert change(False).json["closed_at"] is None
    assert signs()
    for key in keys:
        assert house.client.get("/v1/assets", headers=key).status_code == 200


def test_a_partners_key_without_a_partner_comes_with_a_warning(tree: Tree) -> None:
    unbound = tree.ask("POST", "/v1/api-keys", {"role": "partner"}).json["warning"]
    assert "partner_id" in unbound["en"] and "partner_id" in unbound["zh"]
    partner = tree.ask("POST", "/v1/partners", {"name": "站"}).json["id"]
    bound = tree.ask("POST", "/v1/api-keys", {"role": "partner", "partner_id": partner})
    assert bound.json["warning"] is None


def test_what_was_closed_before_stays_closed(tree: Tree) -> None:
    assert tree.change(tree.school, closed=True).status_code == 200
    assert tree.change(tree.city, closed=True).status_code == 200
    assert tree.change(tree.city, closed=False).json["closed_at"] is None
    assert tree.ask("GET", f"/v1/organizations/{tree.school}").json["closed_at"]
    with tree.house.app.app_context():
        auth.forget_keys()
    key = tree.house.api_key(tree.school, "admin")
    assert code(tree.ask("GET", "/v1/assets", key=key)) == (403, "organization_closed")
    # An open branch does not come below a closed one.
    assert code(tree.change(tree.other, parent_id=tree.school)) == (403, "organization_closed")
