"""The folder that holds all data of one embedded stack: its lock, its secrets, its ports."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import socket
import time
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from storage.durability import sync_folder

_SECONDS_TO_LET_GO = 20.0


class DataFolderInUse(Exception):
    """Another process runs its stack on this folder."""


@dataclass(frozen=True, kw_only=True)
class Stack:
    """Secrets, made once, and ports of an embedded stack, with what it is reached by while it runs."""

    postgres_port: int = 0
    postgres_password: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    postgres_owner_password: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    redis_port: int = 0
    redis_password: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    s3_port: int = 0
    s3_access_key: str = field(default_factory=lambda: secrets.token_hex(10))
    s3_secret_key: str = field(default_factory=lambda: secrets.token_hex(24))
    secret_key: str = field(default_factory=lambda: secrets.token_urlsafe(48))
    api_key: str = field(default_factory=lambda: "ls_" + secrets.token_urlsafe(32))
    s3_folder: str = ""
    url: str = ""
    pid: int = 0

    def environment(self) -> dict[str, str]:
        """The settings that lead to this stack's servers."""
        return {
            "DATABASE_URL": self.database_url("lessonstream"),
            "REDIS_URL": f"redis://:{self.redis_password}@127.0.0.1:{self.redis_port}/0",
            "S3_ENDPOINT": f"http://127.0.0.1:{self.s3_port}",
            "S3_ACCESS_KEY": self.s3_access_key,
            "S3_SECRET_KEY": self.s3_secret_key,
            "S3_FOLDER": self.s3_folder,
            "SECRET_KEY": self.secret_key,
        }

    def database_url(self, database: str) -> str:
        """Where PostgreSQL answers for one of its databases."""
        return f"postgresql://lessonstream:{self.postgres_password}@127.0.0.1:{self.postgres_port}/{database}"

    def owner_url(self) -> str:
        """The same for who may do everything there, which no process of ours is told."""
        return f"postgresql://postgres:{self.postgres_owner_password}@127.0.0.1:{self.postgres_port}/postgres"


def lock_folder(folder: Path) -> int:
    """Take the folder for this process, and for as long as it or a child that keeps the returned file descriptor
    lives. Raises ``DataFolderInUse``."""
    # Others may pass through but not look: PostgreSQL may have to run as another user (see launch.py).
    folder.mkdir(mode=0o711, parents=True, exist_ok=True)
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + _SECONDS_TO_LET_GO
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            owner = os.pread(descriptor, 32, 0).decode().strip()
            # Its owner is dead: the servers it started are about to end.
            if _lives(owner) or time.monotonic() > deadline:
                os.close(descriptor)
                raise DataFolderInUse(f"{folder} is in use by process {owner}") from None
            time.sleep(0.1)
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, str(os.getpid()).encode(), 0)
    return descriptor


def objects_folder(folder: Path) -> Path:
    """Where the S3 server of the stack of ``folder`` keeps its buckets."""
    return folder / "objects"


def open_stack(folder: Path) -> Stack:
    """The stack of a locked folder, with ports that are free."""
    stack = read_stack(folder) or Stack()
    taken = {stack.postgres_port, stack.redis_port, stack.s3_port}

    def keep_or_replace(port: int) -> int:
        if not is_free(port):
            port = free_port(taken)
            taken.add(port)
        return port

    stack = replace(
        stack,
        postgres_port=keep_or_replace(stack.postgres_port),
        redis_port=keep_or_replace(stack.redis_port),
        s3_port=keep_or_replace(stack.s3_port),
        s3_folder=str(objects_folder(folder)),
        url="",
        pid=os.getpid(),
    )
    write_stack(folder, stack)
    return stack


def read_stack(folder: Path) -> Stack | None:
    """What ``stack.json`` says; None if no stack was ever started here."""
    try:
        return Stack(**json.loads((folder / "stack.json").read_text()))
    except FileNotFoundError:
        return None


def write_stack(folder: Path, stack: Stack) -> None:
    """Replace ``stack.json``, which only its owner may read."""
    path = folder / "stack.json"
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(asdict(stack), file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    # Without its passwords a folder of data is worth nothing.
    sync_folder(folder)


def is_running(folder: Path) -> bool:
    """Whether a stack holds the folder now."""
    try:
        descriptor = os.open(folder / "lock", os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return False
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a server could listen on the port now."""
    with socket.socket(_family(host)) as probe, contextlib.suppress(OSError):
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))
        return port != 0
    return False


def free_port(but_not: set[int] | None = None, host: str = "127.0.0.1") -> int:
    """A port that nothing listens on."""
    while True:
        with socket.socket(_family(host)) as probe:
            probe.bind((host, 0))
            port: int = probe.getsockname()[1]
        if port not in (but_not or ()):
            return port


def _lives(pid: str) -> bool:
    try:
        return pid != "" and Path(f"/proc/{pid}/cmdline").read_bytes() != b""  # a zombie has none
    except FileNotFoundError:
        return False


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET
