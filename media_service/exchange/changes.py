"""``GET /v1/changes``: the log of what others may follow of the catalogue."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal, cast

from flask import Blueprint, Response, current_app
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from configs.words import AssetKind, ContributorRole, Level, LicenceCode, RecordChange, RecordKind, RecordPart
from media_service import auth
from media_service.exchange.readers import Reader, describe, reader
from media_service.openapi import operation
from media_service.problems import ApiError
from media_service.services import services
from media_service.standards.described import Described
from storage.catalogue import change_log
from storage.catalogue.change_log import Line, Wanted

blueprint = Blueprint("changes", __name__, url_prefix="/v1/changes")

_CURSOR: Final = re.compile(r"([0-9a-f]{12})-(0|[1-9][0-9]{0,17})")

HEAD_SECONDS: Final = 1.0
"""How long a process may go on saying that there is nothing new."""


class RecordCategory(BaseModel):
    """A place in a classification: its code, and its names by language."""

    model_config = ConfigDict(from_attributes=True)

    code: str
    names: dict[str, str]


class RecordContributor(BaseModel):
    """Who did what."""

    model_config = ConfigDict(from_attributes=True)

    role: ContributorRole
    name: str
    organization: str | None


class RecordLicence(BaseModel):
    """What others may do."""

    model_config = ConfigDict(from_attributes=True)

    code: LicenceCode
    text: str | None
    url: str | None


class RecordSource(BaseModel):
    """Where a record came from."""

    model_config = ConfigDict(from_attributes=True)

    name: str
    id: str | None


class RecordLesson(BaseModel):
    """A lesson of a course."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    title: str


class RecordDocument(BaseModel):
    """All that is said of a lesson or a course. ``organization`` is the name of the one that it belongs to, ``url``
    where people see it; ``duration`` in seconds, ``size`` in bytes of the file that was uploaded; ``parts`` are a
    course's lessons that you may see, in order."""

    model_config = ConfigDict(from_attributes=True)

    title: str
    organization: str
    created_at: datetime
    description: str
    language: str | None
    subject: str | None
    tags: list[str]
    categories: list[RecordCategory]
    level: Level | None
    audience: str | None
    contributors: list[RecordContributor]
    licence: RecordLicence | None
    source_organization: RecordSource | None
    published_at: datetime | None
    withdraw_at: datetime | None
    original_date: str | None
    external_id: str | None
    other_ids: dict[str, str]
    old_views: int | None
    kind: AssetKind | Literal["course"] | None
    duration: float | None
    size: int | None
    url: str | None
    parts: list[RecordLesson]


class ChangeDocument(BaseModel):
    """What became of a lesson (`asset`) or a course. ``change`` is what it is for you: `created` when you may see it
    from now on, `deleted` when you may not any more, for whatever reason. ``changed`` names what of it is not as it
    was: another `version` plays; the `files` of the same one (qualities, captions, poster); `metadata`; `visibility`.
    ``version_id`` is the version that plays, null of courses and of what is gone. ``record`` is what is said of it
    now, if that was asked for: null where you do not see it any more, or where a later change tells."""

    sequence: int
    timestamp: datetime
    change: RecordChange
    changed: list[RecordPart]
    kind: RecordKind
    id: str
    version_id: str | None
    organization_id: str
    record: RecordDocument | None


class ChangePage(BaseModel):
    """Changes in their order. Keep ``next`` and go on ``after`` it, at once if there is ``more``, else later."""

    changes: list[ChangeDocument]
    next: str
    more: bool


class ChangeQuery(BaseModel):
    """From where on."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(100, ge=1, le=500, description="Most entries of the page.")
    after: str | None = Field(
        None, max_length=64, description="The `next` of the page before; the whole log if left out."
    )
    include: Literal["record"] | None = Field(None, description="`record`: tell what is said of each, too.")


@dataclass
class _Known:
    """How far the log was a moment ago, by the monotonic clock."""

    at: float = float("-inf")
    epoch: str = ""
    sequence: int = 0


@blueprint.get("")
@auth.require(scope="read")
@operation(
    "Follow the catalogue",
    tag="Exchange",
    query=ChangeQuery,
    answer=ChangePage,
    errors=("invalid_cursor", "cursor_forgotten"),
)
def list_(query: ChangeQuery) -> ChangePage | Response:
    """What you may see of lessons and courses for another reason than that you keep them, and what became of it, in the
    order in which it was committed: nothing is passed by, and whoever asks the same again is told the same. Lessons are
    told of once they can be watched. What you never could see is not there. Changes that later ones say again go after
    some time (`EVENT_DAYS`); that something is gone is told for good."""
    after = _read(query.after)
    known = _known()
    if after == (known.epoch, known.sequence) and time.monotonic() < known.at + HEAD_SECONDS:
        return ChangePage(changes=[], next=_write(*after), more=False)
    with services().sessions() as session:
        # Before the lines, so that what is written meanwhile is not passed by.
        now = time.monotonic()
        epoch, head = change_log.position(session)
        if after is not None and (after[0] != epoch or after[1] > head):
            raise ApiError("cursor_forgotten")
        known.epoch, known.sequence, known.at = epoch, head, now
        begin = after[1] if after else 0
        if begin == head:
            return ChangePage(changes=[], next=_write(epoch, head), more=False)
        until = min(head, begin + change_log.WINDOW)
        who = reader(session)
        found = change_log.page(session, who.words, Wanted(begin, until), query.limit + 1)
        lines = found[: query.limit]
        records = _records(session, who, lines) if query.include else {}
    end = lines[-1].sequence if len(found) > query.limit else until
    return ChangePage(
        changes=[_document(line, records.get(line.sequence)) for line in lines],
        next=_write(epoch, end),
        more=end < head,
    )


def _known() -> _Known:
    return cast("_Known", current_app.extensions.setdefault("lessonstream_change_log", _Known()))


def _records(session: Session, who: Reader, lines: Sequence[Line]) -> dict[int, Described]:
    """What is said of the records of some lines, by the line that is the last one of each."""
    old = change_log.superseded(session, who.words, lines)
    last = [line for line in lines if line.sequence not in old and line.change != "deleted"]
    ids = {kind: [line.record_id for line in last if line.kind == kind] for kind in ("asset", "course")}
    told = describe(session, who, ids["asset"], ids["course"], services().settings.public_url)
    return {line.sequence: told[line.record_id] for line in last if line.record_id in told}


def _document(line: Line, record: Described | None) -> ChangeDocument:
    return ChangeDocument(
        sequence=line.sequence,
        timestamp=line.at.astimezone(UTC),
        change=line.change,
        changed=cast("list[RecordPart]", list(line.changed)),
        kind=line.kind,
        id=line.record_id,
        version_id=line.version_id,
        organization_id=line.organization_id,
        record=RecordDocument.model_validate(record) if record else None,
    )


def _write(epoch: str, sequence: int) -> str:
    return f"{epoch}-{sequence}"


def _read(cursor: str | None) -> tuple[str, int] | None:
    if cursor is None:
        return None
    found = _CURSOR.fullmatch(cursor)
    if found is None:
        raise ApiError("invalid_cursor")
    return found[1], int(found[2])
