"""Damaged sources against the worker's own first steps, without a stack; ``tests.mutations`` tries many more."""

from __future__ import annotations

from pathlib import Path

import pytest

import workers.ffmpeg
from tests.integration.attacks import flood
from tests.mutations import CONTAINERS, clips, mutants
from tests.rehearsal import Rehearsal


@pytest.fixture(scope="module")
def rehearsal(tmp_path_factory: pytest.TempPathFactory) -> Rehearsal:
    return Rehearsal(tmp_path_factory.mktemp("work"))


@pytest.mark.media
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
