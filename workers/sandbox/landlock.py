"""Landlock: path rules and the system call filter, where namespaces are refused (as in most containers).

landlock(7), Linux 5.13. The tool sees the real paths and shares the process table, but opens only what the
rules name; signals to other processes, sockets and changes of file attributes fall to the filter.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from workers.sandbox import policy
from workers.sandbox.policy import Confinement, Launch, Rule, SandboxError

_TOLD: Final = (Path("/proc/driver/nvidia"), Path("/proc/devices"))
"""What the kernel tells to everybody and graphics drivers read."""


def launch(confinement: Confinement, arguments: Sequence[str]) -> Launch:
    """Return the launch that holds the tool to ``confinement`` by Landlock rules. Raises ``SandboxError`` for a tool
    that is several processes: it would share the table of processes with the host."""
    if confinement.limits.many:
        raise SandboxError(f"Landlock does not hold {confinement.tool.name}, which is several processes")
    readable = (*confinement.libraries, confinement.tool, *confinement.inputs.values())
    rules = [Rule(str(path), "read") for path in readable if path.exists()]
    rules += [Rule(str(path), "device") for path in policy.DEVICES]
    if confinement.graphics:
        rules += [Rule(str(path), "graphics") for path in confinement.graphics]
        # Where other means show a table of its own processes.
        rules += [Rule("/proc/self", "write"), *(Rule(str(path), "read") for path in _TOLD if path.exists())]
    if confinement.output is not None:
        rules.append(Rule(str(confinement.output), "write"))
    return Launch(
        arguments=policy.command(confinement, arguments),
        limits=confinement.limits,
        directory="/" if confinement.output is None else str(confinement.output),
        rules=tuple(rules),
    )
