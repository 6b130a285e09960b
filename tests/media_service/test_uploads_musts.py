"""Each MUST of tus 1.0 (https://tus.io/protocols/resumable-upload) that binds a server, and the request that shows it:
of the core protocol and of all extensions that are announced. What else is promised of uploads is in its own modules.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass, field
from typing import Any

import pytest
from support import RunningStack
from tus import OCTETS, H, Told, Tus, check_headers, encode

pytestmark = pytest.mark.integration

ANY_METHOD = ("POST", "HEAD", "PATCH", "DELETE")
EXTENSIONS = (
    "creation", "creation-with-upload", "creation-defer-length", "expiration", "checksum", "termination",
    "concatenation",
)  # fmt: skip
HTTP_DATE = re.compile(
    r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d\d:\d\d:\d\d GMT"
)
UNCHANGED: Told = {"Upload-Offset": "5"}
GONE: Told = {"Upload-Offset": None}
METADATA = "filename 6K++Lm1wNA==,is_confidential"


def sha1(data: bytes) -> str:
    return "sha1 " + base64.b64encode(hashlib.sha1(data, usedforsecurity=False).digest()).decode()


@dataclass(frozen=True)
class Must:
    """``gist`` of a sentence, and a request to an upload of ten bytes of which five are there, or to one in another
    ``state``; a POST begins one. ``answer`` are headers that it must have, ``after`` those of the next HEAD. In values
    of headers, a name of ``places`` in braces stands for the address of an upload."""

    part: str
    gist: str
    method: str
    status: int
    headers: H = field(default_factory=dict)
    body: Any = None
    state: str = "begun"
    answer: Told = field(default_factory=dict)
    after: Told = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.part}: {self.gist} ({self.method} {self.state} {self.status})"


def announces(part: str, extension: str) -> Must:
    among = re.compile(rf"(.+,)?{extension}(,.+)?")
    gist = f"{extension} is in Tus-Extension"
    return Must(part, gist, "OPTIONS", 204, answer={"Tus-Extension": among})


CORE = [
    *(
        Must("core", "Upload-Offset is a non-negative integer", "PATCH", 400, {"Upload_Offset": wrong}, b"y")
        for wrong in ("-1", "five", "5.0", None)
    ),
    *(
        Must("core", "Upload-Length is a non-negative integer", "POST", 400, {"Upload_Length": wrong})
        for wrong in ("-5", "ten", "1.0")
    ),
    Must("core", "Tus-Version lists what is spoken, the preferred one first", "OPTIONS", 204,
         answer={"Tus-Version": "1.0.0"}),
    Must("core", "Tus-Resumable is ignored by OPTIONS", "OPTIONS", 204, {"Tus_Resumable": "0.2.2"},
         answer={"Tus-Version": "1.0.0"}),
    Must("core", "Tus-Resumable is in every answer", "POST", 201, answer={"Tus-Resumable": "1.0.0"}),
    Must("core", "Tus-Resumable is in every answer", "HEAD", 200, answer={"Tus-Resumable": "1.0.0"}),
    Must("core", "Tus-Resumable is in every answer", "PATCH", 204, {}, b"", answer={"Tus-Resumable": "1.0.0"}),
    Must("core", "Tus-Resumable is in every answer", "DELETE", 204, answer={"Tus-Resumable": "1.0.0"}, after=GONE),
    Must("core", "Tus-Resumable is in every answer", "PATCH", 401, {"Authorization": None}, b"y",
         answer={"Tus-Resumable": "1.0.0"}),
    Must("core", "Tus-Resumable is in every answer", "HEAD", 404, state="nobody's",
         answer={"Tus-Resumable": "1.0.0", "Upload-Offset": None}),
    *(
        Must("core", "another version: 412 with Tus-Version, and nothing is done", method, 412,
             {"Tus_Resumable": version}, b"y" if method == "PATCH" else None, answer={"Tus-Version": "1.0.0"})
        for method in ANY_METHOD for version in ("0.2.2", None)
    ),
    Must("core", "Tus-Extension lists the extensions by commas", "OPTIONS", 204,
         answer={"Tus-Extension": re.compile(f"(({'|'.join(EXTENSIONS)})(,(?=.)|$)){{{len(EXTENSIONS)}}}")}),
    Must("core", "Tus-Max-Size is a non-negative integer", "OPTIONS", 204,
         answer={"Tus-Max-Size": re.compile("[0-9]+")}),
    Must("core", "X-HTTP-Method-Override is the method", "POST", 204,
         {"X_HTTP_Method_Override": "PATCH", "Upload_Offset": "5", "Content_Type": OCTETS}, b"yyyyy",
         "begun, overridden", after={"Upload-Offset": "10"}),
    Must("core", "X-HTTP-Method-Override is the method", "POST", 204, {"X_HTTP_Method_Override": "DELETE"}, None,
         "begun, overridden", after=GONE),
    Must("core", "and the actual one is ignored", "DELETE", 200, {"X_HTTP_Method_Override": "HEAD"},
         answer={"Upload-Offset": "5"}),
    Must("core", "HEAD tells Upload-Offset", "HEAD", 200, answer={"Upload-Offset": "5"}),
    Must("core", "HEAD tells Upload-Offset, even 0", "HEAD", 200, state="empty", answer={"Upload-Offset": "0"}),
    Must("core", "HEAD tells Upload-Offset, even of what is finished", "HEAD", 200, state="finished",
         answer={"Upload-Offset": "10"}),
    Must("core", "HEAD tells Upload-Length, if it is known", "HEAD", 200, answer={"Upload-Length": "10"}),
    Must("core", "HEAD is not cached", "HEAD", 200, answer={"Cache-Control": "no-store"}),
    *(
        Must("core", "another offset than the current one: 409, and nothing changes", "PATCH", 409,
             {"Upload_Offset": wrong}, b"y")
        for wrong in ("0", "4", "6")
    ),
    Must("core", "PATCH is acknowledged with 204 and the new offset, the sum of old one and body", "PATCH", 204, {},
         b"yyy", answer={"Upload-Offset": "8"}, after={"Upload-Offset": "8"}),
    Must("core", "so it is where the length of the body is not told", "PATCH", 204, {}, [b"yy", b"yyy"],
         answer={"Upload-Offset": "10"}, after={"Upload-Offset": "10"}),
]  # fmt: skip

CREATION = [
    announces("creation", "creation"),
    Must("creation", "Upload-Defer-Length is 1", "POST", 400, {"Upload_Length": None, "Upload_Defer_Length": "2"}),
    Must("creation", "Upload-Defer-Length is omitted of a length that is known", "HEAD", 200,
         answer={"Upload-Defer-Length": None}),
    Must("creation", "Upload-Length or Upload-Defer-Length is there", "POST", 400, {"Upload_Length": None}),
    *(
        Must("creation", f"Upload-Metadata: {rule}", "POST", 400, {"Upload_Metadata": wrong})
        for rule, wrong in (
            ("pairs by commas, key and value by a space", "a YQ== b YQ=="),
            ("a key is not empty", "a YQ==,,b YQ=="),
            ("a value is base64", "filename ???"),
            ("a key is there once", "a YQ==,a YQ=="),
        )
    ),
    Must("creation", "HEAD tells Upload-Metadata as they were given", "POST", 201, {"Upload_Metadata": METADATA},
         after={"Upload-Metadata": METADATA}),
    Must("creation", "more than Tus-Max-Size: 413", "POST", 413, {"Upload_Length": "9" * 15}),
    Must("creation", "201, and Location is the upload's", "POST", 201,
         answer={"Location": re.compile("/v1/uploads/[0-9a-z]+")}, after={"Upload-Offset": "0"}),
    announces("defer-length", "creation-defer-length"),
    Must("defer-length", "HEAD says that the length is not known", "HEAD", 200, state="deferred",
         answer={"Upload-Defer-Length": "1", "Upload-Length": None}),
    Must("defer-length", "PATCH tells it", "PATCH", 204, {"Upload_Length": "9"}, b"", "deferred",
         after={"Upload-Length": "9", "Upload-Defer-Length": None}),
    Must("defer-length", "once told it does not change", "PATCH", 400, {"Upload_Length": "11"}, b"y",
         after={"Upload-Length": "10", "Upload-Offset": "5"}),
    announces("with-upload", "creation-with-upload"),
    Must("with-upload", "Upload-Offset counts what was accepted", "POST", 201, {"Content_Type": OCTETS}, b"xyz",
         answer={"Upload-Offset": "3"}, after={"Upload-Offset": "3"}),
    Must("with-upload", "Upload-Offset counts what was accepted, even all", "POST", 201, {"Content_Type": OCTETS},
         b"x" * 10, answer={"Upload-Offset": "10"}, after={"Upload-Offset": "10"}),
]  # fmt: skip

EXPIRATION_AND_TERMINATION = [
    announces("expiration", "expiration"),
    Must("expiration", "Upload-Expires is in the answer to PATCH, as RFC 9110 writes dates", "PATCH", 204, {}, b"y",
         answer={"Upload-Expires": HTTP_DATE}, after={"Upload-Offset": "6"}),
    Must("expiration", "Upload-Expires is in the answer to POST", "POST", 201, answer={"Upload-Expires": HTTP_DATE},
         after={"Upload-Offset": "0"}),
    announces("termination", "termination"),
    Must("termination", "DELETE of an upload: 204", "DELETE", 204, after=GONE),
    Must("termination", "DELETE of a finished one: 204", "DELETE", 204, state="finished", after=GONE),
    Must("termination", "DELETE of a part: 204", "DELETE", 204, state="part", after=GONE),
]  # fmt: skip

CHECKSUM = [
    announces("checksum", "checksum"),
    Must("checksum", "OPTIONS tells the algorithms, in small letters, by commas, sha1 among them", "OPTIONS", 204,
         answer={"Tus-Checksum-Algorithm": re.compile(r"(?=(.+,)?sha1(,|$))[a-z0-9-]+(,[a-z0-9-]+)*")}),
    Must("checksum", "the body is verified", "PATCH", 204, {"Upload_Checksum": sha1(b"yyyyy")}, b"yyyyy",
         after={"Upload-Offset": "10"}),
    Must("checksum", "what does not match is discarded", "PATCH", 460, {"Upload_Checksum": sha1(b"x")}, b"yyyyy"),
    *(
        Must("checksum", "what cannot be verified is discarded", "PATCH", 400, {"Upload_Checksum": wrong}, b"y")
        for wrong in ("md5 1B2M2Y8AsgTpgAmY7PhCfg==", "SHA1 2jmj7l5rSw0yVb/vlWAYkK/YBwk=", "sha1 ???", "sha1", "")
    ),
    Must("checksum", "checksum-trailer is announced by those who read it: not here", "OPTIONS", 204,
         answer={"Tus-Extension": re.compile("(?!.*trailer).*")}),
    Must("checksum", "so one after the body is refused", "PATCH", 400, {"Trailer": "Upload-Checksum"}, b"y"),
]  # fmt: skip

CONCATENATION = [
    announces("concatenation", "concatenation"),
    Must("concatenation", "the length is the sum of the parts'", "POST", 201, {"Upload_Concat": "final;{abc} {de}"},
         after={"Upload-Length": "5", "Upload-Offset": "5"}),
    Must("concatenation", "parts are joined in the order of the list", "POST", 201,
         {"Upload_Concat": "final;{de} {abc}",
          "Upload_Metadata": encode({"sha256": hashlib.sha256(b"deabc").hexdigest()})},
         after={"Upload-Offset": "5"}),
    Must("concatenation", "and in no other", "POST", 460,
         {"Upload_Concat": "final;{abc} {de}",
          "Upload_Metadata": encode({"sha256": hashlib.sha256(b"deabc").hexdigest()})}),
    *(
        Must("concatenation", "Upload-Concat is partial, or final; and addresses by spaces", "POST", 400,
             {"Upload_Concat": wrong})
        for wrong in ("half", "final", "final;", "final {abc}", "final;{abc},{de}")
    ),
    Must("concatenation", "Upload-Length is not with a final one", "POST", 400,
         {"Upload_Concat": "final;{abc} {de}", "Upload_Length": "5"}),
    Must("concatenation", "concatenation-unfinished is announced by those who wait: not here", "OPTIONS", 204,
         answer={"Tus-Extension": re.compile("(?!.*unfinished).*")}),
    Must("concatenation", "so parts that are not finished are not joined", "POST", 400,
         {"Upload_Concat": "final;{abc} {unfinished}"}),
    Must("concatenation", "metadata of parts do not go over (SHALL NOT)", "POST", 201,
         {"Upload_Concat": "final;{abc} {de}"}, after={"Upload-Metadata": None}),
    Must("concatenation", "PATCH to a final one: 403, and nothing changes", "PATCH", 403,
         {"Upload_Offset": "5"}, b"y", "final", after={"Upload-Offset": "5", "Upload-Length": "5"}),
    Must("concatenation", "HEAD of a final one tells both lengths, equal, and Upload-Concat as it came", "HEAD", 200,
         state="final",
         answer={"Upload-Offset": "5", "Upload-Length": "5", "Upload-Concat": re.compile("final;/.+ /.+")}),
    Must("concatenation", "HEAD of a part tells Upload-Offset, Upload-Length and Upload-Concat", "HEAD", 200,
         state="part", answer={"Upload-Offset": "5", "Upload-Length": "10", "Upload-Concat": "partial"}),
]  # fmt: skip


@pytest.fixture(scope="module")
def tus(stack: RunningStack) -> Tus:
    return Tus(stack)


@pytest.fixture(scope="module")
def places(tus: Tus) -> dict[str, str]:
    """Parts of a file by what is in them, and one that is not finished."""
    finished = {
        data.decode(): begun(tus, data, len(data), Upload_Concat="partial") for data in (b"abc", b"de")
    }
    return {**finished, "unfinished": begun(tus, b"a", 2, Upload_Concat="partial")}


@pytest.mark.parametrize(
    "must", [*CORE, *CREATION, *EXPIRATION_AND_TERMINATION, *CHECKSUM, *CONCATENATION], ids=str
)
def test_a_server_must(tus: Tus, places: dict[str, str], must: Must) -> None:
    creates = must.method == "POST" and "overridden" not in must.state
    path = "/v1/uploads" if creates or must.method == "OPTIONS" else upload_in(tus, must.state, places)
    headers = {name: value and value.format(**places) for name, value in must.headers.items()}
    if creates and "Upload_Concat" not in headers and "Upload_Defer_Length" not in headers:
        headers = {"Upload_Length": "10", **headers}
    if must.method == "PATCH":
        headers = {"Upload_Offset": "5", **headers}
    body = iter(must.body) if isinstance(must.body, list) else must.body
    answer = tus.send(must.method, path, body, **headers)
    assert answer.status == must.status, answer.data
    check_headers(answer, must.answer)
    shown = answer.headers.get("Location") if creates else path
    changes_nothing = must.method == "HEAD" or must.status >= 400
    after = must.after or (UNCHANGED if must.state == "begun" and not creates and changes_nothing else {})
    if after and shown is not None:
        check_headers(tus.send("HEAD", shown), after)


def upload_in(tus: Tus, state: str, places: dict[str, str]) -> str:
    """The address of an upload that is in a state."""
    match state:
        case "nobody's":
            return "/v1/uploads/0mwvtr8z28utrhdxsfshm1z1"
        case "empty":
            return begun(tus, b"", 10)
        case "finished":
            return begun(tus, b"x" * 10, 10)
        case "deferred":
            return begun(tus, b"12345", None, Upload_Defer_Length="1")
        case "part":
            return begun(tus, b"12345", 10, Upload_Concat="partial")
        case "final":
            joined = tus.send("POST", "/v1/uploads", Upload_Concat="final;{abc} {de}".format(**places))
            return str(joined.headers["Location"])
        case _:
            return begun(tus, b"12345", 10)


def begun(tus: Tus, data: bytes, length: int | None, **headers: str) -> str:
    of_length = {} if length is None else {"Upload_Length": str(length)}
    metadata = encode({"filename": "课.mp4"})
    made = tus.send(
        "POST", "/v1/uploads", data, **of_length, **headers, Upload_Metadata=metadata, Content_Type=OCTETS
    )
    assert made.status == 201, made.data
    return str(made.headers["Location"])
