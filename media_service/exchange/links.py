"""``/v1/platform-links``: two people link their platforms, each by pasting one code, and say what is shared."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from flask import Blueprint
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from media_service import audit, auth
from media_service.changes import transaction
from media_service.exchange.link_documents import (
    NewPlatformLink,
    PastedCode,
    PlatformLinkChanges,
    PlatformLinkDocument,
    PlatformLinkPage,
    describe,
)
from media_service.management.paging import PageQuery, cut, last_id
from media_service.openapi import operation
from media_service.outbound_urls import checked_url
from media_service.preconditions import IF_MATCH, require_match, tag_of
from media_service.problems import ApiError
from media_service.services import services
from media_service.uploads.protocol import clean_name
from storage.catalogue import links, mirrors, unfollowing
from storage.catalogue.links import ShareUnknown
from storage.catalogue.models import Organization, PlatformLink
from storage.exchange.codes import CodeError, LinkCode, read_code
from storage.exchange.keys import new_key
from storage.ids import is_id, new_id
from storage.origins import has_path, origin_of

blueprint = Blueprint("platform_links", __name__, url_prefix="/v1")

TAG: Final = "Exchange"


def _tag(shown: PlatformLinkDocument) -> str:
    return tag_of(shown.model_dump(include={"name", "url", "state", "shares"}))


@blueprint.get("/platform-links")
@auth.require("admin", scope="manage")
@operation(
    "List links to other platforms",
    tag=TAG,
    query=PageQuery,
    answer=PlatformLinkPage,
    errors=("invalid_cursor",),
)
def list_(query: PageQuery) -> PlatformLinkPage:
    """Those of your organization and of all below it."""
    with services().sessions() as session:
        page, following = cut(
            links.list_links(session, auth.reach(), query.limit + 1, last_id(query)), query.limit
        )
        shares = links.shares_of(session, [link.id for link in page])
        names = links.names_of(session, (share for each in shares.values() for share in each))
    url = services().settings.public_url
    return PlatformLinkPage(
        platform_links=[describe(link, shares[link.id], names, url) for link in page], next=following
    )


@blueprint.post("/platform-links")
@auth.require("admin", scope="manage")
@operation(
    "Begin to link another platform",
    tag=TAG,
    body=NewPlatformLink,
    answer=PlatformLinkDocument,
    status=201,
    location=lambda made: f"/v1/platform-links/{made.id}",
    errors=("organization_not_found", "platform_link_limit"),
)
def begin(body: NewPlatformLink) -> PlatformLinkDocument:
    """Send its `code` to who administers the other platform. What they send back, paste by
    `POST /v1/platform-link-codes`."""
    with transaction() as session:
        made = _new(session, body, new_id(), offered=True)
        audit.record(session, "platform_link.create", made.organization_id, made.id)
        return _shown(session, made)


@blueprint.post("/platform-link-codes")
@auth.require("admin", scope="manage")
@operation(
    "Paste a code of another platform",
    tag=TAG,
    body=PastedCode,
    answer=PlatformLinkDocument,
    errors=(
        "organization_not_found",
        "platform_link_limit",
        "link_code_invalid",
        "link_code_damaged",
        "link_code_version",
        "link_code_own",
        "link_code_used",
        "link_code_unknown",
        "link_url_refused",
    ),
)
def paste(body: PastedCode) -> PlatformLinkDocument:
    """The first code of a link makes a link here, whose own `code` answers it: send that back. A code that answers
    completes a link that waits here."""
    try:
        code = read_code(body.code)
    except CodeError as error:
        raise ApiError(error.code) from None
    if origin_of(code.url) == origin_of(services().settings.public_url):
        raise ApiError("link_code_own")
    code = replace(code, url=_site(code.url, is_asked=not body.asks_only))
    return _accept(body, code) if code.step == "offer" else _complete(body, code)


def _accept(body: PastedCode, code: LinkCode) -> PlatformLinkDocument:
    with transaction() as session:
        try:
            with session.begin_nested():
                made = _new(session, body, code.link_id, offered=False)
                _meet(made, body, code)
                session.flush()
        except IntegrityError:
            raise ApiError("link_code_used") from None
        audit.record(
            session, "platform_link.accept", made.organization_id, made.id, url=code.url, name=made.name
        )
        return _shown(session, made)


def _complete(body: PastedCode, code: LinkCode) -> PlatformLinkDocument:
    with transaction() as session:
        found = links.find(session, code.link_id, auth.reach(), for_update=True)
        if found is None:
            raise ApiError("link_code_unknown")
        if not found.offered or found.state != "waiting":
            raise ApiError("link_code_used")
        _meet(found, body, code)
        links.set_linked(found)
        session.flush()
        audit.record(
            session, "platform_link.complete", found.organization_id, found.id, url=code.url, name=found.name
        )
        return _shown(session, found)


@blueprint.get("/platform-links/<platform_link_id>")
@auth.require("admin", scope="manage")
@operation(
    "Show a link to another platform",
    tag=TAG,
    answer=PlatformLinkDocument,
    errors=("platform_link_not_found",),
    etag=_tag,
    is_polled=True,
)
def show(platform_link_id: str) -> PlatformLinkDocument:
    """What is shared, and how the other platform was met last."""
    with services().sessions() as session:
        return _shown(session, find(session, platform_link_id))


@blueprint.patch("/platform-links/<platform_link_id>")
@auth.require("admin", scope="manage")
@operation(
    "Change a link to another platform",
    tag=TAG,
    body=PlatformLinkChanges,
    answer=PlatformLinkDocument,
    errors=(
        "platform_link_not_found",
        "platform_link_over",
        "platform_link_unanswered",
        "link_url_refused",
        "share_unknown",
        "changed_meanwhile",
    ),
    request_headers=(IF_MATCH,),
    etag=_tag,
)
def change(platform_link_id: str, body: PlatformLinkChanges) -> PlatformLinkDocument:
    """Call the other platform something else, share other things, or pause: while a link is paused, neither side gets
    anything by it from here."""
    changes = body.given()
    with transaction() as session:
        found = find(session, platform_link_id, for_update=True)
        require_match(lambda: _tag(_shown(session, found)))
        if found.state == "ended":
            raise ApiError("platform_link_over")
        if found.peer_key is None and changes.keys() & {"state", "url"}:
            raise ApiError("platform_link_unanswered")
        if "url" in changes:
            url = _site(body.url)
            if url != origin_of(found.peer_url or ""):
                # Whose lessons it tells of is known by its address.
                mirrors.look_at_all_again(session, found.id)
            found.peer_url, found.asks_only = url, False
        if "name" in changes:
            found.name = body.name
        if "state" in changes and found.state != "waiting":
            found.state = body.state
        if "shares" in changes:
            try:
                links.share(session, found, [links.Share(**each.model_dump()) for each in body.shares])
            except ShareUnknown as error:
                raise ApiError("share_unknown", f"Unknown here: {str(error)!r}.") from None
        session.flush()
        session.refresh(found)
        audit.record(session, "platform_link.change", found.organization_id, found.id, **changes)
        return _shown(session, found)


@blueprint.delete("/platform-links/<platform_link_id>")
@auth.require("admin", scope="manage")
@operation(
    "End a link to another platform",
    tag=TAG,
    status=204,
    errors=("platform_link_not_found", "changed_meanwhile"),
    request_headers=(IF_MATCH,),
)
def end(platform_link_id: str) -> None:
    """For good, on both sides: its key is destroyed here. One that nobody has answered is forgotten, others stay in
    the list."""
    with transaction() as session:
        found = find(session, platform_link_id, for_update=True)
        require_match(lambda: _tag(_shown(session, found)))
        audit.record(session, "platform_link.end", found.organization_id, found.id, name=found.name)
        if found.peer_key is None:
            session.delete(found)
        elif found.state != "ended":
            unfollowing.unfollow(session, found.id, accepted=True)
            links.end(session, found)


def find(session: Session, link_id: str, *, for_update: bool = False) -> PlatformLink:
    """The link, if the caller may see it. Raises ``platform_link_not_found``."""
    found = links.find(session, link_id, auth.reach(), for_update=for_update) if is_id(link_id) else None
    if found is None:
        raise ApiError("platform_link_not_found")
    return found


def _new(session: Session, body: NewPlatformLink, link_id: str, *, offered: bool) -> PlatformLink:
    organization_id = auth.owner(session, body.organization_id)
    if links.count(session, organization_id) >= links.MOST:
        raise ApiError("platform_link_limit")
    key = new_key(services().settings.secret_key, link_id)
    made = PlatformLink(
        id=link_id,
        organization_id=organization_id,
        offered=offered,
        own_name=body.own_name or session.get_one(Organization, organization_id).name,
        public_key=key.public,
        private_key=key.sealed,
    )
    session.add(made)
    session.flush()
    return made


def _meet(link: PlatformLink, body: PastedCode, code: LinkCode) -> None:
    link.asks_only = body.asks_only
    link.peer_url, link.peer_key = code.url, code.public_key
    link.name = clean_name(code.name) or code.url


def _site(url: str, *, is_asked: bool = True) -> str:
    """The address of the other platform, from which all of its own begin, as browsers write it. Raises
    ``link_url_refused`` of what is none, and of one that is to be asked and must not be."""
    site = origin_of(url)
    is_one = site.startswith(("http://", "https://")) and site.isprintable() and " " not in site
    if not is_one or has_path(url):
        raise ApiError("link_url_refused", "It ends with host and port, as PUBLIC_URL does.")
    if is_asked:
        why = "Only https:// keeps what is exchanged to both platforms."
        checked_url(url, "link_url_refused", why_secure=why)
    return site


def _shown(session: Session, link: PlatformLink) -> PlatformLinkDocument:
    shares = links.shares_of(session, [link.id])[link.id]
    return describe(link, shares, links.names_of(session, shares), services().settings.public_url)
