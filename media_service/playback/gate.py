"""Who may play what: the one place where playback IDs are looked up and tokens are checked."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import cast

from flask import Flask, current_app, request
from flask.blueprints import BlueprintSetupState

from media_service.errors import ApiError
from media_service.playback import tokens
from media_service.playback.cache import Cache
from media_service.playback.delivery import choose
from media_service.playback.lookups import Lookups, Playback
from media_service.playback.signing import SigningKeys
from media_service.playback.tokens import Grant, TokenExpired, TokenForeign, TokenInvalid
from media_service.services import Services
from storage.ids import is_id

SEGMENT_GRACE = 600
"""Seconds for which segments outlive the token: what a player has in its playlist it may finish.

A playlist that ended is loaded once, so a viewer who paused is not cut off at the very second. Playlists and
pages have no grace: nobody can begin with an expired token.
"""

_EXTENSION = "lessonstream_playback"
_CHALLENGE = 'Bearer realm="playback"'


@dataclass(frozen=True)
class Admission:
    """A request that may go on. ``token`` is None for public playback IDs, whatever the request carried."""

    playback: Playback
    token: str | None
    grant: Grant | None

    @property
    def query(self) -> str:
        """What child URIs must carry."""
        return f"?token={self.token}" if self.token else ""

    @property
    def segments_until(self) -> float | None:
        """When segments end for this viewer, in seconds since the epoch; None if no token was needed."""
        return None if self.grant is None else self.grant.expires_at + SEGMENT_GRACE

    def allows(self, kind: str) -> bool:
        """Whether the same request may also see things of another kind."""
        return self.grant is None or kind in self.grant.kinds

    def cache_control(self, seconds: int, *, immutable: bool = False) -> str:
        """What caches may keep: only the viewer's own if the answer took a token."""
        scope = "public" if self.grant is None else "private"
        return f"{scope}, max-age={seconds}" + (", immutable" if immutable else "")


class Gate:
    """What one process knows about playback: lookups, keys and tokens that were checked before."""

    def __init__(self, services: Services) -> None:
        self.delivery = choose(services.settings, services.objects)
        self.lookups = Lookups(services.sessions, self.delivery)
        self.keys = SigningKeys(services.sessions, services.settings.secret_key)
        # Verifying a signature costs more than all the rest of a playlist. ``check`` runs on every use all the same,
        # so a token ends with its time and its key; refused ones are not kept, so strangers push nothing out.
        self._grants: Cache[str, Grant] = Cache(20_000)

    def admit(self, playback_id: str, kind: str, token: str, *, grace: float = 0) -> Admission:
        """Let a viewer with ``token`` (an empty text for none) at ``kind`` of a playback ID.

        Raises ``playback_not_found``, ``token_missing``, ``token_invalid``, ``token_expired`` and
        ``token_not_allowed``, each with a body that is the same for all cases.
        """
        playback = self.lookups.playback(playback_id) if is_id(playback_id) else None
        if playback is None:
            raise ApiError("playback_not_found")
        if playback.policy == "public":
            return Admission(playback, None, None)
        if not token:
            raise ApiError("token_missing", headers={"WWW-Authenticate": _CHALLENGE})
        try:
            grant = self._grant(token)
            tokens.check(
                grant,
                self.keys.verifying(),
                playback.id,
                kind,
                time.time(),
                organization_id=playback.organization_id,
                grace=grace,
            )
        except TokenForeign:
            raise ApiError("token_not_allowed") from None
        except TokenExpired:
            raise _refused("token_expired") from None
        except TokenInvalid:
            raise _refused("token_invalid") from None
        return Admission(playback, token, grant)

    def _grant(self, token: str) -> Grant:
        known = self._grants.find(token)
        if known is None:
            known = tokens.read(token, self.keys.verifying(tokens.key_id_of(token)))
            self._grants.put(token, known)
        return known


def admit(playback_id: str, kind: str, *, grace: float = 0) -> Admission:
    """``Gate.admit`` for the current request, with the token of its query."""
    return gate().admit(playback_id, kind, request.args.get("token", ""), grace=grace)


def install(state: BlueprintSetupState) -> None:
    """Give the application its gate; runs when the blueprint is registered."""
    state.app.extensions[_EXTENSION] = Gate(cast("Services", state.app.extensions["lessonstream"]))


def gate() -> Gate:
    """The gate of the application that handles the current request."""
    return gate_of(current_app)


def gate_of(app: Flask) -> Gate:
    """The gate of an application."""
    return cast("Gate", app.extensions[_EXTENSION])


def _refused(code: str) -> ApiError:
    return ApiError(code, headers={"WWW-Authenticate": f'{_CHALLENGE}, error="invalid_token"'})
