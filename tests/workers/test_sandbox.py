"""Each means of confining tools, tried with programs that do what a captured decoder might."""

from __future__ import annotations

import errno
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from confined import LIMITS, each_means, means, python_tool, run_python

from storage.memory import MemoryObjectStore
from workers.ffmpeg import ToolFailed, ToolStuck, ToolTimedOut, run
from workers.sandbox import Limits, Means, NoSandbox, SandboxError, choose
from workers.sandbox.choose import MEANS, Trial, examine
from workers.source_server import serve_source

__all__ = ["means"]

MEBIBYTE = 1024 * 1024


def test_this_host_has_a_means() -> None:
    assert choose("auto").name in MEANS


def test_no_means_is_a_sentence_for_people(monkeypatch: pytest.MonkeyPatch) -> None:
    module = sys.modules["workers.sandbox.choose"]
    monkeypatch.setattr(module, "examine", lambda name: Trial(name, None, "refused by the kernel"))
    with pytest.raises(
        NoSandbox, match=r"无法隔离媒体工具.*cannot lock media tools in.*landlock: refused by the kernel"
    ):
        choose("auto")


@each_means
def test_inputs_are_read_and_output_is_written(means: Means, tmp_path: Path) -> None:
    given, output = tmp_path / "given", tmp_path / "out"
    given.write_text("the input")
    output.mkdir()
    program = "import sys; open('copy', 'w').write(open(sys.argv[1]).read()); print('done')"
    finished = run_python(means, output, program, means.input_path("given", given), inputs={"given": given})
    assert finished.stdout == b"done\n"
    assert (output / "copy").read_text() == "the input"


WAYS_OUT = [
    "open(canary).read()",
    "open(canary, 'a')",
    "open('/etc/passwd').read()",
    "open(given, 'a')",
    "os.listdir('/root' if os.getuid() == 0 else '/home')",
    "open('/proc/' + parent + '/environ', 'rb').read()",
    "open(os.path.join(os.path.dirname(canary), 'new'), 'w')",
    "open('/dev/shm/x', 'w')",
    "os.chmod(canary, 0o777)",
    "os.utime(canary)",
    "os.truncate(canary, 0)",
    "os.unlink(canary)",
    "os.rename(canary, 'mine')",
    "open('planted').read()",
    "open('planted', 'a')",
    "os.symlink(canary, 'link')",
    "os.symlink(canary, 'link', dir_fd=os.open('.', os.O_RDONLY))",
    "os.link('own', 'another')",
    "os.link('/proc/self/fd/1', 'another', follow_symlinks=True)",
    "os.mkfifo('pipe')",
    "os.mkfifo('pipe', dir_fd=os.open('.', os.O_RDONLY))",
    "os.mknod('device', 0o20600, os.makedev(1, 3))",
    "os.mknod('whiteout', 0o20600, os.makedev(0, 0))",
    "ctypes_call('renameat2', -100, b'own', -100, b'moved', 4)",
    "os.mkdir('folder')",
    "socket.socketpair()[0].bind('socket')",
    "os.kill(int(parent), 0)",
    "fcntl.fcntl(0, fcntl.F_SETOWN, int(parent))",
    "fcntl.fcntl(0, 15, struct.pack('ii', 1, int(parent)))",
    "fcntl.fcntl(0, fcntl.F_SETSIG, 9)",
    "fcntl.fcntl(1, fcntl.F_SETFL, os.O_NONBLOCK | 0x2000)",
    "fcntl.fcntl(os.open('.', os.O_RDONLY), fcntl.F_NOTIFY, 2)",
    "fcntl.fcntl(os.open('own', os.O_RDONLY), fcntl.F_SETLEASE, fcntl.F_RDLCK)",
    *(f"fcntl.ioctl(1, {request}, struct.pack('i', int(parent)))" for request in (0x5452, 0x8901, 0x8902)),
    "os.setsid()",
    "os.setpgid(0, 0)",
    "os.sched_setaffinity(int(parent), {0})",
    "os.sched_setscheduler(int(parent), os.SCHED_IDLE, os.sched_param(0))",
    "os.setpriority(os.PRIO_PROCESS, int(parent), 19)",
    "resource.prlimit(int(parent), resource.RLIMIT_NOFILE)",
    "os.fork()",
    "os.posix_spawn('/bin/true', ['true'], {})",
    "os.memfd_create('x')",
    "socket.create_connection(('127.0.0.1', port), timeout=2)",
    "socket.create_connection(('::1', port), timeout=2)",
    "socket.create_server(('127.0.0.1', 0))",
    "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', port))",
    "socket.socket(socket.AF_UNIX)",
    "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)",
    "socket.socket(socket.AF_VSOCK)",
    "ctypes_call('unshare', 0x10000000)",
    "ctypes_call('prctl', 1, 0, 0, 0, 0)",
    "ctypes_call('syscall', 425, 1, 0)",
]

