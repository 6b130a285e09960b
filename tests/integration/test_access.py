"""Whoever may not is told so on every route: 401, 403 or 404 as a problem document, never a 500.

The routes are those that the API's own description names, so that a new one is tested as it comes.
"""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from typing import Any

import pytest
import urllib3
from support import RunningStack

pytestmark = pytest.mark.integration

TUS = {"Tus-Resumable": "1.0.0", "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
BODIES: dict[tuple[str, str], object] = {
    ("patch", "/v1/assets/{asset_id}"): {"title": "taken"},
    ("post", "/v1/assets/{asset_id}/playback-ids"): {"policy": "public"},
    ("post", "/v1/assets/{asset_id}/versions"): {"reprocess": True},
    ("put", "/v1/assets/{asset_id}/poster"): {"time": 0.0},
    ("post", "/v1/webhook-endpoints/{endpoint_id}/replay"): {"since": "2026-11-29T08:00:00Z"},
    ("post", "/v1/assets/{asset_id}/reviews"): {"action": "submit"},
    ("put", "/v1/upload-links/{link_id}/judging"): {"criteria": [{"name": "taken", "label": "taken"}]},
    ("post", "/v1/upload-links/{link_id}/judges"): {"name": "taken"},
    ("post", "/v1/upload-links/{link_id}/entries/{number}/takedown"): {"reason": "taken"},
    ("patch", "/v1/collections/{collection_id}"): {"title": "taken"},
    ("put", "/v1/collections/{collection_id}/study"): {"mode": "free"},
    ("put", "/v1/collections/{collection_id}/poster"): {"asset_id": "taken"},
    ("post", "/v1/platform-link-codes"): {"code": "taken"},
    ("patch", "/v1/platform-links/{platform_link_id}"): {"name": "taken"},
    ("put", "/v1/platform-links/{platform_link_id}/totals/{reporting_platform_id}"): {"counted": False},
    ("patch", "/v1/harvest-sources/{harvest_source_id}"): {"name": "taken"},
    ("post", "/v1/platform-links/{platform_link_id}/offers"): {"asset_id": "taken"},
    ("post", "/v1/offers/{offer_id}/steps"): {"action": "decline"},
    ("patch", "/v1/partners/{partner_id}"): {"name": "taken"},
    ("patch", "/v1/organizations/{organization_id}"): {"name": "taken"},
    ("patch", "/v1/lti/platforms/{platform_id}"): {"name": "taken"},
    ("put", "/v1/organizations/{organization_id}/record-store"): {
        "url": "https://taken.example",
        "username": "taken",
        "password": "taken",
    },
    ("patch", "/v1/organizations/{organization_id}/record-store"): {"enabled": False},
}
NOBODYS = "0mx2sthiya4lot76gz8k8jvd"
"""Could be an identifier, and is none."""

NAMES_A_FILE = ("put", "/v1/assets/{asset_id}")
"""There the last part of the path is the name of a new file."""


@dataclass(frozen=True)
class Strangers:
    """``key`` administers an organization that sees nothing of what ``ids`` name: parameters of paths by name."""

    key: str
    ids: dict[str, str]


def _json(answer: urllib3.BaseHTTPResponse) -> Any:
    return json.loads(answer.data)


def _operations(stack: RunningStack) -> list[tuple[str, str, dict[str, Any]]]:
    paths = _json(stack.request("GET", "/v1/openapi.json", key=None))["paths"]
    return [
        (method, path, operation)
        for path, methods in paths.items()
        for method, operation in methods.items()
        if method in ("get", "head", "post", "put", "patch", "delete")
    ]


def _ask(
    stack: RunningStack,
    asked: tuple[str, str, dict[str, Any]],
    key: str | None,
    ids: dict[str, str],
    other: str = NOBODYS,
) -> urllib3.BaseHTTPResponse:
    """Ask for a path whose parameters are ``ids``, or ``other`` where these name none."""
    method, path, operation = asked
    takes_json = "application/json" in operation.get("requestBody", {}).get("content", {})
    body = BODIES.get((method, path), {} if takes_json else None)
    headers = TUS if "uploads" in path else None
    ids = {**dict.fromkeys(re.findall(r"{(\w+)}", path), other), "kind": "captions", "language": "en", **ids}
    return stack.request(method.upper(), path.format(**ids), json=body, headers=headers, key=key)


def _assert_refused(answer: urllib3.BaseHTTPResponse, *statuses: int) -> None:
    assert answer.status in statuses, (answer.status, answer.data)
    if answer.data:
        assert answer.headers["Content-Type"].startswith("application/problem+json")
        document = _json(answer)
        assert document["status"] == answer.status
        assert document["code"]


@pytest.fixture(scope="module")
def strangers(stack: RunningStack) -> Strangers:
    """The asset and the upload are the province's, the key a county's."""
    county = _json(stack.request("POST", "/v1/organizations", json={"name": "另一个县"}))["id"]
    wish = {"role": "admin", "organization_id": county}
    asset = _json(stack.request("POST", "/v1/assets?filename=a.mp4&policy=signed", body=b"not a video"))
    metadata = f"filename {base64.b64encode(b'b.mp4').decode()}"
    upload = stack.request(
        "POST", "/v1/uploads", headers={**TUS, "Upload-Length": "10", "Upload-Metadata": metadata}
    )
    own_key = _json(stack.request("POST", "/v1/api-keys", json={"role": "portal"}))
    collection = _json(stack.request("POST", "/v1/collections", json={"title": "课程", "asset_ids": []}))
    partner = _json(stack.request("POST", "/v1/partners", json={"name": "图书馆"}))
    return Strangers(
        key=_json(stack.request("POST", "/v1/api-keys", json=wish))["key"],
        ids={
            "asset_id": asset["id"],
            "playback_id": asset["playback_ids"][0]["id"],
            "upload_id": upload.headers["Location"].rpartition("/")[2],
            "key_id": own_key["id"],
            "collection_id": collection["id"],
            "partner_id": partner["id"],
            "organization_id": asset["organization_id"],
        },
    )


def test_every_route_wants_a_key(stack: RunningStack, strangers: Strangers) -> None:
    asked = 0
    for asked_for in _operations(stack):
        _method, path, operation = asked_for
        if operation.get("security") == [] or not path.startswith("/v1/"):
            continue
        for key in (None, "ls_forged"):
            _assert_refused(_ask(stack, asked_for, key, strangers.ids), 401)
            asked += 1
    assert asked >= 30


def test_what_another_organization_owns_is_not_there(stack: RunningStack, strangers: Strangers) -> None:
    asked = 0
    for asked_for in _operations(stack):
        method, path, _operation = asked_for
        is_named = any(f"{{{name}}}" in path for name in strangers.ids)
        if not path.startswith("/v1/") or not is_named or (method, path) == NAMES_A_FILE:
            continue
        _assert_refused(_ask(stack, asked_for, strangers.key, strangers.ids), 403, 404)
        asked += 1
    assert asked >= 9
    for wish in ({"playback_id": strangers.ids["playback_id"]}, {"asset_id": strangers.ids["asset_id"]}):
        _assert_refused(stack.request("POST", "/v1/playback-tokens", json=wish, key=strangers.key), 404)
    kept = stack.client.get(f"/v1/assets/{strangers.ids['asset_id']}")
    assert (kept["title"], len(kept["playback_ids"])) == ("a", 1)


@pytest.mark.parametrize(
    "identifier", ["0", "x" * 300, "%00", "..%2f..%2fetc", "%F0%9F%8E%AC", "'%20OR%201=1", "%"]
)
def test_identifiers_that_are_none(stack: RunningStack, strangers: Strangers, identifier: str) -> None:
    for asked_for in _operations(stack):
        method, path, _operation = asked_for
        if "{" not in path or (method, path) == NAMES_A_FILE:
            continue
        _assert_refused(_ask(stack, asked_for, "", {}, identifier), 400, 401, 403, 404)


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "e30.e30.", "%00", "." * 5000])
def test_no_token_that_is_none_opens_a_signed_lesson(
    stack: RunningStack, strangers: Strangers, token: str
) -> None:
    path = f"/v1/assets/{strangers.ids['asset_id']}/playback-ids"
    signed = _json(stack.request("POST", path, json={"policy": "signed"}))["id"]
    for name in ("master.m3u8", "poster.jpg", "thumbnail.jpg", "storyboard.vtt", "storyboard.jpg"):
        _assert_refused(stack.request("GET", f"/v/{signed}/{name}?token={token}", key=None), 401, 403)
    page = stack.request("GET", f"/embed/{signed}?token={token}", key=None)
    assert page.status in (401, 403)
    assert page.headers["Content-Type"].startswith("text/html")
