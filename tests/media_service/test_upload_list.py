"""The list of uploads, by which another browser goes on with what one began."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from support import RunningStack
from tus import Tus, change_upload, encode, noise

pytestmark = pytest.mark.integration

LENGTH = 10


@pytest.fixture
def tus(stack: RunningStack) -> Tus:
    """Of an organization of its own."""
    return Tus(stack, Tus(stack).other_key("admin", same_organization=False))


def listed(tus: Tus, query: str = "") -> list[dict[str, Any]]:
    answer = tus.send("GET", "/v1/uploads" + query, Tus_Resumable=None)
    assert answer.status == 200, answer.data
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    return list(json.loads(answer.data)["uploads"])


def paths(tus: Tus, query: str = "") -> list[str]:
    return [upload["location"] for upload in listed(tus, query)]


def test_another_browser_goes_on_with_what_one_began(tus: Tus) -> None:
    data = noise(LENGTH)
    digest = hashlib.sha256(data).hexdigest()
    path = tus.create(
        LENGTH,
        filename="第一课.mp4",
        title="第一课",
        relative_path="/课程/./一//第一课.mp4",
        head_tail_sha256=digest.upper(),
    )
    begun = listed(tus, "?state=open")[0]
    assert begun["last_byte_at"] is None
    assert tus.patch(path, 0, data[:7]).status == 204
    (upload,) = listed(tus, "?state=open")
    assert upload["location"] == path == f"/v1/uploads/{upload['id']}"
    assert {name: upload[name] for name in ("state", "title", "name", "size", "offset", "percent")} == {
        "state": "open", "title": "第一课", "name": "第一课.mp4", "size": LENGTH, "offset": 7, "percent": 70,
    }  # fmt: skip
    assert upload["relative_path"] == "课程/一/第一课.mp4"
    assert upload["head_tail_sha256"] == digest
    moments = [datetime.fromisoformat(upload[name]) for name in ("created_at", "last_byte_at", "expires_at")]
    assert moments == sorted(moments)
    assert datetime.now(UTC) - moments[1] < timedelta(minutes=1)
    assert tus.stack.client.get(f"/v1/assets/{upload['asset_id']}")["state"] == "uploading"

    assert tus.patch(upload["location"], upload["offset"], data[7:]).status == 204
    assert paths(tus, "?state=open") == []
    (finished,) = listed(tus, "?state=finished")
    assert (finished["offset"], finished["percent"], finished["state"]) == (LENGTH, 100, "finished")


def test_states_pages_and_what_is_gone(tus: Tus) -> None:
    one, two, three, removed = (tus.create(LENGTH) for _ in range(4))
    change_upload(tus.stack, two, "expires_at = now() - interval '1 s', lock_owner = 'x', "
                  "lock_until = now() + interval '1 hour'")  # fmt: skip
    asset_id = tus.send("HEAD", removed).headers["Lessonstream-Asset"]
    assert tus.stack.request("DELETE", f"/v1/assets/{asset_id}").status == 204
    assert paths(tus) == [three, two, one]
    assert paths(tus, "?state=open") == [three, one]
    assert paths(tus, "?state=expired") == [two]
    change_upload(tus.stack, one, "lock_owner = 'x', lock_until = now() + interval '10 s'")
    change_upload(tus.stack, three, "lock_owner = 'x', lock_until = now() - interval '1 s'")
    assert [each["receiving"] for each in listed(tus, "?state=open")] == [False, True]
    first = json.loads(tus.send("GET", "/v1/uploads?limit=1&state=open").data)
    assert [upload["location"] for upload in first["uploads"]] == [three]
    assert paths(tus, f"?limit=1&state=open&after={first['next']}") == [one]


def test_who_sees_which(stack: RunningStack, tus: Tus) -> None:
    def key(*scopes: str) -> Tus:
        answer = stack.request("POST", "/v1/api-keys", json={"role": "author", "scopes": scopes}, key=tus.key)
        return Tus(stack, json.loads(answer.data)["key"])

    browser, other, reader, blind = key("upload"), key("upload"), key("upload", "read"), key("read")
    own, foreign = browser.create(LENGTH), other.create(LENGTH)
    assert paths(browser) == [own]
    assert paths(other) == [foreign]
    assert paths(reader) == paths(tus) == [foreign, own]
    (organization,) = {upload["organization_id"] for upload in listed(tus)}
    above, stranger = Tus(stack), Tus(stack, Tus(stack).other_key("admin", same_organization=False))
    assert paths(above, f"?organization_id={organization}") == [foreign, own]
    assert set(paths(above, "?limit=200")) >= {foreign, own}
    assert paths(stranger) == []
    refused = stranger.send("GET", f"/v1/uploads?organization_id={organization}")
    assert json.loads(refused.data)["code"] == "organization_not_found"
    assert blind.send("GET", "/v1/uploads").status == 403
    assert Tus(stack, stack.api_key).send("GET", "/v1/uploads?state=half").status == 422


@pytest.mark.parametrize(
    ("key", "value", "code"),
    [
        ("relative_path", "../../etc/passwd", "invalid_request"),
        ("relative_path", "a/" * 600, "invalid_request"),
        ("head_tail_sha256", "abc", "checksum_malformed"),
    ],
)
def test_what_a_file_is_recognized_by_is_checked(tus: Tus, key: str, value: str, code: str) -> None:
    answer = tus.send("POST", "/v1/uploads", Upload_Length=str(LENGTH), Upload_Metadata=encode({key: value}))
    assert json.loads(answer.data)["code"] == code
    assert paths(tus) == []
