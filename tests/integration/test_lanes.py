"""Who is served when, with real RQ workers: organizations take turns, and a version is shared by all workers."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import imageio_ffmpeg
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from support import PATIENCE, SMALL, RunningStack, running_stack

from configs.jobs import CONTROL, FIRST, LADDER, kinds_of
from media_service.cli.client import Client, connect_to
from storage.catalogue import database
from storage.catalogue.claims import LAST_STEPS
from storage.catalogue.models import Step, Version

pytestmark = pytest.mark.integration

FLOOD = 12
TWO_WORKERS = {**SMALL, "WORKERS": "2"}
BULK = kinds_of(LADDER)

SLACK = timedelta(seconds=0.1)
"""A worker chooses a little later than its claim is dated, and does not see what others choose at the same moment."""

ON_ITS_WAY = timedelta(seconds=2)
"""A step is queued before its wake-up is sent, once a second."""


@dataclass(frozen=True)
class Carried:
    """When a step was queued, taken and done, by the database's clock."""

    asset_id: str
    kind: str
    queued_at: datetime
    started_at: datetime
    finished_at: datetime


def make_clip(path: Path, *, size: str, seconds: int, rate: int = 25) -> Path:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", "-f", "lavfi"]
    command += ["-i", f"testsrc2=s={size}:r={rate}:d={seconds}", "-c:v", "libx264", "-preset", "ultrafast"]
    subprocess.run([*command, "-g", "50", "-pix_fmt", "yuv420p", path], check=True, timeout=60)
    return path


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    """One of its own: whose turn it is cannot be told where others' lessons are at work."""
    with running_stack(tmp_path_factory.mktemp("lanes") / "data", "--port", "0", **TWO_WORKERS) as running:
        yield running


def carried(session: Session, *asset_ids: str) -> list[Carried]:
    rows = session.execute(
        select(Version.asset_id, Step.kind, Step.queued_at, Step.started_at, Step.finished_at)
        .join(Version, Version.id == Step.version_id)
        .where(Version.asset_id.in_(asset_ids), Step.state == "done")
        .order_by(Step.started_at)
    )
    return [Carried(*row) for row in rows]


def another_organization(stack: RunningStack) -> Client:
    """What an author of an organization that was never served before uses."""
    county = json.loads(stack.request("POST", "/v1/organizations", json={"name": "县"}).data)
    wish = {"role": "author", "organization_id": county["id"]}
    key = json.loads(stack.request("POST", "/v1/api-keys", json=wish).data)["key"]
    return connect_to(stack.url, key)