TRY_WAYS_OUT = """
import ctypes, fcntl, os, resource, socket, struct, sys
canary, given, parent, port = *sys.argv[1:4], int(sys.argv[4])
open("own", "w").close()
def ctypes_call(name, *arguments):
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(*arguments) < 0:
        raise OSError(ctypes.get_errno(), name)
for attempt in sys.argv[5:]:
    try:
        exec(attempt)
    except OSError:
        continue
    print("possible:", attempt)
"""


@pytest.mark.parametrize("graphics", [(), (Path("/dev/zero"),)], ids=["alone", "with graphics"])
@each_means
def test_ways_out_are_shut(means: Means, graphics: tuple[Path, ...], tmp_path: Path) -> None:
    canary, given, output = tmp_path / "canary", tmp_path / "given", tmp_path / "out"
    for path in (canary, given):
        path.write_text("secret")
    output.mkdir()
    (output / "planted").symlink_to(canary)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        names = (str(canary), means.input_path("given", given), str(os.getpid()))
        port = str(listener.getsockname()[1])
        arguments = (*names, port, *WAYS_OUT)
        finished = run_python(
            means, output, TRY_WAYS_OUT, *arguments, inputs={"given": given}, graphics=graphics
        )
        assert finished.stdout == b""
        with pytest.raises(BlockingIOError):
            listener.accept()
    assert canary.read_text() == given.read_text() == "secret"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["canary", "given", "out"]
    assert sorted(path.name for path in output.iterdir()) == ["own", "planted"]


MANY = replace(LIMITS, processes=8)
"""Limits of a tool that is several processes, as a browser is."""

IN_THE_FAMILY = {
    "os.fork()",
    "os.posix_spawn('/bin/true', ['true'], {})",
    "os.memfd_create('x')",
    "os.mkdir('folder')",
    "os.setsid()",
    "os.setpgid(0, 0)",
}
"""What such a tool may do beside."""


def test_many_processes_get_out_no_more_than_one(tmp_path: Path) -> None:
    canary, given, output = tmp_path / "canary", tmp_path / "given", tmp_path / "out"
    for path in (canary, given):
        path.write_text("secret")
    output.mkdir()
    (output / "planted").symlink_to(canary)
    attempts = [attempt for attempt in WAYS_OUT if attempt not in IN_THE_FAMILY]
    attempts += ["ctypes_call('syscall', 56, 0x10000011, 0, 0, 0, 0)"]  # clone into a new user namespace
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        arguments = (str(canary), "/in/given", str(os.getpid()), str(listener.getsockname()[1]), *attempts)
        finished = run_python(
            choose("bubblewrap"), output, TRY_WAYS_OUT, *arguments, inputs={"given": given}, limits=MANY
        )
        assert finished.stdout == b""
        with pytest.raises(BlockingIOError):
            listener.accept()
    assert canary.read_text() == given.read_text() == "secret"


def test_many_processes_are_counted_and_end_together(tmp_path: Path) -> None:
    marker = str(tmp_path)
    program = (
        "import os, sys, time\nmade = 0\n"
        "try:\n  for _ in range(30):\n    if not os.fork():\n      os.setsid(); time.sleep(600)\n    made += 1\n"
        "except OSError:\n  print(made)"
    )
    finished = run_python(choose("bubblewrap"), tmp_path, program, marker, limits=MANY)
    assert 5 <= int(finished.stdout) <= MANY.processes
    _await(lambda: not _processes_naming(marker), 20)


