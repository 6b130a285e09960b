"""Judging what came in by an upload link: criteria, judges with a secret each, and their score sheets.

Whoever saves a sheet shares the row of the judging, whoever changes or closes it holds it alone: what was saved was
saved before it was closed, and counts.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import exists, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from configs.words import AssetKind, JudgingState, VersionState
from storage.catalogue import upload_links
from storage.catalogue.facts import VersionFacts
from storage.catalogue.models import Asset, Judge, Judging, LinkEntry, ScoreSheet, UploadLink, Version
from storage.catalogue.organizations import Caller

SECRET_PREFIX: Final = "lsj_"  # noqa: S105  (no secret, but how all of them begin)

MOST_JUDGES: Final = 16
"""Of a link at a time; revoked ones do not count."""


_ARE_JUDGED: Final = (LinkEntry.number.is_not(None), LinkEntry.taken_down_at.is_(None))
"""What is true of entries of which a file has arrived, and which nobody took down."""


class TooManyJudges(Exception):
    """As many judge already as may."""


@dataclass(frozen=True)
class Sheet:
    """What a judge gave to an entry."""

    judge_id: str
    number: int
    scores: Mapping[str, int]
    comment: str
    is_complete: bool


@dataclass(frozen=True)
class Entered:
    """An entry to those who judge it: a number, whether an administrator took it down, and what its file is, which is
    None of what is gone."""

    number: int
    is_taken_down: bool
    state: VersionState | None
    kind: AssetKind | None
    facts: VersionFacts | None


def find(session: Session, link_id: str) -> Judging | None:
    """By what the entries of a link are judged; None if that was never said."""
    return session.get(Judging, link_id)


def hold(session: Session, link_id: str) -> Judging:
    """The judging of a link, made if there was none; nobody saves a sheet or changes it until the transaction ends."""
    made = insert(Judging).values(link_id=link_id, criteria=[])
    session.execute(made.on_conflict_do_nothing())
    query = select(Judging).where(Judging.link_id == link_id).with_for_update()
    return session.execute(query.execution_options(populate_existing=True)).scalar_one()


def share(session: Session, link_id: str) -> Judging | None:
    """The judging of a link, which nobody changes or closes until the transaction ends."""
    query = select(Judging).where(Judging.link_id == link_id).with_for_update(read=True)
    return session.execute(query.execution_options(populate_existing=True)).scalar_one_or_none()


def state_of(session: Session, link: UploadLink, found: Judging | None) -> JudgingState:
    """How far judging is: entries are sealed before anybody gives a score."""
    if found is not None and found.closed_at is not None:
        return "closed"
    has_begun = found is not None and found.criteria and upload_links.state_of(session, link) == "closed"
    return "open" if has_begun else "waiting"


def close(session: Session, judging: Judging) -> None:
    """From now on nothing of a judging that is held changes."""
    judging.closed_at = func.clock_timestamp()
    session.flush()
    session.refresh(judging)


def has_sheets(session: Session, link_id: str) -> bool:
    """Whether anybody has given anything."""
    query = select(exists().where(ScoreSheet.judge_id == Judge.id, Judge.link_id == link_id))
    return bool(session.execute(query).scalar_one())


def add_judge(session: Session, link_id: str, name: str) -> tuple[Judge, str]:
    """Somebody more who judges, of a judging that is held. The second value is the secret, told once and never kept.
    Raises ``TooManyJudges``."""
    counted = select(func.count()).where(Judge.link_id == link_id, Judge.revoked_at.is_(None))
    if (session.execute(counted).scalar_one() or 0) >= MOST_JUDGES:
        raise TooManyJudges
    judge = Judge(link_id=link_id, name=name, digest="")
    secret = renew_secret(session, judge)
    return judge, secret


def renew_secret(session: Session, judge: Judge) -> str:
    """Give somebody another secret, which is told once: the one before opens nothing any more."""
    secret = SECRET_PREFIX + secrets.token_urlsafe(24)
    judge.digest = _digest(secret)
    session.add(judge)
    session.flush()
    session.refresh(judge)
    return secret


def revoke(session: Session, judge: Judge) -> None:
    """Let somebody judge no more: the secret opens nothing, and what they gave counts for nothing."""
    judge.revoked_at = func.clock_timestamp()
    session.flush()


def find_judge(session: Session, link_id: str, judge_id: str) -> Judge | None:
    """Somebody who judges the entries of a link and was not revoked."""
    query = select(Judge).where(Judge.id == judge_id, Judge.link_id == link_id, Judge.revoked_at.is_(None))
    return session.execute(query).scalar_one_or_none()


def find_by_secret(session: Session, secret: str) -> tuple[Judge, UploadLink] | None:
    """Whose secret this is, and the link whose entries they judge."""
    query = select(Judge, UploadLink).join(UploadLink, UploadLink.id == Judge.link_id)
    row = session.execute(
        query.where(Judge.digest == _digest(secret), Judge.revoked_at.is_(None))
    ).one_or_none()
    return None if row is None else (row[0], row[1])


def caller_of(judge: Judge, link: UploadLink) -> Caller:
    """For whom somebody speaks who judges."""
    return Caller(
        key_id=judge.id,
        organization_id=link.organization_id,
        role="author",
        label=judge.name,
        scopes=frozenset(),
    )


def list_judges(session: Session, link_id: str) -> Sequence[tuple[Judge, int]]:
    """All who judge or judged the entries of a link, in the order in which they came, and how many each has judged."""
    done = (
        select(func.count())
        .select_from(ScoreSheet)
        .join(LinkEntry, LinkEntry.id == ScoreSheet.entry_id)
        .where(ScoreSheet.judge_id == Judge.id, ScoreSheet.is_complete, LinkEntry.taken_down_at.is_(None))
        .correlate(Judge)
        .scalar_subquery()
    )
    query = select(Judge, done).where(Judge.link_id == link_id).order_by(Judge.id)
    return [(row[0], row[1]) for row in session.execute(query)]


def find_entry(session: Session, link_id: str, number: int) -> LinkEntry | None:
    """An entry of a link by its number."""
    query = select(LinkEntry).where(LinkEntry.link_id == link_id, LinkEntry.number == number)
    return session.execute(query).scalar_one_or_none()


def save(
    session: Session, judge: Judge, entry: LinkEntry, scores: Mapping[str, int], comment: str, *, done: bool
) -> None:
    """Write down what somebody gives to an entry, instead of what they gave before; ``done`` if by every criterion."""
    values = {"scores": dict(scores), "comment": comment, "is_complete": done}
    made = insert(ScoreSheet).values(judge_id=judge.id, entry_id=entry.id, **values)
    session.execute(
        made.on_conflict_do_update(
            index_elements=["judge_id", "entry_id"], set_={**values, "updated_at": func.now()}
        )
    )


def sheets_of(session: Session, link_id: str, judge_id: str | None = None) -> Sequence[Sheet]:
    """What was given to the entries of a link that are judged, by one or by all who were not revoked."""
    query = (
        select(
            ScoreSheet.judge_id,
            LinkEntry.number,
            ScoreSheet.scores,
            ScoreSheet.comment,
            ScoreSheet.is_complete,
        )
        .join(Judge, Judge.id == ScoreSheet.judge_id)
        .join(LinkEntry, LinkEntry.id == ScoreSheet.entry_id)
        .where(Judge.link_id == link_id, Judge.revoked_at.is_(None), *_ARE_JUDGED)
        .order_by(LinkEntry.number, Judge.id)
    )
    if judge_id is not None:
        query = query.where(Judge.id == judge_id)
    return [Sheet(row[0], row[1] or 0, row[2], row[3], row[4]) for row in session.execute(query)]


def count_entries(session: Session, link_id: str) -> int:
    """How many entries are to be judged."""
    query = select(func.count()).where(LinkEntry.link_id == link_id, *_ARE_JUDGED)
    return session.execute(query).scalar_one() or 0


def entries_of(session: Session, link_id: str) -> Sequence[LinkEntry]:
    """The entries of a link that are judged, by their numbers."""
    query = select(LinkEntry).where(LinkEntry.link_id == link_id, *_ARE_JUDGED)
    return session.execute(query.order_by(LinkEntry.number)).scalars().all()


def entered(session: Session, link_id: str, number: int | None = None) -> Sequence[Entered]:
    """The entries of a link, or the one with a number, as far as judges are told of them."""
    query = (
        select(
            LinkEntry.number,
            LinkEntry.taken_down_at.is_not(None),
            Version.state,
            Version.kind,
            Version.facts,
        )
        .outerjoin(Asset, Asset.id == LinkEntry.asset_id)
        .outerjoin(Version, Version.id == Asset.current_version_id)
        .where(LinkEntry.link_id == link_id, LinkEntry.number.is_not(None))
        .order_by(LinkEntry.number)
    )
    if number is not None:
        query = query.where(LinkEntry.number == number)
    return [Entered(row[0] or 0, row[1], row[2], row[3], row[4]) for row in session.execute(query)]


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()
