"""Who may play what: the one place where playback IDs are looked up and tokens are checked."""

from __future__ import annotations

import hashlib
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, NoReturn
from urllib.parse import parse_qs

from media_service.cache import Cache
from media_service.playback.access import tokens
from media_service.playback.access.origins import allows, asking_origin
from media_service.playback.access.partner_terms import PartnerTerms
from media_service.playback.access.playback_ids import Playback, PlaybackIds
from media_service.playback.access.rate_limits import RateLimits
from media_service.playback.access.references import References, SharedByLinks
from media_service.playback.access.signing import SigningKeys
from media_service.playback.access.token_folders import token_folder
from media_service.playback.access.token_limits import Clip, TokenLimits
from media_service.playback.access.tokens import (
    DOWNLOAD,
    IMAGE,
    VIDEO,
    Grant,
    TokenExpired,
    TokenForeign,
    TokenInvalid,
    is_of_platform,
)
from media_service.problems import ApiError, ErrorCode
from media_service.proxies import client_address
from media_service.request_state import state_of
from media_service.services import AdmitPlay
from storage.catalogue.file_names import AUDIO_FILE, VIDEO_FILE
from storage.catalogue.partners import Terms
from storage.catalogue.visibility import ANYBODY, Viewer
from storage.ids import is_id
from storage.origins import origin_of
from storage.plays import LEASE_SECONDS

SEGMENT_GRACE = 600
"""Seconds for which segments outlive the token: what a player has in its playlist it may finish.

A playlist that ended is loaded once, so a viewer who paused is not cut off at the very second. Playlists and
pages have no grace: nobody can begin with an expired token.
"""

PARTNER_SECONDS = 30
"""How long caches keep what only a partner's pages may show, segments excepted: changes of the partner count soon."""

_AT_ORIGIN = frozenset(
    {"master.m3u8", "manifest.mpd", "storyboard.vtt", "storyboard.jpg", VIDEO_FILE, AUDIO_FILE}
)
"""What is led on under the same name."""

_CHALLENGE = 'Bearer realm="playback"'


@dataclass(frozen=True)
class Admission:
    """A request that may go on. ``token`` is None for public playback IDs, whatever the request carried.

    ``origins`` are those whose pages may show it, besides the service's own; None if all may. ``has_folder``: the token
    stood in the path of its address, and so in that of all that is relative to it.
    """

    playback: Playback
    token: str | None
    grant: Grant | None
    origins: tuple[str, ...] | None = None
    has_folder: bool = False

    @property
    def query(self) -> str:
        """The query that child URIs must carry."""
        return f"?token={self.token}" if self.token and not self.has_folder else ""

    @property
    def folder(self) -> str:
        """What may stand before child URIs in the place of the query."""
        return token_folder(self.token) if self.token and not self.has_folder else ""

    @property
    def segments_until(self) -> float | None:
        """When segments end for this viewer, in seconds since the epoch; None if no token was needed."""
        return None if self.grant is None else self.grant.expires_at + SEGMENT_GRACE

    @property
    def limits(self) -> TokenLimits | None:
        """The limits that stand in the token, None if there are none."""
        return self.grant.limits if self.grant is not None else None

    @property
    def clip(self) -> Clip | None:
        """The part of the time line that may be seen, None if all of it."""
        return self.limits.clip if self.limits is not None else None

    @property
    def is_blind(self) -> bool:
        """Whether nothing may be told of what people wrote about the lesson: its title is the token's already."""
        return self.limits is not None and self.limits.alias is not None

    @property
    def opens_movie(self) -> bool:
        """Whether what plays is interactive and may be played as the movie that it is. That keeps to no limit of a
        token: it holds everything, in any size.
        """
        playback = self.playback
        is_here = playback.is_interactive and playback.is_playable and playback.played_there is None
        return is_here and (self.limits is None or self.limits.whole_files)

    @property
    def may_study(self) -> bool:
        """Whether the token asks for study hours: it names course and learner, and opens the lesson as a whole."""
        grant = self.grant
        names = grant is not None and bool(grant.course and grant.viewer and grant.viewers_of)
        return names and self.clip is None and not self.is_blind

    @property
    def is_watched(self) -> bool:
        """Whether only this service may send segments, for it has to look at each request: a partner's bytes are
        counted, and pages that are not its own refused; players renew their place; a clip may end within a chunk.
        """
        plays = self.limits.plays if self.limits is not None else None
        return self.origins is not None or self.clip is not None or plays is not None

    def allows(self, kind: str) -> bool:
        """Return whether the same request may also see things of another kind."""
        return self.grant is None or kind in self.grant.kinds

    def cache_control(self, seconds: int, *, immutable: bool = False) -> str:
        """Return Cache-Control: only the viewer's own cache may keep what took a token, or depends on who asks."""
        scope = "public" if self.grant is None and self.origins is None else "private"
        if self.origins is not None and not immutable:
            seconds = min(seconds, PARTNER_SECONDS)
        return f"{scope}, max-age={seconds}" + (", immutable" if immutable else "")


