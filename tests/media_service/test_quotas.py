"""Quotas: room is reserved before the first byte, given back when it is not needed, and never promised twice."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from support import RunningStack
from tus import OCTETS, Tus, change_upload, encode, noise, sessions_of

from media_service.uploads.quotas import size_shown
from storage.catalogue import quotas
from storage.catalogue.quotas import Amounts, Holder, Limits, QuotaExceeded

pytestmark = pytest.mark.integration


class School(Tus):
    """An organization of its own, below that of the stack's key."""

    id: str

    def limit(self, **limits: int) -> Any:
        answer = self.stack.request("PUT", f"/v1/organizations/{self.id}/quota", json=limits)
        assert answer.status == 200, answer.data
        return json.loads(answer.data)

    def quota(self) -> Any:
        return json.loads(self.stack.request("GET", "/v1/quota", key=self.key).data)

    def begin(self, length: int | None, **metadata: str) -> Any:
        size = {"Upload_Defer_Length": "1"} if length is None else {"Upload_Length": str(length)}
        return self.send("POST", "/v1/uploads", **size, Upload_Metadata=encode(metadata) or None)

    def refused(self, length: int | None, **metadata: str) -> Any:
        answer = self.begin(length, **metadata)
        assert answer.status >= 400
        return json.loads(answer.data)


def school_below(stack: RunningStack, key: str = "") -> School:
    child = stack.request("POST", "/v1/organizations", json={"name": "学校"}, key=key)
    found = json.loads(child.data)["id"]
    wish = {"role": "admin", "organization_id": found}
    made = School(stack, json.loads(stack.request("POST", "/v1/api-keys", json=wish, key=key).data)["key"])
    made.id = found
    return made


@pytest.fixture
def school(stack: RunningStack) -> School:
    return school_below(stack)


def test_room_is_reserved_when_an_upload_begins_and_given_back_when_it_ends(school: School) -> None:
    assert school.limit(bytes=100)["bytes"] == {"limit": 100, "used": 0, "reserved": 0, "left": 100}
    one = school.begin(60).headers["Location"]
    assert school.quota()["bytes"] == {"limit": 100, "used": 0, "reserved": 60, "left": 40}
    problem = school.refused(41)
    assert (problem["code"], problem["status"]) == ("quota_exceeded", 413)
    assert "100 B" in problem["message"]["en"] and "40 B" in problem["message"]["en"]
    assert "剩余 40 B" in problem["message"]["zh"]
    assert json.loads(school.send("GET", "/v1/assets").data)["assets"][0]["title"] == "untitled"
    assert len(json.loads(school.send("GET", "/v1/assets").data)["assets"]) == 1
    assert school.begin(40).status == 201
    assert school.send("DELETE", one).status == 204
    assert school.quota()["bytes"]["left"] == 60
    two = school.begin(60)
    assert school.patch(two.headers["Location"], 0, noise(60)).status == 204
    assert school.quota()["bytes"] == {"limit": 100, "used": 60, "reserved": 40, "left": 0}
    asset = f"/v1/assets/{two.headers['Lessonstream-Asset']}"
    assert school.stack.request("DELETE", asset, key=school.key).status == 204
    assert school.quota()["bytes"] == {"limit": 100, "used": 0, "reserved": 40, "left": 60}


def test_a_file_in_one_request_counts_too(school: School) -> None:
    school.limit(bytes=10)
    path = "/v1/assets?filename=a.mp4"
    assert school.stack.request("POST", path, body=noise(6), key=school.key).status == 201
    refused = school.stack.request("POST", path, body=noise(6), key=school.key)
    assert json.loads(refused.data)["code"] == "quota_exceeded"
    assert school.quota()["bytes"]["used"] == 6


def test_what_expired_is_not_held(school: School) -> None:
    school.limit(bytes=10, uploads=1)
    path = school.begin(10).headers["Location"]
    problem = school.refused(1)
    assert problem["code"] == "quota_exceeded"
    gone = "expires_at = now() - interval '1 s', lock_owner = 'x', lock_until = now() + interval '1 hour'"
    change_upload(school.stack, path, gone)
    assert school.quota()["bytes"]["left"] == 10
    assert school.begin(10).status == 201


