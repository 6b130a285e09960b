"""The ledger's promises, on a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from ledger import expire_lease, new_lesson, step_named, take
from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session, sessionmaker

from configs.jobs import JOBS
from storage.catalogue import assets, claims, endings, organizations, outbox, steps
from storage.catalogue.claims import Lane
from storage.catalogue.models import Asset, OutboxEntry, Step, Version
from storage.catalogue.new_steps import NewStep
from storage.catalogue.steps import StaleFence

pytestmark = pytest.mark.integration

ALL = (outbox.Room(tuple(JOBS), 1_000_000),)
"""Wake-ups to be relayed at once: other tests leave theirs behind."""


@pytest.fixture
def version_id(sessions: sessionmaker[Session]) -> Iterator[str]:
    yield new_lesson(sessions)


def test_a_finished_upload_leaves_one_queued_step_and_its_wake_up(sessions, version_id) -> None:
    with sessions() as session:
        step = step_named(session, version_id, "inspect")
        assert step.state == "queued"
        entries = session.execute(select(OutboxEntry).where(OutboxEntry.step_id == step.id)).scalars().all()
        assert len(entries) == 1


def test_only_one_worker_gets_a_step(sessions, version_id) -> None:
    first = take(sessions, version_id, "inspect")
    with sessions.begin() as session:
        assert claims.claim(session, first.step_id, "other") is None
        assert session.get_one(Version, version_id).state == "processing"


def test_a_worker_that_lost_its_lease_can_neither_renew_nor_publish(sessions, version_id) -> None:
    slow = take(sessions, version_id, "inspect", "slow")
    expire_lease(sessions, slow.step_id)
    with sessions.begin() as session:
        assert endings.reap(session) >= 1
    quick = take(sessions, version_id, "inspect", "quick")
    assert quick.fence == slow.fence + 1
    for action in (lambda s: steps.renew(s, slow, 0.5), lambda s: steps.complete(s, slow)):
        with pytest.raises(StaleFence), sessions.begin() as session:
            action(session)
    with sessions.begin() as session:
        steps.complete(session, quick)
    with sessions() as session:
        assert step_named(session, version_id, "inspect").state == "done"


def test_what_a_stale_worker_writes_is_rolled_back_with_its_publication(sessions, version_id) -> None:
    slow = take(sessions, version_id, "inspect")
    expire_lease(sessions, slow.step_id)
    take(sessions, version_id, "inspect", "quick")
    with pytest.raises(StaleFence), sessions.begin() as session:
        steps.add_steps(session, version_id, [NewStep("publish", "from-a-ghost")])
        steps.complete(session, slow)
    with sessions() as session:
        assert session.execute(select(Step).where(Step.name == "from-a-ghost")).first() is None


def test_a_step_waits_for_all_steps_of_the_kinds_it_names(sessions, version_id) -> None:
    inspect = take(sessions, version_id, "inspect")
    with sessions.begin() as session:
        steps.add_steps(
            session,
            version_id,
            [NewStep("encode", "e0"), NewStep("encode", "e1"), NewStep("publish", "p", after=("encode",))],
        )
        steps.complete(session, inspect)
    for name, expected in (("e0", "waiting"), ("e1", "queued")):
        claim = take(sessions, version_id, name)
        with sessions.begin() as session:
            steps.complete(session, claim)
        with sessions() as session:
            assert step_named(session, version_id, "p").state == expected


def test_nobody_is_woken_for_a_step_with_which_its_worker_goes_on(sessions, version_id) -> None:
    inspect = take(sessions, version_id, "inspect")
    with sessions.begin() as session:
        steps.add_steps(session, version_id, [NewStep("encode_first", "e0"), NewStep("encode_first", "e1")])
        steps.complete(session, inspect)
        taken = claims.claim_next(session, version_id, ("encode_first",), inspect.owner)
        assert taken is not None
        outbox.withdraw(session, taken.step_id)
    with sessions() as session:
        woken = (
            select(Step.name).join(OutboxEntry).where(Step.version_id == version_id, Step.name != "inspect")
        )
        assert session.execute(woken).scalars().all() == ["e1"]


def test_adding_steps_twice_adds_them_once(sessions, version_id) -> None:
    for _ in range(2):
        with sessions.begin() as session:
            steps.add_steps(session, version_id, [NewStep("encode", "e0")])
    with sessions() as session:
        step = step_named(session, version_id, "e0")
        count = session.execute(select(func.count()).where(OutboxEntry.step_id == step.id)).scalar_one()
        assert count == 1


def test_after_the_last_attempt_the_version_fails_with_a_code(sessions, version_id) -> None:
    for attempt in range(1, endings.MAX_ATTEMPTS + 1):
        claim = take(sessions, version_id, "inspect")
        assert claim.attempt == attempt
        with sessions.begin() as session:
            endings.give_back(session, claim, "the disk is on fire")
    with sessions() as session:
        version = session.get_one(Version, version_id)
        assert (version.state, version.failure_code) == ("failed", "processing_failed")
        assert "the disk is on fire" in (version.failure_detail or "")


def _run(sessions, version_id: str, *names: str) -> None:
    for name in names:
        claim = take(sessions, version_id, name)
        with sessions.begin() as session:
            steps.complete(session, claim)


SECOND_CHUNK = endings.Rejected(lambda params: params.get("chunk") == 1)


def test_results_that_were_rejected_are_made_again_before_they_are_looked_at_again(
    sessions, version_id
) -> None:
    chunks = [NewStep("encode", f"e{number}", {"chunk": number}) for number in range(3)]
    with sessions.begin() as session:
        steps.add_steps(session, version_id, [*chunks, NewStep("verify", "v", after=("encode",))])
    _run(sessions, version_id, "e0", "e1", "e2")
    for _ in range(endings.MAX_ATTEMPTS - 1):
        claim = take(sessions, version_id, "v")
        with sessions.begin() as session:
            endings.redo(session, claim, SECOND_CHUNK, "mirrored", "output_rejected")
        with sessions() as session:
            states = {name: step_named(session, version_id, name).state for name in ("e0", "e1", "e2", "v")}
            assert states == {"e0": "done", "e1": "queued", "e2": "done", "v": "waiting"}
        _run(sessions, version_id, "e1")
    claim = take(sessions, version_id, "v")
    with sessions.begin() as session:
        endings.redo(session, claim, SECOND_CHUNK, "mirrored", "output_rejected")
    with sessions() as session:
        version = session.get_one(Version, version_id)
        assert (version.state, version.failure_code) == ("failed", "output_rejected")


def test_what_is_made_again_and_stays_the_same_is_not_made_a_third_time(sessions, version_id) -> None:
    with sessions.begin() as session:
        chunk, look = NewStep("encode", "e1", {"chunk": 1}), NewStep("verify", "v", after=("encode",))
        steps.add_steps(session, version_id, [chunk, look])
    for state, sha256 in (("waiting", "a"), ("waiting", "b"), ("failed", "b")):
        _run(sessions, version_id, "e1")
        claim = take(sessions, version_id, "v")
        found = replace(SECOND_CHUNK, prints={"240p-1": sha256})
        with sessions.begin() as session:
            endings.redo(session, claim, found, "mirrored", "output_rejected")
        with sessions() as session:
            assert step_named(session, version_id, "v").state == state
    with sessions.begin() as session:
        assert session.get_one(Version, version_id).failure_code == "output_rejected"
        assert endings.retry(session, version_id)
    claim = take(sessions, version_id, "v")
    with sessions.begin() as session:
        # Whoever has it tried again may have mended what makes it.
        endings.redo(session, claim, found, "mirrored", "output_rejected")
        assert step_named(session, version_id, "v").state == "waiting"


def test_cancelled_steps_are_noticed_when_renewing(sessions, version_id) -> None:
    claim = take(sessions, version_id, "inspect")
    with sessions.begin() as session:
        steps.fail_version(session, version_id, "source_empty", "")
    with pytest.raises(StaleFence), sessions.begin() as session:
        steps.renew(session, claim, 0.1)


def test_wake_ups_stay_until_they_were_sent(sessions, version_id) -> None:
    def broken(_: outbox.WakeUp) -> None:
        raise ConnectionError

    with pytest.raises(ConnectionError), sessions.begin() as session:
        outbox.relay(session, broken, ALL)
    sent: list[outbox.WakeUp] = []
    with sessions.begin() as session:
        outbox.relay(session, sent.append, ALL)
    with sessions() as session:
        step_id = step_named(session, version_id, "inspect").id
    assert [wake_up.kind for wake_up in sent if wake_up.step_id == step_id] == ["inspect"]
    with sessions.begin() as session:
        outbox.relay(session, lambda wake_up: pytest.fail(f"{wake_up} was sent twice"), ALL)


def test_wake_ups_of_steps_that_only_a_newer_release_knows_are_left_to_it(sessions, version_id) -> None:
    with sessions.begin() as session:
        steps.add_steps(session, version_id, [NewStep("invented-tomorrow", "tomorrow")])
    sent: list[outbox.WakeUp] = []
    with sessions.begin() as session:
        outbox.relay(session, sent.append, [outbox.Room(("inspect",), 1_000_000)])
        unsent = (
            select(Step.kind)
            .join(OutboxEntry)
            .where(OutboxEntry.sent_at.is_(None), Step.version_id == version_id)
        )
        assert session.execute(unsent).scalars().all() == ["invented-tomorrow"]
        outbox.relay(session, sent.append, [outbox.Room(("invented-tomorrow",), 1)])
    assert {wake_up.kind for wake_up in sent} >= {"inspect", "invented-tomorrow"}


def test_what_the_queue_has_no_room_for_waits_and_holds_up_nothing_else(sessions, version_id) -> None:
    with sessions.begin() as session:
        outbox.relay(session, lambda _: None, ALL)
        crowd = [NewStep("crowd", f"c{number}") for number in range(30)]
        steps.add_steps(session, version_id, [*crowd, NewStep("single", "s")])
    rooms = [outbox.Room(("crowd", "other"), 10), outbox.Room(("single",), 10)]
    sent: list[outbox.WakeUp] = []
    for _ in range(2):
        with sessions.begin() as session:
            outbox.relay(session, sent.append, rooms)
    kinds = [wake_up.kind for wake_up in sent]
    assert (kinds.count("crowd"), kinds.count("single")) == (20, 1)
    assert len({wake_up.job_id for wake_up in sent}) == 21
    with sessions.begin() as session:
        assert outbox.relay(session, sent.append, [outbox.Room(("crowd",), 0)]) == 0


def test_a_wake_up_of_the_release_before_is_sent(sessions, version_id) -> None:
    with sessions.begin() as session:
        session.execute(update(OutboxEntry).values(kind=None))
        step_id = step_named(session, version_id, "inspect").id
    sent: list[outbox.WakeUp] = []
    with sessions.begin() as session:
        outbox.relay(session, sent.append, ALL)
    assert step_id in [wake_up.step_id for wake_up in sent]


def test_a_queued_step_whose_wake_up_was_sent_long_ago_is_found(sessions, version_id) -> None:
    with sessions.begin() as session:
        outbox.relay(session, lambda _: None, ALL)
    with sessions.begin() as session:
        session.execute(update(Step).values(queued_at=func.now() - timedelta(minutes=1)))
    with sessions() as session:
        step_id = step_named(session, version_id, "inspect").id
        assert step_id in steps.queued_longest(session, ("inspect",), timedelta(seconds=15), 1_000_000)


def test_a_step_whose_next_wake_up_is_not_sent_yet_is_not_taken_for_lost(sessions, version_id) -> None:
    claim = take(sessions, version_id, "inspect")
    with sessions.begin() as session:
        session.execute(update(OutboxEntry).values(sent_at=func.now() - timedelta(minutes=1)))
        endings.give_back(session, claim, "passing")
    with sessions() as session:
        assert claim.step_id not in steps.queued_longest(session, ("inspect",), timedelta(0), 1_000_000)


def test_what_was_done_long_ago_is_forgotten_and_nothing_else(sessions) -> None:
    def lesson(state: str, days: int) -> str:
        version_id = new_lesson(sessions)
        with sessions.begin() as session:
            steps.add_steps(
                session, version_id, [NewStep("encode", "done", done=True), NewStep("download", "failed")]
            )
            session.execute(update(Version).where(Version.id == version_id).values(state=state))
            ago = func.now() - timedelta(days=days)
            of_version = update(Step).where(Step.version_id == version_id)
            session.execute(of_version.where(Step.name == "done").values(finished_at=ago))
            session.execute(of_version.where(Step.name == "failed").values(state="failed", finished_at=ago))
        return version_id

    old, young, at_work = lesson("ready", 31), lesson("ready", 29), lesson("processing", 31)
    with sessions.begin() as session:
        steps.forget_done(session)
    with sessions() as session:

        def left(version_id: str) -> list[str]:
            return sorted(session.execute(select(Step.name).where(Step.version_id == version_id)).scalars())

        assert left(old) == ["failed", "inspect"]
        assert left(young) == left(at_work) == ["done", "failed", "inspect"]


LANE = Lane("test", ("bulk",))


def new_version(sessions: sessionmaker[Session], organization_id: str, encodes: int) -> str:
    """A version whose inspection is done, with so many steps of bulk work."""
    with sessions.begin() as session:
        version = assets.create_asset(session, organization_id, "课", "a.mp4", "public")
        assets.begin_processing(session, version.id, "assets/x", 10, "00")
        session.execute(update(Step).where(Step.version_id == version.id).values(state="done"))
        steps.add_steps(session, version.id, [NewStep("bulk", f"b{number}") for number in range(encodes)])
        return version.id


def new_organization(sessions: sessionmaker[Session]) -> str:
    with sessions.begin() as session:
        return organizations.create_organization(session, "县").id


@pytest.fixture
def empty_lane(sessions: sessionmaker[Session]) -> None:
    with sessions.begin() as session:
        session.execute(update(Step).values(state="cancelled"))


def claims_in_turn(sessions: sessionmaker[Session], count: int, *, finish_first: bool = False) -> list[str]:
    """Versions of the next steps of the lane."""
    versions = []
    for _ in range(count):
        with sessions.begin() as session:
            claim = claims.claim_best(session, replace(LANE, finish_first=finish_first), "w")
        versions.append(claim.version_id if claim else "")
    return versions


def test_a_flood_of_one_organization_delays_another_by_one_step(sessions, empty_lane) -> None:
    flooding, modest = new_organization(sessions), new_organization(sessions)
    flood = [new_version(sessions, flooding, 6) for _ in range(30)]
    claims_in_turn(sessions, 3)
    late = new_version(sessions, modest, 6)
    order = claims_in_turn(sessions, 6)
    assert order[0] == late, "the one that was never served is next"
    assert order.count(late) == 3, "from then on they take turns"
    assert {version for version in order if version != late} <= {flood[0]}, "within one, the oldest first"


def test_the_last_chunks_of_a_version_do_not_wait_for_a_newcomer(sessions, empty_lane) -> None:
    early = new_version(sessions, new_organization(sessions), claims.LAST_STEPS + 2)
    assert claims_in_turn(sessions, 2, finish_first=True) == [early, early]
    new_version(sessions, new_organization(sessions), 30)
    assert claims_in_turn(sessions, claims.LAST_STEPS, finish_first=True) == [early] * claims.LAST_STEPS


def test_whoever_takes_a_step_holds_up_nobody_who_wakes_others_for_the_rest(sessions, empty_lane) -> None:
    """Two who did both, each for what the other had just looked at, waited for each other until one was ended."""
    version_id = new_version(sessions, new_organization(sessions), claims.LAST_STEPS)
    with sessions.begin() as taking:
        taken = claims.claim_best(taking, replace(LANE, finish_first=True), "w")
        with sessions.begin() as waking:
            waking.execute(text("SET LOCAL lock_timeout = '2s'"))
            left = waking.execute(select(Step.id).where(Step.version_id == version_id, Step.kind == "bulk"))
            for step_id in left.scalars():
                steps.requeue(waking, step_id)
            waking.flush()
    assert taken is not None


def test_a_step_that_is_to_wait_before_it_is_retried_is_not_taken(sessions, empty_lane) -> None:
    new_version(sessions, new_organization(sessions), 1)
    for _ in range(2):
        with sessions.begin() as session:
            claim = claims.claim_best(session, LANE, "w")
            assert claim is not None
            endings.give_back(session, claim, "for a while")
    assert claims_in_turn(sessions, 1) == [""]


def test_workers_that_choose_at_the_same_moment_take_different_steps(sessions, empty_lane) -> None:
    new_version(sessions, new_organization(sessions), 20)

    def take_one(number: int) -> str:
        with sessions.begin() as session:
            claim = claims.claim_best(session, LANE, str(number))
            assert claim is not None
            return claim.step_id

    with ThreadPoolExecutor(8) as workers:
        taken = list(workers.map(take_one, range(20)))
    assert len(set(taken)) == 20


def _optional(sessions, version_id, state: str) -> steps.Claim:
    with sessions.begin() as session:
        steps.add_steps(session, version_id, [NewStep("download", "extra", weight=1000.0, optional=True)])
        session.execute(update(Version).where(Version.id == version_id).values(state=state))
    return take(sessions, version_id, "extra")


@pytest.mark.parametrize("state", ["playable", "ready"])
def test_a_version_does_without_an_optional_step_that_fails_every_time(sessions, version_id, state) -> None:
    claim = _optional(sessions, version_id, state)
    for _ in range(endings.MAX_ATTEMPTS):
        with sessions.begin() as session:
            endings.give_back(session, claim, "the disk is on fire")
        if claim.attempt < endings.MAX_ATTEMPTS:
            claim = take(sessions, version_id, "extra")
    with sessions() as session:
        step = step_named(session, version_id, "extra")
        assert (step.state, step.last_error) == ("failed", "the disk is on fire")
        version = session.get_one(Version, version_id)
        assert (version.state, version.failure_code) == (state, None)
        assert step_named(session, version_id, "inspect").state == "queued"


@pytest.mark.parametrize("optional", [True, False])
def test_a_failure_for_good_is_tried_once(sessions, version_id, optional) -> None:
    claim = _optional(sessions, version_id, "playable") if optional else take(sessions, version_id, "inspect")
    with sessions.begin() as session:
        endings.fail(session, claim, "source_truncated", "half of it")
    with sessions() as session:
        version = session.get_one(Version, version_id)
        wanted = ("playable", None) if optional else ("failed", "source_truncated")
        assert (version.state, version.failure_code) == wanted
        step = step_named(session, version_id, "extra" if optional else "inspect")
        assert (step.state, step.attempts) == ("failed", 1)
        assert "half of it" in (step.last_error or "")


def test_a_failed_version_leaves_a_line_with_all_that_an_operator_asks_for(
    sessions, version_id, caplog
) -> None:
    claim = take(sessions, version_id, "inspect")
    with sessions.begin() as session:
        endings.fail(session, claim, "source_truncated", "half\nof it")
        assert not caplog.records, "not before it is so"
    [record] = caplog.records
    with sessions() as session:
        asset = session.get_one(Asset, session.get_one(Version, version_id).asset_id)
    told = (version_id, asset.id, asset.organization_id, "step inspect", "source_truncated: half of it")
    assert all(part in record.getMessage() for part in told)


def test_optional_steps_are_no_part_of_progress(sessions, version_id) -> None:
    inspect = take(sessions, version_id, "inspect")
    with sessions.begin() as session:
        steps.add_steps(session, version_id, [NewStep("publish", "publish", weight=0.001)])
        steps.complete(session, inspect)
    claim = _optional(sessions, version_id, "processing")
    with sessions.begin() as session:
        found = assets.progress(session, session.get_one(Version, version_id))
        assert (found.percent, found.stage) == (99, "queued")
        steps.complete(session, claim)


def percent(sessions, version_id) -> int:
    with sessions() as session:
        return assets.progress(session, session.get_one(Version, version_id)).percent


def test_progress_counts_what_is_not_planned_yet_and_never_falls(sessions, version_id) -> None:
    inspect = take(sessions, version_id, "inspect")
    with sessions.begin() as session:
        steps.add_steps(session, version_id, [NewStep("analyse", "analyse", weight=3)])
        steps.expect(session, version_id, 6.0)
        steps.complete(session, inspect)
    assert percent(sessions, version_id) == 10
    analyse = take(sessions, version_id, "analyse")
    with sessions.begin() as session:
        chunks = [NewStep("encode", f"encode-{chunk}", {"chunk": chunk}, weight=4) for chunk in range(2)]
        steps.add_steps(session, version_id, [*chunks, NewStep("publish", "publish", after=("encode",))])
        steps.expect(session, version_id, 0.0)
        steps.complete(session, analyse)
    seen = [percent(sessions, version_id)]

    def heartbeat(claim: steps.Claim, progress: float) -> None:
        with sessions.begin() as session:
            steps.renew(session, claim, progress)
        with sessions.begin() as session:
            steps.advance(session, version_id)
        seen.append(percent(sessions, version_id))

    lost = take(sessions, version_id, "encode-0")
    heartbeat(lost, 0.9)
    expire_lease(sessions, lost.step_id)
    with sessions.begin() as session:
        endings.reap(session)
    for name in ("encode-0", "encode-1"):
        claim = take(sessions, version_id, name)
        heartbeat(claim, 0.2)
        with sessions.begin() as session:
            steps.complete(session, claim)
        seen.append(percent(sessions, version_id))
    publish = take(sessions, version_id, "publish")
    with sessions.begin() as session:
        endings.redo(
            session,
            publish,
            endings.Rejected(lambda params: params.get("chunk") == 0),
            "dark",
            "output_rejected",
        )
    again = take(sessions, version_id, "encode-0")
    with sessions.begin() as session:
        steps.add_steps(session, version_id, [NewStep("encode", "encode-2", weight=100)])
        steps.complete(session, again)
    seen.append(percent(sessions, version_id))
    assert seen == sorted(seen)
    assert seen[0] < seen[1] < seen[-1] == 92
    with sessions.begin() as session:
        steps.fail_version(session, version_id, "source_damaged", "")
    assert percent(sessions, version_id) == 92


def test_a_version_goes_on_without_a_step_it_can_do_without(sessions, version_id) -> None:
    inspect = take(sessions, version_id, "inspect")
    with sessions.begin() as session:
        new = [NewStep("tracks", "tracks", optional=True), NewStep("publish", "publish", after=("tracks",))]
        steps.add_steps(session, version_id, new)
        steps.complete(session, inspect)
    for attempt in range(endings.MAX_ATTEMPTS):
        with sessions.begin() as session:
            assert step_named(session, version_id, "publish").state == "waiting", attempt
        claim = take(sessions, version_id, "tracks")
        with sessions.begin() as session:
            endings.give_back(session, claim, "killed")
    with sessions() as session:
        assert step_named(session, version_id, "tracks").state == "failed"
        assert step_named(session, version_id, "publish").state == "queued"
        assert session.get_one(Version, version_id).state == "processing"
