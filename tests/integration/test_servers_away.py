"""Servers that are away more often than attempts are borne: a worker's own code on a real PostgreSQL, with an object
storage that refuses."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import imageio_ffmpeg
import pytest
from sqlalchemy import Engine, func, select, update
from sqlalchemy.orm import Session, sessionmaker

from configs.jobs import LANES
from configs.ladder import load_ladder
from configs.settings import load_settings
from storage.catalogue import assets, organizations
from storage.catalogue.endings import MAX_ATTEMPTS
from storage.catalogue.models import Step, Version
from storage.measures import Measures
from storage.memory import MemoryObjectStore
from storage.objects import ObjectInfo, StorageError
from tests.rehearsal import ENVIRONMENT
from workers import retries
from workers.jobs import run_step
from workers.media import MediaTools
from workers.resources import Resources, install

pytestmark = pytest.mark.integration

REFUSALS = MAX_ATTEMPTS + 2


class RefusingStore(MemoryObjectStore):
    """An object storage that stores nothing for a while, but keeps what it has."""

    refusals = 0

    def put_file(self, key: str, path: Path, content_type: str = "") -> ObjectInfo:
        if self.refusals > 0:
            self.refusals -= 1
            raise StorageError("503 SlowDown")
        return super().put_file(key, path, content_type)


@pytest.fixture
def work(
    sessions: sessionmaker[Session], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[bytes, RefusingStore], str]]:
    """Upload a source, and do all that there is to do for it as a worker would; returns its version's ID."""
    monkeypatch.setattr(retries, "RETRY_SECONDS", 0.0)
    settings, engine = load_settings(ENVIRONMENT), sessions.kw["bind"]
    assert isinstance(engine, Engine)

    def until_done(source: bytes, objects: RefusingStore) -> str:
        install(
            Resources(
                lanes=LANES,
                settings=settings,
                ladder=load_ladder(),
                engine=engine,
                sessions=sessions,
                objects=objects,
                tools=MediaTools.find(settings),
                work_folder=tmp_path,
                wake=lambda: None,
                measures=Measures(),
            )
        )
        with sessions.begin() as session:
            session.execute(update(Step).values(state="cancelled"))
            organization = organizations.create_organization(session, "县")
            version = assets.create_asset(session, organization.id, "课", "a.mp4", "public")
            objects.put("source", source)
            assets.begin_processing(session, version.id, "source", len(source), "00")
        queued = select(Step.id).where(Step.version_id == version.id, Step.state == "queued")
        while True:
            with sessions.begin() as session:
                # Nobody waits here until a step is tried again.
                session.execute(update(Step).where(Step.state == "queued").values(queued_at=func.now()))
                step_id = session.execute(queued.limit(1)).scalar_one_or_none()
            if step_id is None:
                return version.id
            run_step(step_id)

    yield until_done
    signal.alarm(0)


def test_a_lesson_becomes_ready_however_often_the_object_storage_refuses(
    sessions: sessionmaker[Session], work: Callable[[bytes, RefusingStore], str], tmp_path: Path
) -> None:
    clip = tmp_path / "clip.mp4"
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", "-f", "lavfi"]
    subprocess.run([*command, "-i", "testsrc2=s=96x64:r=10:d=0.5", clip], check=True, timeout=60)
    objects = RefusingStore()
    objects.refusals = REFUSALS
    version_id = work(clip.read_bytes(), objects)
    with sessions() as session:
        assert session.get_one(Version, version_id).state == "ready"
        steps = session.execute(select(Step).where(Step.version_id == version_id)).scalars().all()
    assert sum(step.postponed for step in steps) == REFUSALS
    assert {step.attempts for step in steps} == {0}
