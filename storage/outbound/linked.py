"""The other platform of a link, asked by requests that are signed for it (``storage.exchange.requests``)."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final, TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import BaseModel, ValidationError

from configs.words import LinkFailure
from storage.exchange.requests import sign_request
from storage.outbound.answers import Download
from storage.outbound.client import Kept, Outbound
from storage.shown_text import is_kept
from storage.strangers import OutboundError

ANSWER_SECONDS: Final = 20.0
IDLE_SECONDS: Final = 20.0
OBJECT_SECONDS: Final = 3600.0
"""One object, however thin the line; nothing may come for ``IDLE_SECONDS``."""

_LONGEST_AHEAD: Final = 1e10
"""Seconds by which a clock may be wrong: three hundred years."""

_MOST_PROBLEM_BYTES: Final = 16 * 1024
_PROBLEM: Final = "application/problem+json"
_OF_CODE: Final[dict[str, LinkFailure]] = {
    "link_not_answered": "link_not_answered",
    "link_paused": "link_paused_there",
    "link_ended": "link_ended_there",
    "link_clocks_apart": "clocks_apart",
    "link_token_invalid": "link_refused",
    "link_token_used": "link_refused",
}
"""Codes of problem documents that tell of the link itself."""

Model = TypeVar("Model", bound=BaseModel)


_CODE: Final = re.compile("[a-z0-9_]{1,60}")


class LinkTrouble(Exception):
    """The other platform could not be spoken to; ``failure`` says why. ``clock_ahead`` is told where it is known."""

    def __init__(self, failure: LinkFailure, detail: str, clock_ahead: float | None = None) -> None:
        self.failure: LinkFailure = failure
        self.clock_ahead = clock_ahead
        super().__init__(detail)


class NotShared(Exception):
    """The other platform does not share it (any more), or has not got it."""


@dataclass(frozen=True)
class Met:
    """What a contact told: its document, and by how many seconds the other clock is ahead of ours."""

    document: Mapping[str, Any]
    clock_ahead: float


@dataclass(frozen=True)
class LinkedPlatform:
    """The platform at ``url``, asked in the name of the link ``link_id`` with its ``key``. Every method may raise
    ``LinkTrouble``."""

    outbound: Outbound
    url: str
    link_id: str
    key: Ed25519PrivateKey
    kept: Kept | None = None
    """Connections that are used again, for whoever asks for many things."""

    def meet(self) -> Met:
        """Tell it that we are there, and learn the same."""
        began = time.time()
        target = "/v1/exchange/contacts"
        try:
            answer = self.outbound.post(
                self.url + target, b"", self._headers("POST", target, b""), seconds=ANSWER_SECONDS
            )
        except OutboundError as error:
            raise LinkTrouble(error.code, str(error)) from None
        middle = (began + time.time()) / 2
        if answer.status != 200:
            raise _trouble(answer.status, answer.headers, answer.body, middle)
        try:
            document = json.loads(answer.body)
            ahead = float(document["time"]) - middle
            if not abs(ahead) < _LONGEST_AHEAD:
                raise ValueError("no time")
        except (ValueError, KeyError, TypeError, RecursionError, OverflowError) as error:
            raise LinkTrouble("no_lessonstream", f"the answer cannot be read: {error}") from None
        return Met(document, ahead)

    def tell(self, target: str, said: BaseModel, model: type[Model]) -> Model:
        """What is answered to a document that is sent to a path, and may be sent again. Raises ``NotShared``."""
        body = said.model_dump_json().encode()
        headers = {**self._headers("POST", target, body), "Content-Type": "application/json"}
        try:
            answer = self.outbound.post(self.url + target, body, headers, seconds=ANSWER_SECONDS)
        except OutboundError as error:
            raise LinkTrouble(error.code, str(error)) from None
        if answer.status != 200:
            raise _trouble(answer.status, answer.headers, answer.body, time.time())
        return _read(answer.body, model, target)

    def read(
        self, target: str, model: type[Model], most_bytes: int, *, seconds: float = ANSWER_SECONDS * 3
    ) -> Model:
        """The document at a path with its query. Raises ``NotShared``."""
        with self.open(target, seconds=seconds) as download:
            data = _all_of(download, most_bytes)
        return _read(data, model, target)

    def send(self, target: str, document: BaseModel, model: type[Model], most_bytes: int) -> Model:
        """Send a document to a path, and return the one that answers it. Raises ``NotShared``."""
        body = document.model_dump_json().encode()
        headers = {**self._headers("POST", target, body), "Content-Type": "application/json"}
        try:
            answer = self.outbound.post(
                self.url + target, body, headers, seconds=ANSWER_SECONDS * 3, most_bytes=most_bytes
            )
        except OutboundError as error:
            raise LinkTrouble(error.code, str(error)) from None
        if answer.status != 200:
            raise _trouble(answer.status, answer.headers, answer.body, time.time())
        return _read(answer.body, model, target)

    @contextmanager
    def open(
        self, target: str, *, start: int = 0, validator: str = "", seconds: float = OBJECT_SECONDS
    ) -> Iterator[Download]:
        """What lies at a path, from byte ``start`` on if it still has the ``validator``. Raises ``NotShared``."""
        try:
            with self.outbound.get(
                self.url + target,
                seconds=seconds,
                idle_seconds=IDLE_SECONDS,
                start=start,
                validator=validator,
                secrets=self._headers("GET", target, b""),
                kept=self.kept,
                redirects=0,
            ) as download:
                if download.status not in (200, 206):
                    body = download.read(_MOST_PROBLEM_BYTES)
                    raise _trouble(download.status, download.headers, body, time.time())
                yield download
        except OutboundError as error:
            raise LinkTrouble(error.code, str(error)) from None

    def _headers(self, method: str, target: str, body: bytes) -> dict[str, str]:
        token = sign_request(
            self.key,
            link_id=self.link_id,
            audience=self.url,
            method=method,
            target=target,
            body=body,
            now=time.time(),
        )
        return {"Authorization": f"Bearer {token}"}


def _read(data: bytes, model: type[Model], target: str) -> Model:
    try:
        document = model.model_validate_json(data)
    except ValidationError as error:
        raise LinkTrouble("answer_invalid", f"{target}: {error.errors()[0]['loc']}") from None
    # JSON has no other way to write it, and the catalogue none to keep it.
    if b"\\u0000" in data and not is_kept(document.model_dump()):
        raise LinkTrouble("answer_invalid", f"{target}: a text with U+0000")
    return document


def _all_of(download: Download, most_bytes: int) -> bytes:
    try:
        return b"".join(download.slices(most_bytes))
    except OutboundError as error:
        raise LinkTrouble(error.code, str(error)) from None


def _trouble(status: int, headers: Mapping[str, str], body: bytes, now: float) -> Exception:
    code = _code_of(headers, body)
    if code in _OF_CODE:
        return LinkTrouble(_OF_CODE[code], f"{code}, HTTP status {status}", _clock_ahead(headers, now))
    if status in (404, 410, 416) and code:
        return NotShared(f"{code}, HTTP status {status}")
    if status >= 500 or status in (408, 425, 429):
        return LinkTrouble("platform_in_trouble", f"HTTP status {status} {code}")
    return LinkTrouble("answer_invalid" if code else "no_lessonstream", f"HTTP status {status} {code}")


def _code_of(headers: Mapping[str, str], body: bytes) -> str:
    if headers.get("content-type", "").partition(";")[0] != _PROBLEM:
        return ""
    try:
        code = json.loads(body)["code"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
    return code if isinstance(code, str) and _CODE.fullmatch(code) else ""


def _clock_ahead(headers: Mapping[str, str], now: float) -> float | None:
    try:
        told: datetime = parsedate_to_datetime(headers["date"])
        return told.timestamp() - now
    except (KeyError, ValueError, TypeError, OverflowError):
        return None
