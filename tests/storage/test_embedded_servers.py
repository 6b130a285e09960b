"""The embedded servers start with what a power cut left of their files."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.integration

_STARTS_POSTGRES = """
import sys
from pathlib import Path
from storage.embedded import data_folder, servers
from storage.embedded.supervisor import Supervisor

folder = Path(sys.argv[1])
lock = data_folder.lock_folder(folder)
stack = data_folder.open_stack(folder)
supervisor = Supervisor(folder / "logs")
try:
    servers.make_cluster(supervisor, folder, stack)
    lock_file = folder / "postgres" / "postmaster.pid"
    for left in ("", "\\0" * 100, sys.argv[2]):
        lock_file.write_text(left)
        supervisor.start(servers.postgres(folder, stack, lock))
        supervisor.stop()
finally:
    supervisor.stop()
"""

_STARTS_REDIS = """
import sys
from pathlib import Path
import redis
from storage.embedded import data_folder, servers
from storage.embedded.supervisor import Supervisor

folder = Path(sys.argv[1])
lock = data_folder.lock_folder(folder)
stack = data_folder.open_stack(folder)
supervisor = Supervisor(folder / "logs")
try:
    supervisor.start(servers.redis_server(folder, stack, lock))
    client = redis.Redis(port=stack.redis_port, password=stack.redis_password, decode_responses=True)
    print(" ".join(sorted(client.keys())))
    for name in sys.argv[2:]:
        client.set(name, "kept")
finally:
    supervisor.stop()
"""


def start_redis(folder: Path, *new_keys: str) -> list[str]:
    """Start it, add keys, stop it; returns the keys that it had."""
    done = subprocess.run(
        [sys.executable, "-c", _STARTS_REDIS, str(folder), *new_keys],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def append_only_file(folder: Path) -> Path:
    """The one that Redis appends to."""
    found = [*folder.glob("redis/appendonly.aof"), *folder.glob("redis/appendonlydir/*.incr.aof")]
    return found[-1]


@pytest.mark.parametrize(
    ("damage", "kept"),
    [
        (lambda data: data + bytes(4096), ["first", "second"]),
        (lambda data: data + b"\x8f\x01\xfe garbage" * 30, ["first", "second"]),
        (lambda data: data[:-20] + bytes(20), ["first"]),
        (lambda data: data[:-7], ["first"]),
        (lambda data: bytes(len(data)), []),
        (lambda data: b"", []),
    ],
    ids=["zeros behind", "garbage behind", "zeros at the end", "cut short", "nothing but zeros", "empty"],
)
def test_redis_starts_with_what_a_power_cut_left(
    tmp_path: Path, damage: Callable[[bytes], bytes], kept: list[str]
) -> None:
    folder = tmp_path / "data"
    assert start_redis(folder, "first", "second") == []
    file = append_only_file(folder)
    file.write_bytes(damage(file.read_bytes()))
    assert start_redis(folder, "third") == kept
    assert start_redis(folder) == sorted([*kept, "third"])


def test_postgres_starts_with_the_lock_file_that_a_power_cut_left(tmp_path: Path) -> None:
    """It is empty, or of zero bytes, or names a process that has come since then."""
    done = subprocess.run(
        [sys.executable, "-c", _STARTS_POSTGRES, str(tmp_path / "data"), str(os.getpid())],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
