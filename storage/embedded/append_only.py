"""What a power cut leaves of Redis' append-only file is mended before Redis reads it, or it would never start.

Redis itself forgives a last command that is cut short, not one of zero bytes or garbage. Its own checker cuts the file
behind the last whole command; what even that cannot read is set aside. Nothing is lost by either that matters: wake-ups
that PostgreSQL knows of are sent again.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from pathlib import Path

from storage.embedded.supervisor import run_tool

log = logging.getLogger(__name__)

_SECONDS = 60.0
_CHECKER = "redis-check-aof"
"""What the server's program becomes when it is called by this name."""


def mend(data: Path, server: Path) -> None:
    """Make the append-only file in the folder ``data``, if there is one, such that ``server`` starts with it."""
    # One file up to Redis 6, since Redis 7 a folder of several with a list of them.
    single, folder = data / "appendonly.aof", data / "appendonlydir"
    listed = folder / "appendonly.aof.manifest"
    if single.exists() and single.stat().st_size:
        _mend(single, single, data, server)
    if listed.exists():
        _mend(listed, folder, data, server)


def _mend(checked: Path, whole: Path, data: Path, server: Path) -> None:
    checker = data / _CHECKER
    checker.unlink(missing_ok=True)
    checker.symlink_to(server)
    status, said = run_tool([checker, "--fix", checked], answer="y\n", seconds=_SECONDS)
    checker.unlink()
    if status != 0:
        aside = whole.with_name(f"{whole.name}.unreadable-{datetime.now(UTC):%Y%m%dT%H%M%SZ}")
        whole.rename(aside)
        log.warning("Redis' %s cannot be read and is now %s; Redis starts empty: %s", whole, aside, said)
    elif "Successfully truncated" in said:
        log.warning("the end of Redis' %s was unreadable and is cut off: %s", whole, said)
