"""Who is to blame when a step fails: the one table of what may go wrong, and what counts."""

from __future__ import annotations

import errno
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from typing import Final

from redis.exceptions import RedisError
from rq.timeouts import BaseTimeoutException

from configs.words import OUTPUT_REJECTED, FailureCode
from storage.catalogue.endings import PROCESSING_FAILED
from storage.catalogue.organization_tree import OrganizationClosed
from storage.objects import ObjectNotFound, StorageError
from workers.ffmpeg import ToolFailed, ToolMissing, ToolOutOfSpace, ToolStarved, ToolStuck, ToolTimedOut
from workers.plan.failure import OriginAway
from workers.retries import CATALOGUE_AWAY
from workers.sandbox.policy import SandboxError
from workers.verify import OutputRejected

ENDED_FROM_OUTSIDE: Final = {-signal.SIGKILL, -signal.SIGTERM, 128 + signal.SIGKILL, 128 + signal.SIGTERM}
"""Statuses of a tool that the machine ended, for want of memory for example."""

SURE_ATTEMPTS: Final = 2
"""How often a tool must stumble over the same source until that, and not the moment, is to blame."""

JUDGEMENTS: Final = {256 - 0xF8, 256 - ord("I"), 69}
"""Statuses of an ffmpeg that has judged its source: there is no decoder for it (AVERROR_DECODER_NOT_FOUND), its data
are invalid (AVERROR_INVALIDDATA), or more of it could not be decoded than could. No other attempt changes that."""

SHORTAGES: Final = {
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EROFS,
    errno.EIO,
    errno.EMFILE,
    errno.ENFILE,
    errno.EAGAIN,
}
"""Errors of the system that say that the machine lacks something, whatever is worked on."""


class Blame(Enum):
    """What a failure is laid to. Only that of ``STEP`` is an attempt."""

    STEP = "the step or its source"
    KILLER = "whatever killed it: most often want of memory, perhaps because of this very step"
    MACHINE = "the machine or a server"


@dataclass(frozen=True)
class Verdict:
    """``code`` is what the version fails with after ``attempts`` that are blamed on the step."""

    blame: Blame
    code: FailureCode = PROCESSING_FAILED
    attempts: int | None = None
    """None leaves it to the ledger."""


_OURS: Final = Verdict(Blame.STEP)
_KILLED: Final = Verdict(Blame.KILLER)
_AWAY: Final = Verdict(Blame.MACHINE)

_TABLE: Final[tuple[tuple[type[Exception] | tuple[type[Exception], ...], Verdict], ...]] = (
    (OutputRejected, Verdict(Blame.STEP, OUTPUT_REJECTED, SURE_ATTEMPTS)),
    # Work of which a lavish allowance of processor time is spent does not end the next time either.
    (ToolTimedOut, Verdict(Blame.STEP, "source_too_complex", 1)),
    (ToolStuck, _KILLED),
    (ToolFailed, Verdict(Blame.STEP, "source_damaged", SURE_ATTEMPTS)),
    ((ToolMissing, ToolStarved, ToolOutOfSpace, SandboxError), _AWAY),
    # What was stored and is gone does not come back by waiting.
    (ObjectNotFound, _OURS),
    ((StorageError, RedisError, *CATALOGUE_AWAY), _AWAY),
    # Another server than ours, whose patience ends elsewhere (``workers.fetching``); or nothing may come in now.
    ((OriginAway, OrganizationClosed), _AWAY),
    # RQ ends a job that takes too long by the clock, as its parent does by a signal if that does not help.
    ((MemoryError, BaseTimeoutException), _KILLED),
)
"""The first row that fits counts; what is in none of them is a mistake in the step."""


@contextmanager
def forgiving_tools() -> Iterator[None]:
    """Go on without what a tool made of a source that it could not read. What the machine kept a tool from is raised:
    that says nothing of the source, and would be another lesson than it could be.
    """
    try:
        yield
    except ToolFailed as error:
        if judge(error).blame is not Blame.STEP:
            raise


def judge(error: Exception) -> Verdict:
    """Who is to blame for ``error``."""
    if isinstance(error, ToolFailed) and not isinstance(error, ToolTimedOut):
        if error.returncode in ENDED_FROM_OUTSIDE:
            return _KILLED
        if error.returncode in JUDGEMENTS:
            return Verdict(Blame.STEP, "source_damaged", 1)
    elif isinstance(error, OSError) and error.errno in SHORTAGES:
        return _AWAY
    elif isinstance(error, OSError) and error.errno == errno.ENOMEM:
        return _KILLED
    return next((verdict for kinds, verdict in _TABLE if isinstance(error, kinds)), _OURS)
