"""What the doctor says of work that waits."""

from __future__ import annotations

import pytest

from media_service.cli.doctor import judge_backlog
from storage.catalogue.steps import Backlog


def waiting(kind: str, seconds: float) -> Backlog:
    return Backlog(kind, queued=3, leased=0, oldest=seconds)


def at_work(kind: str) -> Backlog:
    return Backlog(kind, queued=0, leased=1, oldest=0.0)


@pytest.mark.parametrize("urgent", ["preview", "encode", "encode_first", "inspect"])
def test_work_that_waits_while_workers_are_at_something_as_urgent_is_well(urgent: str) -> None:
    finding = judge_backlog([waiting("preview", 300), at_work(urgent)])
    assert (finding.ok, finding.advice) == (True, "")


def test_work_that_waits_for_long_behind_other_work_wants_more_workers() -> None:
    finding = judge_backlog([waiting("preview", 3000), at_work("encode")])
    assert finding.ok
    assert "More workers" in finding.advice


@pytest.mark.parametrize("others", [[], [at_work("preview")]])
def test_work_that_nobody_takes_wants_workers(others: list[Backlog]) -> None:
    finding = judge_backlog([waiting("encode", 300), *others])
    assert not finding.ok
    assert "Start workers" in finding.advice
