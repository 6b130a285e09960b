"""Views through bad days: PostgreSQL stands still while players tell, the keeper is killed; totals are exact."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest
import urllib3
from havoc import frozen, until
from interrupted import make_lesson
from support import SMALL, RunningStack, running_stack

from storage.ids import new_id

pytestmark = pytest.mark.faults

POOL = urllib3.PoolManager(maxsize=8)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    folder = tmp_path_factory.mktemp("views") / "data"
    with running_stack(folder, "--port", "0", **SMALL) as running:
        yield running


@pytest.fixture(scope="module")
def lesson(stack: RunningStack, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """Asset and playback ID of a lesson that plays."""
    file = make_lesson(tmp_path_factory.mktemp("lesson") / "lesson.mp4", seconds=2, size="160x90")
    asset = stack.wait(stack.upload(file), "ready")
    return asset["id"], asset["playback_ids"][0]["id"]


def tell(stack: RunningStack, playback_id: str, play: str, sequence: int = 0) -> int:
    beat = {"sequence": sequence, "at": 2_000 * (sequence + 1), "played": [[0, 1_500]]}
    answer = POOL.request(
        "POST",
        f"{stack.url}/v/{playback_id}/beats",
        json={"play": play, "tab": play, "sent": beat["at"], "beats": [beat]},
        timeout=30,
        retries=False,
    )
    return answer.status


def counted(stack: RunningStack, asset_id: str) -> int:
    return int(stack.client.get(f"/v1/assets/{asset_id}")["views"]["counted"])


def test_postgresql_stands_still_and_no_view_is_lost(stack: RunningStack, lesson: tuple[str, str]) -> None:
    asset_id, playback_id = lesson
    before = counted(stack, asset_id)
    names = [new_id() for _ in range(60)]
    assert tell(stack, playback_id, names[0]) == 204
    with frozen(stack, "postgres"):
        statuses = [tell(stack, playback_id, name) for name in names[1:]]
        # Told again, because an answer was lost.
        statuses += [tell(stack, playback_id, name) for name in names[:10]]
    assert set(statuses) == {204}
    until(lambda: counted(stack, asset_id) == before + 60, 60, "all are counted")
    # The keeper has nothing left that could add to it.
    assert tell(stack, playback_id, names[0]) == 204
    last = new_id()
    assert tell(stack, playback_id, last) == 204
    until(lambda: counted(stack, asset_id) == before + 61, 60, "the last one is counted")


def test_a_keeper_killed_in_the_middle_counts_nothing_twice(
    stack: RunningStack, lesson: tuple[str, str]
) -> None:
    asset_id, playback_id = lesson
    before = counted(stack, asset_id)
    names = [new_id() for _ in range(60)]
    for number, name in enumerate(names):
        assert tell(stack, playback_id, name) == 204
        if number % 20 == 10:
            for pid, command in stack.processes().items():
                if "workers.keeper" in command:
                    os.kill(pid, signal.SIGKILL)
    until(lambda: counted(stack, asset_id) == before + 60, 90, "all are counted")
    today = stack.client.get("/v1/views")["last"]
    found = stack.client.get(f"/v1/views/explain?asset={asset_id}&day={today}&limit=1000")
    outcomes = [play["outcome"] for play in found["plays"]]
    assert outcomes.count("counted") == found["total"]["views"] == before + 60
