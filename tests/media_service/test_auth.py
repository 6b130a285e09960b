"""Every way not to be let in, on every management route."""

from __future__ import annotations

import json
import time

import pytest
from support import RunningStack
from tus import Tus

from media_service.auth import CACHE_SECONDS

pytestmark = pytest.mark.integration

NOBODYS = "0mwvtr8z28utrhdxsfshm1z1"
"""An identifier of nothing, the same in every process that collects tests."""

ROUTES = [
    ("GET", "/v1/assets", ("admin", "author", "portal")),
    ("POST", "/v1/assets", ("admin", "author")),
    ("GET", f"/v1/assets/{NOBODYS}", ("admin", "author", "portal")),
    ("PATCH", f"/v1/assets/{NOBODYS}", ("admin", "author")),
    ("DELETE", f"/v1/assets/{NOBODYS}", ("admin", "author")),
    ("POST", f"/v1/assets/{NOBODYS}/playback-ids", ("admin", "author")),
    ("DELETE", f"/v1/assets/{NOBODYS}/playback-ids/{NOBODYS}", ("admin", "author")),
    ("GET", "/v1/collections", ("admin", "author", "portal")),
    ("POST", "/v1/collections", ("admin", "author")),
    ("GET", f"/v1/collections/{NOBODYS}", ("admin", "author", "portal")),
    ("PATCH", f"/v1/collections/{NOBODYS}", ("admin", "author")),
    ("DELETE", f"/v1/collections/{NOBODYS}", ("admin", "author")),
    ("PUT", f"/v1/collections/{NOBODYS}/items/{NOBODYS}", ("admin", "author")),
    ("DELETE", f"/v1/collections/{NOBODYS}/items/{NOBODYS}", ("admin", "author")),
    ("GET", "/v1/partners", ("admin",)),
    ("PUT", f"/v1/partners/{NOBODYS}/collections/{NOBODYS}", ("admin",)),
    ("DELETE", f"/v1/partners/{NOBODYS}/collections/{NOBODYS}", ("admin",)),
    ("GET", "/v1/audit-log", ("admin",)),
    ("GET", "/v1/events", ("admin", "portal")),
    ("GET", "/v1/webhook-endpoints", ("admin",)),
    ("POST", "/v1/webhook-endpoints", ("admin",)),
    ("GET", f"/v1/webhook-endpoints/{NOBODYS}", ("admin",)),
    ("PATCH", f"/v1/webhook-endpoints/{NOBODYS}", ("admin",)),
    ("DELETE", f"/v1/webhook-endpoints/{NOBODYS}", ("admin",)),
    ("POST", f"/v1/webhook-endpoints/{NOBODYS}/rotate", ("admin",)),
    ("POST", f"/v1/webhook-endpoints/{NOBODYS}/replay", ("admin",)),
    ("POST", f"/v1/webhook-endpoints/{NOBODYS}/ping", ("admin",)),
    ("GET", f"/v1/webhook-endpoints/{NOBODYS}/deliveries", ("admin",)),
    ("POST", f"/v1/webhook-endpoints/{NOBODYS}/deliveries/1/resend", ("admin",)),
    ("GET", f"/v1/organizations/{NOBODYS}", ("admin",)),
    ("PATCH", f"/v1/organizations/{NOBODYS}", ("admin",)),
    ("GET", f"/v1/api-keys/{NOBODYS}", ("admin",)),
    ("GET", f"/v1/signing-keys/{NOBODYS}", ("admin", "portal")),
    ("GET", "/v1/whoami", ("admin", "author", "portal", "partner")),
    ("POST", "/v1/partners", ("admin",)),
    ("GET", f"/v1/partners/{NOBODYS}", ("admin", "partner")),
    ("GET", f"/v1/partners/{NOBODYS}/usage", ("admin", "partner")),
    ("PATCH", f"/v1/partners/{NOBODYS}", ("admin",)),
    ("DELETE", f"/v1/partners/{NOBODYS}", ("admin",)),
    ("GET", "/v1/organizations", ("admin",)),
    ("POST", "/v1/organizations", ("admin",)),
    ("GET", "/v1/api-keys", ("admin",)),
    ("POST", "/v1/api-keys", ("admin",)),
    ("DELETE", f"/v1/api-keys/{NOBODYS}", ("admin",)),
    ("POST", "/v1/uploads", ("admin", "author")),
    ("GET", "/v1/people", ("admin",)),
    ("GET", f"/v1/people/{NOBODYS}", ("admin",)),
    ("PATCH", f"/v1/people/{NOBODYS}", ("admin",)),
    ("GET", "/v1/sessions", ("admin", "author")),
    ("DELETE", f"/v1/sessions/{NOBODYS}", ("admin", "author")),
    ("POST", "/v1/sign-in-codes", ("admin", "portal")),
]


