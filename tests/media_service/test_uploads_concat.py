"""Parallel uploads: parts of a file that are joined to one (tus 1.0's extension concatenation)."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from support import RunningStack
from tus import OCTETS, Tus, change_upload, encode, noise
from uploaded import Inside, inside

from media_service.uploads.protocol import MEBIBYTE
from storage import upload_finish
from storage.keys import upload_prefix

pytestmark = pytest.mark.integration

__all__ = ["inside"]

PART = 8 * MEBIBYTE


@pytest.fixture(scope="module")
def tus(stack: RunningStack) -> Tus:
    return Tus(stack)


def begin(tus: Tus, length: int, **metadata: str) -> str:
    answer = tus.send(
        "POST", "/v1/uploads", Upload_Length=str(length), Upload_Concat="partial",
        Upload_Metadata=encode(metadata) or None,
    )  # fmt: skip
    assert answer.status == 201, answer.data
    assert "Lessonstream-Asset" not in answer.headers and answer.headers["Upload-Expires"]
    return str(answer.headers["Location"])


def part(tus: Tus, data: bytes) -> str:
    path = begin(tus, len(data))
    assert tus.patch(path, 0, data).status == 204
    return path


def join(tus: Tus, *paths: str, **headers: str) -> Any:
    return tus.send("POST", "/v1/uploads", Upload_Concat="final;" + " ".join(paths), **headers)


def code(answer: Any) -> tuple[int, str]:
    return answer.status, json.loads(answer.data)["code"]


@pytest.mark.parametrize("sizes", [(5, 6), (1, PART, 3), (PART + 5, 2 * PART - 9, 7), (PART, PART)])
def test_parts_make_a_file_in_the_order_that_is_told(
    tus: Tus, inside: Inside, sizes: tuple[int, ...]
) -> None:
    data = [noise(size) for size in sizes]
    paths = [part(tus, each) for each in reversed(data)][::-1]
    answer = join(tus, *paths, Upload_Metadata=encode({"title": "第一课", "filename": "a.mp4"}))
    assert answer.status == 201, answer.data
    assert answer.headers["Upload-Offset"] == str(sum(sizes))
    path = answer.headers["Location"]
    head = tus.send("HEAD", path).headers
    assert head["Upload-Offset"] == head["Upload-Length"] == str(sum(sizes))
    assert head["Upload-Concat"] == "final;" + " ".join(paths)
    assert tus.stack.client.get("/v1/assets/" + head["Lessonstream-Asset"])["title"] == "第一课"
    inside.check(path, b"".join(data))


def test_a_part_is_no_lesson_and_goes_on_like_any_upload(tus: Tus) -> None:
    path = begin(tus, 10, filename="part-1", filetype="video/mp4")
    before = json.loads(tus.send("GET", "/v1/uploads?limit=200").data)["uploads"]
    assert path not in [upload["location"] for upload in before]
    assert tus.patch(path, 0, b"12345").status == 204
    head = tus.send("HEAD", path).headers
    assert (head["Upload-Concat"], head["Upload-Offset"], head["Upload-Length"]) == ("partial", "5", "10")
    assert head["Upload-Metadata"] == encode({"filename": "part-1", "filetype": "video/mp4"})
    assert tus.patch(path, 5, b"12345").status == 204
    assert tus.offset(path) == 10
    assert tus.send("DELETE", path).status == 204
    assert tus.send("HEAD", path).status == 404


def test_parts_may_be_named_by_whole_addresses_and_more_than_once(tus: Tus, inside: Inside) -> None:
    path = part(tus, b"ab")
    answer = join(tus, tus.stack.url + path, path)
    assert answer.status == 201, answer.data
    inside.check(answer.headers["Location"], b"abab")


@pytest.mark.parametrize(
    ("value", "more", "expected"),
    [
        ("final;/files/a", {}, (400, "upload_concat_invalid")),
        ("final;/v1/uploads/0mwvtr8z28utrhdxsfshm1z1", {}, (400, "upload_concat_invalid")),
        ("final;{part}", {"Upload_Defer_Length": "1"}, (400, "upload_concat_invalid")),
        ("final;{part} {begun}", {}, (400, "upload_concat_unfinished")),
        ("final;{whole}", {}, (400, "upload_concat_invalid")),
        ("final;{foreign}", {}, (400, "upload_concat_invalid")),
        ("final;{part}", {"Content_Type": OCTETS, "body": "x"}, (403, "upload_final")),
    ],
)
def test_what_cannot_be_joined(tus: Tus, value: str, more: dict[str, str], expected: tuple[int, str]) -> None:
    """[CreateWithUnfinishedFail]"""
    stranger = Tus(tus.stack, tus.other_key("admin", same_organization=False))
    places = {
        "part": part(tus, b"ab"),
        "begun": begin(tus, 2),
        "whole": tus.create(2),
        "foreign": part(stranger, b"ab"),
    }
    body = more.pop("body", None) if "body" in more else None
    answer = tus.send("POST", "/v1/uploads", body, Upload_Concat=value.format(**places), **more)
    assert code(answer) == expected


def test_the_hash_of_the_whole_counts(tus: Tus, inside: Inside) -> None:
    paths = [part(tus, b"abc"), part(tus, b"d")]
    wrong = join(tus, *paths, Upload_Metadata=encode({"sha256": "0" * 64}))
    assert code(wrong) == (460, "checksum_mismatch")
    digest = hashlib.sha256(b"abcd").hexdigest()
    right = join(tus, *paths, Upload_Metadata=encode({"sha256": digest}))
    inside.check(right.headers["Location"], b"abcd")


def test_one_that_was_begun_and_not_joined_is_joined_by_whoever_comes(tus: Tus, inside: Inside) -> None:
    """As if the process had been killed after the first part of the whole was stored."""
    data = noise(2 * PART + 5)
    paths = [part(tus, data[:-9]), part(tus, data[-9:])]
    path = join(tus, *paths).headers["Location"]
    inside.check(path, data)
    version = inside.version(path)
    inside.objects.remove([f"assets/{version.asset_id}/{version.id}/source"])
    change_upload(
        tus.stack,
        path,
        "finished_at = NULL, received = 0, parts = '[]', multipart_id = NULL, sha256_state = NULL",
    )
    assert "Upload-Offset" not in tus.send("HEAD", path).headers or tus.offset(path) == len(data)
    upload_finish.finish_stranded(inside.sessions, inside.objects)
    assert tus.offset(path) == len(data)
    assert inside.source(path) == data


def test_parts_count_against_quotas_once_and_are_removed_in_the_end(tus: Tus, inside: Inside) -> None:
    child = json.loads(tus.stack.request("POST", "/v1/organizations", json={"name": "校"}).data)["id"]
    key = tus.stack.request("POST", "/v1/api-keys", json={"role": "admin", "organization_id": child})
    school = Tus(tus.stack, json.loads(key.data)["key"])
    tus.stack.request("PUT", f"/v1/organizations/{child}/quota", json={"bytes": 10})

    def left() -> int:
        return int(json.loads(tus.stack.request("GET", "/v1/quota", key=school.key).data)["bytes"]["left"])

    paths = [part(school, b"123456"), part(school, b"789")]
    assert left() == 1
    refused = school.send("POST", "/v1/uploads", Upload_Length="2", Upload_Concat="partial")
    assert code(refused) == (413, "quota_exceeded")
    whole = join(school, *paths)
    assert whole.status == 201, whole.data
    assert left() == 1
    for path in paths:
        change_upload(tus.stack, path, "expires_at = now() - interval '1 s'")
    upload_finish.expire(inside.sessions, inside.objects)
    for path in paths:
        assert school.send("HEAD", path).status == 404
        assert list(inside.objects.list(upload_prefix(path.rpartition("/")[2]))) == []
    inside.check(whole.headers["Location"], b"123456789")
