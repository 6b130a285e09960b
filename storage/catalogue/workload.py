"""What is left to do, of one version and of all: what a forecast is made from.

None of these queries reads what was finished long ago: they go by the versions that are not ready, of which there
are few, and by the last finished steps of each kind, for which there is an index.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Double, and_, case, cast, func, select
from sqlalchemy.orm import Session

from configs.words import StepKind
from storage.catalogue.models import Asset, Step, Version
from storage.catalogue.steps import UNFINISHED, UNREADY
from storage.catalogue.work_left import Done, Left, Pending, QueuedVersion, Running, VersionWork

LATEST = 40
"""So many finished steps of a kind say how fast such steps are done now."""


def of_version(session: Session, version: Version) -> VersionWork:
    """What is left of one version."""
    needed = (Step.version_id == version.id, Step.optional.is_(False))
    at_rest = Step.state.in_(("waiting", "queued"))
    # What was there already when the step was added took nobody any time.
    done = and_(Step.state == "done", Step.started_at.is_not(None))
    rows = session.execute(
        select(
            Step.kind,
            func.max(Step.after),
            func.count().filter(at_rest),
            func.sum(Step.weight).filter(at_rest),
            func.max(Step.weight).filter(at_rest),
            func.count().filter(done),
            func.sum(Step.weight).filter(done),
            func.sum(_seconds_between(Step.started_at, Step.finished_at)).filter(done),
        )
        .where(*needed)
        .group_by(Step.kind)
    ).all()
    return VersionWork(
        version_id=version.id,
        pending=tuple(Pending(row[0], tuple(row[1]), row[2], row[3], row[4]) for row in rows if row[2]),
        running=tuple(running(session, *needed)),
        unplanned=version.unplanned_weight,
        done={row[0]: Done(row[5], row[6], row[7]) for row in rows if row[5]},
    )


def running(session: Session, *which: ColumnElement[bool]) -> list[Running]:
    """Steps that workers have now, all or some."""
    spent = _seconds_between(Step.started_at, func.now())
    rows = session.execute(
        select(Step.kind, Step.weight, Step.progress, spent).where(Step.state == "leased", *which)
    )
    return [Running(kind, weight, progress, seconds) for kind, weight, progress, seconds in rows]


def of_all(session: Session) -> list[QueuedVersion]:
    """What is left of all versions that are not ready."""
    versions = session.execute(
        select(
            Version.id,
            Asset.organization_id,
            # An early release did not note when it was queued.
            cast(func.extract("epoch", func.coalesce(Version.queued_at, Version.created_at)), Double),
            Version.unplanned_weight,
        )
        .join(Asset, Asset.id == Version.asset_id)
        .where(Version.state.in_(UNREADY))
    ).all()
    undone = case((Step.state == "leased", 1 - Step.progress), else_=1.0)
    steps = session.execute(
        select(
            Step.version_id,
            Step.kind,
            Step.state,
            func.count(),
            func.sum(Step.weight * undone),
            func.sum(_seconds_between(Step.started_at, Step.finished_at)),
        )
        .join(Version, Version.id == Step.version_id)
        .where(Version.state.in_(UNREADY), Step.optional.is_(False))
        .group_by(Step.version_id, Step.kind, Step.state)
    )
    left: dict[str, list[Left]] = defaultdict(list)
    done: dict[str, dict[StepKind, Done]] = defaultdict(dict)
    for version_id, kind, state, count, weight, seconds in steps:
        if state in UNFINISHED:
            left[version_id].append(Left(kind, state == "waiting", count, weight))
        elif state == "done" and seconds is not None:
            done[version_id][kind] = Done(count, weight, seconds)
    return [
        QueuedVersion(version_id, owner, queued_at, unplanned, tuple(left[version_id]), done[version_id])
        for version_id, owner, queued_at, unplanned in versions
    ]


def latest(session: Session, kinds: Iterable[StepKind]) -> dict[StepKind, Done]:
    """How fast the last ``LATEST`` steps of each kind were; a kind of which none was done is left out."""
    found: dict[StepKind, Done] = {}
    for kind in kinds:
        last = (
            select(Step.weight, _seconds_between(Step.started_at, Step.finished_at).label("seconds"))
            .where(Step.kind == kind, Step.state == "done", Step.finished_at.is_not(None))
            .order_by(Step.finished_at.desc())
            .limit(LATEST)
            .subquery()
        )
        count, weight, seconds = session.execute(
            select(func.count(), func.sum(last.c.weight), func.sum(last.c.seconds))
        ).one()
        if count:
            found[kind] = Done(count, weight, seconds)
    return found


def _seconds_between(begin: Any, end: Any) -> ColumnElement[float]:
    return cast(func.extract("epoch", end - begin), Double)
