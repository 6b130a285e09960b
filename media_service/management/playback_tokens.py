"""``POST /v1/playback-tokens``: tokens and ready-made addresses for pages that show videos."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Annotated, Any, Final, Literal, get_args

from flask import Blueprint
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from configs.words import Policy
from media_service import auth
from media_service.embed.snippet import Snippets, shape_of, snippets
from media_service.openapi import MessageDocument, operation
from media_service.playback.access import tokens
from media_service.playback.access.references import PlayedThere
from media_service.playback.access.signing import Signer
from media_service.playback.access.token_limits import (
    LARGEST_HEIGHT,
    LAST_SECOND,
    MOST_PLAYS,
    TokenLimitsInvalid,
    read_token_limits,
)
from media_service.playback.access.tokens import (
    DOWNLOAD,
    IMAGE,
    LONGEST_MARK,
    MAX_LIFETIME,
    STORYBOARD,
    VIDEO,
)
from media_service.playback.parts import parts
from media_service.playback.serving.links import Links
from media_service.problems import PROBLEMS, ApiError, ErrorCode, wrong_value
from media_service.services import services
from media_service.uploads.protocol import clean_external_id
from storage.catalogue import harvests, partners
from storage.catalogue.assets import find_asset
from storage.catalogue.file_names import AUDIO_FILE, VIDEO_FILE
from storage.catalogue.playback import Playable, find_playables
from storage.catalogue.study_courses import find_studied
from storage.ids import is_id

blueprint = Blueprint("playback_tokens", __name__, url_prefix="/v1/playback-tokens")

SHORTEST_DEFAULT = 3600
MOST = 100

Kind = Literal["video", "image", "storyboard", "download"]
Address = Literal[
    "manifest_url",
    "dash_url",
    "poster_url",
    "storyboard_url",
    "embed_url",
    "snippet",
    "snippets",
    "download_url",
    "audio_url",
]
Name = Annotated[str, Field(min_length=1, max_length=200)]


class Item(BaseModel):
    """One video by one of its names: playback ID, asset ID (the oldest signed playback ID, else the oldest) or the
    external ID that your own systems gave it."""

    model_config = ConfigDict(extra="forbid")

    playback_id: str | None = None
    asset_id: str | None = None
    external_id: str | None = None


class TokenRequest(Item):
    """What to issue. One name answers with ``token``; a portal's page of many videos asks with ``items``. All else
    holds for every video of the request."""

    items: list[Item] = Field([], max_length=MOST, description="Or many at once, by names of any kind.")
    playback_ids: list[str] = Field([], max_length=MOST, description="The same for playback IDs alone.")
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
    viewer: Name | None = Field(
        None, description="Your own, opaque name for the viewer: counts views and plays."
    )
    course: str | None = Field(
        None, max_length=64, description="The collection that `viewer` studies; needed for study hours."
    )
    mark: Annotated[str, Field(min_length=1, max_length=LONGEST_MARK)] | None = Field(
        None, description="Moves over the picture in our player, such as the viewer's name."
    )
    max_height: int | None = Field(
        None,
        ge=1,
        le=LARGEST_HEIGHT,
        description="Nothing higher is played, in pixels; the lowest always is.",
    )
    start: float | None = Field(
        None, ge=0, lt=LAST_SECOND, description="Only from this second on, by whole segments."
    )
    end: float | None = Field(
        None, gt=0, lt=LAST_SECOND, description="Only up to this second, by whole segments."
    )
    plays: int | None = Field(None, ge=1, le=MOST_PLAYS, description="Players of this `viewer` at a time.")
    addresses: list[Address] | None = Field(
        None,
        max_length=len(get_args(Address)),
        description="What the answer has beside the token; the rest is null. Each repeats the token. All if left out.",
    )


class EntryError(BaseModel):
    """Why there is nothing in the place of one video of a list."""

    code: str
    message: MessageDocument


class IssuedToken(BaseModel):
    """Addresses of one playback ID. ``token`` is null if anybody may play it; then limits do not hold.

    In a list, ``error`` stands in the place of a video that there is not, and beside it the name that was asked for.
    """

    playback_id: str | None = None
    asset_id: str | None = None
    external_id: str | None = None
    policy: Policy | None = None
    token: str | None = None
    expires_at: datetime | None = None
    manifest_url: str | None = None
    dash_url: str | None = None
    poster_url: str | None = None
    storyboard_url: str | None = None
    embed_url: str | None = None
    snippet: str | None = None
    snippets: Snippets | None = None
    download_url: str | None = None
    audio_url: str | None = None
    error: EntryError | None = None


class TokenAnswer(IssuedToken):
    """``tokens`` are all, in the order asked for; the fields beside are those of the first. So whoever asks for one
    reads `token` and its addresses, and whoever asks for a list reads a list, also where it has one entry.
    """

    tokens: list[IssuedToken]


def _first_address(answer: TokenAnswer) -> str | None:
    """The address of the first video that there is."""
    for issued in answer.tokens:
        addresses = (issued.manifest_url, issued.poster_url, issued.storyboard_url, issued.download_url)
        if found := next(filter(None, addresses), None):
            return found
    return None


@blueprint.post("")
@auth.require("admin", "author", "portal", "partner", scope="play")
@operation(
    "Issue playback tokens",
    tag="Playback",
    body=TokenRequest,
    answer=TokenAnswer,
    status=201,
    location=_first_address,
    is_secret=True,
    errors=(
        "playback_not_found",
        "asset_external",
        "external_id_ambiguous",
        "partner_disabled",
        "partner_downloads",
        "study_not_asked",
    ),
)
def issue(body: TokenRequest) -> TokenAnswer:
    """Tokens for videos of the caller's organization and of those below it, and for what others share with it. A list
    is answered entry by entry, the unknown too; a single unknown one is a 404."""
    items, single = _items(body)
    issuer = _issuer(body)
    found = _find(items, issuer.kinds)
    if single and isinstance(found[0], str):
        raise ApiError(found[0])
    issued = [
        _refuse(item, entry) if isinstance(entry, str) else issuer.issue(entry)
        for item, entry in zip(items, found, strict=True)
    ]
    return TokenAnswer.model_construct(**dict(issued[0]), tokens=issued)


def _items(body: TokenRequest) -> tuple[list[Item], bool]:
    """What is asked for, and whether it is one thing and no list."""
    own = Item(playback_id=body.playback_id, asset_id=body.asset_id, external_id=body.external_id)
    listed = body.items or [Item(playback_id=text) for text in body.playback_ids]
    if bool(body.items) + bool(body.playback_ids) + bool(_names(own)) != 1:
        raise wrong_value(
            "Give one of playback_id, asset_id, external_id, items and playback_ids.", pointer="#"
        )
    if wrong := [number for number, item in enumerate(listed) if len(_names(item)) != 1]:
        told = "Each of items must have one of playback_id, asset_id, external_id."
        raise wrong_value(told, pointer=f"#/{'items' if body.items else 'playback_ids'}/{wrong[0]}")
    if not listed and len(_names(own)) != 1:
        raise wrong_value("Give one of playback_id, asset_id and external_id.", pointer="#")
    return (listed, False) if listed else ([own], True)


def _names(item: Item) -> list[str]:
    return [name for name in (item.playback_id, item.asset_id, item.external_id) if name]


def _find(items: Sequence[Item], kinds: frozenset[str]) -> list[Playable | ErrorCode]:
    """What each item names, or the code of an error."""
    external = {item.external_id: clean_external_id(item.external_id) for item in items if item.external_id}
    with services().sessions() as session:
        rows = find_playables(
            session,
            auth.reach(),
            auth.viewer(),
            playback_ids={item.playback_id for item in items if item.playback_id and is_id(item.playback_id)},
            asset_ids={item.asset_id for item in items if item.asset_id and is_id(item.asset_id)},
            external_ids={name for name in external.values() if name},
        )
        partner_id = auth.caller().partner_id
        if partner_id is not None:
            terms = partners.find_terms(session, partner_id)
            if terms is None:
                raise ApiError("partner_disabled")
            if DOWNLOAD in kinds and not terms.downloads:
                raise ApiError("partner_downloads")
            shared = partners.shared(session, partner_id, {row.asset_id for row in rows})
            rows = [row for row in rows if row.asset_id in shared]
        found = {row.asset_id for row in rows}
        elsewhere = _external(session, [item for item in items if item.asset_id not in found])
    by_playback = {row.playback_id: row for row in rows}
    by_asset: dict[str, Playable] = {}
    by_external: dict[str, dict[str, str]] = {}
    # Stable: those of one policy stay in the order of their making.
    for row in sorted(rows, key=lambda row: row.policy != "signed"):
        by_asset.setdefault(row.asset_id, row)
        if row.external_id is not None:
            by_external.setdefault(row.external_id, {})[row.organization_id] = row.asset_id

    def find(item: Item) -> Playable | ErrorCode:
        if item.playback_id:
            return by_playback.get(item.playback_id, _UNKNOWN)
        if item.asset_id:
            return by_asset.get(item.asset_id, "asset_external" if item.asset_id in elsewhere else _UNKNOWN)
        owners = by_external.get(external.get(item.external_id or "") or "", {})
        asset_id = owners.get(auth.caller().organization_id)
        if asset_id is None and len(owners) > 1:
            return "external_id_ambiguous"
        return by_asset.get(asset_id or next(iter(owners.values()), ""), _UNKNOWN)

    return [find(item) for item in items]


_UNKNOWN: Final = "playback_not_found"


def _external(session: Session, items: Sequence[Item]) -> set[str]:
    """Of what is named those that are references to pages of other sites, as far as the caller may see them."""
    named = [item.asset_id for item in items if item.asset_id and is_id(item.asset_id)]
    found = harvests.external(session, named)
    return {asset_id for asset_id in found if find_asset(session, asset_id, auth.reach()) is not None}


def _refuse(item: Item, code: ErrorCode) -> IssuedToken:
    problem = PROBLEMS[code]
    error = EntryError(code=code, message=MessageDocument(**problem.message.to_json()))
    return IssuedToken(**item.model_dump(), error=error)


_OPENED_BY: Final[Mapping[str, Collection[str]]] = {
    VIDEO: ("manifest_url", "dash_url", "embed_url", "snippet", "snippets"),
    IMAGE: ("poster_url",),
    STORYBOARD: ("storyboard_url",),
    DOWNLOAD: ("download_url", "audio_url"),
}
_OF_MEDIA: Final = frozenset({"manifest_url", "dash_url", "storyboard_url", "download_url", "audio_url"})
"""What is another platform's address if that plays the lesson."""


