"""Who gets which step: leases on the steps of the ledger, and the order in which they are given."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Select, and_, exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from storage.catalogue.models import Asset, Step, Turn, Version
from storage.catalogue.steps import LEASE, Claim

LAST_STEPS = 4
"""A version that was begun and has no more steps than this left in a lane is nearly through."""


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


def kind_of(session: Session, step_id: str) -> str | None:
    """The kind of a step; None if its asset was removed."""
    return session.execute(select(Step.kind).where(Step.id == step_id)).scalar_one_or_none()


def claim_best(
    session: Session, lane: str, kinds: Sequence[str], owner: str, *, finish_first: bool = False
) -> Claim | None:
    """Take whatever the lane, which carries steps of ``kinds``, should do next. None if nothing is queued.

    That is the organization that was not served for the longest time and of its versions the oldest. With
    ``finish_first`` versions that are nearly through come before, so that the last chunks of one never wait behind
    the bulk of another.
    """
    last_steps = LAST_STEPS if finish_first else 0
    while (chosen := session.execute(_best(lane, kinds, last_steps)).first()) is not None:
        step_id, organization_id = chosen
        # Another worker may have chosen the same one at the same moment.
        if (taken := claim(session, step_id, owner)) is not None:
            turn = insert(Turn).values(
                lane=lane, organization_id=organization_id, taken_at=func.clock_timestamp()
            )
            session.execute(
                turn.on_conflict_do_update(
                    index_elements=[Turn.lane, Turn.organization_id],
                    set_={Turn.taken_at: func.clock_timestamp()},
                )
            )
            return taken
    return None


def _best(lane: str, kinds: Sequence[str], last_steps: int) -> Select[str, str]:
    queued = (Step.state == "queued", Step.kind.in_(kinds), Step.queued_at <= func.now())
    left = (
        select(Step.version_id, func.count().label("steps"))
        .where(*queued)
        .group_by(Step.version_id)
        .subquery()
    )
    begun = aliased(Step)
    nearly_through = and_(
        left.c.steps <= last_steps,
        exists().where(
            begun.version_id == Step.version_id, begun.kind.in_(kinds), begun.state.in_(("leased", "done"))
        ),
    )
    return (
        select(Step.id, Asset.organization_id)
        .join(Version, Version.id == Step.version_id)
        .join(Asset, Asset.id == Version.asset_id)
        .join(left, left.c.version_id == Step.version_id)
        .outerjoin(Turn, and_(Turn.lane == lane, Turn.organization_id == Asset.organization_id))
        .where(*queued)
        .order_by(nearly_through.desc(), Turn.taken_at.asc().nulls_first(), Version.queued_at, Step.position)
        .limit(1)
    )


def claim_next(session: Session, version_id: str, kind: str, owner: str) -> Claim | None:
    """Take the version's first queued step of this kind, for a worker that is at it already."""
    first = session.execute(
        select(Step.id)
        .where(Step.version_id == version_id, Step.kind == kind, Step.state == "queued")
        .order_by(Step.position)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).scalar_one_or_none()
    return None if first is None else claim(session, first, owner)
