"""How attempts end that did not succeed, and what counts.

Only what a step itself did wrong is an *attempt*; after ``MAX_ATTEMPTS`` of them its version fails. A server that is
away or a machine that is too busy puts a step off (``postpone``), and a stop gives it back (``release``), as often as
it happens. A worker or tool that was killed is no fault of the step's either, unless the step is what kills it: these
are counted apart, far more of them are borne, and each time the step waits longer (``interrupt``). Other work gets done
meanwhile, so in the end only the step that brings its workers down has used up ``MAX_INTERRUPTIONS``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import delete, func, select, true, update
from sqlalchemy.orm import Session

from configs.words import OUTPUT_REJECTED, FailureCode, StepKind, VersionState
from storage.catalogue import imports
from storage.catalogue.claims import is_among_the_last
from storage.catalogue.models import OutboxEntry, Step, Version
from storage.catalogue.new_steps import FIRST_KIND
from storage.catalogue.steps import (
    Claim,
    fail_version,
    held_by,
    kept,
    lock_version,
    queue_unblocked,
)

MAX_ATTEMPTS = 5
RETRY_DELAYS = (timedelta(0), timedelta(seconds=5), timedelta(seconds=15), timedelta(seconds=30))

MAX_INTERRUPTIONS = 20
"""With the delays between them, these take more than two hours."""

FIRST_DELAY = timedelta(seconds=5)
LONGEST_DELAY = timedelta(minutes=10)
"""How long a step waits that was put off or interrupted: twice as long each time, up to the longest."""

WITHOUT_SOURCE: Final[tuple[StepKind, ...]] = ("download", "preview", "peaks", "slides", "transcribe")
"""What is made of a ready version's own renditions, whether or not its source is kept."""

REJECTED: Final = "rejected"
"""Parameter of a step that looks at what others made: the hashes of what it found wrong."""

PROCESSING_FAILED: Final = "processing_failed"
"""Failure code of a version one of whose steps failed on every attempt."""

WORKER_LOST: Final = "worker_lost"
"""Failure code of a version one of whose steps brought its worker down each time."""


def fail(
    session: Session, held: Claim, code: FailureCode, detail: str, words: Mapping[str, str] | None = None
) -> None:
    """End a step for good, for a reason that no other attempt changes, and with it the version, unless the step is
    ``optional``; ``words`` belong into the message of ``code``. Does nothing if the lease is already lost.
    """
    step = _lock_held(session, held)
    if step is not None:
        step.attempts += 1
        _fail(session, step, f"{code}: {detail}", code, detail, words=words)


def give_back(session: Session, held: Claim, error: str, code: FailureCode = PROCESSING_FAILED) -> None:
    """End an attempt that failed by the step's own fault: it is tried again, ``MAX_ATTEMPTS`` times in all.

    After the last the version fails with ``code``, unless the step is ``optional``. Does nothing if the lease is
    already lost.
    """
    step = _lock_held(session, held)
    if step is not None:
        _retry(session, step, error, code)


def postpone(session: Session, held: Claim, error: str) -> None:
    """Put a step off for want of something that it needs: a server, disk space, the machine. It waits longer each
    time and is never given up. Does nothing if the lease is already lost.
    """
    step = _lock_held(session, held)
    if step is not None:
        step.postponed += 1
        _queue_again(session, step, error, _growing_delay(step.postponed))


def interrupt(session: Session, held: Claim, error: str) -> None:
    """End an attempt whose tool was killed by the machine. Does nothing if the lease is already lost."""
    step = _lock_held(session, held)
    if step is not None:
        _interrupt(session, step, error)


def interrupt_of(session: Session, owner: str, error: str) -> None:
    """Like ``interrupt``, for a worker process that learns that its child died with the step it had."""
    for step in _steps_of(session, owner):
        _interrupt(session, step, error)


def release(session: Session, owner: str) -> int:
    """Give back what a worker holds that was told to stop; returns how many steps. They are queued at once and nothing
    is counted.
    """
    held = _steps_of(session, owner)
    for step in held:
        _queue_again(session, step, f"{owner} was told to stop", timedelta(0))
    return len(held)


def reap(session: Session) -> int:
    """Give back every step whose lease has run out; returns how many."""
    expired = session.execute(
        select(Step)
        .where(Step.state == "leased", Step.lease_until < func.now())
        .with_for_update(skip_locked=True)
        .limit(500)
    ).scalars()
    count = 0
    for step in expired:
        _interrupt(session, step, f"worker {step.lease_owner} vanished")
        count += 1
    return count


@dataclass(frozen=True)
class Rejected:
    """Results of other steps that were found wrong: ``blamed`` tells those steps by their parameters. ``prints`` are
    the results' hashes by what they are called."""

    blamed: Callable[[dict[str, Any]], bool]
    prints: Mapping[str, str] = field(default_factory=dict)


