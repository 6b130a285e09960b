"""Every list over HTTP: pages, filters, order, counts; what is not known is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from support import RunningStack
from tus import Tus

PATHS = {
    "/v1/assets": "assets",
    "/v1/collections": "collections",
    "/v1/organizations": "organizations",
    "/v1/api-keys": "api_keys",
    "/v1/partners": "partners",
    "/v1/signing-keys": "signing_keys",
    "/v1/uploads": "uploads",
}


@pytest.fixture(scope="module")
def key(stack: RunningStack) -> str:
    """Of an organization of its own, with two of each thing that is listed."""
    key = Tus(stack).other_key("admin", same_organization=False)

    def post(path: str, document: Any) -> Any:
        answer = stack.request("POST", path, json=document, key=key)
        assert answer.status == 201, answer.data
        return json.loads(answer.data)

    for number, title in enumerate(("乙", "甲")):
        made = f"/v1/assets?filename=a.mp4&title={title}&external_id=lesson-{number}"
        answer = stack.request("POST", made, body=b"no video", key=key)
        lesson = json.loads(answer.data)["id"]
        post("/v1/collections", {"title": title, "asset_ids": [lesson]})
        post("/v1/organizations", {"name": title})
        post("/v1/api-keys", {"role": "portal", "label": title})
        post("/v1/partners", {"name": title})
    return key


def get(stack: RunningStack, key: str, path: str, **query: Any) -> Any:
    answer = stack.request("GET", f"{path}?{urlencode(query, doseq=True)}", key=key)
    return json.loads(answer.data)


def pages(stack: RunningStack, key: str, path: str, **query: Any) -> Iterator[list[Any]]:
    while True:
        page = get(stack, key, path, limit=1, **query)
        yield page[PATHS[path]]
        if page["next"] is None:
            return
        query["after"] = page["next"]


@pytest.mark.parametrize("path", PATHS)
def test_every_list_is_cut_into_pages(stack: RunningStack, key: str, path: str) -> None:
    whole = get(stack, key, path, limit=200)
    assert whole["next"] is None
    cut = list(pages(stack, key, path))
    assert [entry["id"] for page in cut for entry in page] == [entry["id"] for entry in whole[PATHS[path]]]
    assert all(len(page) == 1 for page in cut) or not whole[PATHS[path]]
    assert get(stack, key, path, after="%")["code"] == "invalid_cursor"
    assert get(stack, key, path, limit=201)["code"] == "invalid_request"


@pytest.mark.parametrize("path", [*PATHS, "/v1/audit-log", "/v1/events"])
@pytest.mark.parametrize("query", [{"nonsense": 1}, {"limit": [1, 2]}])
def test_what_a_list_does_not_know_is_refused(
    stack: RunningStack, key: str, path: str, query: dict[str, Any]
) -> None:
    assert get(stack, key, path, **query)["code"] == "invalid_request"


@pytest.mark.parametrize("path", ["/v1/assets/{id}", "/v1/assets/{id}/tracks", "/v1/collections/{id}"])
def test_so_is_what_a_single_thing_does_not_know(stack: RunningStack, key: str, path: str) -> None:
    listed = get(stack, key, path.partition("/{id}")[0])
    [first, *_] = listed[PATHS[path.partition("/{id}")[0]]]
    assert get(stack, key, path.format(id=first["id"]), fields="title")["code"] == "invalid_request"


def test_assets_by_state_title_date_and_organization(stack: RunningStack, key: str) -> None:
    everything = get(stack, key, "/v1/assets", count="true")
    newest, oldest = everything["assets"]
    assert (newest["title"], oldest["title"]) == ("甲", "乙")
    assert everything["total"] == {"count": 2, "exact": True}

    def titles(**query: Any) -> list[str]:
        found = get(stack, key, "/v1/assets", **query)
        assert found["total"] is None
        return [asset["title"] for asset in found["assets"]]

    assert titles(sort="created_at") == ["乙", "甲"]
    assert titles(sort="title") == ["乙", "甲"]  # by code points
    for sort in ("title", "-title", "created_at"):
        walked = [page[0]["title"] for page in pages(stack, key, "/v1/assets", sort=sort)]
        assert walked == titles(sort=sort)
    assert titles(state="ready") == [] and titles(kind="animation") == []
    assert len(titles(state=["uploading", "queued", "processing", "failed"])) == 2
    assert titles(created_since=newest["created_at"]) == ["甲"]
    assert titles(created_before=newest["created_at"]) == ["乙"]
    assert titles(external_id="lesson-1") == ["甲"]
    assert len(titles(organization_id=newest["organization_id"])) == 2
    [below] = [
        entry["id"]
        for entry in get(stack, key, "/v1/organizations")["organizations"]
        if entry["name"] == "甲"
    ]
    assert titles(organization_id=below) == []


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"sort": "size"}, "invalid_request"),
        ({"state": "broken"}, "invalid_request"),
        ({"created_since": "2026-11-29"}, "invalid_request"),
        ({"created_since": "0.5"}, "invalid_request"),
        ({"created_since": "2026-11-29T00:00:00"}, "invalid_request"),
        ({"organization_id": "0" * 24}, "organization_not_found"),
        ({"sort": "title", "after": "0" * 24}, "invalid_cursor"),
        ({"sort": "title", "after": "WyJcdTAwMDAiLCJhIl0"}, "invalid_cursor"),
    ],
)
def test_bad_filters(stack: RunningStack, key: str, query: dict[str, str], code: str) -> None:
    assert get(stack, key, "/v1/assets", **query)["code"] == code


def test_lists_are_compressed_for_those_who_ask(stack: RunningStack, key: str) -> None:
    def answer(method: str, path: str, encoding: str, **more: Any) -> Any:
        return stack.request(method, path, key=key, headers={"Accept-Encoding": encoding}, **more)

    plain = answer("GET", "/v1/organizations", "identity")
    assert "Content-Encoding" not in plain.headers
    lists = [answer("GET", "/v1/assets", encoding) for encoding in ("br;q=1, gzip;q=0.5", "gzip;q=0")]
    assert [one.headers.get("Content-Encoding") for one in lists] == ["gzip", None]
    assert all("Accept-Encoding" in one.headers["Vary"] for one in lists)
    packed, whole = (int(one.headers["Content-Length"]) for one in lists)
    assert packed < whole / 3
    assert [json.loads(one.data)["next"] for one in lists] == [None, None]
    [asset, *_] = json.loads(lists[0].data)["assets"]
    token = answer("POST", "/v1/playback-tokens", "gzip", json={"asset_id": asset["id"]})
    assert token.status == 201 and "Content-Encoding" not in token.headers


def test_collections_that_hold_a_lesson(stack: RunningStack, key: str) -> None:
    found = get(stack, key, "/v1/collections", external_id="lesson-0")
    assert [entry["title"] for entry in found["collections"]] == ["乙"]
    assert get(stack, key, "/v1/collections", external_id="nothing")["collections"] == []
