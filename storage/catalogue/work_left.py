"""What is left to do, as values: what a forecast is made from. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from configs.words import StepKind


@dataclass(frozen=True)
class Done:
    """Steps of one kind that were done: how many, their weight in all, and the seconds that they took."""

    steps: int
    weight: float
    seconds: float


@dataclass(frozen=True)
class Pending:
    """Steps of one kind of a version that no worker holds: how many, their weight in all and that of the largest.
    ``after`` names the kinds that have to be done before."""

    kind: StepKind
    after: tuple[StepKind, ...]
    steps: int
    weight: float
    largest: float


@dataclass(frozen=True)
class Running:
    """A step that a worker has had for ``seconds``, and of which ``progress`` (0 to 1) is done as far as it tells."""

    kind: StepKind
    weight: float
    progress: float
    seconds: float


@dataclass(frozen=True)
class VersionWork:
    """What is left of a version, optional steps aside. ``unplanned`` is the weight of steps to be added later; ``done``
    tells by kind how fast this one's own steps were."""

    version_id: str
    pending: tuple[Pending, ...]
    running: tuple[Running, ...]
    unplanned: float
    done: dict[StepKind, Done]


@dataclass(frozen=True)
class Left:
    """Steps of one kind without what is done of them. ``waiting``: for other steps; the others could be taken now."""

    kind: StepKind
    waiting: bool
    steps: int
    weight: float


@dataclass(frozen=True)
class QueuedVersion:
    """A version that is not ready: ``queued_at`` in seconds since 1970, the others as in ``VersionWork``."""

    version_id: str
    organization_id: str
    queued_at: float
    unplanned: float
    left: tuple[Left, ...]
    done: dict[StepKind, Done]