def redo(session: Session, held: Claim, rejected: Rejected, error: str, code: FailureCode) -> None:
    """End an attempt that found the results of other steps wrong: those of them that are done are done again, and
    afterwards this one. Each of them has failed an attempt. Results that were made again and are the same, byte for
    byte, are never going to be others: then the version fails at once.

    Does nothing if the lease is already lost.
    """
    step = _lock_held(session, held)
    if step is None:
        return
    before: dict[str, str] = step.params.get(REJECTED, {})
    if rejected.prints and all(before.get(name) == print_ for name, print_ in rejected.prints.items()):
        _fail(session, step, error, code, f"{step.name}: made again, and the same: {error}")
        return
    step.params = {**step.params, REJECTED: {**before, **rejected.prints}}
    done = session.execute(
        select(Step)
        .where(Step.version_id == held.version_id, Step.state == "done")
        .order_by(Step.position)
        .with_for_update()
    ).scalars()
    again = [other for other in done if rejected.blamed(other.params)]
    if not again:
        _retry(session, step, error, code)
        return
    for each in (step, *again):
        each.attempts += 1
    if any(each.attempts >= MAX_ATTEMPTS for each in (step, *again)):
        _fail(session, step, error, code, f"{step.name}: {error}")
        return
    for other in again:
        other.finished_at = None
        other.progress = 0.0
        _queue_again(session, other, error, timedelta(0))
    step.state = "waiting"
    step.last_error = kept(error)
    step.lease_owner = None
    step.lease_until = None
    session.flush()


def plan_anew(session: Session, held: Claim, error: str) -> bool:
    """Let a version be inspected and planned again, because its plan cannot be read, or not be carried out. Its other
    steps are no more; what was published stays until the new plan is there. Does nothing and returns False if the lease
    is already lost.
    """
    if _lock_held(session, held) is None:
        return False
    session.execute(delete(Step).where(Step.version_id == held.version_id, Step.kind != FIRST_KIND))
    first = session.execute(
        select(Step).where(Step.version_id == held.version_id, Step.kind == FIRST_KIND).with_for_update()
    ).scalar_one()
    first.finished_at = None
    first.progress = 0.0
    _queue_again(session, first, f"planned anew: {error}", timedelta(0))
    session.execute(update(Version).where(Version.id == held.version_id).values(stand_in_key=None))
    return True


def retry(session: Session, version_id: str) -> bool:
    """Begin anew what failed of a version, and what was cancelled with it; False if nothing did.

    What is done stays. A version that was playable is so again, unless what was published of it was found wrong.
    """
    lock_version(session, version_id)
    version = session.get_one(Version, version_id, populate_existing=True)
    failed = version.state == "failed"
    ended = ("failed", "cancelled") if failed else ("failed",)
    possible = true() if version.source_dropped_at is None else Step.kind.in_(WITHOUT_SOURCE)
    begun = session.execute(
        update(Step)
        .where(Step.version_id == version_id, Step.state.in_(ended), possible)
        .values(state="waiting", progress=0.0, finished_at=None)
        .returning(Step.id)
    ).all()
    if not begun:
        return False
    session.execute(
        update(Step)
        .where(Step.version_id == version_id)
        .values(attempts=0, interruptions=0, postponed=0, params=Step.params.op("-")(REJECTED))
    )
    if failed:
        version.state = _state_before(version)
        imports.begin_again(session, version_id)
        version.failure_code = version.failure_detail = version.failure_words = None
    session.flush()
    queue_unblocked(session, version_id)
    return True


def _state_before(version: Version) -> VersionState:
    if version.source_size is None:  # its file did not arrive
        return "uploading"
    if version.kind is None:  # nobody has planned it
        return "queued"
    if version.failure_code == OUTPUT_REJECTED:
        version.playable_at = None
    return "processing" if version.playable_at is None else "playable"


def _retry(session: Session, step: Step, error: str, code: FailureCode) -> None:
    step.attempts += 1
    if step.attempts >= MAX_ATTEMPTS:
        _fail(session, step, error, code, f"{step.name}: {error}")
    else:
        delay = RETRY_DELAYS[min(step.attempts - 1, len(RETRY_DELAYS) - 1)]
        _queue_again(session, step, error, delay)


def _interrupt(session: Session, step: Step, error: str) -> None:
    step.interruptions += 1
    if step.interruptions >= MAX_INTERRUPTIONS:
        _fail(session, step, error, WORKER_LOST, f"{step.name}, {step.interruptions} times: {error}")
    else:
        _queue_again(session, step, error, _growing_delay(step.interruptions - 1))


def _growing_delay(times: int) -> timedelta:
    return min(FIRST_DELAY * 2 ** (times - 1), LONGEST_DELAY) if times else timedelta(0)


def _queue_again(session: Session, step: Step, error: str, delay: timedelta) -> None:
    step.last_error = kept(error)
    step.lease_owner = None
    step.lease_until = None
    step.state = "queued"
    step.queued_at = func.now() + delay
    step.finishing = is_among_the_last(step)
    session.add(OutboxEntry(step_id=step.id, kind=step.kind, not_before=func.now() + delay))
    session.flush()


def _fail(
    session: Session,
    step: Step,
    error: str,
    code: FailureCode,
    detail: str,
    *,
    words: Mapping[str, str] | None = None,
) -> None:
    step.state = "failed"
    step.last_error = kept(error)
    step.lease_owner = None
    step.lease_until = None
    step.finished_at = func.now()
    session.flush()
    if step.optional:
        queue_unblocked(session, step.version_id)
    else:
        fail_version(session, step.version_id, code, detail, words)


def _steps_of(session: Session, owner: str) -> list[Step]:
    held = select(Step).where(Step.state == "leased", Step.lease_owner == owner).with_for_update()
    return list(session.execute(held).scalars())


def _lock_held(session: Session, held: Claim) -> Step | None:
    lock_version(session, held.version_id)
    return session.execute(select(Step).where(*held_by(held)).with_for_update()).scalar_one_or_none()
