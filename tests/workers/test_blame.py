"""Only what a step or its source did wrong is an attempt."""

from __future__ import annotations

import errno
import signal

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError
from rq.timeouts import JobTimeoutException
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from storage.objects import ObjectNotFound, StorageError, StorageFull
from workers.blame import Blame, forgiving_tools, judge
from workers.ffmpeg import ToolFailed, ToolFlooded, ToolOutOfSpace, ToolStarved, ToolStuck, ToolTimedOut
from workers.sandbox.policy import SandboxError
from workers.verify import OutputRejected


def _ended(status: int) -> ToolFailed:
    return ToolFailed(status, "", ["ffmpeg"])


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (_ended(183), "source_damaged"),
        (_ended(256 - errno.ENOSPC), "source_damaged"),  # said so, while there is room
        (_ended(-signal.SIGSEGV), "source_damaged"),
        (OutputRejected(["3 frames instead of 4"]), "output_rejected"),
        (ToolTimedOut(-signal.SIGTERM, "", ["ffmpeg"]), "source_too_complex"),
        (ToolFlooded("64 MiB"), "processing_failed"),
        (ObjectNotFound("assets/x/source"), "processing_failed"),
        (KeyError("a mistake of ours"), "processing_failed"),
    ],
)
def test_the_step_or_its_source_is_to_blame(error: Exception, code: str) -> None:
    verdict = judge(error)
    assert (verdict.blame, verdict.code) == (Blame.STEP, code)


@pytest.mark.parametrize(
    "error",
    [_ended(183), _ended(8), _ended(69), ToolTimedOut(-signal.SIGTERM, "", ["ffmpeg"])],
    ids=["invalid data", "no decoder", "hardly anything decoded", "no end"],
)
def test_what_no_other_attempt_changes_ends_at_the_first(error: Exception) -> None:
    assert judge(error).attempts == 1


@pytest.mark.parametrize(
    "error",
    [
        ToolOutOfSpace("ffmpeg found the disk full"),
        ToolStarved("the machine has not let it work"),
        SandboxError("no processes left"),
        StorageError("the object storage does not answer"),
        StorageFull("no space left"),
        OperationalError("SELECT 1", None, ConnectionError("the server closed the connection")),
        PoolTimeout("no connection is free"),
        RedisConnectionError("refused"),
        OSError(errno.ENOSPC, "No space left on device"),
        OSError(errno.EMFILE, "Too many open files"),
        OSError(errno.EIO, "Input/output error"),
    ],
)
def test_servers_and_machines_that_lack_something_cost_no_attempt(error: Exception) -> None:
    assert judge(error).blame is Blame.MACHINE


@pytest.mark.parametrize(
    "error",
    [
        _ended(-signal.SIGKILL),
        _ended(128 + signal.SIGTERM),
        ToolStuck(255, "", ["ffmpeg"]),
        MemoryError(),
        OSError(errno.ENOMEM, "Cannot allocate memory"),
        JobTimeoutException("over the time limit"),
    ],
)
def test_what_was_killed_is_counted_apart(error: Exception) -> None:
    assert judge(error).blame is Blame.KILLER


def test_a_step_goes_on_without_what_a_source_does_not_give_but_not_without_what_the_machine_refused() -> (
    None
):
    with forgiving_tools():
        raise _ended(183)
    for refused in (ToolOutOfSpace("ffmpeg found the disk full"), _ended(-signal.SIGKILL)):
        with pytest.raises(type(refused)), forgiving_tools():
            raise refused
