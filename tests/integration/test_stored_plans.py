"""Plans that another release stored: a lesson in flight becomes ready all the same, and what plays goes on."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import imageio_ffmpeg
import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from support import RunningStack

from storage.catalogue import database, renditions, steps
from storage.catalogue.models import Chunk, PackedChunks, Rendition, Step, Version
from storage.packed_chunks import unpack

pytestmark = pytest.mark.integration

LAST = ("images", "verify", "publish")


@contextmanager
def catalogue(stack: RunningStack) -> Iterator[Session]:
    engine = database.connect(stack.environment["DATABASE_URL"], pool_size=1)
    with Session(engine) as session, session.begin():
        yield session
    engine.dispose()


@pytest.fixture(scope="module")
def asset_id(stack: RunningStack, tmp_path_factory: pytest.TempPathFactory) -> str:
    clip = tmp_path_factory.mktemp("clip") / "lesson.mp4"
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error"]
    command += ["-f", "lavfi", "-i", "testsrc2=s=640x360:r=10:d=6", "-f", "lavfi", "-i", "sine=440:d=6"]
    subprocess.run([*command, "-c:v", "libx264", "-preset", "ultrafast", clip], check=True, timeout=60)
    asset_id = stack.upload(clip)
    stack.wait(asset_id, "ready")
    return asset_id


def chunks(session: Session, asset_id: str) -> dict[tuple[str, int], str]:
    """Object keys of all chunks."""
    version_id = session.execute(select(Version.id).where(Version.asset_id == asset_id)).scalar_one()
    made = renditions.renditions_of(session, version_id)
    return {(each.name, chunk.number): chunk.object_key for each in made for chunk in each.chunks}


def put_rows_back(session: Session, version_id: str) -> None:
    """As the chunks were before the version was ready."""
    of_version = select(Rendition.id).where(Rendition.version_id == version_id)
    packed = select(PackedChunks).where(PackedChunks.rendition_id.in_(of_version))
    for row in session.execute(packed).scalars():
        session.add_all(
            Chunk(rendition_id=row.rendition_id, **chunk._asdict()) for chunk in unpack(row.chunks)
        )
        session.delete(row)
    session.flush()


def put_back_in_flight(session: Session, asset_id: str, plan: dict[str, Any]) -> None:
    """As if an upgrade had come before the last steps, and the plan were the other release's."""
    version = session.execute(select(Version).where(Version.asset_id == asset_id)).scalar_one()
    version.state, version.plan = "playable", plan
    session.flush()  # so that the keeper packs no more of it
    put_rows_back(session, version.id)
    session.execute(
        update(Step).where(Step.version_id == version.id, Step.name.in_(LAST)).values(state="waiting")
    )
    session.flush()
    steps.queue_unblocked(session, version.id)


def plan_of(session: Session, asset_id: str) -> dict[str, Any]:
    return dict(session.execute(select(Version.plan).where(Version.asset_id == asset_id)).scalar_one() or {})


def wait_until_ready(stack: RunningStack, asset_id: str, *, always_playable: bool = True) -> None:
    deadline = time.monotonic() + 120
    while (state := stack.client.get(f"/v1/assets/{asset_id}")["state"]) != "ready":
        assert time.monotonic() < deadline, state
        assert state in (("playable",) if always_playable else ("playable", "processing"))
        time.sleep(0.1)


@pytest.mark.parametrize(
    "change",
    [
        {"format": -1},
        {"format": "what?"},
        {"segment_seconds": None},
    ],
    ids=["older", "nonsense", "damaged"],
)
def test_a_plan_that_cannot_be_read_is_made_anew(
    stack: RunningStack, asset_id: str, change: dict[str, Any]
) -> None:
    with catalogue(stack) as session:
        plan, before = plan_of(session, asset_id), chunks(session, asset_id)
        put_back_in_flight(session, asset_id, {**plan, **change})
    wait_until_ready(stack, asset_id)
    with catalogue(stack) as session:
        assert plan_of(session, asset_id) == plan
        assert chunks(session, asset_id) == before, "nothing is encoded twice"


def test_what_an_earlier_plan_cut_otherwise_is_replaced(stack: RunningStack, asset_id: str) -> None:
    with catalogue(stack) as session:
        before = chunks(session, asset_id)
        lowest = select(Rendition.id).join(Version).where(Version.asset_id == asset_id)
        lowest = lowest.where(Rendition.kind == "video", Rendition.position == 0)
        put_back_in_flight(session, asset_id, {**plan_of(session, asset_id), "format": -1})
        session.execute(update(Chunk).where(Chunk.rendition_id.in_(lowest)).values(frames=Chunk.frames - 1))
    wait_until_ready(stack, asset_id, always_playable=False)
    with catalogue(stack) as session:
        after = chunks(session, asset_id)
    assert after.keys() == before.keys()
    assert {name for name, number in after if after[name, number] != before[name, number]} == {
        "240p",
        "audio",
    }


def test_a_plan_of_a_newer_release_is_left_to_its_workers(stack: RunningStack, asset_id: str) -> None:
    with catalogue(stack) as session:
        plan, before = plan_of(session, asset_id), chunks(session, asset_id)
        put_back_in_flight(session, asset_id, {**plan, "format": 999})
    deadline = time.monotonic() + 60
    left = select(Step.postponed, Step.attempts).join(Version).where(Version.asset_id == asset_id)
    while True:
        with catalogue(stack) as session:
            rows = session.execute(left.where(Step.postponed > 0)).all()
        if rows:
            break
        assert time.monotonic() < deadline, "nobody put it off"
        time.sleep(0.2)
    assert {row.attempts for row in rows} == {0}
    with catalogue(stack) as session:
        session.execute(update(Version).where(Version.asset_id == asset_id).values(plan=plan))
    wait_until_ready(stack, asset_id)
    with catalogue(stack) as session:
        assert chunks(session, asset_id) == before


def test_a_ready_lesson_with_an_old_plan_still_has_pictures_made(stack: RunningStack, asset_id: str) -> None:
    with catalogue(stack) as session:
        plan = plan_of(session, asset_id)
        session.execute(
            update(Version).where(Version.asset_id == asset_id).values(plan={**plan, "format": -1})
        )
    address = stack.client.get(f"/v1/assets/{asset_id}")["images"]["thumbnail"]
    assert stack.request("GET", f"{address}?time=2&width=320", key=None).status == 200
    with catalogue(stack) as session:
        session.execute(update(Version).where(Version.asset_id == asset_id).values(plan=plan))
