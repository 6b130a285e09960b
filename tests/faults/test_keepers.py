"""A keeper whose network is cut: another one takes over, and the old one does no harm when it is back."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from cut_network import wire
from havoc import until
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker
from support import RunningStack

from configs.keeping import KEEPING
from storage.catalogue import keeping
from storage.catalogue.models import KeeperTask
from storage.embedded.supervisor import tied_to_this_process

pytestmark = pytest.mark.faults

TAKEN_OVER_SECONDS = 45


@contextmanager
def keeper(
    stack: RunningStack, database_url: str, log: Path, **variables: str
) -> Iterator[subprocess.Popen[bytes]]:
    """A keeper on another catalogue of the stack's server."""
    command = tied_to_this_process([sys.executable, "-P", "-m", "workers.keeper"])
    environment = {**os.environ, **stack.environment, "DATABASE_URL": database_url, **variables}
    with log.open("wb") as file, subprocess.Popen(command, env=environment, stderr=file) as process:
        try:
            yield process
        finally:
            process.terminate()


def owners(sessions: sessionmaker[Session]) -> dict[str, tuple[str | None, int]]:
    """Who leads each task, and its fence."""
    with sessions() as session:
        rows = session.execute(select(KeeperTask.task, KeeperTask.owner, KeeperTask.fence)).all()
    return {row.task: (row.owner, row.fence) for row in rows}


def all_led_by(sessions: sessionmaker[Session], pid: int) -> bool:
    led = owners(sessions)
    return led.keys() == KEEPING.keys() and all(f":{pid}:" in (owner or "") for owner, _ in led.values())


def test_another_keeper_leads_when_the_network_of_the_first_is_cut(
    stack: RunningStack, sessions: sessionmaker[Session], tmp_path: Path
) -> None:
    direct = sessions.kw["bind"].url.set(drivername="postgresql").render_as_string(hide_password=False)
    server = urlsplit(direct)
    assert server.hostname
    assert server.port
    with wire(server.hostname, server.port) as network:
        through = direct.replace(f":{server.port}/", f":{network.port}/")
        with keeper(stack, through, tmp_path / "first.log") as first:
            until(lambda: all_led_by(sessions, first.pid), 60, "the first keeper's lead")
            with keeper(stack, direct, tmp_path / "second.log") as second:
                time.sleep(keeping.LEASE.total_seconds() / 4)
                assert all_led_by(sessions, first.pid), "two keepers led at a time"
                network.cut()
                began = time.monotonic()
                until(lambda: all_led_by(sessions, second.pid), 90, "the second keeper's lead")
                assert time.monotonic() - began < TAKEN_OVER_SECONDS
                led = owners(sessions)
                network.mend()
                time.sleep(keeping.LEASE.total_seconds() / 4)
                assert owners(sessions) == led, "the first keeper took something back"
                assert first.poll() is None
                with sessions() as session:
                    done = keeping.traces(session)
                assert not [trace for trace in done if trace.late or trace.error]
                relayed = next(trace.age for trace in done if trace.task == "relay")
                assert relayed is not None
                assert relayed < timedelta(seconds=TAKEN_OVER_SECONDS)


def test_a_slow_object_storage_does_not_hold_up_relay_and_reaping(
    stack: RunningStack, sessions: sessionmaker[Session], tmp_path: Path
) -> None:
    direct = sessions.kw["bind"].url.set(drivername="postgresql").render_as_string(hide_password=False)
    server = urlsplit(stack.environment["S3_ENDPOINT"])
    assert server.hostname
    assert server.port
    with wire(server.hostname, server.port) as network:
        network.cut()
        endpoint = f"http://127.0.0.1:{network.port}"
        began = time.monotonic()
        with keeper(stack, direct, tmp_path / "keeper.log", S3_ENDPOINT=endpoint):

            def done() -> set[str]:
                """Tasks that this keeper has finished a round of."""
                passed = timedelta(seconds=time.monotonic() - began)
                with sessions() as session:
                    found = keeping.traces(session)
                return {trace.task for trace in found if trace.age is not None and trace.age < passed}

            until(lambda: done() >= {"relay", "reap", "lost wake-ups"}, 60, "rounds that need no objects")
            assert "orphaned objects" not in done()
