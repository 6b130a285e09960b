"""What a confined tool may touch and use, as frozen values.

Every means gives the same promise: the tool reads itself, its libraries and its inputs, writes into one
directory, has no network, makes no other process, and ends with the worker. (A tool that is several processes, as a
browser is, says how many; only a means with a table of processes of its own takes it.) The only stream out of the
sandbox is the *door*: a TCP socket that the tool opens is a stream to whatever the worker serves there,
whichever address the tool believes it connects to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

GIBIBYTE: Final = 1024**3

SYSTEM_LIBRARIES: Final = tuple(
    Path(path)
    for path in (
        "/usr/lib",
        "/usr/lib32",
        "/usr/lib64",
        "/usr/local/lib",
        "/lib",
        "/lib64",
        "/etc/ld.so.cache",
    )
)
"""Where dynamically linked tools find what they are linked to."""

DEVICES: Final = tuple(Path("/dev") / name for name in ("null", "zero", "full", "random", "urandom"))

SCRATCH_BYTES: Final = 64 * 1024 * 1024
"""Size of the private /tmp, which lives in memory."""

OPEN_FILES: Final = 256
OPEN_FILES_OF_MANY: Final = 1024
"""Of each process of a tool that is several."""

ENVIRONMENT: Final = {"PATH": "/usr/bin:/bin", "HOME": "/tmp", "LANG": "C.UTF-8", "TZ": "UTC"}  # noqa: S108


class SandboxError(Exception):
    """The sandbox itself failed, so the tool was not started."""


class NoSandbox(SandboxError):
    """No means of this host cuts a tool off; the message says in Chinese and English what to do."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Bytes and seconds. ``cpu_seconds`` is what the work takes at most, on any number of processors; ``idle_seconds``
    for how long a tool may neither work nor wait for the machine or its source; ``wall_seconds`` is the end of all
    patience. ``memory_bytes`` is address space, ``file_bytes`` the size of any one file, ``threads`` how many there may
    be at once in a process; ``niceness`` (0 to 19) is how far the tool stands back behind other processes.

    A tool of several ``processes`` reserves far more addresses than it uses: of such a one ``memory_bytes`` is what
    each process may write to, and ``resident_bytes`` what all of them hold together."""

    cpu_seconds: int
    idle_seconds: float = 45.0
    wall_seconds: float = 6 * 3600.0
    memory_bytes: int = 2 * GIBIBYTE
    file_bytes: int = 4 * GIBIBYTE
    threads: int = 512
    niceness: int = 10
    processes: int = 1
    resident_bytes: int | None = None

    @property
    def many(self) -> bool:
        """Return whether the tool is several processes."""
        return self.processes > 1


@dataclass(frozen=True, kw_only=True)
class Confinement:
    """One run of one tool: ``inputs`` are read-only and go by name, ``output`` is the only place to write.

    The tool's working directory is ``output``, so that arguments name outputs by relative paths; inputs go
    by ``Means.input_path``. ``libraries`` are further read-only paths (see ``libraries_of``); ``scratch_bytes`` is the
    size of the private /tmp, where there is one.

    ``graphics`` are devices of the machine's graphics hardware. Each is a door into a driver of the kernel, so a tool
    has them only where its work is to encode with them. Drivers of such a tool also look at what the kernel tells of it
    (/proc) and name its threads there, and reserve far more addresses than they use: of it ``memory_bytes`` is what it
    may write to.
    """

    tool: Path
    limits: Limits
    libraries: tuple[Path, ...] = ()
    inputs: Mapping[str, Path] = field(default_factory=dict)
    output: Path | None = None
    scratch_bytes: int = SCRATCH_BYTES
    graphics: tuple[Path, ...] = ()

    @property
    def reserves_addresses(self) -> bool:
        """Return whether the tool's address space says nothing of the memory that it uses."""
        return self.limits.many or bool(self.graphics)


@dataclass(frozen=True)
class Mount:
    """One thing of the tool's file system. A link's ``source`` is its text, that of scratch its size in bytes; the
    table of the tool's own processes has none."""

    kind: Literal["read", "write", "device", "link", "scratch", "processes"]
    source: str
    target: str


@dataclass(frozen=True)
class Rule:
    """A path that Landlock opens, and how."""

    path: str
    access: Literal["read", "write", "device", "graphics"]


@dataclass(frozen=True, kw_only=True)
class Launch:
    """What ``launch.py`` carries out: go to ``directory``, lock the door behind, become ``arguments``.

    ``rules``, if any, are given to Landlock. With ``filter_descriptor`` the system call filter is left open
    under that number for the program that ``arguments`` start, instead of being put on at once.
    """

    arguments: tuple[str, ...]
    limits: Limits
    directory: str = "/"
    rules: tuple[Rule, ...] | None = None
    filter_descriptor: int | None = None
    environment: Mapping[str, str] = field(default_factory=lambda: dict(ENVIRONMENT))

    def as_plain(self) -> dict[str, Any]:
        """Return the part of this value that is not the command line, in plain types."""
        values = asdict(self)
        del values["arguments"]
        return values


def input_path(name: str) -> str:
    """Return where an input is seen by a tool that has a file system of its own."""
    return f"/in/{name}"


def file_system(confinement: Confinement) -> tuple[Mount, ...]:
    """All that a tool sees under a means that gives it a file system of its own.

    Symbolic links among the libraries (``/lib`` of merged systems) are kept as links.
    """
    # First, for a mount covers what lies below: the tool itself may be installed under /tmp.
    mounts = [Mount("scratch", str(confinement.scratch_bytes), "/tmp")]  # noqa: S108
    if confinement.limits.many or confinement.graphics:
        mounts.append(Mount("processes", "", "/proc"))
    mounts += [
        Mount("link", str(path.readlink()), str(path))
        if path.is_symlink()
        else Mount("read", str(path), str(path))
        for path in confinement.libraries
        if path.exists()
    ]
    if not any(path in confinement.tool.parents for path in confinement.libraries):
        mounts.append(Mount("read", str(confinement.tool), str(confinement.tool)))
    mounts += [Mount("device", str(path), str(path)) for path in (*DEVICES, *confinement.graphics)]
    mounts += [Mount("read", str(path), input_path(name)) for name, path in confinement.inputs.items()]
    if confinement.output is not None:
        mounts.append(Mount("write", str(confinement.output), OUTPUT))
    return tuple(mounts)


OUTPUT: Final = "/out"


def working_directory(confinement: Confinement) -> str:
    """Return where a tool with a file system of its own starts."""
    return "/" if confinement.output is None else OUTPUT


def command(confinement: Confinement, arguments: Sequence[str]) -> tuple[str, ...]:
    """Return the tool and its arguments."""
    return (str(confinement.tool), *arguments)
