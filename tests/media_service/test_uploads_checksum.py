"""Checksums of bodies, and lengths that are told later: tus 1.0's extensions checksum and creation-defer-length."""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from typing import Any

import pytest
from support import RunningStack
from tus import OCTETS, Tus, change_upload, encode, noise
from uploaded import Inside, inside

from media_service.uploads.protocol import MEBIBYTE
from storage.keys import upload_prefix

pytestmark = pytest.mark.integration

__all__ = ["inside"]

PART = 8 * MEBIBYTE


@pytest.fixture(scope="module")
def tus(stack: RunningStack) -> Tus:
    return Tus(stack)


def checksum(data: bytes, algorithm: str = "sha1") -> str:
    digest = zlib.crc32(data).to_bytes(4) if algorithm == "crc32" else hashlib.new(algorithm, data).digest()
    return f"{algorithm} {base64.b64encode(digest).decode()}"


def code(answer: Any) -> tuple[int, str]:
    return answer.status, json.loads(answer.data)["code"]


@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "crc32"])
def test_a_body_that_is_not_what_it_should_be_leaves_nothing(
    tus: Tus, inside: Inside, algorithm: str
) -> None:
    data = noise(10)
    path = tus.create(10)
    right, wrong = checksum(data[:7], algorithm), checksum(data[:6], algorithm)
    assert code(tus.patch(path, 0, data[:7], Upload_Checksum=wrong)) == (460, "upload_checksum_mismatch")
    assert tus.offset(path) == 0
    assert tus.patch(path, 0, data[:7], Upload_Checksum=right).status == 204
    assert code(tus.patch(path, 7, data[7:], Upload_Checksum=wrong))[0] == 460
    assert tus.offset(path) == 7
    rest = checksum(data[7:], algorithm)
    assert tus.patch(path, 7, iter([data[7:8], data[8:]]), Upload_Checksum=rest).status == 204
    inside.check(path, data)


def test_nor_does_one_of_several_parts(tus: Tus, inside: Inside) -> None:
    data, other = noise(3 * PART + 5), noise(3 * PART + 5)
    path = tus.create(len(data))
    assert tus.patch(path, 0, data[:3]).status == 204
    assert code(tus.patch(path, 3, other[3:], Upload_Checksum=checksum(data[3:])))[0] == 460
    assert tus.offset(path) == 3
    end = 2 * PART + 100
    right = checksum(data[3:end])
    assert code(tus.patch(path, 3, other[3 : PART + 100], Upload_Checksum=right))[0] == 460
    assert tus.patch(path, 3, data[3:end], Upload_Checksum=right).status == 204
    assert tus.offset(path) == end
    assert tus.patch(path, end, data[end : end + 9]).status == 204
    assert tus.patch(path, end + 9, data[end + 9 :], Upload_Checksum=checksum(data[end + 9 :])).status == 204
    inside.check(path, data)


def test_what_nobody_can_tell_to_be_right_is_not_kept(tus: Tus, inside: Inside) -> None:
    data = noise(PART + 100)
    path = tus.create(len(data))
    answer = tus.patch(path, 0, iter([data, b"more"]), Upload_Checksum=checksum(data))
    assert code(answer) == (413, "upload_overflow")
    assert tus.offset(path) == 0
    assert list(inside.objects.list(upload_prefix(path.rpartition("/")[2]))) == []


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Upload_Checksum": "md5 1B2M2Y8AsgTpgAmY7PhCfg=="}, "upload_checksum_unsupported"),
        ({"Upload_Checksum": "SHA1 2jmj7l5rSw0yVb/vlWAYkK/YBwk="}, "upload_checksum_unsupported"),
        ({"Upload_Checksum": ""}, "upload_checksum_unsupported"),
        ({"Upload_Checksum": "sha1"}, "checksum_malformed"),
        ({"Upload_Checksum": "sha1 ???"}, "checksum_malformed"),
        ({"Upload_Checksum": "sha1 AAAA"}, "checksum_malformed"),
        ({"Trailer": "Upload-Checksum"}, "upload_checksum_unsupported"),
    ],
)
def test_checksums_that_cannot_be_compared(tus: Tus, headers: dict[str, str], expected: str) -> None:
    path = tus.create(10)
    assert code(tus.patch(path, 0, b"x", **headers)) == (400, expected)
    assert tus.offset(path) == 0


