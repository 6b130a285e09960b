"""What counts as an attempt and what does not, and how a failed version is tried again; on a real PostgreSQL."""

from __future__ import annotations

from datetime import timedelta

import pytest
from ledger import expire_lease, new_lesson, step_named, take
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, sessionmaker

from storage.catalogue import endings, steps
from storage.catalogue.models import OutboxEntry, Step, Version
from storage.catalogue.new_steps import NewStep

pytestmark = pytest.mark.integration


@pytest.fixture
def version_id(sessions: sessionmaker[Session]) -> str:
    return new_lesson(sessions)


def waits(session: Session, step: Step) -> timedelta:
    """For how long from now on a step is left alone."""
    return session.execute(
        select(Step.queued_at - func.now()).where(Step.id == step.id, Step.state == "queued")
    ).scalar_one()


def wake_ups(session: Session, step: Step) -> int:
    return session.execute(select(func.count()).where(OutboxEntry.step_id == step.id)).scalar_one()


def state_of(session: Session, version_id: str) -> tuple[str, str | None]:
    version = session.get_one(Version, version_id)
    return version.state, version.failure_code


def test_a_worker_that_is_told_to_stop_gives_its_step_back_uncounted_and_at_once(
    sessions, version_id
) -> None:
    for stops in range(1, 2 * endings.MAX_ATTEMPTS):
        claim = take(sessions, version_id, "inspect", "machine:1")
        assert claim.attempt == 1
        with sessions.begin() as session:
            assert endings.release(session, "machine:2") == 0
            assert endings.release(session, "machine:1") == 1
        with sessions() as session:
            step = step_named(session, version_id, "inspect")
            assert (step.attempts, step.interruptions, step.postponed) == (0, 0, 0)
            assert waits(session, step) <= timedelta(0)
            assert wake_ups(session, step) == 1 + stops
    with sessions() as session:
        assert state_of(session, version_id) == ("processing", None)


def test_vanished_workers_fail_no_lesson_until_it_is_clear_that_it_kills_them(sessions, version_id) -> None:
    delays = []
    for number in range(1, endings.MAX_INTERRUPTIONS):
        claim = take(sessions, version_id, "inspect")
        assert claim.attempt == 1
        expire_lease(sessions, claim.step_id)
        with sessions.begin() as session:
            endings.reap(session)
            step = step_named(session, version_id, "inspect")
            assert (step.attempts, step.interruptions) == (0, number)
            delays.append(waits(session, step))
    assert delays[0] <= timedelta(0), "the first one is not made to wait"
    assert delays == sorted(delays)
    assert max(delays) == endings.LONGEST_DELAY
    assert sum(delays, timedelta(0)) > timedelta(hours=2)
    claim = take(sessions, version_id, "inspect")
    with sessions.begin() as session:
        endings.interrupt_of(session, claim.owner, "killed")
    with sessions() as session:
        assert state_of(session, version_id) == ("failed", "worker_lost")


def test_a_step_whose_server_is_away_is_put_off_and_never_given_up(sessions, version_id) -> None:
    delays = []
    for number in range(1, 30):
        claim = take(sessions, version_id, "inspect")
        assert (claim.attempt, claim.postponed) == (1, number - 1)
        with sessions.begin() as session:
            endings.postpone(session, claim, "the object storage does not answer")
            delays.append(waits(session, step_named(session, version_id, "inspect")))
    assert (delays[0], delays[-1]) == (endings.FIRST_DELAY, endings.LONGEST_DELAY)
    with sessions() as session:
        assert state_of(session, version_id) == ("processing", None)


def lesson_with_a_failed_chunk(sessions: sessionmaker[Session], version_id: str, code: str) -> None:
    """Inspected and playable; of two chunks one is done and one has failed for good; publishing waited for both."""
    inspect = take(sessions, version_id, "inspect")
    with sessions.begin() as session:
        chunks = [NewStep("encode", "e0"), NewStep("encode", "e1")]
        steps.add_steps(session, version_id, [*chunks, NewStep("publish", "publish", after=("encode",))])
        steps.complete(session, inspect)
        playable = {"state": "playable", "playable_at": func.now(), "kind": "video"}
        session.execute(update(Version).where(Version.id == version_id).values(playable))
    done, bad = take(sessions, version_id, "e0"), take(sessions, version_id, "e1")
    with sessions.begin() as session:
        steps.complete(session, done)
    with sessions.begin() as session:
        endings.fail(session, bad, code, "as it is")


@pytest.mark.parametrize(
    ("code", "state"),
    [
        ("processing_failed", "playable"),
        # What was published may be what is wrong: it has to be verified first.
        ("output_rejected", "processing"),
    ],
)
def test_a_failed_version_is_tried_again_from_where_it_failed(sessions, version_id, code, state) -> None:
    lesson_with_a_failed_chunk(sessions, version_id, code)
    with sessions.begin() as session:
        assert state_of(session, version_id) == ("failed", code)
        assert endings.retry(session, version_id)
    with sessions.begin() as session:
        assert state_of(session, version_id) == (state, None)
        names = ("inspect", "e0", "e1", "publish")
        states = [step_named(session, version_id, name).state for name in names]
        assert states == ["done", "done", "queued", "waiting"], "what is done is kept"
        assert not endings.retry(session, version_id), "nothing failed"
    again = take(sessions, version_id, "e1")
    assert again.attempt == 1
    with sessions.begin() as session:
        steps.complete(session, again)
        assert step_named(session, version_id, "publish").state == "queued"


def test_a_retry_of_a_file_that_cannot_change_ends_the_same_way_at_once(sessions, version_id) -> None:
    for _ in range(2):
        claim = take(sessions, version_id, "inspect")
        assert claim.attempt == 1
        with sessions.begin() as session:
            endings.fail(session, claim, "source_not_media", "text")
        with sessions.begin() as session:
            assert state_of(session, version_id) == ("failed", "source_not_media")
            assert endings.retry(session, version_id)
            assert state_of(session, version_id) == ("queued", None)


def test_what_a_ready_version_does_without_is_tried_again_too(sessions, version_id) -> None:
    inspect = take(sessions, version_id, "inspect")
    with sessions.begin() as session:
        steps.add_steps(session, version_id, [NewStep("download", "video.mp4", optional=True)])
        steps.complete(session, inspect)
        session.execute(update(Version).where(Version.id == version_id).values(state="ready"))
    claim = take(sessions, version_id, "video.mp4")
    with sessions.begin() as session:
        endings.fail(session, claim, "processing_failed", "no luck")
    with sessions.begin() as session:
        assert endings.retry(session, version_id)
        assert step_named(session, version_id, "video.mp4").state == "queued"
        assert state_of(session, version_id) == ("ready", None)