@dataclass(frozen=True)
class _Issuer:
    """What all tokens of one request have in common."""

    public_url: str
    kinds: frozenset[str]
    claims: Mapping[str, Any]
    signer: Signer
    now: int
    lifetime: int | None
    addresses: Collection[str] = get_args(Address)
    origins: Sequence[str] | None = None
    """Whose pages may use what plays elsewhere: a partner's, or any."""

    def issue(self, playable: Playable) -> IssuedToken:
        token, expires_at = None, None
        if playable.needs_token:
            lifetime = self.lifetime or _default_lifetime(playable.duration)
            token = tokens.sign(
                key_id=self.signer.key_id,
                algorithm=self.signer.algorithm,
                private_key=self.signer.private_key,
                playback_id=playable.playback_id,
                kinds=self.kinds,
                now=self.now,
                lifetime=lifetime,
                # Whoever asks for what viewers do not see keeps it: nobody else finds it.
                claims={**self.claims, "preview": True} if playable.is_hidden else self.claims,
            )
            expires_at = datetime.fromtimestamp(self.now + lifetime, UTC)
        links = Links(self.public_url, playable.playback_id, token)
        media = (self._there(playable, expires_at) or links) if self.told & _OF_MEDIA else links
        shown = (
            snippets(links, shape_of(playable if playable.is_inspected else None), title=playable.title)
            if self.told & {"snippet", "snippets"}
            else None
        )
        return IssuedToken(
            playback_id=playable.playback_id,
            asset_id=playable.asset_id,
            external_id=playable.external_id,
            policy=playable.policy,
            token=token,
            expires_at=expires_at,
            manifest_url=media.manifest if "manifest_url" in self.told else None,
            dash_url=media.dash if "dash_url" in self.told else None,
            poster_url=links.poster if "poster_url" in self.told else None,
            storyboard_url=media.storyboard if "storyboard_url" in self.told else None,
            embed_url=links.embed if "embed_url" in self.told else None,
            snippet=shown.iframe if shown and "snippet" in self.told else None,
            snippets=shown if "snippets" in self.told else None,
            download_url=media.file(VIDEO_FILE) if "download_url" in self.told else None,
            audio_url=media.file(AUDIO_FILE) if "audio_url" in self.told else None,
        )

    @cached_property
    def told(self) -> frozenset[str]:
        """What the answer has: of what is asked for what the tokens open. Only HLS tells of a part."""
        opened = {name for kind in self.kinds for name in _OPENED_BY[kind]}
        if self.claims.keys() & {"start", "end"}:
            opened.discard("dash_url")
        return frozenset(opened.intersection(self.addresses))

    def _there(self, playable: Playable, expires_at: datetime | None) -> Links | None:
        """Where the media of a reference are: at the platform that plays it, None if nothing plays it now."""
        if playable.origin_playback_id is None:
            return None
        played = PlayedThere(playable.origin_link_id, playable.origin_playback_id)
        viewer = self.claims.get("viewer")
        try:
            limits = read_token_limits(self.claims)
            ticket = parts().references.ticket(
                played,
                self.kinds,
                lifetime=int(expires_at.timestamp() - time.time()) if expires_at else MAX_LIFETIME,
                viewer=(self.claims.get("iss", ""), viewer) if viewer else None,
                limits=limits,
                origins=self.origins,
            )
        except ApiError:
            return None
        return Links(ticket.origin.url, ticket.playback_id, ticket.token)