def test_a_checksum_of_what_comes_with_the_creation(tus: Tus, inside: Inside) -> None:
    data = noise(10)
    headers = {"Upload_Length": "10", "Content_Type": OCTETS}
    refused = tus.send("POST", "/v1/uploads", data, **headers, Upload_Checksum=checksum(b""))
    assert code(refused) == (460, "upload_checksum_mismatch")
    assert tus.offset(refused.headers["Location"]) == 0
    begun = tus.send("POST", "/v1/uploads", data, **headers, Upload_Checksum=checksum(data))
    inside.check(begun.headers["Location"], data)


def begin(tus: Tus, **metadata: str) -> str:
    answer = tus.send(
        "POST", "/v1/uploads", Upload_Defer_Length="1", Upload_Metadata=encode(metadata) or None
    )
    assert answer.status == 201, answer.data
    return str(answer.headers["Location"])


def test_a_length_that_is_told_with_the_last_bytes(tus: Tus, inside: Inside) -> None:
    data = noise(2 * PART + 5)
    path = begin(tus, filename="live.mp4")
    head = tus.send("HEAD", path)
    assert (head.headers["Upload-Offset"], head.headers["Upload-Defer-Length"]) == ("0", "1")
    assert "Upload-Length" not in head.headers
    assert tus.patch(path, 0, data[: PART + 1]).status == 204
    assert tus.patch(path, PART + 1, data[PART + 1 : -3]).status == 204
    answer = tus.patch(path, len(data) - 3, data[-3:], Upload_Length=str(len(data)))
    assert (answer.status, answer.headers["Upload-Offset"]) == (204, str(len(data)))
    head = tus.send("HEAD", path)
    assert head.headers["Upload-Length"] == head.headers["Upload-Offset"] == str(len(data))
    assert "Upload-Defer-Length" not in head.headers
    inside.check(path, data)


@pytest.mark.parametrize("size", [5, 2 * MEBIBYTE, PART, PART + 2 * MEBIBYTE])
def test_a_length_that_is_told_when_all_is_there(tus: Tus, inside: Inside, size: int) -> None:
    """[DeclareLengthAfterFinalChunk]"""
    data, path = noise(size), begin(tus)
    assert tus.patch(path, 0, data).status == 204
    assert tus.patch(path, size, b"", Upload_Length=str(size)).status == 204
    inside.check(path, data)


def test_a_length_that_is_told_in_between(tus: Tus) -> None:
    path = begin(tus)
    assert tus.patch(path, 0, b"12345", Upload_Length="7").status == 204
    assert tus.send("HEAD", path).headers["Upload-Length"] == "7"
    assert code(tus.patch(path, 5, b"6", Upload_Length="8")) == (400, "upload_length_invalid")
    assert code(tus.patch(path, 5, b"678")) == (413, "upload_overflow")
    assert tus.patch(path, 5, b"6", Upload_Length="7").status == 204
    later = begin(tus)
    assert tus.patch(later, 0, b"", Upload_Length="7").status == 204
    assert tus.send("HEAD", later).headers["Upload-Length"] == "7"


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        ("4", (400, "upload_length_invalid")),
        ("x", (400, "upload_length_invalid")),
        ("0", (422, "file_empty")),
        (str(10**15), (413, "file_too_large")),
    ],
)
def test_lengths_that_cannot_be(tus: Tus, length: str, expected: tuple[int, str]) -> None:
    path = begin(tus)
    assert tus.patch(path, 0, b"12345").status == 204
    assert code(tus.patch(path, 5, b"", Upload_Length=length)) == expected
    assert tus.send("HEAD", path).headers["Upload-Defer-Length"] == "1"


def test_a_length_comes_to_nothing_with_the_body_that_it_came_with(tus: Tus) -> None:
    path = begin(tus)
    wrong = tus.patch(path, 0, b"12345", Upload_Length="5", Upload_Checksum=checksum(b"1234"))
    assert code(wrong)[0] == 460
    assert tus.send("HEAD", path).headers["Upload-Defer-Length"] == "1"


def test_an_upload_without_a_length_is_listed_shown_and_removed(tus: Tus) -> None:
    path = begin(tus, filename="live.mp4")
    assert tus.patch(path, 0, b"12345").status == 204
    shown = json.loads(tus.send("GET", "/v1/uploads?limit=1&state=open").data)["uploads"][0]
    assert (shown["location"], shown["size"], shown["percent"], shown["offset"]) == (path, None, None, 5)
    asset = tus.stack.client.get("/v1/assets/" + shown["asset_id"])
    assert (asset["state"], asset["progress"]["percent"]) == ("uploading", 0)
    assert tus.send("DELETE", path).status == 204


def test_it_expires_like_any_other(tus: Tus) -> None:
    path = begin(tus)
    change_upload(tus.stack, path, "expires_at = now() - interval '1 second'")
    assert tus.send("HEAD", path).status == 410
