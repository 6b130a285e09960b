"""tus 1.0 over HTTP, case by case: what is answered beyond its MUSTs, which ``test_uploads_musts`` has.

Names in brackets are those of tusd's own handler tests. Each request is made in a state of its own; what it
refuses must leave the upload as it was.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from support import RunningStack
from tus import H, Told, Tus, change_upload, check_headers, encode, noise

from storage.ids import new_id

NOBODYS = "0mwvtr8z28utrhdxsfshm1z1"
"""An identifier of nothing, the same in every process that collects tests."""

pytestmark = pytest.mark.integration

LENGTH, RECEIVED = 10, 5


@dataclass(frozen=True)
class Case:
    """A request and what must come of it. ``headers`` are changes to a good request; ``offset`` is what HEAD says
    afterwards (None: the upload is gone)."""

    name: str
    status: int
    code: str = ""
    headers: H = field(default_factory=dict)
    body: Any = None
    state: str = "partial"
    role: str = "admin"
    offset: int | None = RECEIVED
    answer: Told = field(default_factory=dict)

    def __str__(self) -> str:
        return self.name


def meta(**pairs: str) -> H:
    return {"Upload_Metadata": encode(pairs)}


CREATION = [
    Case("ExceedingAnyInteger", 413, "file_too_large", {"Upload_Length": "9" * 30}),
    Case("DeferLength", 201, headers={"Upload_Length": None, "Upload_Defer_Length": "1"}),
    Case("Metadata", 201, headers=meta(filename="课.mp4", title="第一课", filetype="video/mp4")),
    Case("MetadataWithoutValue", 201, headers={"Upload_Metadata": "is_confidential"}),
    Case("MetadataNotUtf8", 400, "upload_metadata_invalid", {"Upload_Metadata": "filename /w=="}),
    Case("MetadataTooLong", 400, "upload_metadata_invalid", {"Upload_Metadata": "a " + "YQ" * 5000}),
    Case("NameIsAPath", 201, headers=meta(filename="../../etc/passwd")),
    Case("NameWithNul", 201, headers=meta(filename="a\0b.mp4", title="\0")),
    Case("NameOf4000", 201, headers=meta(filename="n" * 4000)),
    Case("DeclaredHtml", 415, "file_type_refused", meta(filetype="text/html")),
    Case("DeclaredPlaylist", 415, "file_type_refused", meta(filetype="application/vnd.apple.mpegurl")),
    Case("DeclaredUnknown", 201, headers=meta(filetype="application/x-rmvb")),
    Case("HashMalformed", 400, "checksum_malformed", meta(sha256="abc")),
    Case("PolicyUnknown", 422, "invalid_request", meta(policy="secret")),
    Case("NoKey", 401, "key_missing", {"Authorization": None}, answer={"Tus-Resumable": "1.0.0"}),
    Case("WrongKey", 401, "key_invalid", {"Authorization": "Bearer ls_wrong"}),
    Case("PortalMayNot", 403, "role_not_allowed", role="portal"),
    Case("PartnerMayNot", 403, "role_not_allowed", role="partner"),
    Case("AuthorMay", 201, role="author"),
    Case("Empty", 422, "file_empty", headers={"Upload_Length": "0"}),
    Case("WithUploadExceeding", 413, "upload_overflow", {"Content_Type": "application/offset+octet-stream"},
         b"x" * 11),
]  # fmt: skip

PATCHING = [
    Case("WriteNothing", 204, body=b"", answer={"Upload-Offset": "5"}),
    Case("ChunksBeyondLength", 413, "upload_overflow", body=iter([b"yy", b"y" * 9])),
    Case("WrongContentType", 415, "wrong_content_type", {"Content_Type": "application/octet-stream"}, b"y"),
    Case("NoContentType", 415, "wrong_content_type", {"Content_Type": None}, b"y"),
    Case("ExceedingLength", 413, "upload_overflow", body=b"y" * 6),
    Case("UploadNotFoundFail", 404, "upload_not_found", body=b"y", state="unknown", offset=None),
    Case("MalformedId", 404, "upload_not_found", body=b"y", state="malformed", offset=None),
    Case("NoName", 404, "not_found", body=b"y", state="no name", offset=None),
    Case("Terminated", 404, "upload_not_found", body=b"y", state="terminated", offset=None),
    Case("Expired", 410, "upload_expired", body=b"y", state="expired", offset=None),
    Case("NoUploadToFinished", 403, "upload_finished", {"Upload_Offset": "10"}, b"y", "finished", offset=10),
    Case("NothingToFinished", 204, headers={"Upload_Offset": "10"}, body=b"", state="finished", offset=10),
    Case("ForeignUpload", 404, "upload_not_found", body=b"y", role="foreign"),
    Case("NoKey", 401, "key_missing", {"Authorization": None}, b"y"),
    Case("PortalMayNot", 403, "role_not_allowed", body=b"y", role="portal"),
    Case("LockedUpload", 423, "upload_locked", body=b"y", state="locked"),
    Case("StaleLock", 204, body=b"y", state="stale", offset=6),
]  # fmt: skip

ASKING = [
    Case("Asset", 200, answer={"Lessonstream-Asset": "*", "Upload-Expires": "*", "Tus-Resumable": "1.0.0"}),
    Case("Finished", 200, state="finished", answer={"Upload-Offset": "10", "Upload-Expires": None}),
    Case("WhileLocked", 200, state="locked", answer={"Upload-Offset": "5"}),
    Case("UploadNotFound", 404, state="unknown", answer={"Upload-Offset": None}),
    Case("Terminated", 404, state="terminated"),
    Case("Expired", 410, state="expired"),
    Case("ForeignUpload", 404, role="foreign"),
    Case("NoKey", 401, headers={"Authorization": None}),
]

TERMINATING = [
    Case("WhileLocked", 204, state="locked", offset=None),
    Case("Finished", 204, state="finished", offset=None),
    Case("Twice", 404, "upload_not_found", state="terminated", offset=None),
    Case("ForeignUpload", 404, "upload_not_found", role="foreign"),
    Case("NoKey", 401, "key_missing", {"Authorization": None}),
]


@pytest.fixture(scope="module")
def tus(stack: RunningStack) -> Tus:
    return Tus(stack)


@pytest.fixture(scope="module")
def keys(tus: Tus) -> dict[str, str]:
    roles = {role: tus.other_key(role) for role in ("admin", "author", "portal", "partner")}
    return {**roles, "foreign": tus.other_key("admin", same_organization=False)}


@pytest.mark.parametrize("case", CREATION, ids=str)
def test_creation(tus: Tus, keys: dict[str, str], case: Case) -> None:
    headers = {"Upload_Length": str(LENGTH), **case.headers}
    answer = Tus(tus.stack, keys[case.role]).send("POST", "/v1/uploads", case.body, **headers)
    check(answer, case)
    if case.status == 201:
        assert answer.headers["Location"].startswith("/v1/uploads/")
        shown = tus.stack.client.get("/v1/assets/" + answer.headers["Lessonstream-Asset"])
        assert len(shown["title"]) in range(1, 256) and "\0" not in shown["title"]


@pytest.mark.parametrize("case", PATCHING, ids=str)
def test_patch(tus: Tus, keys: dict[str, str], case: Case) -> None:
    path = upload_in(tus, case.state)
    headers = {"Upload_Offset": str(RECEIVED), **case.headers}
    answer = Tus(tus.stack, keys[case.role]).send("PATCH", path, case.body, **headers)
    check(answer, case)
    if case.offset is not None:
        assert tus.offset(path) == case.offset


@pytest.mark.parametrize("case", ASKING, ids=str)
def test_head(tus: Tus, keys: dict[str, str], case: Case) -> None:
    path = upload_in(tus, case.state)
    answer = Tus(tus.stack, keys[case.role]).send("HEAD", path, **case.headers)
    check(answer, case)
    assert answer.data == b""


@pytest.mark.parametrize("case", TERMINATING, ids=str)
def test_delete(tus: Tus, keys: dict[str, str], case: Case) -> None:
    path = upload_in(tus, case.state)
    check(Tus(tus.stack, keys[case.role]).send("DELETE", path, **case.headers), case)
    if case.offset is None:
        assert tus.send("HEAD", path).status in (404, 410)
    else:
        assert tus.offset(path) == case.offset


@pytest.mark.parametrize("method", ["GET", "PUT", "HEAD", "PATCH"])
@pytest.mark.parametrize(
    "path", ["/v1/uploads", "/v1/uploads/" + NOBODYS, "/v1/uploads/a/b", "/v1/uploads//"]
)
def test_every_address_speaks_tus(tus: Tus, method: str, path: str) -> None:
    answer = tus.send(method, path)
    is_list = path == "/v1/uploads" and method in ("GET", "HEAD")
    assert answer.status in ((200,) if is_list else (400, 404, 405))
    assert answer.headers["Tus-Resumable"] == "1.0.0"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_an_endpoint_with_a_slash_will_do(tus: Tus) -> None:
    begun = tus.send("POST", "/v1/uploads/", Upload_Length="3")
    assert begun.status == 201
    # It has no content, so no type of any.
    answers = [
        begun,
        *(tus.send(method, begun.headers["Location"]) for method in ("HEAD", "OPTIONS", "DELETE")),
    ]
    assert not any("Content-Type" in answer.headers for answer in answers)


@pytest.mark.parametrize("path", ["/v1/uploads", "/v1/uploads/" + NOBODYS])
def test_options_need_no_key_and_let_other_origins_send(tus: Tus, path: str) -> None:
    answer = Tus(tus.stack, key=None).send("OPTIONS", path, Tus_Resumable=None)
    assert answer.status == 204
    assert "PATCH" in answer.headers["Access-Control-Allow-Methods"]


def test_a_finished_upload_leaves_its_asset_when_it_is_terminated(tus: Tus) -> None:
    answer = tus.send(
        "POST", "/v1/uploads", b"x", Upload_Length="1", Content_Type="application/offset+octet-stream"
    )
    assert tus.send("DELETE", answer.headers["Location"]).status == 204
    assert tus.stack.request("GET", "/v1/assets/" + answer.headers["Lessonstream-Asset"]).status == 200


def upload_in(tus: Tus, state: str) -> str:
    """The path of an upload that is in a state."""
    if state == "unknown":
        return "/v1/uploads/" + new_id()
    if state == "no name":
        return "/v1/uploads/x%00y"
    if state == "malformed":
        return "/v1/uploads/x%27y"
    path = tus.create(LENGTH, filename="课.mp4")
    assert tus.patch(path, 0, noise(RECEIVED)).status == 204
    if state == "finished":
        assert tus.patch(path, RECEIVED, noise(LENGTH - RECEIVED)).status == 204
    elif state == "terminated":
        assert tus.send("DELETE", path).status == 204
    elif state == "expired":
        change_upload(tus.stack, path, "expires_at = now() - interval '1 second'")
    elif state == "locked":
        change_upload(tus.stack, path, "lock_owner = 'x', lock_until = now() + interval '4 s'")
    elif state == "stale":
        change_upload(tus.stack, path, "lock_owner = 'x', lock_until = now() - interval '1 s'")
    return path


def check(answer: Any, case: Case) -> None:
    """Status, problem document and headers."""
    assert answer.status == case.status, answer.data
    if case.code:
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert json.loads(answer.data)["code"] == case.code
    check_headers(answer, case.answer)
