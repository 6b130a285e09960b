"""Who asks under ``/v1/exchange/``: a linked platform, by requests that it signs (``storage.exchange.requests``).

No key and no session is let in here, and what lets a platform in here lets it in nowhere else.
"""

from __future__ import annotations

import functools
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final, NoReturn, ParamSpec, TypeVar, cast

from flask import g, request
from sqlalchemy.orm import Session

from media_service.problems import ApiError, ErrorCode
from media_service.request_state import state_of
from media_service.services import services
from media_service.session_cookie import SAFE_METHODS
from storage.catalogue import links
from storage.catalogue.models import PlatformLink
from storage.catalogue.visibility import Viewer
from storage.exchange.requests import (
    REMEMBERED,
    ClocksApart,
    RequestInvalid,
    Verified,
    claimed_link,
    verify_request,
)
from storage.once import OnceUnknown

log = logging.getLogger(__name__)

LARGEST_BODY: Final = 1024 * 1024

_HEARD_EVERY: Final = timedelta(seconds=10)
"""Whoever fetches a thousand objects is not written down a thousand times."""

_CHALLENGE: Final = {"WWW-Authenticate": 'Bearer realm="lessonstream exchange", error="invalid_token"'}

P = ParamSpec("P")
R = TypeVar("R")


def linked(view: Callable[P, R]) -> Callable[P, R]:
    """Let only linked platforms into a view, which finds theirs by ``link``. What changes something counts once.

    Raises ``link_token_invalid``, ``link_token_used`` and ``link_clocks_apart`` (401), ``link_not_answered``,
    ``link_paused`` and ``link_ended`` (403), and ``service_unavailable`` where nobody can tell whether a request that
    changes something comes for the first time.
    """

    @functools.wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        g.platform_link = _authenticate()
        return view(*args, **kwargs)

    guarded.of_platforms = True  # type: ignore[attr-defined]  # read by the OpenAPI document
    return guarded


def link() -> PlatformLink:
    """The link by which a view that is guarded by ``linked`` was asked."""
    return cast("PlatformLink", g.platform_link)


def viewer(session: Session) -> Viewer:
    """Who looks, for ``storage.catalogue.visibility``."""
    return links.viewer_of(session, link())


def _authenticate() -> PlatformLink:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    token = token.strip()
    try:
        link_id = claimed_link(token if scheme.lower() == "bearer" else "")
    except RequestInvalid as error:
        _refuse("link_token_invalid", str(error))
    with services().sessions() as session:
        found = session.get(PlatformLink, link_id)
    if found is None:
        _refuse("link_token_invalid", "of a link that is not known")
    if found.peer_key is None:
        # Nothing can be checked yet; that a link waits is no secret to who knows its ID.
        raise ApiError("link_ended" if found.state == "ended" else "link_not_answered")
    verified = _verified(token, found)
    state_of(request.environ).key_id = f"link {found.id}"
    if found.state in ("paused", "ended"):
        raise ApiError("link_ended" if found.state == "ended" else "link_paused")
    if request.method not in SAFE_METHODS:
        _require_first(found.id, verified.jti)
    if (
        found.state == "waiting"
        or found.heard_at is None
        or found.heard_at < datetime.now(UTC) - _HEARD_EVERY
    ):
        links.heard(services().sessions, found.id, verified.clock_ahead)
    return found


def _verified(token: str, found: PlatformLink) -> Verified:
    if (request.content_length or 0) > LARGEST_BODY:
        raise ApiError("too_large", f"Bodies may have {LARGEST_BODY} bytes.")
    query = request.query_string.decode("latin-1")
    now = time.time()
    try:
        return verify_request(
            token,
            found.peer_key or "",
            link_id=found.id,
            audience=services().settings.public_url,
            method=request.method,
            target=request.path + (f"?{query}" if query else ""),
            body=request.get_data() if request.method not in SAFE_METHODS else b"",
            now=now,
        )
    except ClocksApart as error:
        raise ApiError(
            "link_clocks_apart",
            f"It is {int(now)} here (seconds since 1970), the request was signed {error.seconds:+.0f} s from that.",
            headers=_CHALLENGE,
        ) from None
    except RequestInvalid as error:
        _refuse("link_token_invalid", str(error))


def _require_first(link_id: str, jti: str) -> None:
    try:
        is_first = services().take_once(f"link:{link_id}:{jti}", REMEMBERED)
    except OnceUnknown as error:
        log.warning("a linked platform has to wait, Redis is away: %s", error)
        raise ApiError("service_unavailable", headers={"Retry-After": "5"}) from None
    if not is_first:
        raise ApiError("link_token_used", headers=_CHALLENGE)


def _refuse(code: ErrorCode, why: str) -> NoReturn:
    # Forgers are not told how far they came.
    log.info("a request in the name of a linked platform is refused: %s", why)
    raise ApiError(code, headers=_CHALLENGE)
