"""What a request changes: one transaction, which also holds its entries of the audit log and, for whoever asks again
with the same ``Idempotency-Key``, its answer. So none of the three is there without the others.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, cast

from flask import Response, g, has_request_context, request
from sqlalchemy.orm import Session

from media_service import auth
from media_service.problems import ApiError
from media_service.services import services
from storage.catalogue import answers
from storage.catalogue.models import KeptAnswer
from storage.sealing import WrongSecretKey, seal, unseal

HEADER: Final = "Idempotency-Key"

_SENT_WITH: Final = (
    "Content-Type",
    "Content-Length",
    "Upload-Length",
    "Upload-Defer-Length",
    "Upload-Checksum",
    "Upload-Concat",
    "Upload-Metadata",
)
"""Headers that belong to a request: of a body that is not at hand they tell which one it is."""

_NOT_KEPT: Final = {"content-length", "upload-offset", "upload-expires"}
"""Headers of an answer that are told anew."""

_PURPOSE: Final = "lessonstream kept answers"
_KEY: Final = re.compile(r'"([\x20-\x7e]{1,255})"|([\x21-\x7e]{1,255})')
"""A string as HTTP writes them (RFC 9651, section 3.3.3), or the bare text that most clients send."""

Act = Callable[[], Response]
Refresh = Callable[[Response], Response | None]
"""What a kept answer is by now; None if what it tells of was taken back, so that the request is carried out again."""


@dataclass(frozen=True)
class _Asked:
    """A request that may come again: ``digest`` is of the caller and its key, ``fingerprint`` of what is asked."""

    digest: bytes
    fingerprint: bytes


@dataclass
class _Change:
    """The transaction of a request, begun when it is needed."""

    asked: _Asked | None
    session: Session | None = None
    after: list[Callable[[], object]] = field(default_factory=list)
    is_over: bool = False

    def begun(self) -> Session:
        if self.session is None:
            self.session = services().sessions()
        return self.session


@contextmanager
def transaction() -> Iterator[Session]:
    """The transaction of this request. It is committed once the view has made its answer, or by ``settle``."""
    change = _current()
    if change is not None:
        session = change.begun()
        yield session
        session.flush()
        return
    with _changing(None) as change:
        yield change.begun()
        _commit(change)


def after_commit(action: Callable[[], object]) -> None:
    """Do something once the transaction that is under way is committed."""
    change = _current()
    assert change is not None  # noqa: S101  (for the type checker)
    change.after.append(action)


def settle(response: Response) -> None:
    """Commit now, before a body is received: ``response`` is what others who ask the same are told."""
    change = _current()
    if change is not None:
        _commit(change, response)


def carry_out(act: Act, body: bytes, *, once: bool, refresh: Refresh) -> Response:
    """The answer of ``act``, whose changes are one transaction. With ``once`` an ``Idempotency-Key`` counts: of all
    requests with the same one and the same ``body`` the first is carried out, the others get its answer.

    Raises ``idempotency_key_used`` and ``idempotency_key_busy``.
    """
    with _changing(_asked(body) if once else None) as change:
        kept = _kept(change, change.asked, refresh) if change.asked is not None else None
        if kept is not None:
            return kept
        response = act()
        _commit(change, response)
        return response


@contextmanager
def _changing(asked: _Asked | None) -> Iterator[_Change]:
    change = g.change = _Change(asked)
    try:
        yield change
    finally:
        g.pop("change", None)
        if change.session is not None:
            change.session.close()


def _current() -> _Change | None:
    change = cast("_Change | None", g.get("change")) if has_request_context() else None
    return None if change is None or change.is_over else change


def _commit(change: _Change, response: Response | None = None) -> None:
    if change.is_over:
        return
    if change.asked is not None and response is not None:
        _keep(change.begun(), change.asked, response)
    if change.session is not None:
        change.session.commit()
    change.is_over = True
    for action in change.after:
        action()


def _asked(body: bytes) -> _Asked | None:
    given = request.headers.get(HEADER)
    if given is None:
        return None
    found = _KEY.fullmatch(given.strip())
    if found is None:
        raise ApiError("bad_request", f"{HEADER} must have 1 to 255 printable ASCII characters.")
    text = found[1] or found[2]
    asked = [
        request.method,
        request.full_path,
        *(request.headers.get(name, "") for name in _SENT_WITH),
    ]
    return _Asked(
        digest=hashlib.sha256(f"{auth.caller().identity} {text}".encode()).digest(),
        fingerprint=hashlib.sha256("\n".join(asked).encode("utf-8", "surrogateescape") + body).digest(),
    )


def _kept(change: _Change, asked: _Asked, refresh: Refresh) -> Response | None:
    session = change.begun()
    if not answers.begin(session, asked.digest):
        raise ApiError("idempotency_key_busy", headers={"Retry-After": "1"})
    found = answers.find(session, asked.digest)
    if found is None:
        return None
    if found.fingerprint != asked.fingerprint:
        raise ApiError("idempotency_key_used")
    response = _opened(found)
    refreshed = refresh(response) if response is not None else None
    if refreshed is not None:
        _commit(change)
        refreshed.headers["Idempotency-Replayed"] = "true"
    return refreshed


def _keep(session: Session, asked: _Asked, response: Response) -> None:
    content = zlib.compress(response.get_data(), 1)
    answers.keep(
        session,
        asked.digest,
        fingerprint=asked.fingerprint,
        status=response.status_code,
        headers=[[name, value] for name, value in response.headers if name.lower() not in _NOT_KEPT],
        body=seal(services().settings.secret_key, _PURPOSE, asked.digest, content),
    )


def _opened(found: KeptAnswer) -> Response | None:
    """The answer again; None if it was sealed with another SECRET_KEY."""
    try:
        content = unseal(services().settings.secret_key, _PURPOSE, found.digest, found.body)
    except WrongSecretKey:
        return None
    response = Response(zlib.decompress(content), found.status)
    for name in {name for name, _ in found.headers}:
        response.headers.pop(name, None)
    for name, value in found.headers:
        response.headers.add(name, value)
    return response