def _issuer(body: TokenRequest) -> _Issuer:
    return _Issuer(
        public_url=services().settings.public_url,
        kinds=frozenset(body.kinds),
        claims=_claims(body),
        signer=parts().keys.signer(),
        now=int(time.time()),
        lifetime=body.expires_in,
        addresses=get_args(Address) if body.addresses is None else body.addresses,
        origins=_partner_origins(),
    )


def _partner_origins() -> Sequence[str] | None:
    partner_id = auth.caller().partner_id
    if partner_id is None:
        return None
    terms = parts().partner_terms.of(partner_id)
    return terms.origins if terms else ()


def _claims(body: TokenRequest) -> dict[str, Any]:
    caller = auth.caller()
    claims = body.model_dump(
        include={"viewer", "course", "mark", "max_height", "start", "end", "plays"}, exclude_none=True
    )
    try:
        limits = read_token_limits(claims)
    except TokenLimitsInvalid as error:
        raise wrong_value(f"{error}.", pointer="#") from None
    if limits is not None and not limits.whole_files and DOWNLOAD in body.kinds:
        raise wrong_value(
            "Whole files are neither cut nor made smaller: leave download out.", pointer="#/kinds"
        )
    if body.course is not None:
        _require_course(body, caller.organization_id)
    if body.course is not None or (limits is not None and limits.plays is not None):
        claims["iss"] = caller.organization_id
    if caller.partner_id is not None:
        claims["partner"] = caller.partner_id
    else:
        claims["organization"] = caller.organization_id
    return claims


def _require_course(body: TokenRequest, portal_id: str) -> None:
    if not body.viewer:
        raise wrong_value("course needs a viewer who studies.", pointer="#/viewer")
    with services().sessions() as session:
        if find_studied(session, body.course or "", portal_id) is None:
            raise ApiError("study_not_asked")


def _default_lifetime(duration: float | None) -> int:
    return min(MAX_LIFETIME, max(SHORTEST_DEFAULT, int(2 * (duration or 0))))
