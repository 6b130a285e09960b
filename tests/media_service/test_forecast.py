"""How long it takes until a version is ready, by properties that a forecast must have whatever the figures are."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from media_service.forecast import Paces, Queue, Situation, eta_seconds
from storage.catalogue.work_left import Done, Left, Pending, QueuedVersion, Running, VersionWork


def situation(*queue: QueuedVersion, workers: int = 2, paces: Paces | None = None) -> Situation:
    paces = paces or Paces()
    return Situation(paces, Queue(queue, paces), workers)


ALONE = situation()


def eta(work: VersionWork, now: Situation = ALONE) -> float:
    found = eta_seconds(work, now)
    assert found is not None
    return found


ENCODES = ("encode_first", "encode", "audio_first", "audio")
LAST = (
    Pending("verify", ENCODES, 1, 5.0, 5.0),
    Pending("publish", (*ENCODES, "images", "verify", "tracks"), 1, 0.5, 0.5),
)

weights = st.floats(0.01, 1e5)
shares = st.floats(0, 1)


@st.composite
def pendings(draw: st.DrawFn, kind: str) -> Pending:
    steps, largest = draw(st.integers(1, 500)), draw(weights)
    return Pending(kind, (), steps, largest * draw(st.floats(1, steps)), largest)


dones = st.builds(
    lambda steps, weight, pace: Done(steps, weight, weight * pace), st.integers(1, 40), weights, weights
)
paces = st.builds(Paces, st.dictionaries(st.sampled_from([*ENCODES, "verify"]), dones))
runnings = st.builds(Running, st.sampled_from(ENCODES), weights, shares, st.floats(0, 1e5))


@st.composite
def works(draw: st.DrawFn) -> VersionWork:
    return VersionWork(
        version_id="mine",
        pending=(*(draw(pendings(kind)) for kind in draw(st.sets(st.sampled_from(ENCODES)))), *LAST),
        running=tuple(draw(st.lists(runnings, max_size=3))),
        unplanned=draw(st.one_of(st.just(0.0), weights)),
        done=draw(st.dictionaries(st.sampled_from(ENCODES), dones)),
    )


def queued(
    version_id: str, kind: str, weight: float, at: float, organization: str = "school"
) -> QueuedVersion:
    steps = max(1, round(weight / 20))
    return QueuedVersion(version_id, organization, at, 0.0, (Left(kind, False, steps, weight),), {})


queues = st.lists(
    st.builds(
        queued,
        st.sampled_from("abc"),
        st.sampled_from([*ENCODES, "inspect", "verify"]),
        weights,
        st.just(1.0),
        st.sampled_from(["school", "county"]),
    )
)


@given(works(), paces, queues, st.integers(0, 50), weights)
def test_an_answer_is_there_and_moves_with_what_there_is_to_do(work, paces, queue, workers, weight) -> None:
    now = situation(*queue, workers=workers, paces=paces)
    seconds = eta(work, now)
    assert seconds >= 0
    assert eta(work, replace(now, workers=workers + 3)) <= seconds, "more workers never make it later"
    assert eta(replace(work, unplanned=work.unplanned + weight), now) >= seconds, (
        "more work never makes it sooner"
    )
    besides = situation(*queue, queued("z", "encode_first", weight, 0.5), workers=workers, paces=paces)
    assert eta(work, besides) >= seconds, "who waits besides never makes it sooner"


def test_steps_that_only_a_newer_release_knows_are_counted_with_what_nobody_waits_for() -> None:
    left = (Left("invented", False, 1, 5.0),)  # type: ignore[arg-type]  # what a newer release wrote
    now = situation(QueuedVersion("version", "organization", 0.0, 0.0, left, {}))
    assert eta(VersionWork("mine", LAST, (), 0.0, {}), now) > 0


def test_before_the_file_was_looked_at_nobody_knows() -> None:
    inspect = Pending("inspect", (), 1, 1.0, 1.0)
    assert eta_seconds(VersionWork("mine", (inspect,), (), 0.0, {}), ALONE) is None


def lesson(
    *pending: Pending, running: tuple[Running, ...] = (), done: dict[str, Done] | None = None
) -> VersionWork:
    return VersionWork("mine", (*pending, *LAST), running, 0.0, done or {})


LADDER = Pending("encode", (), 20, 400.0, 20.0)


def near(seconds: float, wanted: float) -> bool:
    return 0.8 * wanted <= seconds <= 1.25 * wanted


def test_steps_are_shared_by_the_workers_but_a_chain_is_not() -> None:
    assert near(eta(lesson(LADDER)), 400 / 2 + 6)
    assert near(eta(lesson(LADDER), situation(workers=100)), 20 + 6)


def test_the_pace_of_late_is_what_counts() -> None:
    slow = situation(paces=Paces({"encode": Done(40, 800.0, 8000.0)}))
    assert near(eta(lesson(LADDER), slow), 10 * eta(lesson(LADDER)))


def test_what_has_run_for_longer_than_ever_counts_before_it_is_done() -> None:
    first = Running("encode", weight=20.0, progress=0.0, seconds=400.0)
    assert eta(lesson(LADDER), situation(paces=Paces({}, [first]))) > 3 * eta(lesson(LADDER))


def test_a_film_is_slower_than_its_neighbours() -> None:
    usual = situation(paces=Paces({"encode": Done(40, 800.0, 800.0)}))
    film = lesson(LADDER, done={"encode": Done(30, 600.0, 3000.0)})
    assert near(eta(film, usual), 4.5 * eta(lesson(LADDER), usual))


def test_a_step_that_tells_how_far_it_is_ends_accordingly() -> None:
    half = Running("encode", weight=3.0, progress=0.5, seconds=300.0)
    assert near(eta(lesson(running=(half,))), 300 + 6)


def test_who_came_before_goes_first_and_who_came_later_does_not() -> None:
    mine = queued("mine", "encode", 400.0, at=2.0)
    before, after = (queued(name, "encode", 1000.0, at) for name, at in (("old", 1.0), ("new", 3.0)))
    alone = eta(lesson(LADDER), situation(mine))
    assert near(eta(lesson(LADDER), situation(mine, before)), alone + 500)
    assert eta(lesson(LADDER), situation(mine, after)) == alone


def test_the_beginning_of_whoever_came_later_does_go_first() -> None:
    mine, beginning = queued("mine", "encode", 400.0, 1.0), queued("new", "encode_first", 100.0, 2.0)
    alone = eta(lesson(LADDER), situation(mine))
    assert near(eta(lesson(LADDER), situation(mine, beginning)), alone + 50)


def test_organizations_take_turns() -> None:
    mine = queued("mine", "encode", 400.0, at=2.0)
    flood = [queued(f"flood{number}", "encode", 1000.0, 1.0, "county") for number in range(100)]
    alone = eta(lesson(LADDER), situation(mine))
    assert near(eta(lesson(LADDER), situation(mine, *flood)), alone + 200)


def test_what_is_all_at_work_does_not_wait_for_others() -> None:
    last = lesson(running=(Running("encode", 20.0, 0.5, 10.0),))
    queue = [queued("mine", "encode", 20.0, 2.0), queued("old", "encode", 9999.0, 1.0)]
    assert near(eta(last, situation(*queue)), 10 + 6)