@pytest.fixture(scope="module")
def keys(stack: RunningStack) -> dict[str, str]:
    return {role: Tus(stack).other_key(role) for role in ("admin", "author", "portal", "partner")}


@pytest.mark.parametrize(("method", "path", "roles"), ROUTES)
def test_roles(
    stack: RunningStack, keys: dict[str, str], method: str, path: str, roles: tuple[str, ...]
) -> None:
    for role, key in keys.items():
        answer = stack.request(method, path, key=key)
        assert (answer.status == 403) == (role not in roles), (role, answer.status)
        assert answer.status < 500


@pytest.mark.parametrize(("method", "path", "roles"), ROUTES)
def test_without_a_key(stack: RunningStack, method: str, path: str, roles: tuple[str, ...]) -> None:
    answer = stack.request(method, path, key=None)
    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert json.loads(answer.data)["code"] == "key_missing"


@pytest.mark.parametrize(
    ("authorization", "code"),
    [
        ("", "key_missing"),
        ("Bearer", "key_missing"),
        ("Bearer ", "key_missing"),
        ("Basic YTpi", "key_missing"),
        ("ls_x", "key_missing"),
        ("Bearer ls_x", "key_invalid"),
        ("Bearer ' OR 1=1 --", "key_invalid"),
        ("Bearer " + "x" * 100_000, "key_invalid"),
    ],
)
def test_what_is_no_key(stack: RunningStack, authorization: str, code: str) -> None:
    answer = stack.request("GET", "/v1/assets", headers={"Authorization": authorization}, key=None)
    assert answer.status == 401
    assert json.loads(answer.data)["code"] == code


@pytest.mark.parametrize(
    ("scheme", "said"),
    [("", "lacks the word Bearer"), ("Token ", "another scheme"), ("Bearer", "no key after")],
)
def test_a_key_without_its_word_is_told_what_is_missing(stack: RunningStack, scheme: str, said: str) -> None:
    key = "" if scheme == "Bearer" else stack.api_key
    answer = stack.request("GET", "/v1/assets", headers={"Authorization": scheme + key}, key=None)
    problem = json.loads(answer.data)
    assert answer.status == 401 and said in problem["detail"]
    assert "Authorization: Bearer" in problem["message"]["en"] and "Bearer" in problem["message"]["zh"]
    assert stack.api_key not in answer.data.decode()


def test_the_scheme_is_case_insensitive(stack: RunningStack) -> None:
    headers = {"Authorization": f"bearer {stack.api_key}"}
    assert stack.request("GET", "/v1/assets", headers=headers, key=None).status == 200


def test_a_revoked_key_or_session_is_refused_soon_everywhere(stack: RunningStack) -> None:
    made = json.loads(stack.request("POST", "/v1/api-keys", json={"role": "author"}).data)
    code = stack.request("POST", "/v1/sign-in-codes", json={"subject": "s", "name": "n"}).json()["code"]
    begun = stack.request("POST", "/v1/sign-in-codes/exchange", json={"code": code}, key=None).json()
    secrets = (made["key"], begun["token"])
    for secret in secrets * 8:
        assert stack.request("GET", "/v1/assets", key=secret).status == 200
    assert stack.request("DELETE", f"/v1/api-keys/{made['id']}").status == 204
    assert stack.request("DELETE", f"/v1/sessions/{begun['session_id']}").status == 204
    time.sleep(CACHE_SECONDS + 0.2)
    assert {stack.request("GET", "/v1/assets", key=secret).status for secret in secrets * 8} == {401}
