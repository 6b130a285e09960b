"""Whoever may not is told so on every route: 401, 403 or 404 as a problem document, never a 500.

The routes are those that the API's own description names, so that a new one is tested as it comes.
"""

from __future__ import annotations

import base64
import json
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
    ("patch", "/v1/collections/{collection_id}"): {"title": "taken"},
    ("patch", "/v1/partners/{partner_id}"): {"name": "taken"},
    ("patch", "/v1/organizations/{organization_id}"): {"name": "taken"},
}
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
    stack: RunningStack, method: str, path: str, key: str | None, **ids: str
) -> urllib3.BaseHTTPResponse:
    body = BODIES.get((method, path))
    headers = TUS if "uploads" in path else None
    ids = {"kind": "captions", "language": "en", **ids}
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
    asset = _json(stack.request("POST", "/v1/assets?filename=a.mp4", body=b"not a video"))
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
    for method, path, operation in _operations(stack):
        if operation.get("security") == [] or not path.startswith("/v1/"):
            continue
        names = strangers.ids
        for key in (None, "ls_forged"):
            _assert_refused(_ask(stack, method, path, key, **names), 401)
            asked += 1
    assert asked >= 30


def test_what_another_organization_owns_is_not_there(stack: RunningStack, strangers: Strangers) -> None:
    asked = 0
    for method, path, _operation in _operations(stack):
        is_named = any(f"{{{name}}}" in path for name in strangers.ids)
        if not path.startswith("/v1/") or not is_named or (method, path) == NAMES_A_FILE:
            continue
        _assert_refused(_ask(stack, method, path, strangers.key, **strangers.ids), 403, 404)
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
    for method, path, _operation in _operations(stack):
        if "{" not in path or (method, path) == NAMES_A_FILE:
            continue
        ids = dict.fromkeys(strangers.ids, identifier)
        _assert_refused(_ask(stack, method, path, "", **ids), 400, 401, 403, 404)


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
