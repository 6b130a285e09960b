"""What people send by upload links: begun within the link's limits, numbered when it has arrived, sealed at closing.

Whoever begins an entry and whoever receives its last byte hold the row of the link, so that numbers have no gaps, no
more come in than may, and nothing comes in once somebody has seen that the link is closed. All times are the
database's own.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Session

from storage.catalogue import trash, upload_links
from storage.catalogue.models import Asset, LinkEntry, Organization, Upload, UploadLink, Version
from storage.catalogue.organizations import Caller

TOKEN_PREFIX: Final = "lse_"  # noqa: S105  (no secret, but how all of them begin)
"""How the token of an entry begins, so that nobody takes it for an API key."""


class TakenDown(Exception):
    """An administrator took the entry down."""


class LinkFull(Exception):
    """As many entries have come in, or are about to, as the link takes."""


def hold(session: Session, link_id: str) -> UploadLink:
    """The link; others wait with their entries until the transaction ends."""
    query = select(UploadLink).where(UploadLink.id == link_id).with_for_update()
    return session.execute(query.execution_options(populate_existing=True)).scalar_one()


def create(
    session: Session, link: UploadLink, answers: Mapping[str, str], *, agrees: bool
) -> tuple[LinkEntry, str]:
    """A new entry of a link that is held. The second value is its token, told once and never kept."""
    token = TOKEN_PREFIX + secrets.token_urlsafe(32)
    entry = LinkEntry(
        link_id=link.id,
        digest=_digest(token),
        answers=dict(answers),
        licence_at=func.now() if agrees else None,
    )
    session.add(entry)
    session.flush()
    return entry, token


def require_room(session: Session, link: UploadLink, entry: LinkEntry | None) -> None:
    """Go on if the link, which is held, takes one more; ``entry`` is there already. Raises ``LinkFull``."""
    if link.max_entries is None or (entry is not None and entry.number is not None):
        return
    counted = select(func.count()).where(
        LinkEntry.link_id == link.id,
        LinkEntry.id != (entry.id if entry is not None else ""),
        or_(LinkEntry.number.is_not(None), _is_coming()),
    )
    if session.execute(counted).scalar_one() >= link.max_entries:
        raise LinkFull


def coming(session: Session, link: UploadLink, entry: LinkEntry | None) -> tuple[int, int]:
    """How many files are on their way by the link, which is held, and how many bytes they are to have; without that of
    ``entry``, whose place the next one takes.
    """
    query = (
        select(func.count(), func.coalesce(func.sum(Upload.length), 0))
        .select_from(LinkEntry)
        .join(Version, Version.asset_id == LinkEntry.pending_asset_id)
        .join(Upload, Upload.version_id == Version.id)
        .where(
            LinkEntry.link_id == link.id,
            LinkEntry.id != (entry.id if entry is not None else ""),
            Upload.finished_at.is_(None),
            Upload.expires_at > func.now(),
        )
    )
    count, size = session.execute(query).one()
    return count or 0, int(size or 0)


def await_file(session: Session, entry: LinkEntry, asset_id: str) -> None:
    """Let this asset be the entry's as soon as its file has arrived. One that was awaited before is not any more."""
    before = entry.pending_asset_id
    entry.pending_asset_id = asset_id
    session.flush()
    if before is not None:
        trash.remove(session, session.get_one(Asset, before))


def receive(session: Session, version_id: str, size: int, sha256: str) -> None:
    """The file of a version has arrived: if it is that of an entry, the entry has it now, and the file before goes. Of
    one that comes when the link is closed nothing is kept. Part of the transaction that ends an upload.
    """
    awaiting = select(LinkEntry).join(Version, Version.asset_id == LinkEntry.pending_asset_id)
    awaiting = awaiting.where(Version.id == version_id)
    found = session.execute(awaiting).scalar_one_or_none()
    if found is None:
        return
    link = hold(session, found.link_id)
    again = awaiting.with_for_update(of=LinkEntry).execution_options(populate_existing=True)
    entry = session.execute(again).scalar_one_or_none()
    if entry is None:
        return  # another file has taken its place
    arrived, before = session.get_one(Asset, entry.pending_asset_id), entry.asset_id
    version = session.get_one(Version, version_id)
    entry.pending_asset_id = None
    state = upload_links.state_of(session, link)
    if state == "closed":
        session.flush()
        trash.remove(session, arrived)
        return
    if entry.number is None:
        last = select(func.max(LinkEntry.number)).where(LinkEntry.link_id == link.id)
        entry.number = (session.execute(last).scalar_one() or 0) + 1
    entry.asset_id, entry.file_name = arrived.id, version.file_name
    entry.size, entry.sha256 = size, sha256
    entry.received_at, entry.is_late = func.clock_timestamp(), state == "late"
    session.flush()
    if before is not None:
        trash.remove(session, session.get_one(Asset, before))


