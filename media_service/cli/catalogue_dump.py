"""PostgreSQL's own tools, for the whole catalogue: ``pg_dump`` and ``pg_restore``."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

from storage.embedded import servers


class DumpFailed(Exception):
    """A tool of PostgreSQL is missing or failed; the text is what it said."""


def dump(database_url: str, snapshot: str, target: Path) -> None:
    """Write what the exported ``snapshot`` sees of the catalogue. Backups under way are no part of it."""
    _run(
        "pg_dump",
        database_url,
        *("--format", "custom", "--snapshot", snapshot, "--file", target),
        *("--no-owner", "--no-privileges", "--exclude-table-data", "backups"),
    )


def load(database_url: str, source: Path) -> None:
    """Fill an empty database with a dump, all of it or nothing."""
    _run(
        "pg_restore",
        database_url,
        "--no-owner",
        "--no-privileges",
        "--single-transaction",
        "--exit-on-error",
        source,
    )


def _run(tool: str, database_url: str, *arguments: str | Path) -> None:
    parts = urlsplit(database_url)
    # Whoever lists processes reads command lines: the password goes another way.
    host = parts.netloc.rpartition("@")[2]
    user = unquote(parts.username or "")
    bare = urlunsplit(parts._replace(netloc=f"{parts.username}@{host}" if user else host))
    environment = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "PGPASSWORD": unquote(parts.password or "")}
    command = [_program(tool), "--dbname", bare, *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise DumpFailed(f"{tool}: {done.stderr.strip()[-2000:]}")


def _program(tool: str) -> Path:
    """The wheel's, which is of PostgreSQL 18 and takes all servers down to 10; or the system's."""
    try:
        return servers.postgres_binaries() / tool
    except servers.ServerMissing as error:
        found = shutil.which(tool)
        if found is None:
            raise DumpFailed(f"{tool} is not installed / 未安装 {tool}") from error
        return Path(found)