def test_uploads_at_a_time(school: School) -> None:
    school.limit(uploads=2)
    one, _ = school.begin(5).headers["Location"], school.begin(5)
    answer = school.begin(5)
    assert (answer.status, json.loads(answer.data)["code"]) == (429, "quota_uploads_exceeded")
    assert answer.headers["Retry-After"] == "30"
    assert "(2)" in json.loads(answer.data)["message"]["en"]
    assert school.patch(one, 0, noise(5)).status == 204
    assert school.begin(5).status == 201


def test_minutes_are_reserved_as_they_are_said_to_be(school: School) -> None:
    school.limit(minutes=10)
    assert school.begin(5, duration="540.5").status == 201
    assert school.quota()["minutes"] == {"limit": 10, "used": 0, "reserved": 10, "left": 0}
    problem = school.refused(5, duration="90")
    assert problem["code"] == "quota_minutes_exceeded"
    assert "of 10 minutes, 0 are left" in problem["message"]["en"]
    assert school.begin(5).status == 201  # nobody knows yet, and there is something left
    assert school.begin(5, duration="59.5").status == 201
    assert school.refused(5)["code"] == "quota_minutes_exceeded"
    assert school.refused(5, duration="an hour")["code"] == "invalid_request"


def test_quotas_above_hold_for_those_below(stack: RunningStack, school: School) -> None:
    below = school_below(stack, school.key or "")
    beside = school_below(stack, school.key or "")
    school.limit(bytes=100)
    below.limit(bytes=80, uploads=7)
    assert below.begin(70).status == 201
    assert below.quota()["bytes"]["left"] == 10
    assert beside.quota()["bytes"] == {"limit": 100, "used": 0, "reserved": 70, "left": 30}
    assert beside.refused(31)["code"] == "quota_exceeded"
    assert beside.begin(30).status == 201
    assert below.quota()["bytes"]["left"] == 0
    assert below.quota()["uploads"] == {"limit": 7, "used": 1, "reserved": 0, "left": 6}
    above = json.loads(stack.request("GET", f"/v1/organizations/{school.id}/quota").data)
    assert above["bytes"] == {"limit": 100, "used": 0, "reserved": 100, "left": 0}


def test_who_sets_quotas(stack: RunningStack, school: School) -> None:
    path = f"/v1/organizations/{school.id}/quota"

    def put(key: str | None, limits: Any) -> tuple[int, str]:
        answer = stack.request("PUT", path, json=limits, key=key)
        return answer.status, str(json.loads(answer.data).get("code", ""))

    assert put(school.key, {"bytes": 10**12}) == (403, "quota_own")
    assert put(Tus(stack).other_key("admin", same_organization=False), {}) == (404, "organization_not_found")
    assert put(Tus(stack).other_key("author"), {}) == (403, "role_not_allowed")
    assert put("", {"bytes": -1}) == (422, "invalid_request")
    assert put("", {"bytes": 5}) == (200, "")
    seen = stack.request("GET", path, key=school.key)
    stale = {"If-Match": '"nothing"'}
    assert stack.request("PUT", path, json={}, headers=stale).status == 412
    fresh = {"If-Match": str(seen.headers["ETag"])}
    assert stack.request("PUT", path, json={}, headers=fresh).status == 200
    assert school.quota()["bytes"] == {"limit": None, "used": 0, "reserved": 0, "left": None}
    log = json.loads(stack.request("GET", f"/v1/audit-log?action=quota.change&target_id={school.id}").data)
    assert [entry["details"]["bytes"] for entry in log["entries"]] == [None, 5]


def author_of(school: School, subject: str) -> School:
    """A person who signed in by a token."""
    wish = {"subject": subject, "name": "王老师"}
    code = json.loads(school.stack.request("POST", "/v1/sign-in-codes", json=wish, key=school.key).data)[
        "code"
    ]
    exchange = school.stack.request("POST", "/v1/sign-in-codes/exchange", json={"code": code}, key=None)
    author = School(school.stack, json.loads(exchange.data)["token"])
    people = json.loads(school.stack.request("GET", f"/v1/people?subject={subject}", key=school.key).data)[
        "people"
    ]
    author.id = people[0]["id"]
    return author


def test_people_have_quotas_of_their_own(school: School) -> None:
    one, two = author_of(school, "u-1"), author_of(school, "u-2")
    path = f"/v1/people/{one.id}/quota"

    def ask(method: str, key: str | None, limits: Any = None) -> Any:
        answer = school.stack.request(method, path, json=limits, key=key)
        return answer.status, json.loads(answer.data)

    assert ask("PUT", one.key, {"bytes": 9})[0] == 403
    assert ask("PUT", Tus(school.stack).other_key("admin", same_organization=False), {})[0] == 404
    assert ask("PUT", school.key, {"bytes": 10, "uploads": 2})[0] == 200
    school.limit(bytes=25)
    assert one.begin(8).status == 201
    assert one.quota()["bytes"] == {"limit": 10, "used": 0, "reserved": 8, "left": 2}
    assert one.refused(3)["code"] == "quota_exceeded"
    assert two.begin(15).status == 201
    assert two.refused(3)["code"] == "quota_exceeded"
    status, told = ask("GET", school.key)
    assert (status, told["person_id"], told["bytes"]["reserved"]) == (200, one.id, 8)
    assert one.begin(2).status == 201
    assert one.refused(1)["code"] == "quota_exceeded"


def test_those_who_begin_at_the_same_moment_do_not_get_more_than_there_is(school: School) -> None:
    school.limit(bytes=100, uploads=50)
    with ThreadPoolExecutor(12) as pool:
        statuses = list(pool.map(lambda _: Tus(school.stack, school.key).send(
            "POST", "/v1/uploads", Upload_Length="30").status, range(12)))  # fmt: skip
    assert sorted(statuses) == [201] * 3 + [413] * 9
    assert school.quota()["bytes"] == {"limit": 100, "used": 0, "reserved": 90, "left": 10}


def test_an_upload_whose_length_is_not_known_gets_what_there_is(school: School) -> None:
    school.limit(bytes=10)
    path = school.begin(None).headers["Location"]
    assert school.patch(path, 0, b"123456").status == 204
    assert school.quota()["bytes"]["reserved"] == 6
    for answer in (school.patch(path, 6, b"78901"), school.patch(path, 6, b"7", Upload_Length="11")):
        assert json.loads(answer.data)["code"] == "quota_exceeded"
    assert school.offset(path) == 6
    assert school.patch(path, 6, b"7890", Upload_Length="10").status == 204
    assert school.quota()["bytes"] == {"limit": 10, "used": 10, "reserved": 0, "left": 0}
    assert school.refused(None)["code"] == "quota_exceeded"


def test_creation_with_bytes_is_refused_before_they_are_kept(school: School) -> None:
    school.limit(bytes=3)
    answer = school.send("POST", "/v1/uploads", b"12345", Upload_Length="5", Content_Type=OCTETS)
    assert json.loads(answer.data)["code"] == "quota_exceeded"
    assert json.loads(school.send("GET", "/v1/uploads").data)["uploads"] == []


def test_organizations_without_a_quota_have_the_default_one_for_what_is_their_own(school: School) -> None:
    below = school_below(school.stack, school.key or "")
    sessions = sessions_of(school.stack)
    assert below.begin(9).status == 201
    default = Limits(bytes=10)
    with sessions() as session:
        quotas.reserve(session, Holder(school.id, None, default), Amounts(bytes=10))
        with pytest.raises(QuotaExceeded):
            quotas.reserve(session, Holder(below.id, None, default), Amounts(bytes=2))
        quotas.limit(session, below.id, Limits(bytes=50))
        quotas.reserve(session, Holder(below.id, None, default), Amounts(bytes=41))
    sessions.kw["bind"].dispose()


@pytest.mark.parametrize(
    ("size", "shown"),
    [(0, "0 B"), (999, "999 B"), (1999, "1.9 kB"), (10**9, "1 GB"), (5 * 10**15, "5000 TB")],
)
def test_sizes_as_people_read_them(size: int, shown: str) -> None:
    assert size_shown(size) == shown
