"""Who is calling: API keys, roles, and whose assets a caller may see.

A key is sent as ``Authorization: Bearer KEY`` (RFC 6750). A caller sees the assets of its own organization and
of those below it; anything else does not exist for it (404).
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final, ParamSpec, TypeVar, cast

from flask import Flask, current_app, g, request
from sqlalchemy.orm import Session

from configs.words import ROLES, Role, Scope
from media_service.cache import Cache
from media_service.problems import ApiError
from media_service.request_state import state_of
from media_service.services import services
from storage.catalogue import organization_tree
from storage.catalogue.assets import find_asset
from storage.catalogue.models import Asset
from storage.catalogue.organization_tree import OrganizationClosed
from storage.catalogue.organizations import Caller, find_caller
from storage.catalogue.reach import Reach
from storage.ids import is_id

CACHE_SECONDS = 5.0
"""How long a process may go on accepting a key that was revoked elsewhere."""

_CACHE_SIZE = 10_000
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="lessonstream"'}
_INVALID = {"WWW-Authenticate": 'Bearer realm="lessonstream", error="invalid_token"'}

READERS: Final = ("admin", "author", "portal")
"""Roles that may look at assets."""

WRITERS: Final = ("admin", "author")
"""Roles that may bring, change and delete them."""

P = ParamSpec("P")
R = TypeVar("R")


def register(app: Flask) -> None:
    """Give the application its cache of API keys. Unknown ones are never kept, so a new key works at once."""
    app.extensions["lessonstream_keys"] = Cache(_CACHE_SIZE, CACHE_SECONDS)


def require(
    *roles: Role, scope: Scope | None, or_scope: Scope | None = None
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let only callers with one of ``roles`` (any role if empty) into a view; those whose key has scopes only with
    ``scope`` (None: all) or ``or_scope`` among them.

    The view finds the caller by ``caller()``. Raises ``key_missing``, ``key_invalid`` and ``key_expired`` (401),
    ``role_not_allowed`` and ``scope_not_allowed`` (403).
    """
    allowed = roles or ROLES

    def decorate(view: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            g.caller = _authenticate()
            state_of(request.environ).key_id = g.caller.key_id
            if g.caller.role not in allowed:
                raise ApiError("role_not_allowed", f"This needs a key with role {' or '.join(allowed)}.")
            scopes = g.caller.scopes
            if scope is not None and scopes is not None and not scopes & {scope, or_scope}:
                raise ApiError("scope_not_allowed", f"This needs a key with scope {scope}.")
            return view(*args, **kwargs)

        guarded.allowed_roles = allowed  # type: ignore[attr-defined]  # read by the OpenAPI document
        guarded.scopes = [each for each in (scope, or_scope) if each]  # type: ignore[attr-defined]
        return guarded

    return decorate


def caller() -> Caller:
    """The caller of a view that is guarded by ``require``."""
    return cast("Caller", g.caller)


def act_as(known: Caller) -> None:
    """Go on for a caller whom an earlier part of the same request let in."""
    g.caller = known


def only_own_uploads() -> str | None:
    """The caller's key, if it may not look at the uploads of others."""
    return caller().key_id if caller().sees_own_uploads_alone else None


def reach() -> Reach:
    """The caller's organization and all below it."""
    return Reach(caller().organization_id)


def reach_of(session: Session, organization_id: str | None) -> Reach:
    """One of the organizations that the caller sees, with all below it; the caller's own if None. Raises
    ``organization_not_found``.
    """
    if organization_id is not None and not reach().includes(session, organization_id):
        raise ApiError("organization_not_found")
    return reach() if organization_id is None else Reach(organization_id)


def owner(session: Session, organization_id: str | None) -> str:
    """The organization that something new shall belong to: the caller's own if None, else one that it sees. Raises
    ``organization_not_found`` and ``organization_closed``.
    """
    wanted = reach_of(session, organization_id).root
    require_open(session, wanted)
    return wanted


def require_open(session: Session, organization_id: str) -> None:
    """Go on if something new may come into an organization. Raises ``organization_closed``."""
    try:
        organization_tree.require_open(session, organization_id)
    except OrganizationClosed:
        raise ApiError("organization_closed") from None


def asset(session: Session, asset_id: str, *, for_update: bool = False) -> Asset:
    """The asset, if the caller may see it; with ``for_update``, others wait with their changes. Raises
    ``asset_not_found``.
    """
    found = find_asset(session, asset_id, reach(), for_update=for_update) if is_id(asset_id) else None
    if found is None:
        raise ApiError("asset_not_found")
    return found


def forget_keys() -> None:
    """Empty this process's cache, after a key was revoked here."""
    _cache().clear()


def _authenticate() -> Caller:
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    secret = secret.strip()
    if scheme.lower() != "bearer" or not secret:
        raise ApiError("key_missing", _what_is_missing(scheme, secret), headers=_CHALLENGE)
    digest = _digest(secret)
    found = _cache().find(digest)
    if found is None:
        with services().sessions.begin() as session:
            found = find_caller(session, secret)
        if found is None:
            raise ApiError("key_invalid", headers=_INVALID)
        _cache().put(digest, found)
    if found.expires_at is not None and found.expires_at <= datetime.now(UTC):
        raise ApiError("key_expired", headers=_INVALID)
    if found.is_closed:
        raise ApiError("organization_closed")
    return found


def _what_is_missing(scheme: str, secret: str) -> str | None:
    """What a developer is told of an ``Authorization`` header that holds no bearer token. It may hold a key, so it is
    not repeated.
    """
    if not scheme:
        return None
    if scheme.lower() == "bearer":
        return "The Authorization header has no key after the word Bearer."
    if not secret:
        return "The Authorization header lacks the word Bearer before the key."
    return "The Authorization header is of another scheme than Bearer."


def _cache() -> Cache[bytes, Caller]:
    """Return callers by the digest of their key."""
    return cast("Cache[bytes, Caller]", current_app.extensions["lessonstream_keys"])


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).digest()