def test_a_flood_of_one_organization_does_not_hold_up_another(stack: RunningStack, tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", size="64x64", seconds=1)
    with ThreadPoolExecutor(4) as uploads:
        flood = list(uploads.map(lambda _: stack.upload(clip), range(FLOOD)))
    late = another_organization(stack).upload(clip, "late", lambda _sent, _size: None)
    stack.wait(late, "ready")
    engine = database.connect(stack.environment["DATABASE_URL"], pool_size=1)
    with Session(engine) as session:
        done = carried(session, late, *flood)
        waiting = session.execute(
            select(Step.queued_at, Step.started_at)
            .join(Version, Version.id == Step.version_id)
            .where(Version.asset_id.in_(flood), Step.queued_at.is_not(None))
        ).all()
    engine.dispose()
    for asset_id in (late, *flood):
        stack.forget(asset_id)
    first = next(step for step in done if step.asset_id == late and step.kind == "encode_first")
    inspect = next(step for step in done if step.asset_id == late and step.kind == "inspect")
    overtaken = [
        queued_at
        for queued_at, started_at in waiting
        if queued_at < inspect.queued_at and (started_at is None or started_at > inspect.started_at)
    ]
    assert len(overtaken) >= 3, "there was a flood to be overtaken"
    overtaken_by = [
        step
        for step in done
        if step.asset_id != late and inspect.queued_at < step.started_at < inspect.started_at
    ]
    # Three workers, each of which was at something when the late one came, may take one more at the same moment.
    assert len(overtaken_by) <= 6, overtaken_by
    assert not [
        step
        for step in done
        if step.asset_id != late
        and step.kind == "inspect"
        and first.queued_at < step.started_at < first.started_at
    ], "the first chunk follows its inspection at once"


@dataclass(frozen=True)
class Rush:
    """Steps of two long lessons of different organizations, the older of which began first, and of a small one that
    came while both were being encoded.
    """

    older: list[Carried]
    newcomer: list[Carried]
    small: list[Carried]


@pytest.fixture(scope="module")
def rush(stack: RunningStack, tmp_path_factory: pytest.TempPathFactory) -> Rush:
    folder = tmp_path_factory.mktemp("rush")
    lessons = [
        make_clip(folder / f"{seconds}.mp4", size="160x120", seconds=seconds, rate=5)
        for seconds in (400, 800)
    ]
    tiny = make_clip(folder / "tiny.mp4", size="64x64", seconds=1)
    older = stack.upload(lessons[0])
    newcomer = another_organization(stack).upload(lessons[1], "newcomer", lambda _sent, _size: None)
    engine = database.connect(stack.environment["DATABASE_URL"], pool_size=1)
    bulk = select(Step.id).join(Version, Version.id == Step.version_id)
    bulk = bulk.where(Version.asset_id == older, Step.kind == "encode", Step.state == "done")
    deadline = time.monotonic() + PATIENCE
    with Session(engine) as session:
        while session.execute(bulk).first() is None:
            assert time.monotonic() < deadline, "no encode was done"
            session.rollback()
            time.sleep(0.1)
    small = another_organization(stack).upload(tiny, "small", lambda _sent, _size: None)
    for asset_id in (small, older, newcomer):
        stack.wait(asset_id, "ready")
    with Session(engine) as session:
        steps = [carried(session, asset_id) for asset_id in (older, newcomer, small)]
    engine.dispose()
    return Rush(*steps)


def queued_at(moment: datetime, steps: list[Carried]) -> int:
    """How many were queued and not taken yet."""
    return sum(step.queued_at <= moment < step.started_at for step in steps)


def nearly_through(moment: datetime, steps: list[Carried]) -> bool:
    """Whether every worker that chose at about this moment found some of these steps begun, and few of them left."""
    before, after = moment - SLACK, moment + SLACK
    begun = any(step.started_at < before for step in steps)
    return begun and queued_at(before, steps) <= LAST_STEPS and queued_at(after, steps) > 0


def test_chunks_of_one_version_are_encoded_at_the_same_time(rush: Rush) -> None:
    encodes = [step for step in rush.older if step.kind in BULK]
    assert len(encodes) >= 5
    assert any(a is not b and a.started_at < b.started_at < a.finished_at for a in encodes for b in encodes)


def test_the_last_chunks_of_a_lesson_never_wait_behind_a_newcomer(rush: Rush) -> None:
    older, newcomer = ([step for step in steps if step.kind in BULK] for steps in (rush.older, rush.newcomer))
    last = [step.started_at for step in older][-LAST_STEPS:]
    assert queued_at(last[0], newcomer) > LAST_STEPS, (
        "the newcomer had bulk work that could have come between"
    )
    assert any(nearly_through(moment, older) for moment in last), "there was time to come between"
    between = [step for step in newcomer if nearly_through(step.started_at, older)]
    assert not [step for step in between if not nearly_through(step.started_at, newcomer)]


def test_small_steps_never_wait_behind_encodes(rush: Rush) -> None:
    encodes = [step for step in (*rush.older, *rush.newcomer) if step.kind in BULK]
    small = [step for step in rush.small if step.kind in kinds_of(CONTROL) + kinds_of(FIRST)]
    assert {"inspect", "encode_first", "images", "verify", "publish"} <= {step.kind for step in small}
    assert sum(queued_at(step.started_at, encodes) > 0 for step in small) >= 3, (
        "there was something to wait for"
    )
    for step in small:
        assert not [
            encode for encode in encodes if step.queued_at + ON_ITS_WAY < encode.started_at < step.started_at
        ], step
