"""Ways in to Studio: to the portal and back, and the cookies that are given to a browser there."""

from __future__ import annotations

import secrets
from typing import Final
from urllib.parse import urlencode, urlsplit

from flask import Response, redirect, request

from media_service import session_cookie as cookies
from media_service.services import services

STATE: Final = "sign-in"
"""Purpose of the cookie that remembers what was sent along to the portal."""

_STATE_SECONDS: Final = 600


def way_in(back: str) -> Response:
    """A redirect to the portal that signs people in, which leads them to the page ``back`` of Studio from there."""
    portal, state = services().settings.studio_sign_in_url, secrets.token_urlsafe(24)
    mark = "&" if urlsplit(portal).query else "?"
    response = to(f"{portal}{mark}{urlencode({'return_to': back, 'state': state})}")
    set_cookie(response, STATE, state, _STATE_SECONDS)
    return response


def to(address: str) -> Response:
    """A redirect that nobody keeps, to be followed by GET."""
    response = redirect(address, 303, Response)
    assert isinstance(response, Response)  # noqa: S101  (for the type checker)
    response.headers["Cache-Control"] = "no-store"
    return response


def set_cookie(response: Response, purpose: str, value: str, seconds: int) -> None:
    """Give the browser one of our cookies; an empty ``value`` takes it away."""
    public_url = services().settings.public_url
    response.set_cookie(
        cookies.cookie_name(public_url, purpose),
        value,
        max_age=seconds if value else 0,
        path="/",
        secure=cookies.is_secure(public_url),
        httponly=True,
        samesite="Lax",
    )


def state_sent() -> str | None:
    """What this browser took along to the portal, if it did so lately."""
    return request.cookies.get(cookies.cookie_name(services().settings.public_url, STATE)) or None
