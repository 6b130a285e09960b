"""``POST /v1/playback-tokens``: tokens and ready-made addresses for pages that show videos."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Annotated, Literal

from flask import Blueprint
from pydantic import BaseModel, ConfigDict, Field

from media_service import auth
from media_service.embed.snippet import Snippets, snippets
from media_service.errors import ApiError
from media_service.openapi import operation
from media_service.playback import lookups, tokens
from media_service.playback.gate import gate
from media_service.playback.links import Links
from media_service.playback.lookups import Playback
from media_service.playback.tokens import DOWNLOAD, IMAGE, MAX_LIFETIME, STORYBOARD, VIDEO
from media_service.services import services
from storage.catalogue.files import AUDIO_FILE, VIDEO_FILE
from storage.catalogue.playback import find_playbacks
from storage.ids import is_id

blueprint = Blueprint("playback_tokens", __name__, url_prefix="/v1/playback-tokens")

SHORTEST_DEFAULT = 3600
MOST = 100

Kind = Literal["video", "image", "storyboard", "download"]
Name = Annotated[str, Field(min_length=1, max_length=200)]


class TokenRequest(BaseModel):
    """What to issue. One ID answers with ``token``; a portal's page of many videos asks with ``playback_ids``."""

    model_config = ConfigDict(extra="forbid")

    playback_id: str | None = Field(None, description="The playback ID to issue a token for.")
    asset_id: str | None = Field(
        None, description="Or its asset: the oldest signed playback ID, else the oldest."
    )
    playback_ids: list[str] = Field([], max_length=MOST, description="Or many at once.")
    kinds: list[Kind] = Field(
        ["video", "image", "storyboard"],
        min_length=1,
        max_length=4,
        description="What the token opens: the video with its page, posters and thumbnails, previews, whole files.",
    )
    expires_in: int | None = Field(
        None,
        ge=1,
        le=MAX_LIFETIME,
        description="Seconds; twice the video's length if left out, but an hour at least and a day at most.",
    )
    viewer: Name | None = Field(None, description="Your own, opaque name for the viewer, for counting views.")


class IssuedToken(BaseModel):
    """Addresses of one playback ID. ``token`` is null if it is public and needs none."""

    playback_id: str
    policy: str
    token: str | None
    expires_at: datetime | None
    manifest_url: str | None
    poster_url: str | None
    storyboard_url: str | None
    embed_url: str | None
    snippet: str | None
    snippets: Snippets | None
    download_url: str | None
    audio_url: str | None


class TokenAnswer(IssuedToken):
    """``tokens`` are all, in the order asked for; the fields beside are those of the first. So whoever asks for one
    reads `token` and its addresses, and whoever asks for a list reads a list, also where it has one entry.
    """

    tokens: list[IssuedToken]


@blueprint.post("")
@auth.require("admin", "author", "portal", "partner")
@operation(
    "Issue playback tokens",
    tag="Playback",
    body=TokenRequest,
    answer=TokenAnswer,
    status=201,
    errors=("playback_not_found",),
)
def issue(body: TokenRequest) -> TokenAnswer:
    """Tokens for playback IDs of the caller's organization and of those below it."""
    found = _find(body)
    issued = [_issue(playback, body) for playback in found]
    return TokenAnswer(**issued[0].model_dump(), tokens=issued)


def _find(body: TokenRequest) -> list[Playback]:
    given = [value for value in (body.playback_id, body.asset_id, body.playback_ids) if value]
    if len(given) != 1:
        raise ApiError("invalid_request", "Give one of playback_id, asset_id and playback_ids.")
    wanted = [body.playback_id] if body.playback_id else list(dict.fromkeys(body.playback_ids))
    with services().sessions() as session:
        rows = find_playbacks(
            session,
            {text for text in wanted if is_id(text)},
            {body.asset_id} if body.asset_id and is_id(body.asset_id) else set(),
            auth.organizations(session),
        )
    found = {row[0].id: lookups.describe(*row) for row in rows}
    if body.asset_id:
        # Stable: those of one policy stay in the order of their making.
        return sorted(found.values(), key=lambda playback: playback.policy != "signed")[:1] or _missing(
            body.asset_id
        )
    missing = [playback_id for playback_id in wanted if playback_id not in found]
    return _missing(missing[0]) if missing else [found[playback_id] for playback_id in wanted]


def _missing(text: str) -> list[Playback]:
    raise ApiError("playback_not_found", f"Unknown here: {text[:64]!r}.")


def _issue(playback: Playback, body: TokenRequest) -> IssuedToken:
    token, expires_at = None, None
    if playback.policy == "signed":
        now = int(time.time())
        lifetime = body.expires_in or _default_lifetime(playback)
        signer = gate().keys.signer()
        token = tokens.sign(
            key_id=signer.key_id,
            algorithm=signer.algorithm,
            private_key=signer.private_key,
            playback_id=playback.id,
            kinds=set(body.kinds),
            now=now,
            lifetime=lifetime,
            claims=_claims(body),
        )
        expires_at = datetime.fromtimestamp(now + lifetime, UTC)
    links = Links(services().settings.public_url, playback.id, token)
    picture = playback.picture
    has_video = VIDEO in body.kinds
    shown = snippets(
        links,
        width=picture.width if picture else None,
        height=picture.height if picture else None,
        title=playback.title,
    )
    return IssuedToken(
        playback_id=playback.id,
        policy=playback.policy,
        token=token,
        expires_at=expires_at,
        manifest_url=links.manifest if has_video else None,
        poster_url=links.poster if IMAGE in body.kinds else None,
        storyboard_url=links.storyboard if STORYBOARD in body.kinds else None,
        embed_url=links.embed if has_video else None,
        snippet=shown.iframe if has_video else None,
        snippets=shown if has_video else None,
        download_url=links.file(VIDEO_FILE) if DOWNLOAD in body.kinds else None,
        audio_url=links.file(AUDIO_FILE) if DOWNLOAD in body.kinds else None,
    )


def _claims(body: TokenRequest) -> dict[str, str]:
    claims = {"viewer": body.viewer} if body.viewer else {}
    caller = auth.caller()
    return {**claims, "partner": caller.organization_id} if caller.role == "partner" else claims


def _default_lifetime(playback: Playback) -> int:
    duration = playback.picture.duration if playback.picture else 0.0
    return min(MAX_LIFETIME, max(SHORTEST_DEFAULT, int(2 * duration)))
