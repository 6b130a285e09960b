"""The public API, as the ``put`` and ``show`` commands use it: JSON requests and resumable uploads (tus 1.0)."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import IO, Any, BinaryIO, cast
from urllib.parse import urljoin
from uuid import uuid4

import urllib3

from media_service.cli.unfinished import Unfinished

PATCH_SIZE = 64 * 1024 * 1024
"""Bytes of one PATCH request; a proxy between may limit the size of a request."""

_GIVE_UP_AFTER = 120.0
"""Seconds without any byte getting through, after which an upload is given up."""
_BUSY = "uploads_busy"
"""Nothing is wrong: the service says when to come back, and others' uploads end."""

_ATTEMPTS = 4
_LOSSES = 3
"""How often an upload begins again that the object storage has lost."""

_ONCE = "Idempotency-Key"
"""With it a request may be sent again whose answer was lost."""

_TUS = {"Tus-Resumable": "1.0.0"}


class ApiFailure(Exception):
    """The service refused a request or could not be reached; the text is for people."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 0,
        code: str = "",
        told: Mapping[str, str] = MappingProxyType({}),
        location: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.told = told
        """The sentences of the problem document, by language; empty where the service said none."""
        self.location = location


@dataclass(frozen=True)
class Begun:
    """An upload: its address, its asset, how many bytes are durable, and of how many, if that is told."""

    location: str
    asset_id: str
    offset: int
    length: int | None


@dataclass(frozen=True)
class Client:
    """One service and the key that is shown to it."""

    url: str
    key: str
    pool: urllib3.PoolManager

    def get(self, path: str) -> Any:
        """The JSON that a path under the service answers with. Raises ``ApiFailure``."""
        return json.loads(self._request("GET", path).data)

    def get_with_tag(self, path: str) -> tuple[Any, str | None]:
        """What a path answers with, and its tag. Raises ``ApiFailure``."""
        answer = self._request("GET", path)
        return json.loads(answer.data), answer.headers.get("ETag")

    def post(self, path: str) -> Any:
        """The JSON that a request without a body is answered with. Raises ``ApiFailure``."""
        return json.loads(self._request("POST", path).data)

    def send(
        self,
        method: str,
        path: str,
        document: Any = None,
        *,
        data: bytes | None = None,
        content_type: str = "application/octet-stream",
        if_match: str | None = None,
    ) -> Any:
        """Send a document as JSON, or ``data``; the JSON of the answer, None if it has none. With ``if_match`` only if
        nobody has changed what has this tag. Raises ``ApiFailure``."""
        if document is not None:
            data, content_type = json.dumps(document).encode(), "application/json"
        headers = {} if data is None else {"Content-Type": content_type}
        if if_match is not None:
            headers["If-Match"] = if_match
        answer = self._request(method, path, headers=headers, body=data)
        return json.loads(answer.data) if answer.data else None

    def save(self, path: str, write: Callable[[bytes], object]) -> None:
        """Hand an answer of any length to ``write``, piece by piece. Raises ``ApiFailure``, also where it broke off."""
        try:
            answer = self.pool.request(
                "GET", self.url + path, headers=self._authorization(), preload_content=False, retries=False
            )
            if answer.status >= 400:
                _checked(answer)
            for piece in answer.stream(1024 * 1024):
                write(piece)
        except urllib3.exceptions.HTTPError as error:
            raise ApiFailure(f"{self.url}{path} broke off: {error} / 连接中断。") from error

    def upload(
        self,
        path: Path,
        title: str,
        progress: Callable[[int, int], None],
        unfinished: Unfinished | None = None,
        wishes: Mapping[str, str] = MappingProxyType({}),
    ) -> str:
        """Upload a file and return its asset's ID. ``progress`` is told the bytes sent and the file's size. With
        ``unfinished`` an upload that another process began goes on where it was. ``wishes`` are further metadata.
        """
        location = unfinished.find(self.url, path) if unfinished else None
        begun = self.find_upload(location) if location else None
        if begun is None:
            begun = self.begin_upload({"filename": path.name, **wishes, "title": title}, path.stat().st_size)
        if unfinished:
            unfinished.keep(self.url, path, begun.location)
        asset_id = self.send_file(begun, path, progress)
        if unfinished:
            unfinished.drop(self.url, path)
        return asset_id

    def send_file(self, begun: Begun, path: Path, progress: Callable[[int, int], None]) -> str:
        """Send what is missing of an upload and return its asset's ID. ``progress`` is told the bytes sent and the
        file's size. Raises ``ApiFailure``.
        """
        location, asset_id, offset = begun.location, begun.asset_id, begun.offset
        size = path.stat().st_size
        with path.open("rb") as file:
            last_progress, losses = time.monotonic(), 0
            while offset < size or not asset_id:
                try:
                    answer = self._send(location, file, offset, size, progress)
                except _Later as later:
                    if later.code == _BUSY:
                        last_progress = time.monotonic()
                    answer = self._ask(location, last_progress + _GIVE_UP_AFTER, later, later.seconds)
                except urllib3.exceptions.HTTPError as error:
                    answer = self._ask(location, last_progress + _GIVE_UP_AFTER, error)
                asset_id = answer.headers.get("Lessonstream-Asset", asset_id)
                received = int(answer.headers["Upload-Offset"])
                losses += received < offset
                if losses > _LOSSES:
                    raise ApiFailure(
                        f"{path.name}: the service keeps losing what it received; its disk may be full. / "
                        "服务器反复丢失已接收的数据，其磁盘可能已满。"
                    )
                if received > offset:
                    last_progress = time.monotonic()
                elif time.monotonic() > last_progress + _GIVE_UP_AFTER:
                    raise ApiFailure(f"{path.name}: the service takes no more bytes. / 服务器不再接收数据。")
                offset = received
                progress(offset, size)
        return asset_id

    def begin_upload(self, metadata: Mapping[str, str], size: int, once: str | None = None) -> Begun:
        """Begin an upload of ``size`` bytes; asked again with the same ``once``, it is the same upload. Raises
        ``ApiFailure``, whose ``location`` leads to an unfinished upload under the same external ID."""
        created = self._request(
            "POST",
            "/v1/uploads",
            headers={
                **_TUS,
                "Upload-Length": str(size),
                "Upload-Metadata": _encode(metadata),
                _ONCE: once or str(uuid4()),
            },
        )
        return self._as_begun(created.headers["Location"], created)

    def find_upload(self, location: str) -> Begun | None:
        """An upload that was begun before, if the service still has it. Raises ``ApiFailure``."""
        location = urljoin(self.url + "/", location)
        try:
            answer = self._ask(location, time.monotonic() + _GIVE_UP_AFTER, TimeoutError("no answer"), 0)
        except ApiFailure as failure:
            if failure.status in (403, 404, 410):
                return None
            raise
        return self._as_begun(location, answer)

    def drop_upload(self, location: str) -> None:
        """Give up an unfinished upload, with its asset; one that is gone already is no fault. Raises ``ApiFailure``."""
        try:
            self._request("DELETE", location.removeprefix(self.url), headers=_TUS)
        except ApiFailure as failure:
            if failure.status not in (404, 410):
                raise

    def _as_begun(self, location: str, answer: urllib3.BaseHTTPResponse) -> Begun:
        length = answer.headers.get("Upload-Length")
        return Begun(
            urljoin(self.url + "/", location),
            answer.headers.get("Lessonstream-Asset", ""),
            int(answer.headers.get("Upload-Offset", 0)),
            int(length) if length is not None else None,
        )

    def _send(
        self, location: str, file: BinaryIO, offset: int, size: int, progress: Callable[[int, int], None]
    ) -> urllib3.BaseHTTPResponse:
        file.seek(offset)
        length = min(PATCH_SIZE, size - offset)
        answer = self.pool.request(
            "PATCH",
            location,
            body=cast("IO[bytes]", _Slice(file, length, lambda sent: progress(offset + sent, size))),
            headers={
                **self._authorization(),
                **_TUS,
                "Content-Type": "application/offset+octet-stream",
                "Content-Length": str(length),
                "Upload-Offset": str(offset),
            },
            retries=False,
        )
        if answer.status in (409, 423) or answer.status >= 500:
            # Another request of ours may still be ending, or the service is restarting.
            raise _Later(answer)
        return _checked(answer)

    def _ask(
        self, location: str, until: float, fault: Exception, pause: float = 0.5
    ) -> urllib3.BaseHTTPResponse:
        """How much of an upload has arrived, asked after ``pause`` seconds and until the service answers."""
        while True:
            time.sleep(pause)
            try:
                answer = self.pool.request(
                    "HEAD", location, headers={**self._authorization(), **_TUS}, retries=False
                )
                if answer.status < 500 and answer.status != 423:
                    return _checked(answer)
            except urllib3.exceptions.HTTPError as error:
                fault = error
            if time.monotonic() > until:
                raise ApiFailure(f"{self.url} cannot be reached: {fault} / 无法连接服务器。") from fault
            pause = min(max(pause, 0.5) * 1.5, 5)

    def _request(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> urllib3.BaseHTTPResponse:
        sent = {**self._authorization(), **(headers or {})}
        for left in reversed(range(_ATTEMPTS)):
            try:
                answer = self.pool.request(method, self.url + path, headers=sent, body=body)
            except urllib3.exceptions.HTTPError as error:
                if left and _ONCE in sent:
                    time.sleep(1)
                    continue
                raise ApiFailure(f"{self.url} cannot be reached: {error} / 无法连接服务器。") from error
            if answer.status != 503 or "Retry-After" not in answer.headers:
                break
            time.sleep(_seconds_to_wait(answer))
        return _checked(answer)

    def _authorization(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}


def connect_to(url: str, key: str, connections: int = 1) -> Client:
    """A client of the service at ``url``, which so many threads use at a time."""
    # Bodies are read in blocks of this size; the default of 16 KiB is slow.
    pool = urllib3.PoolManager(
        timeout=urllib3.Timeout(connect=10, read=120),
        retries=urllib3.Retry(3, backoff_factor=0.3),
        blocksize=1024 * 1024,
        maxsize=connections,
    )
    return Client(url, key, pool)


class _Later(Exception):
    """An upload was refused for now. ``seconds`` is when to come back."""

    def __init__(self, answer: urllib3.BaseHTTPResponse) -> None:
        super().__init__(f"status {answer.status}")
        self.code = _problem(answer).get("code", "")
        self.seconds = _seconds_to_wait(answer) if answer.status == 503 else 0.5


class _Slice:
    """The next ``length`` bytes of a file, as the body of a request."""

    def __init__(self, file: BinaryIO, length: int, progress: Callable[[int], None]) -> None:
        self._file, self._length, self._left, self._progress = file, length, length, progress

    def read(self, size: int = -1) -> bytes:
        wanted = self._left if size < 0 else min(size, self._left)
        data = self._file.read(wanted)
        self._left -= len(data)
        self._progress(self._length - self._left)
        return data


def _encode(metadata: Mapping[str, str]) -> str:
    return ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in metadata.items())


def _checked(answer: urllib3.BaseHTTPResponse) -> urllib3.BaseHTTPResponse:
    """The answer, unless it is a problem document (RFC 9457) or another refusal."""
    if answer.status < 400:
        return answer
    problem = _problem(answer)
    text = problem.get("detail") or problem.get("title") or answer.data[:200].decode(errors="replace")
    code = problem.get("code", "")
    message = f"The service answered {answer.status} {code}: {text}".rstrip(": ")
    raise ApiFailure(
        message,
        status=answer.status,
        code=code,
        told=problem.get("message") or {},
        location=answer.headers.get("Location"),
    )


def _problem(answer: urllib3.BaseHTTPResponse) -> dict[str, Any]:
    """The problem document of a refusal (RFC 9457); empty if it is none, as from a proxy between."""
    try:
        document = json.loads(answer.data)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def _seconds_to_wait(answer: urllib3.BaseHTTPResponse) -> float:
    """What ``Retry-After`` says (RFC 9110), within reason; a date is taken for soon."""
    text = answer.headers.get("Retry-After", "")
    return min(float(text), 60.0) if text.isdecimal() else 1.0
