"""How somebody with an upload link begins to send a file: what is refused before its first byte."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

from flask import request
from sqlalchemy.orm import Session

from media_service import auth
from media_service.problems import ApiError, ErrorCode, wrong_value
from media_service.services import services
from media_service.uploads import quotas
from media_service.uploads.protocol import Intake
from media_service.uploads.receive import require_room
from storage.catalogue import link_entries, upload_links, uploads
from storage.catalogue import quotas as catalogue_quotas
from storage.catalogue.link_entries import LinkFull
from storage.catalogue.models import LinkEntry, UploadLink
from storage.catalogue.quotas import Amounts, Limits
from storage.catalogue.uploads import Announced, Transfer

MOST_COMING: Final = 200
"""Files that are on their way by a link at a time. What is sent within days of each other is far more."""

MOST_BYTES_COMING: Final = 200 * 2**30
"""Bytes that these are to have together."""

ENTERING_ERRORS: Final[tuple[ErrorCode, ...]] = (
    "upload_link_upcoming",
    "upload_link_over",
    "upload_link_full",
    "upload_link_busy",
    "entry_too_large",
    "entry_too_long",
    "file_too_large",
    "file_empty",
    "file_type_refused",
    "organization_closed",
    *quotas.QUOTA_ERRORS,
    "storage_full",
)


def bearer() -> str:
    """The secret that a request brings along; empty if there is none."""
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    return secret.strip() if scheme.lower() == "bearer" else ""


def link_asked(session: Session) -> UploadLink:
    """The link whose secret the request brings along. Raises ``upload_link_not_found``."""
    link = upload_links.find_by_secret(session, bearer())
    if link is None:
        raise ApiError("upload_link_not_found")
    return link


def require_open(session: Session, link: UploadLink) -> None:
    """Go on if something may come in now. Raises ``upload_link_upcoming``, ``upload_link_over`` and
    ``organization_closed``."""
    state = upload_links.state_of(session, link)
    if state == "upcoming":
        raise ApiError("upload_link_upcoming")
    if state == "closed":
        raise ApiError("upload_link_over")
    auth.require_open(session, link.organization_id)


def require_answers(link: UploadLink, answers: Mapping[str, str], *, agrees: bool) -> None:
    """Go on if all is answered that the link asks for, and nothing else. Raises ``invalid_request``."""
    known = {field["name"] for field in link.fields}
    for name in answers:
        if name not in known:
            raise wrong_value("is not asked for.", pointer=f"#/answers/{name}")
    for field in link.fields:
        if field["required"] and not answers.get(field["name"], "").strip():
            raise wrong_value("has to be answered.", pointer=f"#/answers/{field['name']}")
    if link.licence and not agrees:
        raise wrong_value("The licence has to be agreed to.", pointer="#/agrees")


def begin(session: Session, link: UploadLink, entry: LinkEntry | None, intake: Intake) -> None:
    """Go on if the link, which is held, and the quotas have room for a file. Raises ``ENTERING_ERRORS``."""
    size, seconds = intake.length or 0, intake.seconds or 0
    require_open(session, link)
    require_room(services(), size)
    if link.max_bytes is not None and size > link.max_bytes:
        raise ApiError("entry_too_large", words={"limit": quotas.size_shown(link.max_bytes)})
    if link.max_seconds is not None and seconds > link.max_seconds:
        raise ApiError("entry_too_long", words={"limit": f"{link.max_seconds / 60:g}"})
    try:
        link_entries.require_room(session, link, entry)
    except LinkFull:
        raise ApiError("upload_link_full") from None
    with quotas.refusing():
        holder = quotas.holder(link.organization_id, link.owner_id)
        standings = catalogue_quotas.reserve(session, holder, Amounts(size, seconds, 1))
    count, coming = link_entries.coming(session, link, entry)
    if is_too_much(count, coming, size, [standing.limits for standing in standings]):
        raise ApiError("upload_link_busy", headers={"Retry-After": "60"})


def is_too_much(count: int, coming: int, size: int, limits: Sequence[Limits]) -> bool:
    """Whether one more file of ``size`` has to wait while ``count`` files of ``coming`` bytes are under way by a link:
    all of it may take half of each quota. Who begins and never sends keeps no more from others; a single file always
    may come. Pure.
    """
    most = min([MOST_COMING, *(each.uploads // 2 for each in limits if each.uploads is not None)])
    most_bytes = min([MOST_BYTES_COMING, *(each.bytes // 2 for each in limits if each.bytes is not None)])
    return count > 0 and (count >= most or coming + size > most_bytes)


def await_file(session: Session, link: UploadLink, entry: LinkEntry, intake: Intake) -> Transfer:
    """Make the asset of an entry and the upload that brings its file. It belongs to whoever made the link; from here on
    the entry is the caller."""
    auth.act_as(link_entries.caller_of(entry.id, link))
    announced = Announced(
        organization_id=link.organization_id,
        api_key_id=entry.id,
        length=intake.length,
        lifetime=timedelta(seconds=services().settings.upload_lifetime),
        expected_sha256=intake.sha256,
        owner_id=link.owner_id,
        declared_seconds=intake.seconds,
    )
    transfer = uploads.create_upload(
        session,
        announced,
        title=intake.title,
        file_name=intake.file_name,
        policy=intake.policy,
    )
    link_entries.await_file(session, entry, transfer.asset_id)
    return transfer


def require_no_entry(session: Session, asset_id: str) -> None:
    """Go on unless the asset came in by an upload link: what was sent is neither replaced nor deleted by anybody else.
    Raises ``asset_is_entry``."""
    if link_entries.is_entry(session, asset_id):
        raise ApiError("asset_is_entry")
