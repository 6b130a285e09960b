"""Starts a tool in its confinement, through ``launch.py``."""

from __future__ import annotations

import array
import marshal
import os
import platform
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from workers.sandbox import policy, seccomp
from workers.sandbox.door import Answer, Family, open_door
from workers.sandbox.policy import Confinement, Launch, SandboxError

START_SECONDS: Final = 120.0
"""How long a launch may take until the tool runs, on a machine that is very busy."""

_LAUNCHER: Final = Path(__file__).with_name("launch.py")


@dataclass(frozen=True)
class Means:
    """One way of confining tools: how it launches them, and whether they see the host's own paths."""

    name: str
    launch: Callable[[Confinement, Sequence[str]], Launch]
    own_file_system: bool

    def input_path(self, name: str, path: Path) -> str:
        """Return what a tool calls the input ``name`` of its confinement, which the worker calls ``path``."""
        return policy.input_path(name) if self.own_file_system else str(path)


def start(
    means: Means, confinement: Confinement, arguments: Sequence[str], *, answer: Answer | None = None
) -> subprocess.Popen[bytes]:
    """Start the tool in a session and process group of its own; ``answer`` serves what comes to its door.

    The tool is killed when the calling thread ends, so the caller waits in the thread that starts.
    Raises ``SandboxError`` if it could not be confined; then no process is left.
    """
    launch = means.launch(confinement, arguments)
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            plan = {
                **launch.as_plain(),
                **_filters(many=confinement.limits.many, graphics=bool(confinement.graphics)),
                "reserves_addresses": confinement.reserves_addresses,
                "parent": os.getpid(),
                "control": theirs.fileno(),
                "open_files": policy.OPEN_FILES_OF_MANY if confinement.limits.many else policy.OPEN_FILES,
            }
            process = subprocess.Popen(
                [sys.executable, "-I", "-S", str(_LAUNCHER), marshal.dumps(plan).hex(), *launch.arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env={},
                cwd="/",
                start_new_session=True,
                pass_fds=[theirs.fileno()],
            )
        try:
            door = _await_start(ours)
        except BaseException:
            discard(process)
            raise
    open_door(door, answer, Family(process.pid, confinement.limits.threads, confinement.limits.processes))
    return process


def discard(process: subprocess.Popen[bytes]) -> None:
    """Kill a process that ``start`` made, collect it and close its pipes."""
    process.kill()
    process.communicate()


def _await_start(control: socket.socket) -> int:
    """Return the door's descriptor, once the tool has been started."""
    control.settimeout(START_SECONDS)
    descriptors = array.array("i")
    trouble = b""
    try:
        while True:
            message, attached, _, _ = control.recvmsg(4096, socket.CMSG_SPACE(4), socket.MSG_CMSG_CLOEXEC)
            for _, _, data in attached:
                descriptors.frombytes(data[:4])
            if not message:
                break
            if not attached:
                trouble += message
    except TimeoutError:
        trouble = b"the launch took too long"
    if trouble or not descriptors:
        for descriptor in descriptors:
            os.close(descriptor)
        raise SandboxError(trouble.decode(errors="replace") or "the launch ended before the tool was started")
    return descriptors[0]


@cache
def _filters(*, many: bool, graphics: bool) -> dict[str, bytes]:
    machine = platform.machine()
    if machine not in seccomp.ARCHITECTURES:
        raise SandboxError(f"no system call filter for {machine} machines")
    return {
        "door_filter": seccomp.door_filter(machine, many=many),
        "tool_filter": seccomp.tool_filter(machine, many=many, graphics=graphics),
    }