def test_many_processes_hold_no_more_memory_than_all_may(tmp_path: Path) -> None:
    program = "import os, time\nfor _ in range(3): os.fork()\nx = b'1' * (60 * 1024**2)\ntime.sleep(60)"
    limits = replace(MANY, resident_bytes=200 * MEBIBYTE)
    with pytest.raises(ToolTimedOut):
        run_python(choose("bubblewrap"), tmp_path, program, limits=limits)


def test_many_processes_are_not_let_in_by_landlock(tmp_path: Path) -> None:
    if "landlock" not in {name for name in MEANS if examine(name).problem is None}:
        pytest.fail("this host has no Landlock")
    with pytest.raises(SandboxError, match="several processes"):
        run_python(choose("landlock"), tmp_path, "pass", limits=MANY)


ASK = """
import errno, fcntl, json, os, resource, sys
answers = {}
device = os.open("/dev/zero", os.O_RDWR)
for name, request in json.loads(sys.argv[1]).items():
    try:
        fcntl.ioctl(device, request)
    except OSError as error:
        answers[name] = errno.errorcode[error.errno]
try:
    open("/proc/self/comm", "w").write("named")
    answers["name"] = open("/proc/self/comm").read().strip()
except OSError as error:
    answers["name"] = "nobody"
answers["addresses"] = resource.getrlimit(resource.RLIMIT_AS)[0] == resource.RLIM_INFINITY
print(json.dumps(answers))
"""

REQUESTS = {
    "DRM_IOCTL_VERSION": 0xC0406400,
    "DMA_BUF_IOCTL_SYNC": 0x40086200,
    "NV_ESC_CARD_INFO": 0xC00046C8,
    "UVM_REGISTER_GPU": 37,
    "FIOASYNC": 0x5452,
    "TIOCSTI": 0x5412,
    "FS_IOC_SETFLAGS": 0x40086602,
}
DRIVERS = list(REQUESTS)[:4]


@each_means
def test_only_a_tool_with_graphics_devices_may_ask_their_drivers(means: Means, tmp_path: Path) -> None:
    def answers(*graphics: Path) -> dict[str, str | bool]:
        return dict(
            json.loads(run_python(means, tmp_path, ASK, json.dumps(REQUESTS), graphics=graphics).stdout)
        )

    closed = answers()
    assert {closed[name] for name in REQUESTS} == {errno.errorcode[errno.EPERM]}
    assert (closed["name"], closed["addresses"]) == ("nobody", False)
    opened = answers(Path("/dev/zero"))
    # The kernel has heard them, and knows no such request of this device.
    assert {opened[name] for name in DRIVERS} == {errno.errorcode[errno.ENOTTY]}
    assert {opened[name] for name in REQUESTS if name not in DRIVERS} == {errno.errorcode[errno.EPERM]}
    assert (opened["name"], opened["addresses"]) == ("named", True)


def test_ways_out_are_open_outside(tmp_path: Path) -> None:
    """What the test above tries is possible without a sandbox, or it would prove nothing."""
    canary = tmp_path / "canary"
    canary.write_text("secret")
    command = [
        sys.executable,
        "-I",
        "-S",
        "-c",
        TRY_WAYS_OUT,
        str(canary),
        str(canary),
        str(os.getpid()),
        "9",
    ]
    harmless = [
        way for way in WAYS_OUT if "given" not in way and "create_connection" not in way and "fork" not in way
    ]
    output = subprocess.run(
        [*command, *harmless], cwd=tmp_path, capture_output=True, text=True, check=True
    ).stdout
    for way in (
        "open(canary).read()",
        "open('/etc/passwd').read()",
        "os.memfd_create('x')",
        "os.chmod(canary, 0o777)",
    ):
        assert f"possible: {way}" in output


@each_means
def test_threads_are_counted(means: Means, tmp_path: Path) -> None:
    program = """
import threading
stop = threading.Event()
try:
    for number in range(3000):
        threading.Thread(target=stop.wait, daemon=True).start()
except RuntimeError:
    print(number, flush=True)
stop.set()
"""
    finished = run_python(means, tmp_path, program, limits=replace(LIMITS, threads=20))
    assert finished.stdout == b"19\n"


