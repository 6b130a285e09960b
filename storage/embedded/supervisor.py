"""Starts processes in order, keeps them running, stops them in the reverse order and leaves none behind.

One thread does it all: PR_SET_PDEATHSIG follows the thread that started a process, not the whole parent.
"""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

log = logging.getLogger(__name__)

STOP_SIGNALS = frozenset({signal.SIGINT, signal.SIGTERM, signal.SIGHUP})

RELOAD_SIGNAL = signal.SIGUSR1

_AWAITED = STOP_SIGNALS | {RELOAD_SIGNAL, signal.SIGCHLD, signal.SIGALRM}
_LAUNCH = Path(__file__).with_name("launch.py")
_START_ATTEMPTS = 3
_LONGEST_BACKOFF = 10.0
_SOUND_AFTER = 30.0
"""A process that lived this many seconds is restarted without the backoff of its earlier crashes."""
_LARGEST_LOG = 16 * 1024 * 1024
"""Bytes of a log from which on it is moved aside, over the one that was moved before."""

_LEAST_FREE = 32 * 1024 * 1024
"""Bytes: two of the files that PostgreSQL writes ahead. A server that starts with less on its disk ends at once."""
_LOOK_FOR_ROOM = 5.0

_LONGEST_WAIT = 10.0
"""Seconds between two looks at the children and at their logs."""


class StartError(Exception):
    """A program did not come up; the text says which, why, and what it logged last."""


class StopRequested(Exception):
    """A stop signal arrived while something was being started."""


@dataclass(frozen=True, kw_only=True)
class Program:
    """What to run and how to treat it. Times are in seconds.

    ``ready`` returns an empty text once the program answers, or why it does not yet. ``prepare`` runs before each
    start, restarts included. ``reload_signal`` makes it load its code anew, by itself or by ending.
    ``refuses_root`` is the folder of a program that will not run as root.
    """

    name: str
    command: Sequence[str | Path]
    environment: Mapping[str, str] | None = None
    ready: Callable[[], str] = lambda: ""
    ready_within: float = 60
    prepare: Callable[[], None] = lambda: None
    stop_signal: signal.Signals = signal.SIGTERM
    reload_signal: signal.Signals | None = None
    stop_within: float = 10
    death_signal: signal.Signals = signal.SIGTERM
    refuses_root: Path | None = None
    keep_open: tuple[int, ...] = ()


@dataclass
class _Child:
    program: Program
    process: subprocess.Popen[bytes]
    started: float
    crashes: int = 0
    restart_at: float = field(default=0.0)