def take_down(
    session: Session, link_id: str, number: int, *, by: str, reason: str, kept: timedelta
) -> LinkEntry | None:
    """Let an entry be no more than its number and its hash: its lesson lies in the trash, where it is ``kept``, and
    what was on its way for it goes. None if there is no such entry. Raises ``TakenDown`` if that was done before.
    """
    hold(session, link_id)
    query = select(LinkEntry).where(LinkEntry.link_id == link_id, LinkEntry.number == number)
    again = query.with_for_update().execution_options(populate_existing=True)
    entry = session.execute(again).scalar_one_or_none()
    if entry is None:
        return None
    if entry.taken_down_at is not None:
        raise TakenDown
    coming, entry.pending_asset_id = entry.pending_asset_id, None
    entry.taken_down_at = func.clock_timestamp()
    entry.taken_down_by, entry.taken_down_reason = by, reason
    session.flush()
    session.refresh(entry)
    if coming is not None:
        trash.remove(session, session.get_one(Asset, coming))
    if entry.asset_id is not None:
        trash.put(session, session.get_one(Asset, entry.asset_id), kept)
    return entry


def find_by_token(session: Session, token: str) -> LinkEntry | None:
    """The entry whose token this is."""
    return session.execute(select(LinkEntry).where(LinkEntry.digest == _digest(token))).scalar_one_or_none()


def find_caller(session: Session, token: str) -> Caller | None:
    """For whom the token of an entry speaks, who may send its file and nothing else; None once the link is closed."""
    row = session.execute(
        select(LinkEntry.id, UploadLink, Organization.closed_at)
        .join(UploadLink, UploadLink.id == LinkEntry.link_id)
        .join(Organization, Organization.id == UploadLink.organization_id)
        .where(LinkEntry.digest == _digest(token))
    ).one_or_none()
    if row is None or upload_links.state_of(session, row[1]) == "closed":
        return None
    return caller_of(row[0], row[1], closed_at=row[2])


def caller_of(entry_id: str, link: UploadLink, *, closed_at: datetime | None = None) -> Caller:
    """For whom an entry speaks."""
    return Caller(
        key_id=entry_id,
        organization_id=link.organization_id,
        role="author",
        label=link.name,
        scopes=frozenset({"upload"}),
        is_closed=closed_at is not None,
    )


def list_entries(session: Session, link_id: str, limit: int, after: int) -> Sequence[LinkEntry]:
    """Those of which a file has arrived, by their numbers; ``after`` is the last number of the page before."""
    query = select(LinkEntry).where(LinkEntry.link_id == link_id, LinkEntry.number > after)
    return session.execute(query.order_by(LinkEntry.number).limit(limit)).scalars().all()


def all_entries(session: Session, link_id: str) -> Sequence[LinkEntry]:
    """All of which a file has arrived, by their numbers."""
    query = select(LinkEntry).where(LinkEntry.link_id == link_id, LinkEntry.number.is_not(None))
    return session.execute(query.order_by(LinkEntry.number)).scalars().all()


def has_entries(session: Session, link_id: str) -> bool:
    """Whether anything was sent by the link, or is about to be."""
    return (
        session.execute(select(LinkEntry.id).where(LinkEntry.link_id == link_id).limit(1)).first() is not None
    )


def is_entry(session: Session, asset_id: str) -> bool:
    """Whether an asset is what somebody sent by an upload link, and was not taken down."""
    query = select(LinkEntry.id).where(LinkEntry.asset_id == asset_id, LinkEntry.taken_down_at.is_(None))
    return session.execute(query).first() is not None


def is_taken_down(session: Session, asset_id: str) -> bool:
    """Whether an asset came in by an upload link and an administrator took it down."""
    query = select(LinkEntry.id).where(LinkEntry.asset_id == asset_id, LinkEntry.taken_down_at.is_not(None))
    return session.execute(query).first() is not None


def _is_coming() -> Any:
    return exists().where(
        Version.asset_id == LinkEntry.pending_asset_id,
        Upload.version_id == Version.id,
        Upload.finished_at.is_(None),
        Upload.expires_at > func.now(),
    )


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()
