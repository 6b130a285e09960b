"""Who is calling: API keys, people who signed in, roles, and whose assets a caller may see.

A key or a token is sent as ``Authorization: Bearer KEY`` (RFC 6750); without that header the cookie of a session
counts, for a page of our own alone. A caller sees the assets of its own organization and of those below it, an author
who signed in only what is their own; anything else does not exist for it (404).
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final, Literal, ParamSpec, TypeVar, cast

from flask import Flask, Response, current_app, g, request
from sqlalchemy.orm import Session

from configs.words import ROLES, Role, Scope
from media_service import session_cookie as csrf
from media_service.cache import Cache
from media_service.problems import ApiError
from media_service.request_state import state_of
from media_service.services import services
from storage.catalogue import collections, link_entries, organization_tree, sessions, visibility
from storage.catalogue.assets import find_asset
from storage.catalogue.models import Asset, Collection, Organization
from storage.catalogue.organization_tree import OrganizationClosed
from storage.catalogue.organizations import Caller, find_caller
from storage.catalogue.reach import Reach
from storage.catalogue.visibility import Viewer
from storage.ids import is_id

CACHE_SECONDS = 5.0
"""How long a process may go on accepting a key or session that was revoked elsewhere."""

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
    """Give the application its cache of callers, and have caches keep nothing that a cookie opened."""
    app.extensions["lessonstream_keys"] = Cache(_CACHE_SIZE, CACHE_SECONDS)
    app.after_request(_keep_to_themselves)


def require(
    *roles: Role, scope: Scope | None, or_scope: Scope | None = None, entrants: bool = False
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let only callers with one of ``roles`` (any role if empty) into a view; those whose key has scopes only with
    ``scope`` (None: all) or ``or_scope`` among them. ``entrants``: who sends the file of an entry comes in, too.

    The view finds the caller by ``caller()``. Raises ``key_missing``, ``key_invalid``, ``key_expired`` and
    ``session_over`` and ``entry_closed`` (401), ``csrf_invalid``, ``role_not_allowed`` and ``scope_not_allowed`` (403).
    """
    allowed = roles or ROLES

    def decorate(view: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            g.caller = _authenticate(entrants=entrants)
            state_of(request.environ).key_id = g.caller.identity
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


def optional(*, scope: Scope) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let everybody into a view; who shows a key must show one that counts and may do this. A cookie means nothing:
    ``is_known`` tells whether there is a caller."""

    def decorate(view: Callable[P, R]) -> Callable[P, R]:
        guarded = require(scope=scope)(view)

        @functools.wraps(view)
        def let_in(*args: P.args, **kwargs: P.kwargs) -> R:
            return (guarded if "Authorization" in request.headers else view)(*args, **kwargs)

        return let_in

    return decorate


def is_known() -> bool:
    """Whether a view that is ``optional`` has a caller."""
    return "caller" in g


def require_role(*roles: Role) -> None:
    """Go on if the caller's key has one of these roles. Raises ``role_not_allowed``."""
    if caller().role not in roles:
        raise ApiError("role_not_allowed", f"This needs a key with role {' or '.join(roles)}.")


def require_scope(scope: Scope) -> None:
    """Go on if the caller's key may do this, too. Raises ``scope_not_allowed``."""
    scopes = caller().scopes
    if scopes is not None and scope not in scopes:
        raise ApiError("scope_not_allowed", f"This needs a key with scope {scope}.")


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
    """What the caller may see: its organization and all below it; of authors who signed in what is their own."""
    return caller().reach


def viewer() -> Viewer:
    """Who looks, for ``storage.catalogue.visibility``. An API key of authors acts for its organization's own systems,
    which bring lessons and change them: it manages them."""
    return viewer_of(caller())


def viewer_of(known: Caller) -> Viewer:
    """The same of anybody who is known."""
    return Viewer(
        organization_id=known.organization_id if known.partner_id is None else None,
        person_id=known.person_id,
        partner_id=known.partner_id,
        manages=known.role == "admin" or (known.role == "author" and known.person_id is None),
    )


def limited_viewer() -> Viewer | None:
    """Who looks at lists of what is within reach, if they may not see all of it; None for those who make lessons."""
    return None if caller().role in WRITERS else viewer()


def reach_of(session: Session, organization_id: str | None) -> Reach:
    """What the caller may see of an organization and of all below it; of its own if None. Raises
    ``organization_not_found``.
    """
    if organization_id is not None and not reach().includes(session, organization_id):
        raise ApiError("organization_not_found")
    return reach() if organization_id is None else replace(reach(), root=organization_id)


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
    """The asset, if the caller may see it; with ``for_update``, others wait with their changes. Portals see nothing
    that is private, or not published. Raises ``asset_not_found``.
    """
    found = find_asset(session, asset_id, reach(), for_update=for_update) if is_id(asset_id) else None
    limited = limited_viewer()
    if found is None or (limited is not None and not visibility.seen(session, limited, [found])):
        raise ApiError("asset_not_found")
    return found


def require_here(asset: Asset) -> None:
    """Go on if an asset is one that may play here, not a reference to a page of another site. Raises
    ``asset_external``."""
    if asset.state == "external":
        raise ApiError("asset_external")


def organization(session: Session, organization_id: str, *, for_update: bool = False) -> Organization:
    """An organization within reach. Raises ``organization_not_found``."""
    found = (
        session.get(Organization, organization_id, with_for_update=for_update or None)
        if is_id(organization_id)
        else None
    )
    if found is None or not reach().includes(session, found.id):
        raise ApiError("organization_not_found")
    return found


def collection(session: Session, collection_id: str, *, for_update: bool = False) -> Collection:
    """The same of a collection; partners see those that are shared with them. Raises ``collection_not_found``."""
    found: Collection | None = None
    if is_id(collection_id) and caller().role == "partner":
        found = collections.find_shared_collection(session, collection_id, viewer())
    elif is_id(collection_id):
        found = collections.find_collection(session, collection_id, reach(), for_update=for_update)
    limited = limited_viewer()
    if found is None or (limited is not None and not visibility.seen(session, limited, [found])):
        raise ApiError("collection_not_found")
    return found


def csrf_token() -> str | None:
    """What the page that asks shows with what it changes; None where no cookie let it in."""
    secret = g.get("cookie_secret")
    return csrf.csrf_token(secret) if secret else None


def signed_in() -> Caller | None:
    """Who is signed in to the browser that asks for a page; None if nobody is."""
    secret = cookie_secret()
    found = _known("browser", secret) if secret else None
    return None if found is None or found.is_closed else found


def reader_here() -> Caller | None:
    """Who is signed in to the browser that asks for a page which shows them more than others; None where another site
    has the page asked for."""
    found = signed_in() if csrf.may_read(request.headers) else None
    is_over = found is not None and found.expires_at is not None and found.expires_at <= datetime.now(UTC)
    return None if is_over else found


def cookie_secret() -> str:
    """The secret of the session whose cookie the browser sends, or an empty text."""
    return request.cookies.get(csrf.cookie_name(services().settings.public_url), "")


def require_counts(known: Caller) -> None:
    """Go on unless a key or session has come to its end, or its organization is closed. Raises ``key_expired``,
    ``session_over`` and ``organization_closed``.
    """
    if known.expires_at is not None and known.expires_at <= datetime.now(UTC):
        raise ApiError("session_over" if known.session_id else "key_expired", headers=_INVALID)
    if known.is_closed:
        raise ApiError("organization_closed")


def forget_keys() -> None:
    """Empty this process's cache, after a key or a session was revoked here."""
    _cache().clear()


def _authenticate(*, entrants: bool) -> Caller:
    found = _by_header(entrants=entrants) if "Authorization" in request.headers else _by_cookie()
    require_counts(found)
    return found


def _by_header(*, entrants: bool) -> Caller:
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    secret = secret.strip()
    if scheme.lower() != "bearer" or not secret:
        raise ApiError("key_missing", _what_is_missing(scheme, secret), headers=_CHALLENGE)
    if entrants and secret.startswith(link_entries.TOKEN_PREFIX):
        return _entrant(secret)
    is_token = secret.startswith(sessions.TOKEN_PREFIX)
    found = _known("token" if is_token else "key", secret)
    if found is None:
        raise ApiError("session_over" if is_token else "key_invalid", headers=_INVALID)
    return found


def _entrant(token: str) -> Caller:
    """Asked for each time: a link closes to the second."""
    with services().sessions() as session:
        found = link_entries.find_caller(session, token)
    if found is None:
        raise ApiError("entry_closed", headers=_INVALID)
    return found


def _by_cookie() -> Caller:
    secret = cookie_secret()
    if not secret or not csrf.may_read(request.headers):
        if secret and request.method not in csrf.SAFE_METHODS:
            raise ApiError("csrf_invalid", "The request comes from a page of another site.")
        raise ApiError("key_missing", headers=_CHALLENGE)
    found = _known("browser", secret)
    if found is None:
        raise ApiError("session_over", headers=_INVALID)
    if request.method not in csrf.SAFE_METHODS:
        if not csrf.may_change(request.headers, request.host, services().settings.public_url):
            raise ApiError("csrf_invalid", "The request comes from a page of another site.")
        if not csrf.is_csrf_token(secret, request.headers.get(csrf.CSRF_HEADER, "")):
            raise ApiError("csrf_invalid", f"{csrf.CSRF_HEADER} must be what GET /v1/whoami told.")
    g.cookie_secret = secret
    return found


def _known(kind: Literal["key", "token", "browser"], secret: str) -> Caller | None:
    """For whom a secret of this kind speaks. Unknown ones are asked for each time, so a new one counts at once."""
    digest = _digest(f"{kind} {secret}")
    found = _cache().find(digest)
    if found is None:
        with services().sessions.begin() as session:
            if kind == "key":
                found = find_caller(session, secret)
            else:
                idle = timedelta(seconds=services().settings.studio_session_idle)
                found = sessions.find_caller(session, kind, secret, idle)
        if found is not None:
            _cache().put(digest, found)
    return found


def _keep_to_themselves(response: Response) -> Response:
    """What a cookie opened is nothing for caches that others share."""
    if g.get("cookie_secret"):
        response.headers.setdefault("Cache-Control", "private, no-cache")
        response.vary.add("Cookie")
    return response


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
    """Return callers by the digest of their key or of their session's secret."""
    return cast("Cache[bytes, Caller]", current_app.extensions["lessonstream_keys"])


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).digest()
