"""Starting, stopping and supervising the embedded stack."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import stat
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
import redis
from sqlalchemy.orm import Session, sessionmaker
from support import (
    LESSONSTREAM,
    PATIENCE,
    SMALL,
    RunningStack,
    describe,
    processes_of,
    running_stack,
    start_stack,
)

pytestmark = pytest.mark.integration


def lessonstream(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*LESSONSTREAM, *arguments],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def eventually(what: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while True:
        with suppress(Exception):
            if what():
                return
        assert time.monotonic() < deadline, "it did not come back"
        time.sleep(0.1)


def pid_of(stack: RunningStack, pattern: str) -> int:
    return next(pid for pid, command in sorted(stack.processes().items()) if re.search(pattern, command))


def redis_of(stack: RunningStack) -> redis.Redis:
    return redis.Redis.from_url(stack.environment["REDIS_URL"])


@pytest.mark.faults
def test_killed_servers_come_back_and_a_killed_stack_with_its_data_and_key(tmp_path: Path) -> None:
    """One stack for both, for each start costs seconds."""
    data = tmp_path / "data"
    process = start_stack(data, "--port", "0", **SMALL)
    assert process.stdout is not None
    first = describe(json.loads(process.stdout.readline()))
    with psycopg.connect(first.environment["DATABASE_URL"]) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    redis_of(first).set("kept", "42")
    first.objects.put("kept/object", b"42")
    assert stat.S_IMODE((data / "stack.json").stat().st_mode) == 0o600
    time.sleep(1.1)  # "everysec" promises the append-only file after one second
    require_return_of_killed_servers(first)

    assert len(first.processes()) > 5
    os.kill(first.pid, signal.SIGKILL)
    process.wait()
    deadline = time.monotonic() + PATIENCE
    while left := processes_of(data):
        assert time.monotonic() < deadline, left
        time.sleep(0.1)

    with socket.create_server(("127.0.0.1", 0)) as taken:
        # One of its ports is another's now.
        stack_file = json.loads((data / "stack.json").read_text())
        stack_file["redis_port"] = taken.getsockname()[1]
        (data / "stack.json").write_text(json.dumps(stack_file))
        with running_stack(data, "--port", "0", **SMALL) as second:
            assert second.request("GET", "/readyz").status == 200
            assert second.api_key == first.api_key
            with psycopg.connect(second.environment["DATABASE_URL"]) as connection:
                assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)
            assert redis_of(second).get("kept") == b"42"
            assert second.objects.get("kept/object") == b"42"


def require_return_of_killed_servers(stack: RunningStack) -> None:
    os.kill(pid_of(stack, r"^\S*(redis|valkey)-server "), signal.SIGKILL)
    eventually(lambda: redis_of(stack).get("kept") == b"42")

    os.kill(pid_of(stack, r"bin/postgres -D"), signal.SIGKILL)
    eventually(lambda: psycopg.connect(stack.environment["DATABASE_URL"], connect_timeout=2).close() is None)

    os.kill(pid_of(stack, r"rclone serve s3"), signal.SIGKILL)
    eventually(stack.objects.check)

    os.kill(pid_of(stack, r"cli.main web"), signal.SIGKILL)
    eventually(lambda: stack.request("GET", "/readyz").status == 200)


def test_a_second_start_on_the_same_data_is_refused(stack: RunningStack) -> None:
    refused = lessonstream("up", "--data", str(stack.data), "--port", "0")
    assert refused.returncode == 1
    assert f"{stack.data} is in use by process {stack.pid}" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1


def test_a_port_that_was_asked_for_and_is_taken_is_an_error(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = lessonstream("up", "--data", str(tmp_path / "data"), "--port", str(port))
    assert refused.returncode == 1
    assert f"Port {port} is in use" in refused.stderr


def test_doctor_finds_all_well(stack: RunningStack) -> None:
    def all_well() -> bool:
        examined = lessonstream("doctor", "--json", "--data", str(stack.data))
        found.update({finding["name"]: finding for finding in json.loads(examined.stdout)})
        return examined.returncode == 0

    found: dict[str, dict[str, object]] = {}
    eventually(all_well)  # keeper and workers may be starting still
    assert all(finding["ok"] for finding in found.values())
    assert {"keeper", "lane control", "lane first", "lane ladder", "work"} <= found.keys()


def test_doctor_misses_keeper_and_workers(stack: RunningStack, sessions: sessionmaker[Session]) -> None:
    """A catalogue and a queue that nobody serves. Piped, each finding is one line, and advice stands once."""
    database = f"{stack.environment['DATABASE_URL'].rpartition('/')[0]}/{sessions.kw['bind'].url.database}"
    redis = f"{stack.environment['REDIS_URL'].rpartition('/')[0]}/9"
    examined = lessonstream("doctor", "--data", str(stack.data), DATABASE_URL=database, REDIS_URL=redis)
    assert examined.returncode == 1
    lines = examined.stdout.splitlines()
    for name in ("keeper", "lane control", "lane first", "lane ladder"):
        assert sum(line.startswith(f"FAIL  {name} ") for line in lines) == 1, examined.stdout
    assert sum("lessonstream worker --lanes" in line for line in lines) == 1
    assert sum("Start `lessonstream keeper`" in line for line in lines) == 1


def test_doctor_says_what_to_do(stack: RunningStack) -> None:
    examined = lessonstream(
        "doctor",
        "--data",
        str(stack.data),
        REDIS_URL="redis://127.0.0.1:1/0",
        S3_ENDPOINT="http://127.0.0.1:1",
    )
    assert examined.returncode == 1
    assert "S3_ACCESS_KEY is not set" in examined.stdout
    examined = lessonstream("doctor", "--data", str(stack.data), REDIS_URL="redis://127.0.0.1:1/0")
    assert examined.returncode == 1
    assert "correct REDIS_URL" in examined.stdout


def test_keys(stack: RunningStack) -> None:
    folder = ("--data", str(stack.data))
    created = lessonstream("keys", *folder, "create", "--role", "author", "--label", "测试")
    secret = created.stdout.strip()
    assert stack.request("GET", "/v1/assets", key=secret).status == 200
    listed = lessonstream("keys", *folder, "list").stdout
    key_id = next(line.split()[1] for line in listed.splitlines() if "测试" in line)
    assert lessonstream("keys", *folder, "revoke", key_id).returncode == 0
    eventually(
        lambda: stack.request("GET", "/v1/assets", key=secret).status == 401
    )  # they are cached for seconds
    assert lessonstream("keys", *folder, "revoke", key_id).returncode == 1


def test_stopping_while_starting(tmp_path: Path) -> None:
    data = tmp_path / "data"
    process = start_stack(data, "--port", "0")
    eventually((data / "logs" / "postgres.log").exists)
    process.terminate()
    assert process.wait(30) == 0
    assert not processes_of(data)
