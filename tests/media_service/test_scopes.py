"""Keys that may do less than their role, or for a while: what a browser may be given."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from house import House, house
from sqlalchemy import update
from werkzeug.test import TestResponse

from media_service import auth
from storage.catalogue.models import ApiKey
from storage.catalogue.organizations import create_organization
from storage.ids import new_id

__all__ = ["house"]
pytestmark = pytest.mark.integration

TUS = {"Tus-Resumable": "1.0.0"}
Ask = Callable[..., TestResponse]


@pytest.fixture(scope="module")
def city(house: House) -> str:
    with house.sessions.begin() as session:
        return create_organization(session, "市").id


@pytest.fixture(scope="module")
def admin(house: House, city: str) -> dict[str, str]:
    return house.api_key(city, "admin")


@pytest.fixture(scope="module")
def make(house: House, admin: dict[str, str]) -> Callable[..., dict[str, Any]]:
    def make(**wishes: Any) -> dict[str, Any]:
        answer = house.client.post("/v1/api-keys", json={"role": "author", **wishes}, headers=admin)
        assert answer.status_code == 201, answer.text
        assert answer.headers["Cache-Control"] == "no-store"
        found: dict[str, Any] = answer.json
        return found

    return make


def asking(house: House, key: dict[str, Any]) -> Ask:
    def ask(method: str, path: str, json: Any = None, headers: Any = None) -> TestResponse:
        authorization = {"Authorization": f"Bearer {key['key']}"}
        return house.client.open(path, method=method, json=json, headers={**authorization, **(headers or {})})

    return ask


def code(answer: TestResponse) -> tuple[int, str]:
    return answer.status_code, answer.json["code"]


def test_a_key_for_a_browser_uploads_and_does_nothing_else(
    house: House, admin: dict[str, str], make: Callable[..., dict[str, Any]]
) -> None:
    ask, other = (asking(house, make(scopes=["upload"])) for _ in range(2))
    begun = ask("POST", "/v1/uploads", headers={**TUS, "Upload-Length": "5"})
    assert begun.status_code == 201
    place, asset_id = begun.headers["Location"], begun.headers["Lessonstream-Asset"]
    assert ask("HEAD", place, headers=TUS).status_code == 200
    for method in ("HEAD", "DELETE"):
        assert other(method, place, headers=TUS).status_code == 404
    assert ask("GET", f"/v1/assets/{asset_id}").json["state"] == "uploading"
    assert code(other("GET", f"/v1/assets/{asset_id}")) == (404, "asset_not_found")
    for method, path, body in (
        ("GET", "/v1/assets", None),
        ("PATCH", f"/v1/assets/{asset_id}", {"title": "x"}),
        ("DELETE", f"/v1/assets/{asset_id}", None),
        ("POST", "/v1/collections", {"title": "x"}),
        ("POST", "/v1/playback-tokens", {"asset_id": asset_id}),
        ("POST", "/v1/offline-packs", {"asset_id": asset_id}),
    ):
        assert code(ask(method, path, body)) == (403, "scope_not_allowed"), path
    assert house.client.head(place, headers={**admin, **TUS}).status_code == 200
    assert ask("DELETE", place, headers=TUS).status_code == 204


def test_who_uploads_the_same_lesson_does_not_see_the_other_upload(
    house: House, make: Callable[..., dict[str, Any]]
) -> None:
    ask, other = (asking(house, make(scopes=["upload"])) for _ in range(2))
    headers = {**TUS, "Upload-Length": "5", "Upload-Metadata": "external_id bGVzc29uLTc="}
    assert ask("POST", "/v1/uploads", headers=headers).status_code == 201
    taken, stranger = (
        ask("POST", "/v1/uploads", headers=headers),
        other("POST", "/v1/uploads", headers=headers),
    )
    assert code(taken) == code(stranger) == (409, "external_id_taken")
    assert "Location" in taken.headers and "Location" not in stranger.headers


def test_a_key_ends_by_itself(house: House, make: Callable[..., dict[str, Any]]) -> None:
    key = make(expires_at=(datetime.now(UTC) + timedelta(hours=1)).isoformat())
    ask = asking(house, key)
    assert ask("GET", "/v1/assets").status_code == 200
    with house.app.app_context(), house.sessions.begin() as session:
        ended = datetime.now(UTC) - timedelta(seconds=1)
        session.execute(update(ApiKey).where(ApiKey.id == key["id"]).values(expires_at=ended))
        auth.forget_keys()
    refused = ask("GET", "/v1/assets")
    assert code(refused) == (401, "key_expired")
    assert 'error="invalid_token"' in refused.headers["WWW-Authenticate"]
    # What is remembered of a key remembers its end.
    assert code(ask("GET", "/v1/assets")) == (401, "key_expired")


@pytest.mark.parametrize(
    "wishes",
    [
        {"scopes": []},
        {"scopes": ["everything"]},
        {"expires_at": "2020-01-01T00:00:00Z"},
        {"expires_at": "2199-01-01T00:00:00"},
        {"expires_at": 4_000_000_000},
    ],
    ids=str,
)
def test_wishes_that_make_no_sense(house: House, admin: dict[str, str], wishes: dict[str, Any]) -> None:
    answer = house.client.post("/v1/api-keys", json={"role": "author", **wishes}, headers=admin)
    assert code(answer) == (422, "invalid_request")


def test_no_key_makes_one_that_may_do_more(house: House, make: Callable[..., dict[str, Any]]) -> None:
    ends = datetime.now(UTC) + timedelta(hours=1)
    ask = asking(house, make(role="admin", scopes=["manage", "read"], expires_at=ends.isoformat()))
    soon, late = ((ends + timedelta(minutes=more)).isoformat() for more in (-1, 1))
    for wishes in (
        {"role": "admin", "expires_at": soon},
        {"role": "author", "scopes": ["upload"], "expires_at": soon},
        {"role": "admin", "scopes": ["manage", "delete"], "expires_at": soon},
        {"role": "admin", "scopes": ["read"]},
        {"role": "admin", "scopes": ["read"], "expires_at": late},
    ):
        assert code(ask("POST", "/v1/api-keys", wishes)) == (403, "scope_not_allowed"), wishes
    less = {"role": "admin", "scopes": ["read"], "expires_at": soon}
    assert ask("POST", "/v1/api-keys", less).status_code == 201


def test_a_key_is_told_what_it_is(house: House, city: str, make: Callable[..., dict[str, Any]]) -> None:
    key = make(scopes=["read", "upload"], label="工作站")
    told = asking(house, key)("GET", "/v1/whoami").json
    assert told["api_key"]["id"] == key["id"] and told["api_key"]["scopes"] == ["read", "upload"]
    assert told["api_key"]["label"] == "工作站" and "key" not in told["api_key"]
    assert told["organization"]["id"] == city and told["organization"]["name"] == "市"
    assert told["partner"] is None


def test_when_a_key_was_used_is_written_rarely(house: House, make: Callable[..., dict[str, Any]]) -> None:
    key = make()
    ask = asking(house, key)

    def used() -> datetime:
        with house.app.app_context():
            auth.forget_keys()
        assert ask("GET", "/v1/assets").status_code == 200
        with house.sessions() as session:
            at = session.get_one(ApiKey, key["id"]).last_used_at
        assert at is not None
        return at

    assert key["last_used_at"] is None
    first = used()
    assert used() == first
    long_ago = first - timedelta(minutes=6)
    with house.sessions.begin() as session:
        session.execute(update(ApiKey).where(ApiKey.id == key["id"]).values(last_used_at=long_ago))
    assert used() > first
    assert ask("GET", f"/v1/assets/{new_id()}").status_code == 404
