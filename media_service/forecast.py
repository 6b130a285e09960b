"""When a version will be ready: a guess from what is left, how fast such work was done lately, and who comes before.

Pure. Weights of steps are expected CPU seconds, which content and machines make wrong by some factor; so what counts
is how many seconds a worker took for a weight of one lately, by kind of step, and of this version's own steps.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from configs.jobs import BULK, CONTROL, FIRST, LADDER, SHARES, lane_of
from configs.words import StepKind
from storage.catalogue.new_steps import LAST_KIND
from storage.catalogue.work_left import Done, Pending, QueuedVersion, Running, VersionWork

STEP_SECONDS: Final = 0.7
"""What any step takes besides its weight on an idle machine: to be woken and claimed, to start tools, to publish."""

BELIEVED_STEPS: Final = 3.0
"""How many measured steps say as much as what was believed before."""

SURE_PROGRESS: Final = 0.15
"""From here on a running step's own progress tells best when it ends."""

LEAST_LEFT: Final = 0.1
"""Share of a step that is taken to be left however long it has been running."""

LADDER_KIND: Final = "encode"
"""What steps that are still to be planned mostly are."""


class Paces:
    """How fast steps are done of late, all workers together: ``measured`` by kind, and what is ``running`` for longer
    than such steps took. Where few of a kind were measured, or none, what others tell of the machines is taken: for
    steps that encode the others that do, for they have to leave the machine to everything else.
    """

    def __init__(
        self, measured: Mapping[StepKind, Done] | None = None, running: Iterable[Running] = ()
    ) -> None:
        self._learn(dict(measured or {}))
        slow = [step for step in running if _seconds_in_all(step) > self.seconds(step.kind, 1, step.weight)]
        if slow:
            known = dict(measured or {})
            for step in slow:
                before = known.get(step.kind, Done(0, 0.0, 0.0))
                known[step.kind] = Done(
                    before.steps + 1, before.weight + step.weight, before.seconds + _seconds_in_all(step)
                )
            self._learn(known)

    def _learn(self, known: Mapping[StepKind, Done]) -> None:
        def expected(kinds: Iterable[StepKind]) -> float:
            return sum(_expected(known[kind].steps, known[kind].weight) for kind in kinds)

        encode = [kind for kind in known if _encodes(kind)]
        others = [kind for kind in known if not _encodes(kind)]
        self._usual = {
            is_encode: _slowness([known[kind] for kind in kinds], expected(kinds))
            for is_encode, kinds in ((True, encode), (False, others))
        }
        self._by_kind = {
            kind: _slowness((done,), expected([kind]), believed=self._usual[_encodes(kind)])
            for kind, done in known.items()
        }

    def seconds(self, kind: StepKind, steps: int, weight: float) -> float:
        """What one worker takes for ``steps`` steps of this weight in all."""
        return self._by_kind.get(kind, self._usual[_encodes(kind)]) * _expected(steps, weight)

    def slowness(self, done: Mapping[StepKind, Done]) -> float:
        """How many times as long as usual the steps of one version took: a film is slower than slides."""
        usual = sum(self.seconds(kind, each.steps, each.weight) for kind, each in done.items())
        return _slowness(done.values(), usual)


def _encodes(kind: StepKind) -> bool:
    return lane_of(kind) != CONTROL


def _seconds_in_all(step: Running) -> float:
    """What a running step takes as far as it tells; without that, what it took so far."""
    return step.seconds / step.progress if step.progress >= SURE_PROGRESS else step.seconds


def _expected(steps: int, weight: float) -> float:
    """Seconds on an idle machine, before anything was measured."""
    return steps * STEP_SECONDS + weight


def _slowness(done: Collection[Done], expected: float, *, believed: float = 1.0) -> float:
    """How many times as long as ``expected`` these steps took; of a few, near to what was ``believed`` before."""
    steps = sum(each.steps for each in done)
    if not steps:
        return believed
    doubt = BELIEVED_STEPS * expected / steps
    return (sum(each.seconds for each in done) + believed * doubt) / (expected + doubt)


@dataclass(frozen=True)
class _Load:
    """So many steps, and the seconds that one worker takes for them."""

    steps: int = 0
    seconds: float = 0.0

    def __add__(self, other: _Load) -> _Load:
        return _Load(self.steps + other.steps, self.seconds + other.seconds)

    @property
    def mean(self) -> float:
        """Seconds of one step."""
        return self.seconds / max(1, self.steps)


_NOTHING: Final = _Load()


class _Stage:
    """Work that all workers do in the same order: the oldest version first, organizations in turns, step by step."""

    def __init__(self) -> None:
        self._totals: dict[str, _Load] = {}
        self._own: dict[str, _Load] = {}
        self._older: dict[str, _Load] = {}
        self.total = _NOTHING

    def add(self, organization_id: str, version_id: str, load: _Load) -> None:
        """Versions are to be added as they came."""
        older = self._totals.get(organization_id, _NOTHING)
        self._own[version_id], self._older[version_id] = load, older
        self._totals[organization_id] = older + load
        self.total += load

    def own(self, version_id: str) -> float:
        """Seconds of the version's own steps."""
        return self._own[version_id].seconds

    def seconds_until_done(self, organization_id: str, version_id: str) -> float:
        """What is done until this version's last step is: older ones, and of other organizations as many steps."""
        mine = self._older[version_id] + self._own[version_id]
        others = (load for owner, load in self._totals.items() if owner != organization_id)
        return mine.seconds + sum(min(load.seconds, mine.steps * load.mean) for load in others)


