"""Extras for lessons that were ready before somebody switched them on: captions by a machine, and slides that are read.

Gently: while anything else is to be done nothing is queued, and then no more than a few steps, behind all others. What
there is left to do is told by the catalogue each time, so whoever stops goes on where it ended.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, Select, and_, delete, exists, func, or_, select, type_coerce
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from configs.words import StepKind, StepState
from storage.catalogue import steps
from storage.catalogue.models import Asset, FollowedLesson, Rendition, Step, Track, Version
from storage.catalogue.new_steps import NewStep
from storage.catalogue.reach import Reach
from storage.catalogue.steps import UNFINISHED
from storage.tracks.names import CAPTIONS, SLIDES

CAPTIONS_STEP: Final[StepKind] = "transcribe"
SLIDES_STEP: Final[StepKind] = "slides"

_MARK: Final = "made_up"
"""Parameter of a step that was queued here."""


@dataclass(frozen=True)
class Wanted:
    """Which of ``CAPTIONS_STEP`` and ``SLIDES_STEP``, and for which lessons: of an organization and all below it, these
    ``asset_ids`` alone, or everybody's."""

    kinds: tuple[StepKind, ...]
    organization_id: str | None = None
    asset_ids: Collection[str] | None = None


def count_left(session: Session, wanted: Wanted) -> dict[StepKind, int]:
    """Return how many lessons are still to get each kind."""
    return {
        kind: session.execute(
            select(func.count()).select_from(_lacking(kind, wanted).subquery())
        ).scalar_one()
        for kind in wanted.kinds
    }


def count_made(session: Session, states: Sequence[StepState] = UNFINISHED) -> int:
    """Return how many of the steps that were queued here are in these states."""
    return session.execute(select(func.count()).where(_is_made_up(), Step.state.in_(states))).scalar_one()


def is_quiet(session: Session) -> bool:
    """Return whether nothing else waits for a worker now; what is fetched waits for servers of others."""
    waiting = exists().where(
        Step.state == "queued", Step.queued_at <= func.now(), Step.kind != "fetch", ~_is_made_up()
    )
    return not session.execute(select(waiting)).scalar_one()


def queue_some(session: Session, wanted: Wanted, most: int) -> int:
    """Queue steps of at most so many lessons, the newest first; returns how many steps."""
    queued = 0
    for kind in wanted.kinds:
        lacking = _lacking(kind, wanted).order_by(Version.ready_at.desc(), Version.id).limit(most - queued)
        for version_id in session.execute(lacking).scalars().all() if queued < most else ():
            steps.lock_version(session, version_id)
            session.execute(delete(Step).where(Step.version_id == version_id, *_is_over(kind)))
            step = NewStep(kind=kind, name=kind, params={_MARK: True}, optional=True)
            steps.add_steps(session, version_id, [step], last_in_line=True)
            queued += 1
    return queued


def _lacking(kind: StepKind, wanted: Wanted) -> Select[str]:
    """Return the versions that are played, were made here, lack what a step of this kind makes, and have no such step
    that may still make it."""
    query = (
        select(Version.id)
        .join(Asset, Asset.current_version_id == Version.id)
        .where(
            Asset.deleted_at.is_(None),
            Version.state == "ready",
            Version.origin_link_id.is_(None),
            ~exists().where(FollowedLesson.version_id == Version.id),
            _can_have(kind),
            ~_has(kind),
            ~exists().where(Step.version_id == Version.id, Step.kind == kind, ~and_(*_is_over(kind))),
        )
    )
    if wanted.organization_id is not None:
        query = query.where(Asset.organization_id.in_(Reach(wanted.organization_id).select()))
    if wanted.asset_ids is not None:
        query = query.where(Asset.id.in_(wanted.asset_ids))
    return query


def _can_have(kind: StepKind) -> ColumnElement[bool]:
    if kind == SLIDES_STEP:
        return Version.kind == "video"
    return exists().where(Rendition.version_id == Version.id, Rendition.kind == "audio", Rendition.published)


def _has(kind: StepKind) -> ColumnElement[bool]:
    if kind == SLIDES_STEP:
        return exists().where(Track.version_id == Version.id, Track.kind == SLIDES)
    # Where nobody has told the language, the step finds out whether these are the captions that it would write.
    of_its_language = or_(
        Asset.language.is_(None),
        func.split_part(Track.language, "-", 1) == func.split_part(Asset.language, "-", 1),
    )
    return exists().where(Track.version_id == Version.id, Track.kind == CAPTIONS, of_its_language)


def _is_over(kind: StepKind) -> tuple[ColumnElement[bool], ...]:
    """What is true of a step that came to nothing, or that found slides when there was nobody to read them."""
    over: list[StepState] = ["failed", "cancelled"]
    if kind == SLIDES_STEP:
        over.append("done")
    return Step.kind == kind, Step.state.in_(over), ~_is_made_up()


def _is_made_up() -> ColumnElement[bool]:
    return type_coerce(Step.params, JSONB).contains({_MARK: True})
