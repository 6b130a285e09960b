"""Who is served when, with real RQ workers: organizations take turns, and a version is shared by all workers."""

from __future__ import annotations

import json
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import imageio_ffmpeg
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from support import RunningStack

from media_service.cli.client import connect_to
from storage.catalogue import database
from storage.catalogue.models import Step, Version

pytestmark = pytest.mark.integration

FLOOD = 24


@dataclass(frozen=True)
class Carried:
    """When a step was queued, taken and done, by the database's clock."""

    asset_id: str
    kind: str
    queued_at: datetime
    started_at: datetime
    finished_at: datetime


def make_clip(path: Path, *, size: str, seconds: int) -> Path:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", "-f", "lavfi"]
    command += ["-i", f"testsrc2=s={size}:r=25:d={seconds}", "-c:v", "libx264", "-preset", "ultrafast"]
    subprocess.run([*command, "-g", "50", "-pix_fmt", "yuv420p", path], check=True, timeout=60)
    return path


def carried(session: Session, *asset_ids: str) -> list[Carried]:
    rows = session.execute(
        select(Version.asset_id, Step.kind, Step.queued_at, Step.started_at, Step.finished_at)
        .join(Version, Version.id == Step.version_id)
        .where(Version.asset_id.in_(asset_ids), Step.state == "done")
        .order_by(Step.started_at)
    )
    return [Carried(*row) for row in rows]


def test_a_flood_of_one_organization_does_not_hold_up_another(stack: RunningStack, tmp_path: Path) -> None:
    county = json.loads(stack.request("POST", "/v1/organizations", json={"name": "县"}).data)
    wish = {"role": "author", "organization_id": county["id"]}
    key = json.loads(stack.request("POST", "/v1/api-keys", json=wish).data)["key"]
    clip = make_clip(tmp_path / "clip.mp4", size="64x64", seconds=1)
    with ThreadPoolExecutor(4) as uploads:
        flood = list(uploads.map(lambda _: stack.upload(clip), range(FLOOD)))
    late = connect_to(stack.url, key).upload(clip, "late", lambda _sent, _size: None)
    for asset_id in (late, *flood):
        stack.wait(asset_id, "ready", seconds=240)
    engine = database.connect(stack.environment["DATABASE_URL"], pool_size=1)
    with Session(engine) as session:
        done = carried(session, late, *flood)
    engine.dispose()
    first = next(step for step in done if step.asset_id == late and step.kind == "encode_first")
    inspect = next(step for step in done if step.asset_id == late and step.kind == "inspect")
    waiting = [step for step in done if step.asset_id != late and step.kind == "inspect"]
    assert sum(step.started_at > inspect.started_at for step in waiting) >= 3, (
        "there was a flood to be overtaken"
    )
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


def test_chunks_of_one_version_are_encoded_at_the_same_time(stack: RunningStack, tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", size="640x360", seconds=70)
    asset_id = stack.upload(clip)
    stack.wait(asset_id, "ready", seconds=240)
    engine = database.connect(stack.environment["DATABASE_URL"], pool_size=1)
    with Session(engine) as session:
        encodes = [step for step in carried(session, asset_id) if step.kind.startswith("encode")]
    engine.dispose()
    assert len(encodes) >= 5
    assert any(a is not b and a.started_at < b.started_at < a.finished_at for a in encodes for b in encodes)