class Queue:
    """All work that is to be done, added up once for all who ask what of it comes before theirs. The beginnings of all
    versions are more urgent than what is done of them in bulk, which has its share of the steps nevertheless.
    """

    def __init__(self, versions: Iterable[QueuedVersion], paces: Paces) -> None:
        self._beginnings, self._bulk = _Stage(), _Stage()
        self._owners: dict[str, str] = {}
        for version in sorted(versions, key=lambda version: version.queued_at):
            owner, version_id = version.organization_id, version.version_id
            self._owners[version_id] = owner
            beginning, bulk = _split(version, paces)
            self._beginnings.add(owner, version_id, beginning)
            self._bulk.add(owner, version_id, bulk)
        self._bulk_share = self._share_of_bulk()

    def seconds_before(self, version_id: str, *, in_bulk: bool) -> float:
        """Work that is done before the last of this version's own; ``in_bulk``: of which some waits in bulk."""
        owner = self._owners.get(version_id)
        if owner is None:
            return 0.0
        mine, other, share = self._beginnings, self._bulk, 1 - self._bulk_share
        if in_bulk:
            mine, other, share = self._bulk, self._beginnings, self._bulk_share
        until_done = mine.seconds_until_done(owner, version_id)
        # While both stages have work, each gets its share of the time; then all is for the one that is left.
        beside = min(other.total.seconds, until_done * (1 - share) / share)
        return until_done - mine.own(version_id) + beside

    @property
    def seconds(self) -> float:
        """What one worker takes for all of it."""
        return self._beginnings.total.seconds + self._bulk.total.seconds

    def _share_of_bulk(self) -> float:
        """Share of the time that workers give to the bulk while beginnings wait too: one of so many steps is of it."""
        bulk, others = self._bulk.total.mean, (SHARES[LADDER] - 1) * self._beginnings.total.mean
        return bulk / (bulk + others) if bulk and others else 0.5


def _split(version: QueuedVersion, paces: Paces) -> tuple[_Load, _Load]:
    """What is left of a version's beginning, and all else."""
    slowness = paces.slowness(version.done)
    beginning, bulk = _NOTHING, _Load(0, slowness * _seconds_unplanned(version.unplanned, paces))
    for each in version.left:
        seconds = slowness * paces.seconds(each.kind, each.steps, each.weight)
        lane = lane_of(each.kind)
        if lane in BULK:
            bulk += _Load(each.steps, seconds)
        elif lane == FIRST or not each.waiting:
            beginning += _Load(each.steps, seconds)
        else:  # what ends a version takes no turns: it follows the bulk at once
            bulk += _Load(0, seconds)
    return beginning, bulk


def _seconds_unplanned(weight: float, paces: Paces) -> float:
    return paces.seconds(LADDER_KIND, 1, weight) if weight else 0.0


@dataclass(frozen=True)
class Situation:
    """What all versions share: how fast work is done, what is to be done, and how many ``workers`` do it."""

    paces: Paces
    queue: Queue
    workers: int


def eta_seconds(work: VersionWork, situation: Situation) -> int | None:
    """Seconds until the version is ready. None before it was looked at, for nobody knows then what it is."""
    kinds = {step.kind for step in work.pending} | {step.kind for step in work.running}
    if not work.unplanned and LAST_KIND not in kinds:
        return None
    workers = max(1, situation.workers)
    lanes = {lane_of(each.kind) for each in work.pending}
    ahead = 0.0
    if work.unplanned or lanes & {FIRST, *BULK}:
        in_bulk = work.unplanned > 0 or bool(lanes & BULK)
        ahead = situation.queue.seconds_before(work.version_id, in_bulk=in_bulk)
    return round(ahead / workers + _own_seconds(work, situation.paces, workers))


def _own_seconds(work: VersionWork, paces: Paces, workers: int) -> float:
    """With all workers for itself: as long as the work of all of them, but no shorter than the longest chain of steps
    that wait for each other."""
    slowness = paces.slowness(work.done)
    left: dict[StepKind, _Left] = defaultdict(_Left)
    for running in work.running:
        left[running.kind].add(_seconds_left(running, paces, slowness))
    for pending in work.pending:
        total = slowness * paces.seconds(pending.kind, pending.steps, pending.weight)
        left[pending.kind].add(total, slowness * paces.seconds(pending.kind, 1, pending.largest))
    total = sum(each.total for each in left.values())
    chain = _longest_chain(left, work.pending, workers)
    planned_later = slowness * _seconds_unplanned(work.unplanned, paces)
    return max(total / workers, chain) + planned_later / workers


@dataclass
class _Left:
    """Seconds of work of one kind, and of its longest step."""

    total: float = 0.0
    longest: float = 0.0

    def add(self, total: float, longest: float | None = None) -> None:
        self.total += total
        self.longest = max(self.longest, total if longest is None else longest)


def _longest_chain(left: Mapping[StepKind, _Left], pending: Sequence[Pending], workers: int) -> float:
    after = {each.kind: each.after for each in pending}
    ends: dict[StepKind, float] = {}

    def end(kind: StepKind, above: frozenset[StepKind] = frozenset()) -> float:
        if kind not in left or kind in above:
            return 0.0
        if kind not in ends:
            begin = max((end(other, above | {kind}) for other in after.get(kind, ())), default=0.0)
            ends[kind] = begin + max(left[kind].longest, left[kind].total / workers)
        return ends[kind]

    return max((end(kind) for kind in left), default=0.0)


def _seconds_left(step: Running, paces: Paces, slowness: float) -> float:
    if step.progress >= SURE_PROGRESS:
        return step.seconds * (1 - step.progress) / step.progress
    expected = slowness * paces.seconds(step.kind, 1, step.weight)
    return max(expected - step.seconds, LEAST_LEFT * expected)
