"""Assets, playback IDs, organizations and keys over HTTP."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import time
from functools import partial
from typing import Any
from urllib.parse import quote

import pytest
from support import RunningStack
from tus import Tus, encode, noise

from storage.ids import new_id

pytestmark = pytest.mark.integration

FIELDS = {
    "id", "version_id", "pending", "trashed_at", "removed_after",
    "organization_id", "title", "kind", "state", "progress", "failure", "duration", "width", "height",
    "frame_rate", "loop", "interactive", "background", "renditions", "playback_ids", "images", "downloads", "tracks",
    "decisions", "notices",
    "created_at", "updated_at", "source", "external_id", "description", "language", "subject", "tags",
    "owner", "imported", "has_captions",
    "audience", "category_ids", "contributors", "effective_visibility", "level", "licence", "old_views",
    "original_date", "other_ids", "published_at", "review_state", "shared_organization_ids",
    "shared_partner_ids", "source_organization", "views", "visibility", "withdraw_at", "duplicate_of",
    "stations", "external",
}  # fmt: skip


@pytest.fixture(scope="module")
def empty_school(stack: RunningStack) -> str:
    """A key that sees nothing of what other tests make meanwhile."""
    school = json.loads(stack.request("POST", "/v1/organizations", json={"name": "空"}).data)
    wanted = {"role": "admin", "organization_id": school["id"]}
    return str(json.loads(stack.request("POST", "/v1/api-keys", json=wanted).data)["key"])


@pytest.fixture(scope="module")
def tus(stack: RunningStack) -> Tus:
    return Tus(stack)


def make(
    stack: RunningStack, body: bytes = b"not a video", query: str = "?filename=a.mp4", **more: Any
) -> Any:
    answer = stack.request("POST", "/v1/assets" + query, body=body, **more)
    assert answer.status == 201, answer.data
    return json.loads(answer.data)


def code(answer: Any) -> str:
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = json.loads(answer.data)
    assert problem["status"] == answer.status
    assert problem["message"]["zh"] and problem["message"]["en"]
    return str(problem["code"])


def test_a_page_is_refused_by_its_name_where_no_type_is_told(stack: RunningStack) -> None:
    """``curl -T`` tells none."""
    put = partial(stack.request, "PUT", body=b"<html>", headers={"Content-Type": ""})
    assert code(put("/v1/assets/lesson.html")) == "file_type_refused"
    assert put("/v1/assets/lesson.mp4").status == 201


def test_a_file_in_one_request(stack: RunningStack) -> None:
    data = noise(3000)
    asset = make(stack, data, f"?filename={quote('第一课.mp4')}&title={quote('第一课')}&policy=signed")
    assert set(asset) == FIELDS
    assert asset["title"] == "第一课"
    assert asset["state"] in ("queued", "processing", "failed")
    assert asset["source"] == {
        "file_name": "第一课.mp4",
        "size": 3000,
        "sha256": hashlib.sha256(data).hexdigest(),
        "dropped_at": None,
    }
    [playback] = asset["playback_ids"]
    assert playback["policy"] == "signed"
    assert playback["manifest_url"] == f"{stack.url}/v/{playback['id']}/master.m3u8"
    assert playback["embed_url"] in playback["snippet"]


def test_administrators_see_what_made_a_lesson_fail(stack: RunningStack) -> None:
    asset_id = make(stack, b"not a video")["id"]
    failed = until_failed(stack, asset_id)
    assert failed["failure"]["code"] == "source_not_media"
    assert "not a video" in failed["failure"]["detail"]
    assert failed["progress"]["eta_seconds"] is None
    for path in (f"/v1/assets/{asset_id}", "/v1/assets?limit=200"):
        answer = json.loads(stack.request("GET", path, key=Tus(stack).other_key("author")).data)
        [seen] = [each for each in answer.get("assets", [answer]) if each["id"] == asset_id]
        assert seen["failure"] == failed["failure"] | {"detail": None}


def until_failed(stack: RunningStack, asset_id: str) -> Any:
    deadline = time.monotonic() + 120
    while (asset := stack.client.get(f"/v1/assets/{asset_id}"))["state"] != "failed":
        assert time.monotonic() < deadline, asset
        time.sleep(0.2)
    return asset


def test_the_colour_behind_transparent_pixels(stack: RunningStack) -> None:
    assert make(stack, query="?background=%2300aAff")["background"] == "#00aaff"
    assert make(stack)["background"] == "#ffffff"
    for wrong in ("red", "%23fff", "%2300aaff%0a", "%2300aaf,", "00aaff0"):
        answer = stack.request("POST", f"/v1/assets?background={wrong}", body=b"x")
        assert answer.status == 422, wrong
        assert code(answer) == "invalid_request"


def test_a_path_names_the_file_as_curl_sends_it(stack: RunningStack) -> None:
    answer = stack.request("PUT", "/v1/assets/" + quote("课 1.mp4"), body=b"x")
    assert answer.status == 201
    assert json.loads(answer.data)["source"]["file_name"] == "课 1.mp4"
    assert stack.request("PUT", "/v1/assets", body=b"x").status == 201


def test_a_file_is_not_sent_in_the_place_of_another(stack: RunningStack) -> None:
    asset = make(stack)
    answer = stack.request("PUT", f"/v1/assets/{asset['id']}", body=b"x")
    assert (answer.status, code(answer)) == (409, "asset_not_replaceable")


def test_junk_fails_with_a_code_and_a_sentence_in_two_languages(stack: RunningStack) -> None:
    asset = stack.wait(make(stack, b"x")["id"], "failed", seconds=60)
    assert asset["failure"]["code"] == "source_not_media"
    assert "不是视频" in asset["failure"]["message"]["zh"]
    assert "not a video" in asset["failure"]["message"]["en"]
    assert asset["failure"]["plays_on"] is False


def test_what_failed_is_tried_again_when_asked_to(stack: RunningStack) -> None:
    asset = stack.wait(make(stack, b"x")["id"], "failed", seconds=60)
    again = stack.request("POST", f"/v1/assets/{asset['id']}/retry")
    assert again.status == 202
    assert json.loads(again.data)["state"] in ("queued", "processing", "failed")
    assert stack.wait(asset["id"], "failed", seconds=60)["failure"] == asset["failure"]


def test_what_has_not_failed_is_not_tried_again(stack: RunningStack, tus: Tus) -> None:
    asset_id = stack.request("HEAD", tus.create(10), headers={"Tus-Resumable": "1.0.0"}).headers[
        "Lessonstream-Asset"
    ]
    answer = stack.request("POST", f"/v1/assets/{asset_id}/retry")
    assert (answer.status, code(answer)) == (409, "nothing_failed")
    answer = stack.request("POST", f"/v1/assets/{new_id()}/retry")
    assert (answer.status, code(answer)) == (404, "asset_not_found")


@pytest.mark.parametrize(
    ("query", "headers", "status", "expected"),
    [
        ("?sha256=" + "0" * 64, {}, 460, "checksum_mismatch"),
        ("?sha256=xyz", {}, 400, "checksum_malformed"),
        ("?policy=secret", {}, 422, "invalid_request"),
        ("?nonsense=1", {}, 422, "invalid_request"),
        ("?title=%B5%DA%D2%BB%BF%CE", {}, 422, "invalid_request"),
        ("", {"Content-Type": "text/html"}, 415, "file_type_refused"),
        ("", {"Transfer-Encoding": "chunked"}, 411, "length_required"),
        ("", {"Content-Type": "multipart/form-data; boundary=x"}, 415, "wrong_content_type"),
        ("", {"Content-Type": "application/json"}, 415, "wrong_content_type"),
        ("", {"Content-Encoding": "gzip"}, 415, "content_encoding_refused"),
        ("", {"Content-Range": "bytes 0-0/100"}, 400, "content_range_refused"),
    ],
)
def test_refused_files(
    stack: RunningStack, empty_school: str, query: str, headers: dict[str, str], status: int, expected: str
) -> None:
    body: Any = iter([b"x"]) if "Transfer-Encoding" in headers else b"x"
    answer = stack.request("POST", "/v1/assets" + query, body=body, headers=headers, key=empty_school)
    assert (answer.status, code(answer)) == (status, expected)
    assert json.loads(stack.request("GET", "/v1/assets", key=empty_school).data)["assets"] == []


def test_json_may_come_without_its_length(stack: RunningStack) -> None:
    def pieces(text: str) -> Any:
        return iter([piece.encode() for piece in text])

    headers = {"Content-Type": "application/json"}
    answer = stack.request("POST", "/v1/collections", body=pieces('{"title": "分段"}'), headers=headers)
    assert (answer.status, json.loads(answer.data)["title"]) == (201, "分段")
    large = iter([b'{"title": "'] + [b"x" * 1024] * 65)
    answer = stack.request("POST", "/v1/collections", body=large, headers=headers)
    assert (answer.status, code(answer)) == (413, "too_large")
    packed = gzip.compress(b'{"title": "packed"}')
    answer = stack.request(
        "POST", "/v1/collections", body=packed, headers={**headers, "Content-Encoding": "gzip"}
    )
    assert (answer.status, code(answer)) == (415, "content_encoding_refused")
    assert answer.headers["Accept-Encoding"] == "identity"


def test_an_empty_file_is_refused_at_once(stack: RunningStack, tus: Tus) -> None:
    answer = stack.request("POST", "/v1/assets?filename=a.mp4", body=b"")
    assert (answer.status, code(answer)) == (422, "file_empty")
    begun = tus.send("POST", "/v1/uploads", Upload_Length="0")
    assert (begun.status, code(begun)) == (422, "file_empty")


def test_the_size_is_judged_before_the_bytes_are_sent(tus: Tus) -> None:
    connection = tus.begin("/v1/uploads/" + new_id(), 0, 10**15, b"")
    assert connection.recv(100).startswith(b"HTTP/1.1 404")
    connection.close()
    path = tus.create(10)
    connection = tus.begin(path, 0, 10**15, b"")
    assert connection.recv(100).startswith(b"HTTP/1.1 413")
    connection.close()


def test_pages_hold_every_asset_once_newest_first(tus: Tus) -> None:
    key = tus.other_key("admin", same_organization=False)
    made = [make(tus.stack, key=key)["id"] for _ in range(5)]
    seen: list[str] = []
    after = ""
    while True:
        page = json.loads(tus.stack.request("GET", f"/v1/assets?limit=2{after}", key=key).data)
        seen += [asset["id"] for asset in page["assets"]]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert seen == made[::-1]


def cursor(text: str) -> str:
    """One that nobody was given."""
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("limit=0", "invalid_request"),
        ("limit=x", "invalid_request"),
        ("limit=201", "invalid_request"),
        ("after=%00", "invalid_request"),
        ("subject=a%00b", "invalid_request"),
        ("tag=a&tag=%00", "invalid_request"),
        ("organization_id=%00", "invalid_request"),
        (f"sort=title&after={cursor('[' * 1490)}", "invalid_cursor"),
        (f"sort=title&after={cursor(json.dumps([chr(0xD800), '0' * 24]))}", "invalid_cursor"),
        ("after=' OR 1=1", "invalid_cursor"),
    ],
)
def test_bad_pages(stack: RunningStack, query: str, expected: str) -> None:
    assert code(stack.request("GET", "/v1/assets?" + quote(query, safe="=&%"))) == expected


def test_a_page_of_another_origin_shows_what_becomes_of_its_upload(stack: RunningStack) -> None:
    path = f"/v1/assets/{make(stack)['id']}"
    asked = stack.request("OPTIONS", path, key=None)
    assert (asked.status, asked.headers["Access-Control-Allow-Origin"]) == (200, "*")
    assert "Authorization" in asked.headers["Access-Control-Allow-Headers"]
    assert stack.request("GET", path).headers["Access-Control-Allow-Origin"] == "*"
    assert stack.request("GET", path, key=None).headers["Access-Control-Allow-Origin"] == "*"
    for answer in (stack.request("GET", "/v1/assets"), stack.request("PATCH", path, json={})):
        assert "Access-Control-Allow-Origin" not in answer.headers


def test_renaming(stack: RunningStack) -> None:
    asset_id = make(stack)["id"]
    answer = stack.request("PATCH", f"/v1/assets/{asset_id}", json={"title": " 新\u0000标题\n"})
    assert json.loads(answer.data)["title"] == "新标题"


def test_what_is_said_of_a_lesson(stack: RunningStack) -> None:
    path = f"/v1/assets/{make(stack)['id']}"
    before = json.loads(stack.request("GET", path).data)
    assert [before[name] for name in ("description", "language", "subject", "tags")] == ["", None, None, []]
    said = {
        "description": "第一段\r\n\r\n\r\n\r\nsecond\u0000\u202e part \n",
        "language": "chi",
        "subject": "健康",
        "tags": ["太极拳", "Tai Chi", "ＴＡＩ chi"],
    }
    kept = {
        "description": "第一段\n\nsecond part",
        "language": "zh",
        "subject": "健康",
        "tags": ["太极拳", "Tai Chi"],
    }
    changed = json.loads(stack.request("PATCH", path, json=said).data)
    assert {name: changed[name] for name in said} == kept
    assert json.loads(stack.request("GET", path).data)["title"] == before["title"]
    clear = {"description": "", "language": None, "subject": None, "tags": []}
    assert {name: json.loads(stack.request("PATCH", path, json=clear).data)[name] for name in clear} == clear


@pytest.mark.parametrize(
    "body",
    [
        *({"title": ""}, {"title": "\n"}, {"title": 5}, {"title": None}, {"title": "x" * 256}, {"a": 1}, []),
        *({"language": "chinese!"}, {"language": "und"}, {"subject": " "}, {"description": None}),
        *(
            {"description": "x" * 10_001},
            {"tags": [""]},
            {"tags": None},
            {"tags": ["a"] * 21},
            {"tags": ["\n"]},
        ),
    ],
)
def test_bad_changes(stack: RunningStack, body: Any) -> None:
    asset_id = make(stack)["id"]
    assert code(stack.request("PATCH", f"/v1/assets/{asset_id}", json=body)) == "invalid_request"


@pytest.mark.parametrize(
    ("body", "headers", "expected"),
    [
        (b"{", {"Content-Type": "application/json"}, "bad_request"),
        (b"[" * 30_000, {"Content-Type": "application/json"}, "bad_request"),
        (b'{"title": "\xff"}', {"Content-Type": "application/json"}, "bad_request"),
        (b'{"title": "\\ud800"}', {"Content-Type": "application/json"}, "invalid_request"),
        (b'{"title": "a"}', {"Content-Type": "text/plain"}, "wrong_content_type"),
        (b" " * 70_000, {"Content-Type": "application/json"}, "too_large"),
    ],
)
def test_bad_json(stack: RunningStack, body: bytes, headers: dict[str, str], expected: str) -> None:
    asset_id = make(stack)["id"]
    answer = stack.request("PATCH", f"/v1/assets/{asset_id}", body=body, headers=headers)
    assert code(answer) == expected


def test_external_ids(stack: RunningStack, tus: Tus) -> None:
    name, other = f"course 7/{new_id()}", f"课程-{new_id()}"
    asset = make(stack, query=f"?filename=a.mp4&external_id={quote(name, safe='')}")
    assert asset["external_id"] == name

    def listed(wanted: str) -> list[str]:
        page = stack.client.get(f"/v1/assets?external_id={quote(wanted, safe='')}")
        return [entry["id"] for entry in page["assets"]]

    assert listed(name) == [asset["id"]] and listed(other) == []
    again = stack.request("POST", f"/v1/assets?filename=a.mp4&external_id={quote(name, safe='')}", body=b"x")
    assert (again.status, code(again)) == (409, "external_id_taken")
    taken = tus.send("POST", "/v1/uploads", Upload_Length="3", Upload_Metadata=encode({"external_id": name}))
    assert (taken.status, code(taken)) == (409, "external_id_taken")
    tus.create(3, filename="b.mp4", external_id=other)
    assert len(listed(other)) == 1
    path = f"/v1/assets/{asset['id']}"
    clash = stack.request("PATCH", path, json={"external_id": other, "title": "new"})
    assert (clash.status, code(clash)) == (409, "external_id_taken")
    assert stack.client.get(path)["title"] == "a"
    for bad in ("", " a", "a\n", "x" * 201, 7):
        assert stack.request("PATCH", path, json={"external_id": bad}).status == 422
    for bad in ("%20a", "a%0A", "x" * 201):
        assert stack.request("POST", f"/v1/assets?external_id={bad}", body=b"x").status == 422
    assert json.loads(stack.request("PATCH", path, json={"external_id": None}).data)["external_id"] is None
    free = make(stack, query=f"?filename=a.mp4&external_id={quote(name, safe='')}")
    assert stack.request("DELETE", f"/v1/assets/{free['id']}").status == 204
    again = make(stack, query=f"?filename=a.mp4&external_id={quote(name, safe='')}")
    assert listed(name) == [again["id"]]


def test_deleting(stack: RunningStack) -> None:
    asset = make(stack)
    path = f"/v1/assets/{asset['id']}"
    assert stack.request("DELETE", path).status == 204
    assert code(stack.request("GET", path)) == "asset_not_found"
    assert code(stack.request("DELETE", path)) == "asset_not_found"
    assert asset["id"] not in stack.request("GET", "/v1/assets").data.decode()


def test_deleting_while_uploading_ends_the_upload(tus: Tus) -> None:
    path = tus.create(10)
    asset_id = tus.send("HEAD", path).headers["Lessonstream-Asset"]
    assert tus.stack.request("DELETE", f"/v1/assets/{asset_id}").status == 204
    assert tus.patch(path, 0, b"x").status == 404


def test_playback_ids_come_and_go(stack: RunningStack) -> None:
    asset = make(stack)
    path = f"/v1/assets/{asset['id']}/playback-ids"
    added = json.loads(stack.request("POST", path, json={"policy": "signed"}).data)
    shown = stack.client.get(f"/v1/assets/{asset['id']}")["playback_ids"]
    assert [entry["policy"] for entry in shown] == ["public", "signed"]
    assert added in shown
    assert stack.request("DELETE", f"{path}/{added['id']}").status == 204
    assert code(stack.request("DELETE", f"{path}/{added['id']}")) == "playback_not_found"
    other = make(stack)["playback_ids"][0]["id"]
    assert code(stack.request("DELETE", f"{path}/{other}")) == "playback_not_found"
    assert code(stack.request("POST", path, json={"policy": "open"})) == "invalid_request"


def test_the_tree_is_seen_downwards_only(tus: Tus) -> None:
    stack = tus.stack
    county = tus.other_key("admin", same_organization=False)
    theirs, ours = make(stack, key=county)["id"], make(stack)["id"]
    assert stack.request("GET", f"/v1/assets/{theirs}").status == 200
    for method, body in (("GET", None), ("PATCH", {"title": "x"}), ("DELETE", None)):
        assert code(stack.request(method, f"/v1/assets/{ours}", json=body, key=county)) == "asset_not_found"
    seen = json.loads(stack.request("GET", "/v1/organizations", key=county).data)["organizations"]
    assert len(seen) == 1
    root = seen[0]["parent_id"]
    for path, wish in (
        ("/v1/organizations", {"name": "x", "parent_id": root}),
        ("/v1/api-keys", {"role": "admin", "organization_id": root}),
        ("/v1/api-keys", {"role": "admin", "organization_id": new_id()}),
    ):
        assert code(stack.request("POST", path, json=wish, key=county)) == "organization_not_found"
    made = json.loads(stack.request("POST", "/v1/organizations", json={"name": "学校"}, key=county).data)
    assert made["parent_id"] == seen[0]["id"]


def test_keys_are_shown_once_and_revoked(tus: Tus) -> None:
    stack = tus.stack
    county = tus.other_key("admin", same_organization=False)
    made = json.loads(
        stack.request("POST", "/v1/api-keys", json={"role": "author", "label": "a"}, key=county).data
    )
    assert stack.request("GET", "/v1/assets", key=made["key"]).status == 200
    listed = stack.request("GET", "/v1/api-keys", key=county).data.decode()
    assert made["id"] in listed and made["prefix"] in listed and made["key"] not in listed
    assert code(stack.request("DELETE", f"/v1/api-keys/{new_id()}", key=county)) == "key_not_found"
    [own] = [entry["id"] for entry in json.loads(listed)["api_keys"] if entry["id"] != made["id"]]
    other = tus.other_key("admin", same_organization=False)
    assert code(stack.request("DELETE", f"/v1/api-keys/{own}", key=other)) == "key_not_found"
    assert stack.request("DELETE", f"/v1/api-keys/{made['id']}", key=county).status == 204