class Gate:
    """Lets requests in, by what this process knows of playback IDs, keys and partners.

    ``public_url`` is the service's own address: its pages may show everything that anyone may.
    """

    def __init__(
        self,
        *,
        playback_ids: PlaybackIds,
        keys: SigningKeys,
        partner_terms: PartnerTerms,
        shared_by_links: SharedByLinks,
        references: References,
        rate_limits: RateLimits,
        admit_play: AdmitPlay,
        public_url: str,
    ) -> None:
        self._playback_ids = playback_ids
        self._keys = keys
        self._partner_terms = partner_terms
        self._shared_by_links = shared_by_links
        self._references = references
        self._rate_limits = rate_limits
        self._admit_play = admit_play
        self._own_origin = origin_of(public_url)
        # Verifying a signature costs more than all the rest of a playlist. ``check`` runs on every use all the same,
        # so a token ends with its time and its key; refused ones are not kept, so strangers push nothing out.
        self._grants: Cache[str, Grant] = Cache(20_000)

    def admit(
        self,
        playback_id: str,
        kind: str,
        token: str,
        *,
        grace: float = 0,
        environ: dict[str, Any] | None = None,
    ) -> Admission:
        """Let a viewer with ``token`` (an empty text for none) at ``kind`` of a playback ID.

        ``environ`` is the request, if it is one for media: it is counted, and pages that may not show the video may
        not ask. The player's own page is asked for without: who may frame it, its policy says.

        Raises ``playback_not_found``, ``token_missing``, ``token_invalid``, ``token_expired``,
        ``token_not_allowed`` and ``origin_not_allowed``, each with a body that is the same for all cases; and with
        ``environ`` ``rate_limited``, ``quota_spent`` and ``too_many_plays``; for media of what plays from another
        platform ``played_at_origin``, with the address there.
        """
        playback = self._playback_ids.find(playback_id) if is_id(playback_id) else None
        if playback is None:
            raise ApiError("playback_not_found")
        if _is_open(playback) and not is_of_platform(token):
            admission, terms = Admission(playback, None, None, self._restricted_to(playback)), None
        else:
            try:
                admission, terms = self._admit_by_token(playback, kind, token, grace)
            except ApiError:
                if environ is not None:
                    self.judge_reader(environ)
                raise
        if environ is not None:
            if state_of(environ).has_token_folder:
                admission = replace(admission, has_folder=True)
            self._judge_origin(environ, admission.origins)
            if kind == VIDEO:
                self._rate_limits.count_viewer(client_address(environ), admission.token)
                self.count_play(admission, environ)
            if terms is not None:
                state_of(environ).partner_id = terms.partner_id
                self._rate_limits.count_request(terms)
            if playback.played_there is not None and kind != IMAGE:
                self.send_to_origin(admission, environ)
        return admission

    def send_to_origin(self, admission: Admission, environ: dict[str, Any]) -> NoReturn:
        """Raise what leads a request for media to the platform that plays them: players follow it. Nothing is counted
        here. Raises ``played_at_origin``, ``not_for_references`` and ``reference_unlinked``."""
        played = admission.playback.played_there
        name = environ["PATH_INFO"].rpartition("/")[2]
        if played is None or environ["REQUEST_METHOD"] not in ("GET", "HEAD") or name == "views":
            raise ApiError("not_for_references")
        ticket = self._references.ticket_for(played, admission.grant, admission.origins)
        # Names of a version are those of here; there is one playlist that leads to all others.
        address = ticket.address(name if name in _AT_ORIGIN else "master.m3u8")
        raise ApiError("played_at_origin", headers={"Location": address})

    def judge_reader(self, environ: dict[str, Any]) -> None:
        """Find out whose pages may read the answer to a request for media, whatever it will be: a preflight's, or a
        refusal.
        """
        playback_id = environ["PATH_INFO"].split("/")[2]
        playback = self._playback_ids.find(playback_id) if is_id(playback_id) else None
        if playback is None:
            return
        origins = self._restricted_to(playback)
        token = parse_qs(environ.get("QUERY_STRING", "")).get("token", [""])[0]
        if not _is_open(playback) or is_of_platform(token):
            try:
                grant = self._grant(token)
            except TokenInvalid:
                return
            if grant.link_id is not None:
                origins = grant.origins
            elif grant.partner is not None:
                terms = self._partner_terms.terms(grant.partner, playback.asset_id)
                origins = terms.origins if terms else ()
        with suppress(ApiError):
            self._judge_origin(environ, origins)

    def _restricted_to(self, playback: Playback) -> tuple[str, ...] | None:
        return self._partner_terms.origins(playback.asset_id) if playback.origins == "partners" else None

    def _judge_origin(self, environ: dict[str, Any], origins: tuple[str, ...] | None) -> None:
        if origins is None:
            return
        state = state_of(environ)
        state.only_origin = ""
        asking = asking_origin(environ)
        if asking is None:
            return
        if asking != self._own_origin and not allows(origins, asking):
            raise ApiError("origin_not_allowed")
        if "HTTP_ORIGIN" in environ:
            state.only_origin = asking

    def _admit_by_token(
        self, playback: Playback, kind: str, token: str, grace: float
    ) -> tuple[Admission, Terms | None]:
        if playback.is_hidden and not token:
            raise ApiError("playback_not_found")
        grant = self.require(
            token,
            playback.id,
            kind,
            organization_id=playback.organization_id,
            shared_with=playback.shared_with,
            grace=grace,
        )
        if playback.is_hidden and not grant.preview:
            raise ApiError("playback_not_found")
        _require_clip(playback, grant)
        if grant.limits is not None and grant.limits.alias is not None:
            playback = replace(playback, title=grant.limits.alias)
        if grant.link_id is not None:
            if playback.played_there is not None or not self._shared_by_links.includes(
                grant.link_id, playback.asset_id
            ):
                raise ApiError("token_not_allowed")
            return Admission(playback, token, grant, grant.origins), None
        if grant.partner is None:
            return Admission(playback, token, grant), None
        terms = self._partner_terms.terms(grant.partner, playback.asset_id)
        if terms is None or (kind == DOWNLOAD and not terms.downloads):
            raise ApiError("token_not_allowed")
        return Admission(playback, token, grant, terms.origins), terms

    def require(
        self,
        token: str,
        subject: str,
        kind: str,
        *,
        organization_id: str | None = None,
        shared_with: frozenset[str] = frozenset(),
        grace: float = 0,
    ) -> Grant:
        """Return what ``token`` allows, if it opens ``kind`` of ``subject``, which ``organization_id`` owns and has
        shared with others. Raises as ``admit``."""
        if not token:
            raise ApiError("token_missing", headers={"WWW-Authenticate": _CHALLENGE})
        try:
            grant = self._grant(token)
            keys = self._keys.verifying()
            tokens.check(
                grant,
                keys,
                subject,
                kind,
                time.time(),
                organization_id=organization_id,
                shared_with=shared_with,
                grace=grace,
            )
        except TokenForeign:
            raise ApiError("token_not_allowed") from None
        except TokenExpired:
            raise _refused("token_expired") from None
        except TokenInvalid:
            raise _refused("token_invalid") from None
        return grant

    def viewer(self, token: str) -> Viewer:
        """Who looks at what is no single playback ID, such as a course, with ``token``: of the organization that asked
        for it, or for its partner; anybody without one, and with one that opens no video or tells no titles.

        Raises ``token_invalid`` and ``token_expired``.
        """
        if not token:
            return ANYBODY
        try:
            grant = self._grant(token)
            key = tokens.check_current(grant, self._keys.verifying(), time.time())
        except TokenExpired:
            raise _refused("token_expired") from None
        except TokenInvalid:
            raise _refused("token_invalid") from None
        is_blind = grant.limits is not None and grant.limits.alias is not None
        if grant.link_id is not None or VIDEO not in grant.kinds or is_blind:
            return ANYBODY
        if grant.partner is not None:
            terms = self._partner_terms.of(grant.partner)
            is_theirs = key.organization_id is None or (terms and terms.organization_id in key.organizations)
            return Viewer(partner_id=grant.partner) if terms and is_theirs else ANYBODY
        if grant.organization is not None:
            return Viewer(grant.organization)
        # Of a release that did not say it, whose tokens last for a day.
        played = self._playback_ids.find(grant.playback_id) if is_id(grant.playback_id) else None
        return Viewer(played.organization_id) if played else ANYBODY

    def count_play(self, admission: Admission, environ: dict[str, Any]) -> None:
        """Count the request's player, where the token limits how many a viewer may have. Raises ``too_many_plays``."""
        grant = admission.grant
        if grant is None or grant.limits is None or grant.limits.plays is None:
            return
        viewer = hashlib.sha256(f"{grant.viewers_of}\n{grant.viewer}".encode()).hexdigest()
        if not self._admit_play(viewer, _player(environ), grant.limits.plays):
            raise ApiError("too_many_plays", headers={"Retry-After": str(LEASE_SECONDS)})

    def _grant(self, token: str) -> Grant:
        known = self._grants.find(token)
        if known is None:
            known = tokens.read(token, self._keys.verifying(tokens.key_id_of(token)))
            self._grants.put(token, known)
        return known


def _is_open(playback: Playback) -> bool:
    return playback.policy == "public" and not playback.is_hidden


def _require_clip(playback: Playback, grant: Grant) -> None:
    """A clip that begins after the end has nothing to play."""
    clip = grant.limits.clip if grant.limits is not None else None
    if clip is not None and playback.picture is not None and clip.start >= playback.picture.duration:
        raise ApiError("token_not_allowed")


def _player(environ: dict[str, Any]) -> str:
    """Tells the players of a viewer apart by address and browser. A page that is loaded again, with whatever token, is
    the same player; two tabs of one browser are too.
    """
    browser = environ.get("HTTP_USER_AGENT", "")
    return hashlib.sha256(f"{client_address(environ)}\n{browser}".encode()).hexdigest()


def _refused(code: ErrorCode) -> ApiError:
    return ApiError(code, headers={"WWW-Authenticate": f'{_CHALLENGE}, error="invalid_token"'})
