"""The job table: every kind of step that RQ carries, and the lane it travels in.

A job's payload is one step ID: that of the step it announces. Which step the worker then takes from its lanes
is for the step ledger to say. The web service wakes
workers by these names only and never imports ``workers``; a test proves that every name resolves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from configs.words import Lane, RenditionKind, StepKind

CONTROL: Final = "control"
FIRST: Final = "first"
LADDER: Final = "ladder"
DRAW: Final = "draw"
EXTRAS: Final = "extras"
FETCH: Final = "fetch"

LANES: Final[tuple[Lane, ...]] = (CONTROL, FIRST, LADDER, DRAW, EXTRAS, FETCH)
"""Lanes in the order in which a worker empties them.

``control`` holds steps of seconds (inspect, images, verify, publish), ``first`` the first seconds of a version,
``ladder`` the bulk of encoding, ``draw`` what a browser draws frame by frame, ``extras`` what is made of a version that
is ready already. A worker that takes ``control`` alone keeps small steps from ever waiting behind encodes. ``fetch``
waits for servers of others, so it has a worker of its own too: however slow they are, nothing else waits for them.
"""

BULK: Final[frozenset[Lane]] = frozenset({LADDER})
"""Lanes of work that nobody waits for step by step: there, what was begun is finished before anything new."""

SHARES: Final[dict[Lane, int]] = {FIRST: 4, LADDER: 4, DRAW: 8, EXTRAS: 16}
"""One of so many steps that a worker of several lanes takes is of this lane, even while more urgent ones never run
empty. Others wait for one step more then; ``control`` and what follows it have a worker of their own."""

TIME_LIMIT: Final = 12 * 3600
"""The end of all patience with a step. Its tools are judged by what they do, its servers by how long they are silent; a
clock on the wall would only find out that the machine is busy."""

HANDLER: Final = "workers.jobs.run_step"
"""The one function RQ calls."""


@dataclass(frozen=True)
class Job:
    """How one kind of step is carried. ``time_limit`` is in seconds and ends a step, whatever it does; ``niceness`` is
    that of its media tools.

    ``makes`` is of which planned renditions it encodes chunks. A viewer waits for the very first chunk, which is made
    with ``first_niceness``. With the step of the kind ``followed_by``, once nothing else has to be done before it, the
    same worker goes on in the same child: no wake-up has to come first.
    """

    lane: Lane
    niceness: int
    time_limit: int = TIME_LIMIT
    makes: RenditionKind | None = None
    first_niceness: int | None = None
    followed_by: StepKind | None = None


JOBS: Final[dict[StepKind, Job]] = {
    "inspect": Job(CONTROL, niceness=0, followed_by="encode_first"),
    "stand_in": Job(FIRST, niceness=5, followed_by="encode_first"),
    "draw": Job(DRAW, niceness=10, followed_by="encode_first"),
    "loudness": Job(FIRST, niceness=0, followed_by="audio_first"),
    "analyse": Job(FIRST, niceness=10),
    "encode_first": Job(FIRST, niceness=10, makes="video", first_niceness=0),
    "encode": Job(LADDER, niceness=12, makes="video"),
    "audio_first": Job(FIRST, niceness=10, makes="audio", first_niceness=0),
    "audio": Job(LADDER, niceness=12, makes="audio"),
    "tracks": Job(LADDER, niceness=12),
    "images": Job(CONTROL, niceness=5, followed_by="publish"),
    "thumbnail": Job(CONTROL, niceness=5),
    "poster": Job(CONTROL, niceness=5),
    "verify": Job(CONTROL, niceness=5, followed_by="publish"),
    "follow": Job(CONTROL, niceness=5, followed_by="publish"),
    "publish": Job(CONTROL, niceness=5),
    "download": Job(EXTRAS, niceness=15),
    "encode_av1": Job(EXTRAS, niceness=15),
    "publish_av1": Job(EXTRAS, niceness=15),
    "preview": Job(EXTRAS, niceness=15),
    "peaks": Job(EXTRAS, niceness=15),
    "slides": Job(EXTRAS, niceness=15),
    "transcribe": Job(EXTRAS, niceness=15),
    "fetch": Job(FETCH, niceness=5),
}


def lane_of(kind: StepKind) -> Lane:
    """Where a kind of step travels; of one that only a newer release knows, that of what nobody waits for."""
    job = JOBS.get(kind)
    return job.lane if job is not None else EXTRAS


def kinds_of(lane: Lane) -> tuple[StepKind, ...]:
    """Kinds of step that travel in a lane."""
    return tuple(kind for kind, job in JOBS.items() if job.lane == lane)


def kinds_making(made: RenditionKind) -> tuple[StepKind, ...]:
    """Kinds of step that encode chunks of the planned renditions of this kind."""
    return tuple(kind for kind, job in JOBS.items() if job.makes == made)
