"""What is foretold of a queue that is played through: workers, lanes and turns as the ledger has them, but no clock."""

from __future__ import annotations

import heapq
import random
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import pytest

from configs.jobs import JOBS, LANES, SHARES
from media_service.forecast import Paces, Queue, Situation, eta_seconds
from storage.catalogue.work_left import Done, Left, Pending, QueuedVersion, Running, VersionWork

ENCODES = ("encode_first", "encode", "audio_first", "audio")
AFTER = {
    "encode_first": ("inspect",),
    "audio_first": ("inspect",),
    "analyse": ("encode_first", "audio_first"),
    "encode": ("analyse",),
    "audio": ("inspect",),
    "images": ("encode_first", "encode"),
    "verify": ENCODES,
    "publish": (*ENCODES, "images", "verify"),
}
WEIGHTS = {"inspect": 1.0, "analyse": 15.0, "images": 2.0, "verify": 5.0, "publish": 0.5, "audio_first": 0.3}


@dataclass
class Job:
    """A step; ``seconds`` is what nobody knows beforehand."""

    lesson: Lesson
    kind: str
    weight: float
    seconds: float
    began: float | None = None
    ended: float | None = None


@dataclass
class Lesson:
    name: str
    organization: str
    jobs: list[Job] = field(default_factory=list)

    def left(self, kind: str) -> bool:
        return any(job.kind == kind and job.ended is None for job in self.jobs)

    def free(self, job: Job) -> bool:
        return job.began is None and not any(map(self.left, AFTER.get(job.kind, ())))

    @property
    def planned(self) -> bool:
        """Until it is analysed, only a guess is known of the ladder."""
        return not self.left("analyse")

    @property
    def unplanned(self) -> float:
        return 0.0 if self.planned else weight(self.known_later())

    def known_later(self) -> list[Job]:
        return [job for job in self.jobs if job.kind in ("encode", "images", "verify", "publish")]

    def known(self) -> list[Job]:
        return self.jobs if self.planned else [job for job in self.jobs if job not in self.known_later()]


def make(number: int, chance: random.Random) -> Lesson:
    lesson = Lesson(f"lesson{number:02}", f"organization{number % 2}")
    content = chance.choice([0.4, 0.7, 1.0, 2.0])  # slides, film
    chunks, size = chance.choice([0, 1, 2, 4, 10]), chance.choice([1.0, 4.0, 15.0])

    def add(kind: str, weight: float) -> None:
        speed = content * MACHINE.get(kind, 1.0) * chance.uniform(0.8, 1.25)
        lesson.jobs.append(Job(lesson, kind, weight, (0.7 + weight) * speed))

    for kind in ("inspect", "audio_first", "images", "verify", "publish"):
        add(kind, WEIGHTS[kind])
    for _ in range(chunks // 2):
        add("audio", 1.0)
    if chunks:
        add("analyse", WEIGHTS["analyse"])
        for _ in range(min(chunks, 3)):
            add("encode_first", size / 6)
        for _ in range(chunks):
            add("encode", size)
    return lesson


MACHINE = {"analyse": 0.5, "encode": 1.7, "encode_first": 3.0, "verify": 0.4, "audio_first": 2.0}
"""How wrong the weights are here."""


def play(lessons: list[Lesson], workers: int) -> Iterator[float]:
    """Let the workers do everything; yields every five seconds of it."""
    now, running, taken = 0.0, [], 0
    turns: dict[tuple[str, str], float] = defaultdict(float)
    next_look = 0.0
    while True:
        while len(running) < workers and (job := choose(lessons, turns, taken)) is not None:
            job.began = now
            taken += 1
            turns[JOBS[job.kind].lane, job.lesson.organization] = taken
            heapq.heappush(running, (now + job.seconds, taken, job))
        if not running:
            return
        while next_look < running[0][0]:
            yield (now := next_look)
            next_look += 5.0
        now, _, job = heapq.heappop(running)
        job.ended = now


def choose(lessons: list[Lesson], turns: dict[tuple[str, str], float], taken: int) -> Job | None:
    for lane in sorted(LANES, key=lambda lane: taken % SHARES.get(lane, taken + 1) != 0):
        free = [
            job
            for lesson in lessons
            for job in lesson.known()
            if JOBS[job.kind].lane == lane and lesson.free(job)
        ]
        if free:
            return min(free, key=lambda job: (turns[lane, job.lesson.organization], job.lesson.name))
    return None


def work_of(lesson: Lesson, now: float) -> VersionWork:
    waiting: dict[str, list[Job]] = defaultdict(list)
    for job in lesson.known():
        if job.began is None:
            waiting[job.kind].append(job)
    return VersionWork(
        lesson.name,
        tuple(
            Pending(kind, AFTER.get(kind, ()), len(jobs), weight(jobs), max(job.weight for job in jobs))
            for kind, jobs in waiting.items()
        ),
        tuple(running(lesson.jobs, now)),
        lesson.unplanned,
        done_of(lesson.jobs),
    )


def running(jobs: Iterable[Job], now: float) -> Iterator[Running]:
    for job in jobs:
        if job.began is not None and job.ended is None:
            yield Running(job.kind, job.weight, 0.0, now - job.began)


def weight(jobs: Iterable[Job]) -> float:
    return sum(job.weight for job in jobs)


def done_of(jobs: list[Job]) -> dict[str, Done]:
    done: dict[str, list[Job]] = defaultdict(list)
    for job in jobs:
        if job.ended is not None:
            done[job.kind].append(job)
    return {
        kind: Done(len(each), weight(each), sum(job.seconds for job in each)) for kind, each in done.items()
    }


def queue_of(lessons: list[Lesson]) -> list[QueuedVersion]:
    return [
        QueuedVersion(
            lesson.name,
            lesson.organization,
            number,
            lesson.unplanned,
            tuple(
                Left(job.kind, job.began is None and not lesson.free(job), 1, job.weight)
                for job in lesson.known()
                if job.ended is None
            ),
            done_of(lesson.jobs),
        )
        for number, lesson in enumerate(lessons)
    ]


@pytest.mark.parametrize("seed", range(3))
def test_within_a_factor_of_two_in_eight_of_ten(seed: int) -> None:
    chance = random.Random(seed)
    lessons = [make(number, chance) for number in range(20)]
    told: list[tuple[Lesson, float, int | None]] = []
    for now in play(lessons, workers=2):
        jobs = [job for lesson in lessons for job in lesson.jobs]
        paces = Paces(done_of(jobs), running(jobs, now))
        situation = Situation(paces, Queue(queue_of(lessons), paces), workers=2)
        for lesson in lessons:
            share = weight(job for job in lesson.jobs if job.ended is not None) / weight(lesson.jobs)
            if 0.2 <= share < 1:
                told.append((lesson, now, eta_seconds(work_of(lesson, now), situation)))
    right = 0
    for lesson, now, eta in told:
        left = max(job.ended or 0.0 for job in lesson.jobs) - now
        right += eta is not None and (left / 2 <= eta <= left * 2 or abs(eta - left) <= 3)
    assert right >= 0.8 * len(told), f"{right} of {len(told)}"
