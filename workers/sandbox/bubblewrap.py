"""Bubblewrap: all namespaces new, an empty root with only what the tool needs.

The strongest means. Options: the bwrap(1) manual page of bubblewrap 0.8 or later.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from workers.sandbox import policy
from workers.sandbox.policy import Confinement, Launch, Mount

FILTER_DESCRIPTOR: Final = 9
NOBODY: Final = "65534"


def launch(bwrap: Path, confinement: Confinement, arguments: Sequence[str]) -> Launch:
    """Return the run of bubblewrap that holds the tool to ``confinement``."""
    return Launch(
        arguments=(
            str(bwrap),
            *("--unshare-all", "--unshare-user", "--uid", NOBODY, "--gid", NOBODY),
            *("--die-with-parent", "--cap-drop", "ALL"),
            # Without its own process 1, bubblewrap reaps the tool itself and passes its CPU time on.
            "--as-pid-1",
            *(word for mount in policy.file_system(confinement) for word in _mount_options(mount)),
            *("--remount-ro", "/", "--chdir", policy.working_directory(confinement)),
            *("--seccomp", str(FILTER_DESCRIPTOR), "--"),
            *policy.command(confinement, arguments),
        ),
        limits=confinement.limits,
        filter_descriptor=FILTER_DESCRIPTOR,
    )


def _mount_options(mount: Mount) -> tuple[str, ...]:
    match mount.kind:
        case "read":
            return ("--ro-bind", mount.source, mount.target)
        case "write":
            return ("--bind", mount.source, mount.target)
        case "device":
            return ("--dev-bind", mount.source, mount.target)
        case "link":
            return ("--symlink", mount.source, mount.target)
        case "scratch":
            return ("--size", mount.source, "--tmpfs", mount.target)
        case "processes":
            return ("--proc", mount.target)
