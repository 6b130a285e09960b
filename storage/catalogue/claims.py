"""Who gets which step: leases on the steps of the ledger, and the order in which they are given."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from configs.words import StepKind
from storage.catalogue.lines import next_in_turn, next_to_finish
from storage.catalogue.models import TURNS_TAKEN, Step, Turn, Version
from storage.catalogue.steps import LEASE, Claim

LAST_STEPS = 4
"""A version that was begun and has no more steps than this left in a lane is nearly through."""

LATE_AFTER = timedelta(minutes=10)
"""A lane in which a step has been queued for longer than this gets its share twice."""


def claim(session: Session, step_id: str, owner: str) -> Claim | None:
    """Take this step if nobody holds it. None if it is done, cancelled, or in good hands."""
    step = session.execute(
        update(Step)
        .where(
            Step.id == step_id,
            or_(Step.state == "queued", and_(Step.state == "leased", Step.lease_until < func.now())),
        )
        .values(
            state="leased",
            lease_owner=owner,
            lease_until=func.now() + LEASE,
            fence=Step.fence + 1,
            progress=0.0,
            started_at=func.now(),
        )
        .returning(Step)
    ).scalar_one_or_none()
    if step is None:
        return None
    session.execute(
        update(Version)
        .where(Version.id == step.version_id, Version.state == "queued")
        .values(state="processing")
    )
    return Claim(
        step_id=step.id,
        version_id=step.version_id,
        kind=step.kind,
        params=step.params,
        fence=step.fence,
        attempt=step.attempts + 1,
        postponed=step.postponed,
        owner=owner,
    )


def kind_of(session: Session, step_id: str) -> StepKind | None:
    """The kind of a step; None if its asset was removed."""
    return session.execute(select(Step.kind).where(Step.id == step_id)).scalar_one_or_none()


@dataclass(frozen=True)
class Lane:
    """Steps of some ``kinds`` that wait in one line.

    One of ``share`` steps that a worker of several lanes takes is of this one, whatever waits in more urgent lanes;
    with None it has no such share. With ``finish_first`` versions that are nearly through come before others, so that
    the last chunks of one never wait behind the bulk of another.
    """

    name: str
    kinds: Sequence[StepKind]
    share: int | None = None
    finish_first: bool = False


def claim_in_turn(session: Session, lanes: Sequence[Lane], owner: str) -> Claim | None:
    """Take what a worker of these lanes, the most urgent first, should do next. None if nothing is queued."""
    # Turns are those of workers of several lanes: another that takes every second one could take all of a lane's.
    shared = any(lane.share for lane in lanes)
    number = session.execute(select(TURNS_TAKEN.next_value())).scalar_one() if shared else 0
    late = {lane.name for lane in lanes if lane.share and _is_late(session, lane)}
    taken = (claim_best(session, lane, owner) for lane in order_of_turn(lanes, number, late))
    return next((claim for claim in taken if claim is not None), None)


def order_of_turn(lanes: Sequence[Lane], number: int, late: Container[str]) -> list[Lane]:
    """The lanes in the order in which they are looked at when the ``number``-th step is taken: those first whose turn
    it is by their share, which for those that are ``late`` comes twice as often.
    """

    def has_turn(place: int, lane: Lane) -> bool:
        if lane.share is None:
            return False
        period = max(1, lane.share // 2) if lane.name in late else lane.share
        # By its place, so that two lanes seldom have their turn at once.
        return number % period == place % period

    places = list(enumerate(lanes))
    return [lane for _, lane in sorted(places, key=lambda each: (not has_turn(*each), each[0]))]


def is_waiting(session: Session, kinds: Sequence[StepKind]) -> bool:
    """Whether a step of these kinds could be taken now."""
    return bool(session.execute(select(exists().where(*_queued(kinds)))).scalar_one())


def _is_late(session: Session, lane: Lane) -> bool:
    waiting = (*_queued(lane.kinds), Step.queued_at < func.now() - LATE_AFTER)
    return bool(session.execute(select(exists().where(*waiting))).scalar_one())


def claim_best(session: Session, lane: Lane, owner: str) -> Claim | None:
    """Take what the lane should do next: of the organization that was not served for the longest time the oldest
    version. None if nothing is queued.
    """
    found = next_to_finish(session, lane.name, lane.kinds) if lane.finish_first else None
    found = found or next_in_turn(session, lane.name, lane.kinds)
    taken = claim(session, found.step_id, owner) if found else None
    if found is None or taken is None:
        return None
    if lane.finish_first:
        _note_finishing(session, lane, taken.version_id)
    if found.organization_id:
        turn = insert(Turn).values(
            lane=lane.name, organization_id=found.organization_id, taken_at=func.clock_timestamp()
        )
        session.execute(
            turn.on_conflict_do_update(
                index_elements=[Turn.lane, Turn.organization_id],
                set_={Turn.taken_at: func.clock_timestamp()},
            )
        )
    return taken


def _note_finishing(session: Session, lane: Lane, version_id: str) -> None:
    """Note what is left of a version that was begun, if that is not much."""
    left = session.execute(
        select(Step.id, Step.finishing)
        .where(Step.version_id == version_id, *_queued(lane.kinds))
        .limit(LAST_STEPS + 1)
    ).all()
    if len(left) <= LAST_STEPS and not all(row.finishing for row in left):
        unclaimed = (
            select(Step.id)
            .where(Step.id.in_([row.id for row in left]))
            .with_for_update(skip_locked=True, key_share=True)
        )
        session.execute(update(Step).where(Step.id.in_(unclaimed)).values(finishing=True))


def is_among_the_last(step: Step) -> ColumnElement[bool]:
    """Whether little else of its kind is queued of the version of a step that was taken before."""
    others = (
        select(Step.id)
        .where(Step.version_id == step.version_id, Step.kind == step.kind, Step.state == "queued")
        .limit(LAST_STEPS)
        .subquery()
    )
    return select(func.count() < LAST_STEPS).select_from(others).scalar_subquery()


def _queued(kinds: Sequence[StepKind]) -> tuple[ColumnElement[bool], ...]:
    return Step.state == "queued", Step.kind.in_(kinds), Step.queued_at <= func.now()


def claim_next(session: Session, version_id: str, kinds: Sequence[StepKind], owner: str) -> Claim | None:
    """Take the first step of the version of these kinds that is queued and that nobody else is just taking."""
    first = session.execute(
        select(Step.id)
        .where(Step.version_id == version_id, *_queued(kinds))
        .order_by(Step.position)
        .limit(1)
        .with_for_update(skip_locked=True, key_share=True)
    ).scalar_one_or_none()
    return None if first is None else claim(session, first, owner)