class Supervisor:
    """Runs programs, each with a log of its own in ``log_folder`` and a session of its own.

    From its making on, stop signals are not delivered to this thread but waited for: ``watch`` returns when one
    comes. To be used in the main thread only.
    """

    def __init__(self, log_folder: Path) -> None:
        self._log_folder = log_folder
        self._stages: list[list[_Child]] = []
        self._without_room = False
        log_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        signal.pthread_sigmask(signal.SIG_BLOCK, _AWAITED)

    def start(self, *programs: Program) -> None:
        """Start programs side by side and return when each is ready. Raises ``StartError`` or ``StopRequested``."""
        stage: list[_Child] = []
        self._stages.append(stage)
        for program in programs:
            try:
                stage.append(_Child(program, self._spawn(program), time.monotonic()))
            except OSError as error:
                raise StartError(f"{program.name} cannot be started: {error}") from error
        for child in stage:
            self._wait_until_ready(child)

    def watch(self) -> None:
        """Restart what dies, until a stop signal comes."""
        while True:
            now = time.monotonic()
            waiting = [self._look_after(child, now) for stage in self._stages for child in stage]
            for log_file in self._log_folder.glob("*.log"):
                _keep_small(log_file)
            came = _wait_for_signal(min((*waiting, _LONGEST_WAIT)))
            if came in STOP_SIGNALS:
                return
            if came == RELOAD_SIGNAL:
                self._reload()

    def _reload(self) -> None:
        for child in (child for stage in self._stages for child in stage):
            if child.program.reload_signal is not None and child.process.poll() is None:
                child.process.send_signal(child.program.reload_signal)

    def stop(self) -> None:
        """Stop everything, last started first. What does not end in its time is killed, with all it started."""
        for stage in reversed(self._stages):
            for child in stage:
                if child.process.poll() is None:
                    child.process.send_signal(child.program.stop_signal)
            told = time.monotonic()
            for child in stage:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    child.process.wait(max(told + child.program.stop_within - time.monotonic(), 0))
                _kill_session(child.process)
        self._stages.clear()

    def run(self, program: Program) -> None:
        """Run a program to its end. Raises ``StartError`` if it fails."""
        process = self._spawn(program)
        try:
            status = process.wait(program.ready_within)
        except subprocess.TimeoutExpired:
            _kill_session(process)
            raise StartError(self._obituary(program, "takes too long")) from None
        if status != 0:
            raise StartError(self._obituary(program, f"ended with status {status}"))

    def _spawn(self, program: Program) -> subprocess.Popen[bytes]:
        program.prepare()
        with self._log_path(program).open("ab") as log_file:
            return subprocess.Popen(
                tied_to_this_process(program.command, program.death_signal, program.refuses_root),
                env=program.environment,
                stdin=subprocess.DEVNULL,
                stdout=log_file,
                stderr=log_file,
                start_new_session=True,
                pass_fds=program.keep_open,
            )

    def _wait_until_ready(self, child: _Child) -> None:
        program = child.program
        deadline = time.monotonic() + program.ready_within
        pause = 0.02
        while reason := self._why_not_ready(child):
            if time.monotonic() > deadline:
                raise StartError(
                    self._obituary(program, f"is not ready after {program.ready_within:.0f} s: {reason}")
                )
            if _wait_for_signal(pause) in STOP_SIGNALS:
                raise StopRequested
            pause = min(pause * 1.3, 0.25)

    def _why_not_ready(self, child: _Child) -> str:
        if child.process.poll() is None:
            return child.program.ready()
        # Not at once: a predecessor that was killed may still be letting go of its files and ports.
        if child.crashes == _START_ATTEMPTS:
            raise StartError(self._obituary(child.program, f"ended with status {child.process.returncode}"))
        self._look_after(child, time.monotonic())
        return "it ended and is started again"

    def _look_after(self, child: _Child, now: float) -> float:
        """Restart the child if it is dead and its time has come; returns seconds until it wants attention again."""
        if child.process.poll() is None:
            return 60.0
        if child.restart_at == 0:
            child.crashes = child.crashes + 1 if now - child.started < _SOUND_AFTER else 0
            child.restart_at = now + min(0.2 * 2**child.crashes, _LONGEST_BACKOFF)
            log.warning(
                "%s ended with status %s; starting it again", child.program.name, child.process.returncode
            )
            _kill_session(child.process)
        if now >= child.restart_at:
            wait = self._try_to_spawn(child)
            child.started, child.restart_at = now, now + wait if wait else 0
            return wait or 60.0
        return child.restart_at - now

    def _try_to_spawn(self, child: _Child) -> float:
        """Start the program of a dead child; returns 0, or after how many seconds to try again if that cannot be."""
        free = shutil.disk_usage(self._log_folder).free
        if free < _LEAST_FREE:
            if not self._without_room:
                log.error(
                    "the disk of %s is full: what has ended starts when there is room", self._log_folder
                )
            self._without_room = True
            return _LOOK_FOR_ROOM
        self._without_room = False
        try:
            child.process = self._spawn(child.program)
        except OSError as error:
            log.error("%s cannot be started: %s", child.program.name, error)
            return _LONGEST_BACKOFF
        return 0.0

    def _log_path(self, program: Program) -> Path:
        return self._log_folder / f"{program.name}.log"

    def _obituary(self, program: Program, what: str) -> str:
        path = self._log_path(program)
        tail = path.read_text(errors="replace").splitlines()[-15:]
        return "\n".join([f"{program.name} {what}. {path} ends with:", *tail])


def _keep_small(log_file: Path) -> None:
    """Begin a log anew that has grown large. Emptied in its place, for its program goes on writing at its end; what is
    written in that very moment is lost."""
    if log_file.stat().st_size > _LARGEST_LOG and ".1" not in log_file.suffixes:
        with contextlib.suppress(OSError):  # a full disk has more need of the room
            shutil.copyfile(log_file, log_file.with_suffix(".1.log"))
        os.truncate(log_file, 0)


def run_tool(command: Sequence[str | Path], *, answer: str, seconds: float) -> tuple[int, str]:
    """Run a small tool to its end, with ``answer`` at its standard input; returns its status and its last words.

    Raises ``OSError`` if it cannot be started or takes more than ``seconds``.
    """
    try:
        done = subprocess.run(
            command,
            input=answer,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise TimeoutError(str(error)) from error
    return done.returncode, " ".join((done.stdout + done.stderr).split())[-500:]


def tied_to_this_process(
    command: Sequence[str | Path],
    death_signal: signal.Signals = signal.SIGTERM,
    refuses_root: Path | None = None,
) -> list[str | Path]:
    """The command line of a program that gets ``death_signal`` when this thread, or process, ends in any way."""
    launch: list[str | Path] = [sys.executable, "-I", "-S", _LAUNCH, str(os.getpid()), str(int(death_signal))]
    return [*launch, refuses_root or "-", *command]


def _wait_for_signal(seconds: float) -> signal.Signals:
    """The next of the signals that are waited for, SIGALRM after ``seconds`` without one."""
    # Not sigtimedwait: of a wait that ran out while this process was stopped (Ctrl-Z) Python tells any signal.
    signal.setitimer(signal.ITIMER_REAL, max(seconds, 0.001))
    try:
        return signal.Signals(signal.sigwait(_AWAITED))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _kill_session(leader: subprocess.Popen[bytes]) -> None:
    """Kill the leader and all that it left behind in its session (groups of their own included)."""
    while members := [pid for pid, session in _sessions() if session == leader.pid]:
        for pid in members:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        leader.poll()
        time.sleep(0.01)
    leader.wait()


def _sessions() -> Iterator[tuple[int, int]]:
    """Each living process and its session, from proc(5)."""
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            # The name, in brackets, may hold anything; after it come state, parent, group and session.
            state, _, _, session, *_ = entry.read_text().rpartition(")")[2].split()
            if state != "Z":
                yield int(entry.parent.name), int(session)
