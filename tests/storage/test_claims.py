"""Lanes in turn, on a real PostgreSQL: what is less urgent has its share, whatever keeps coming in."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from ledger import new_lesson
from sqlalchemy import func, update
from sqlalchemy.orm import Session, sessionmaker

from configs import jobs
from storage.catalogue import claims, steps
from storage.catalogue.claims import Lane, order_of_turn
from storage.catalogue.models import Step
from storage.catalogue.new_steps import NewStep

URGENT, BULK, LAST = Lane("urgent", ("inspect",)), Lane("bulk", ("encode",), 4), Lane("last", ("extra",), 16)
LANES = (URGENT, BULK, LAST)


@pytest.mark.parametrize(("late", "bulk"), [((), 4), (("bulk",), 2)])
def test_each_lane_comes_first_when_it_has_its_turn(late: tuple[str, ...], bulk: int) -> None:
    orders = [order_of_turn(LANES, number, late) for number in range(160)]
    assert all(sorted(order, key=LANES.index) == list(LANES) for order in orders)
    first = Counter(order[0].name for order in orders)
    assert first["bulk"] == 160 // bulk
    assert first["last"] == 160 // 16
    assert {order[1].name for order in orders if order[0] is not URGENT} == {"urgent"}


def test_every_lane_but_the_most_urgent_has_a_share() -> None:
    """And but that of imports, which has workers of its own."""
    assert jobs.SHARES.keys() == set(jobs.LANES[1:]) - {jobs.FETCH}


@pytest.fixture
def old_lesson(sessions: sessionmaker[Session]) -> str:
    """Nothing is queued but the bulk of one lesson, and what is made of another at last."""
    with sessions.begin() as session:
        session.execute(update(Step).values(state="cancelled"))
    version_id = new_lesson(sessions)
    with sessions.begin() as session:
        session.execute(update(Step).where(Step.version_id == version_id).values(state="done"))
        bulk = [NewStep("encode", f"e{number}") for number in range(40)]
        steps.add_steps(
            session, version_id, [*bulk, *(NewStep("extra", f"x{number}") for number in range(9))]
        )
    return version_id


def take(sessions: sessionmaker[Session], count: int, *, uploads: bool) -> Counter[str]:
    """Kinds of what a worker of all lanes takes next, while uploads never end, or while there are none."""
    taken: Counter[str] = Counter()
    for _ in range(count):
        if uploads:
            new_lesson(sessions)
        with sessions.begin() as session:
            claim = claims.claim_in_turn(session, LANES, "w")
        assert claim is not None
        taken[claim.kind] += 1
    return taken


@pytest.mark.integration
def test_an_old_lesson_is_encoded_while_uploads_never_end(sessions, old_lesson) -> None:
    taken = take(sessions, 32, uploads=True)
    assert (taken["encode"], taken["extra"], taken["inspect"]) == (8, 2, 22)


@pytest.mark.integration
def test_a_worker_of_one_lane_takes_no_turns_of_others(sessions, old_lesson) -> None:
    taken: Counter[str] = Counter()
    for _ in range(16):
        taken += take(sessions, 1, uploads=True)
        with sessions.begin() as session:
            claims.claim_in_turn(session, (URGENT,), "other")
    assert (taken["encode"], taken["extra"]) == (4, 1)


@pytest.mark.integration
def test_what_has_waited_for_long_has_its_share_twice(sessions, old_lesson) -> None:
    with sessions.begin() as session:
        long_ago = func.now() - claims.LATE_AFTER - timedelta(seconds=1)
        session.execute(update(Step).where(Step.kind == "encode").values(queued_at=long_ago))
    assert take(sessions, 32, uploads=True)["encode"] == 16


@pytest.mark.integration
def test_without_uploads_no_turn_is_wasted(sessions, old_lesson) -> None:
    assert take(sessions, 32, uploads=False).total() == 32


@pytest.mark.integration
def test_a_first_look_waits_for_the_turns_of_others_and_no_longer(sessions, old_lesson) -> None:
    for _ in range(8):
        new_lesson(sessions)
        assert "inspect" in take(sessions, len(LANES), uploads=False)
