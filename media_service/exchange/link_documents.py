"""What the API says of links to other platforms, and what it takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from configs.link_failures import LINK_FAILURES
from configs.messages import Message
from configs.words import LicenceCode, LinkFailure, PlatformLinkState
from media_service.cataloguing.values import Name
from media_service.openapi import MessageDocument
from media_service.strict_values import Changes
from storage.catalogue.links import MOST_SHARES, named_in
from storage.catalogue.models import PlatformLink, PlatformShare
from storage.exchange.codes import LONGEST, LONGEST_URL, LinkCode, write_code
from storage.exchange.keys import fingerprint

_Id = Annotated[str, Field(max_length=64)]


class Share(BaseModel):
    """Something that is shared with the other platform: one lesson (``asset_id``), one course with its lessons
    (``collection_id``), or a set. Of a set all that is given has to be true: lessons and courses of
    ``organization_id`` and all below it, in ``category_id`` or below it, with this ``licence``. ``with_source``:
    whether the file as it was uploaded may be copied, too.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    organization_id: _Id | None = None
    category_id: _Id | None = None
    licence: LicenceCode | None = None
    asset_id: _Id | None = None
    collection_id: _Id | None = None
    with_source: bool = False

    @model_validator(mode="after")
    def _is_one_thing(self) -> Share:
        named = [self.asset_id, self.collection_id]
        of_a_set = [self.organization_id, self.category_id, self.licence]
        count, is_set = sum(each is not None for each in named), any(each is not None for each in of_a_set)
        if count > 1 or (count == 1) == is_set:
            raise ValueError("one lesson, one course, or what a set has in common")
        return self


class ShareDocument(BaseModel):
    """As in ``Share``; what is not given is null."""

    organization_id: str | None
    category_id: str | None
    licence: LicenceCode | None
    asset_id: str | None
    collection_id: str | None
    with_source: bool


class LinkFailureDocument(BaseModel):
    """Why the other platform cannot be spoken to, and ``since`` when. ``detail`` is for whoever looks for a mistake."""

    code: LinkFailure
    message: MessageDocument
    detail: str
    since: datetime | None


class PlatformLinkDocument(BaseModel):
    """A link to another platform, whose ``id`` is the same there. ``code`` is what has to be pasted on the other
    platform while the link is ``waiting``; null afterwards. ``fingerprint`` is the same on both platforms, once each
    knows the other's code: compare it by telephone. ``name`` and ``url`` are those of the other platform, null until it
    is known; ``own_name`` is what this one is called there. ``reached_at`` is when it last answered, ``heard_at`` when
    it last asked; ``clock_ahead``: seconds by which its clock is ahead of ours, with what a request takes on its way.
    One that ``asks_only`` is never asked from here. ``names`` has what the IDs in
    ``shares`` are called.
    """

    id: str
    organization_id: str
    state: PlatformLinkState
    name: str
    url: str | None
    own_name: str
    code: str | None
    fingerprint: str | None
    shares: list[ShareDocument]
    names: dict[str, MessageDocument]
    created_at: datetime
    linked_at: datetime | None
    ended_at: datetime | None
    tried_at: datetime | None
    reached_at: datetime | None
    heard_at: datetime | None
    clock_ahead: float | None
    failure: LinkFailureDocument | None
    asks_only: bool


class PlatformLinkPage(BaseModel):
    """Links, oldest first, ended ones too. ``next`` goes into ``after`` for the next page; null at the end."""

    platform_links: list[PlatformLinkDocument]
    next: str | None


class NewPlatformLink(BaseModel):
    """A link of the caller's organization, or of ``organization_id`` below it. ``own_name`` is what this platform is
    called on the other one; the organization's name if left out."""

    model_config = ConfigDict(extra="forbid")

    organization_id: _Id | None = None
    own_name: Name | None = None


class PastedCode(NewPlatformLink):
    """A ``code`` that came from the other platform; the rest counts if it is the first one of a link."""

    code: str = Field(
        max_length=2 * LONGEST, description="With whatever blanks and breaks a message has put into it."
    )
    asks_only: bool = Field(
        False, description="The other platform cannot be asked from here, such as a county box; it asks us."
    )


def _distinct(shares: list[Share]) -> list[Share]:
    """Each once, with its source if that is said once."""
    found: dict[Share, bool] = {}
    for share in shares:
        plain = share.model_copy(update={"with_source": False})
        found[plain] = found.get(plain, False) or share.with_source
    return [share.model_copy(update={"with_source": with_source}) for share, with_source in found.items()]


class PlatformLinkChanges(Changes):
    """What to change. ``url`` is for another platform that has moved; ``shares`` are replaced as a whole."""

    name: Name = ""
    url: str = Field("", min_length=1, max_length=LONGEST_URL)
    state: Literal["linked", "paused"] = "linked"
    shares: Annotated[list[Share], AfterValidator(_distinct)] = Field([], max_length=MOST_SHARES)


def describe(
    link: PlatformLink, shares: Sequence[PlatformShare], names: Mapping[str, Message], public_url: str
) -> PlatformLinkDocument:
    """The document of a link; ``names`` of what is shared may be of more than this one."""
    ids = {each for share in shares for each in named_in(share)}
    known = link.peer_key is not None
    return PlatformLinkDocument(
        id=link.id,
        organization_id=link.organization_id,
        state=link.state,
        name=link.name,
        url=link.peer_url,
        own_name=link.own_name,
        code=code_of(link, public_url) if link.state == "waiting" else None,
        fingerprint=fingerprint(link.id, link.public_key, link.peer_key or "") if known else None,
        shares=[
            ShareDocument(**{name: getattr(share, name) for name in ShareDocument.model_fields})
            for share in shares
        ],
        names={each: MessageDocument(**names[each].to_json()) for each in ids if each in names},
        created_at=link.created_at,
        linked_at=link.linked_at,
        ended_at=link.ended_at,
        tried_at=link.tried_at,
        reached_at=link.reached_at,
        heard_at=link.heard_at,
        clock_ahead=link.clock_ahead,
        failure=_failure(link),
        asks_only=link.asks_only,
    )


def code_of(link: PlatformLink, public_url: str) -> str:
    """What the other platform has to be told."""
    return write_code(
        LinkCode(
            step="offer" if link.offered else "answer",
            link_id=link.id,
            url=public_url,
            name=link.own_name,
            public_key=link.public_key,
        )
    )


def _failure(link: PlatformLink) -> LinkFailureDocument | None:
    if link.failure is None:
        return None
    # Another release may know more of them.
    message = LINK_FAILURES.get(link.failure, LINK_FAILURES["answer_invalid"])
    return LinkFailureDocument(
        code=link.failure,
        message=MessageDocument(**message.to_json()),
        detail=link.failure_detail,
        since=link.failing_since,
    )