@each_means
def test_every_address_is_the_source(means: Means, tmp_path: Path) -> None:
    objects = MemoryObjectStore()
    objects.put("key", b"the source")
    program = """
import ctypes, socket, struct, sys
connection = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
name = struct.pack("=H5s", socket.AF_UNIX, b"left")
ctypes.CDLL(None).bind(connection.fileno(), name, len(name))
connection.sendall(b"GET /source HTTP/1.0\\r\\n\\r\\n")
print(connection.makefile().read())
"""
    with socket.create_server(("127.0.0.1", 0)) as listener, serve_source(objects, "key") as source:
        listener.setblocking(False)
        port = str(listener.getsockname()[1])
        finished = run_python(means, tmp_path, program, port, source=source)
        assert finished.stdout.endswith(b"the source\n")
        assert not list(tmp_path.iterdir())
        with pytest.raises(BlockingIOError):
            listener.accept()


@each_means
def test_nothing_of_the_worker_is_inherited(means: Means, tmp_path: Path) -> None:
    program = """
import errno
import json
import os
print(" ".join(os.environ))
for number in range(3, 256):
    try:
        print(number, os.fstat(number))
    except OSError:
        pass
"""
    with Path(__file__).open():
        finished = run_python(means, tmp_path, program)
    environment, *descriptors = finished.stdout.decode().splitlines()
    assert set(environment.split()) <= {"PATH", "HOME", "LANG", "TZ", "PWD", "LC_CTYPE"}
    assert descriptors == []


@each_means
@pytest.mark.parametrize(
    ("attempt", "limits"),
    [
        pytest.param("x = bytearray(3 * 1024**3)", LIMITS, id="memory"),
        pytest.param(
            "f = open('huge', 'wb')\nwhile True: f.write(bytes(1 << 20))",
            replace(LIMITS, file_bytes=8 * MEBIBYTE),
            id="file",
        ),
        pytest.param("files = [open('/dev/null') for _ in range(300)]", LIMITS, id="files"),
    ],
)
def test_limit_ends_the_tool(means: Means, tmp_path: Path, attempt: str, limits: Limits) -> None:
    with pytest.raises(ToolFailed):
        run_python(means, tmp_path, attempt, limits=limits)
    assert all(path.stat().st_size <= 8 * MEBIBYTE for path in tmp_path.iterdir())


@each_means
@pytest.mark.parametrize(
    "program",
    [
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(60)",
        "import os, time; os.close(1); os.close(2); time.sleep(60)",
    ],
    ids=["ignores SIGTERM", "closes its output"],
)
def test_a_tool_that_sleeps_is_ended(means: Means, tmp_path: Path, program: str) -> None:
    with pytest.raises(ToolStuck):
        run_python(means, tmp_path, program, limits=replace(LIMITS, idle_seconds=1))
    assert not _processes_naming(str(tmp_path))


@each_means
def test_tool_dies_with_a_killed_worker(means: Means, tmp_path: Path) -> None:
    marker = f"marker-{os.getpid()}-{time.monotonic_ns()}"
    worker = subprocess.Popen(
        [sys.executable, __file__, means.name, str(tmp_path), marker],
        env={"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
    )
    try:
        _await((tmp_path / "alive").exists, 60)
        assert len(_processes_naming(marker)) > 1
    finally:
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait()
    _await(lambda: not _processes_naming(marker), 20)


def test_a_launch_that_fails_leaves_nothing(tmp_path: Path) -> None:
    marker = str(tmp_path / "not-there")
    broken = replace(python_tool(tmp_path), tool=Path(marker))
    for name in MEANS:
        if examine(name).problem is None:
            with pytest.raises((SandboxError, ToolFailed)):
                run(broken, [], means=choose(name))
    assert not _processes_naming(marker)


def _processes_naming(marker: str) -> list[str]:
    """Command lines of living processes that hold ``marker``."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            if marker in line:
                found.append(line)
    return found


def _await(condition: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass in time"
        time.sleep(0.05)


if __name__ == "__main__":
    _, name, folder, marker_text = sys.argv
    run_python(
        choose(name), Path(folder), "import time; open('alive', 'w').close(); time.sleep(60)", marker_text
    )
