"""The restore drill: a backup while lessons are deleted, brought back on an empty machine, played."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker
from support import LESSONSTREAM, SMALL, RunningStack, running_stack

from configs.settings import load_settings
from media_service.cli import backup, catalogue_dump
from media_service.cli.manifest_check import ManifestCheck
from storage.catalogue.backups import removals_are_held
from storage.catalogue.database import connect
from storage.catalogue.models import Step
from storage.catalogue.steps import UNFINISHED
from workers import sweeper

pytestmark = pytest.mark.integration


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*LESSONSTREAM, *map(str, arguments)], capture_output=True, text=True, timeout=240, check=False
    )


def deep(data: Path, *arguments: str) -> tuple[int, list[dict[str, Any]]]:
    done = run("doctor", "--deep", "--json", "--data", data, *arguments)
    return done.returncode, json.loads(done.stdout)


def made_of(stack: RunningStack, asset_id: str) -> list[str]:
    """Keys of all that was made of a lesson."""
    keys = [info.key for info in stack.objects.list(f"assets/{asset_id}/")]
    return [key for key in keys if not key.endswith("/source")]


def wait_for_extras(sessions: sessionmaker[Session]) -> None:
    """Until no worker has anything to do."""
    deadline = time.monotonic() + 120
    while True:
        with sessions() as session:
            if not session.scalar(select(func.count()).where(Step.state.in_(UNFINISHED))):
                return
        assert time.monotonic() < deadline
        time.sleep(0.2)


def plays(stack: RunningStack, asset_id: str) -> bool:
    """Whether everything that its manifest leads to is there."""
    asset = stack.client.get(f"/v1/assets/{asset_id}")
    assert asset["state"] == "ready"
    walk = ManifestCheck(stack.client.pool)
    walk.manifest(asset["playback_ids"][0]["manifest_url"])
    return walk.checked > 2 and not walk.problems


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import imageio_ffmpeg

    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    subprocess.run(
        [
            imageio_ffmpeg.get_ffmpeg_exe(),
            "-v",
            "error",
            "-f",
            "lavfi",
            "-i",
            "testsrc2=s=160x90:r=10:d=1",
            path,
        ],
        check=True,
    )
    return path


@pytest.fixture(scope="module")
def drilled(
    clip: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[RunningStack, list[str], Path]]:
    """A stack that was restored; its lessons; the backup."""
    folder = tmp_path_factory.mktemp("drill")
    kept = folder / "backup"
    with running_stack(folder / "first", "--port", "0", **SMALL) as first:
        lessons = [first.upload(clip, title) for title in ("stays", "goes")]
        for lesson in lessons:
            first.wait(lesson, "ready")
        settings = load_settings(first.environment)
        engine = connect(settings.database_url)
        wait_for_extras(sessionmaker(engine))

        def dump(url: str, snapshot: str, target: Path) -> None:
            """The dump; then a lesson is deleted, and the sweeper comes by before its objects are copied."""
            catalogue_dump.dump(url, snapshot, target)
            assert first.request("DELETE", f"/v1/assets/{lessons[1]}?permanently=true").status == 204
            sweeper.purge_deleted(sessionmaker(engine), first.objects)

        _, copied = backup.make(settings, kept, dump=dump)
        assert not copied.bad
        assert copied.objects > 4
        sweeper.purge_deleted(sessionmaker(engine), first.objects)
        with Session(engine) as session:
            assert not removals_are_held(session)
        assert not list(first.objects.list(f"assets/{lessons[1]}/"))
        engine.dispose()

        again = run("backup", kept, "--keep", "2", "--data", first.data)
        assert again.returncode == 0, again.stderr
        assert ": 0 objects copied" in again.stdout
    # The newest names one lesson, the first one both.
    newest = sorted((kept / "backups").iterdir())[-1]
    newest.rename(folder / "set aside")
    restored = run("restore", kept, "--data", folder / "second")
    assert restored.returncode == 0, restored.stderr + restored.stdout
    with running_stack(folder / "second", "--port", "0", **SMALL) as second:
        yield second, lessons, kept


def test_what_was_deleted_during_the_backup_plays_after_the_restore(
    drilled: tuple[RunningStack, list[str], Path],
) -> None:
    stack, lessons, _ = drilled
    assert [plays(stack, lesson) for lesson in lessons] == [True, True]
    assert deep(stack.data, "--hash")[0] == 0


def test_a_stack_that_runs_is_left_alone(drilled: tuple[RunningStack, list[str], Path]) -> None:
    stack, lessons, kept = drilled
    refused = run("restore", kept, "--data", stack.data)
    assert refused.returncode != 0
    assert plays(stack, lessons[0])


def test_what_the_bucket_lost_is_told_and_put_back(drilled: tuple[RunningStack, list[str], Path]) -> None:
    stack, lessons, kept = drilled
    first, second, *_ = made_of(stack, lessons[0])
    stack.objects.remove([first])
    stack.objects.put(second, b"short")
    status, findings = deep(stack.data)
    (bad,) = [finding for finding in findings if not finding["ok"]]
    assert (status, bad["name"]) == (1, f"asset {lessons[0]}")
    assert "and 1 more" in bad["detail"]
    assert "restore --objects" in bad["advice"]
    mended = run("restore", "--objects", kept, "--data", stack.data)
    assert mended.returncode == 0, mended.stderr + mended.stdout
    assert deep(stack.data, "--hash")[0] == 0


def test_damage_that_keeps_the_size_is_found_by_reading(
    drilled: tuple[RunningStack, list[str], Path],
) -> None:
    stack, lessons, _ = drilled
    key = made_of(stack, lessons[1])[0]
    whole = stack.objects.get(key)
    stack.objects.put(key, bytes(len(whole)))
    assert deep(stack.data)[0] == 0
    assert deep(stack.data, "--hash")[0] == 1
    stack.objects.put(key, whole)
