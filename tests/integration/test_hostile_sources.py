"""Damaged sources against the worker's own first steps, without a stack; ``tests.mutations`` tries many more."""

from __future__ import annotations

import errno
import signal
from pathlib import Path

import pytest
from attacks import flood

import workers.ffmpeg
from tests.mutations import CONTAINERS, clips, mutants
from tests.rehearsal import Rehearsal
from workers.ffmpeg import ToolFailed, ToolTimedOut
from workers.jobs import verdict
from workers.verify import OutputRejected


@pytest.fixture(scope="module")
def rehearsal(tmp_path_factory: pytest.TempPathFactory) -> Rehearsal:
    return Rehearsal(tmp_path_factory.mktemp("work"))


def test_a_slice_of_the_mutations_is_survived(rehearsal: Rehearsal, tmp_path: Path) -> None:
    sources = clips(tmp_path)
    assert sources.keys() == CONTAINERS.keys()
    for mutant in mutants(sources, seed=1, count=2 * len(CONTAINERS)):
        outcome = rehearsal.play(mutant.data)
        assert outcome.foreseen, (mutant.name, outcome)
        assert outcome.seconds < 60, mutant.name


def test_a_flood_of_packets_is_the_fault_of_the_source(
    rehearsal: Rehearsal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it would be with enough blocks for the real limit, which take seven seconds."""
    monkeypatch.setattr(workers.ffmpeg, "STDOUT_LIMIT", 100_000)
    assert rehearsal.play(flood(20)).code == "too_many_frames"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ToolFailed(183, "Invalid data found when processing input", ["ffmpeg"]), "source_damaged"),
        (ToolFailed(-signal.SIGSEGV, "", ["ffmpeg"]), "source_damaged"),
        (ToolFailed(-signal.SIGKILL, "", ["ffmpeg"]), None),
        (ToolFailed(256 - errno.ENOSPC, "No space left on device", ["ffmpeg"]), None),
        (ToolTimedOut(-signal.SIGTERM, "", ["ffmpeg"]), None),
        (OutputRejected(["3 frames instead of 4"]), "output_rejected"),
        (OSError(errno.EIO, "Input/output error"), None),
    ],
)
def test_only_what_a_source_can_cause_is_blamed_on_it(error: Exception, code: str | None) -> None:
    assert verdict(error) == code
