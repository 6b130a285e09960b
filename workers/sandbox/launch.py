"""The program between the worker and the tool: it locks itself in, then becomes the tool.

Run as ``python -I -S launch.py PLAN ARGUMENT...`` with the standard library alone, before the tool and with
nothing of its input in sight. PLAN is ``policy.Launch`` with the filters, the worker's process ID and the
number of the control socket, as hexadecimal ``marshal``. Through that socket the worker gets the door (one
descriptor) and then either the end of the stream, when the tool has been started, or a sentence saying what
failed.

A lesson takes dozens of tools, and imports are what this program's time goes into: so C modules alone.
"""

from __future__ import annotations

import ctypes
import errno
import marshal
import os
import resource
import sys
from _socket import SCM_RIGHTS, SOL_SOCKET, socket

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

SIGKILL = 9

PR_SET_PDEATHSIG = 1
PR_CAPBSET_DROP = 24
PR_SET_NO_NEW_PRIVS = 38
LAST_CAPABILITY = 63

SECCOMP_SET_MODE_FILTER = 1
SECCOMP_FILTER_FLAG_NEW_LISTENER = 1 << 3

SYSTEM_CALLS = {  # x86-64, AArch64
    "capset": (126, 91),
    "seccomp": (317, 277),
    "landlock_create_ruleset": (444, 444),
    "landlock_add_rule": (445, 445),
    "landlock_restrict_self": (446, 446),
}

# Rights by the Landlock version that brought them (landlock(7)).
LANDLOCK_EXECUTE = 1 << 0
LANDLOCK_WRITE_FILE = 1 << 1
LANDLOCK_READ_FILE = 1 << 2
LANDLOCK_READ_DIR = 1 << 3
LANDLOCK_REMOVE_FILE = 1 << 5
LANDLOCK_MAKE_REG = 1 << 8
LANDLOCK_TRUNCATE = 1 << 14
LANDLOCK_IOCTL_DEV = 1 << 15
LANDLOCK_RIGHTS_COUNT = {1: 13, 2: 14, 3: 15, 4: 15}
LANDLOCK_RIGHTS_COUNT_NOW = 16
LANDLOCK_TCP_BIND_AND_CONNECT = 3
LANDLOCK_SCOPE_SOCKETS_AND_SIGNALS = 3
LANDLOCK_CREATE_RULESET_VERSION = 1
LANDLOCK_RULE_PATH_BENEATH = 1
LANDLOCK_OF_A_FILE = (
    LANDLOCK_EXECUTE | LANDLOCK_WRITE_FILE | LANDLOCK_READ_FILE | LANDLOCK_TRUNCATE | LANDLOCK_IOCTL_DEV
)
LANDLOCK_ACCESS = {
    "read": LANDLOCK_EXECUTE | LANDLOCK_READ_FILE | LANDLOCK_READ_DIR,
    "device": LANDLOCK_READ_FILE | LANDLOCK_WRITE_FILE,
    "graphics": LANDLOCK_READ_FILE | LANDLOCK_WRITE_FILE | LANDLOCK_IOCTL_DEV,
    "write": LANDLOCK_READ_FILE
    | LANDLOCK_READ_DIR
    | LANDLOCK_WRITE_FILE
    | LANDLOCK_REMOVE_FILE
    | LANDLOCK_MAKE_REG
    | LANDLOCK_TRUNCATE,
}

libc = ctypes.CDLL(None, use_errno=True)


class FilterProgram(ctypes.Structure):
    """``struct sock_fprog``."""

    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


class PathBeneath(ctypes.Structure):
    """``struct landlock_path_beneath_attr``."""

    _pack_ = 1
    _fields_ = (("allowed_access", ctypes.c_uint64), ("parent_fd", ctypes.c_int32))


def main() -> NoReturn:
    """Lock in and become the tool; on failure say so through the control socket and exit with 125."""
    plan: dict[str, Any] = marshal.loads(bytes.fromhex(sys.argv[1]))  # noqa: S302  (the worker's own)
    arguments = sys.argv[2:]
    control = socket(fileno=plan["control"])
    os.set_inheritable(plan["control"], False)
    try:
        die_with(plan["parent"])
        set_limits(plan["limits"], plan["open_files"], reserving=plan["reserves_addresses"])
        yield_to_others(plan["limits"]["niceness"])
        call("prctl", PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        hand_over_door(control, plan["door_filter"])
        if plan["rules"] is not None:
            restrict_paths(plan["rules"])
        os.chdir(plan["directory"])
        tool_filter = plan["tool_filter"]
        if plan["filter_descriptor"] is None:
            drop_capabilities()
            install_filter(tool_filter, 0)
        else:
            leave_open(tool_filter, plan["filter_descriptor"])
        os.execve(arguments[0], arguments, plan["environment"])  # noqa: S606
    except (OSError, ValueError) as error:
        control.send(str(error).encode())
        os._exit(125)


def call(function: str, *arguments: int | None) -> int:
    """A C library function or system call that returns -1 and sets errno on failure."""
    number = SYSTEM_CALLS.get(function)
    values = [None if argument is None else ctypes.c_long(argument) for argument in arguments]
    if number is None:
        result = int(getattr(libc, function)(*values))
    else:
        result = int(libc.syscall(ctypes.c_long(number[os.uname().machine == "aarch64"]), *values))
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{function}: {os.strerror(code)}")
    return result


def die_with(parent: int) -> None:
    """Be killed when the thread of the worker that started this process ends, also by SIGKILL."""
    call("prctl", PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        raise ProcessLookupError(errno.ESRCH, "the worker has ended")


def set_limits(limits: dict[str, int], open_files: int, *, reserving: bool) -> None:
    """Soft and hard alike: process 1 of a namespace ignores SIGXCPU but not the SIGKILL of the hard limit.

    Processor time gets some room: the worker ends the tool at the limit itself, and can say why. Some tools reserve
    addresses by the terabyte: there memory that can be written to is what counts.
    """
    memory = resource.RLIMIT_DATA if reserving else resource.RLIMIT_AS
    for kind, value in (
        (memory, limits["memory_bytes"]),
        (resource.RLIMIT_CPU, limits["cpu_seconds"] * 11 // 10 + 1),
        (resource.RLIMIT_FSIZE, limits["file_bytes"]),
        (resource.RLIMIT_NOFILE, open_files),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(kind)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)  # noqa: PLW2901
        resource.setrlimit(kind, (value, value))


def yield_to_others(niceness: int) -> None:
    """Leave processor time to what is more urgent.

    Where the kernel groups processes by session (sched(7), autogroup), niceness counts only among the processes
    of one session, and the tool is alone in its own; then the group's niceness is what counts.
    """
    os.nice(niceness)
    try:
        with open("/proc/self/autogroup", "w") as group:  # noqa: PTH123
            group.write(str(niceness))
    except OSError:
        pass


def install_filter(program: bytes, flags: int) -> int:
    """Put a system call filter on this process; returns the listener's descriptor if one was asked for."""
    buffer = ctypes.create_string_buffer(program, len(program))
    description = FilterProgram(len(program) // 8, ctypes.addressof(buffer))
    return call("seccomp", SECCOMP_SET_MODE_FILTER, flags, ctypes.addressof(description))


def hand_over_door(control: socket, program: bytes) -> None:
    """Send the worker the descriptor through which it is asked for every TCP socket from here on."""
    door = install_filter(program, SECCOMP_FILTER_FLAG_NEW_LISTENER)
    control.sendmsg([b"door"], [(SOL_SOCKET, SCM_RIGHTS, door.to_bytes(4, sys.byteorder))])
    os.close(door)


def leave_open(program: bytes, descriptor: int) -> None:
    """Keep ``program`` readable under ``descriptor`` for the program that follows."""
    memory = os.memfd_create("filter")
    os.write(memory, program)
    os.lseek(memory, 0, os.SEEK_SET)
    os.dup2(memory, descriptor, inheritable=True)


def restrict_paths(rules: list[dict[str, str]]) -> None:
    """Close the file system but for ``rules``; also TCP and signals where this kernel's Landlock can."""
    version = call("landlock_create_ruleset", None, 0, LANDLOCK_CREATE_RULESET_VERSION)
    handled = (1 << LANDLOCK_RIGHTS_COUNT.get(version, LANDLOCK_RIGHTS_COUNT_NOW)) - 1
    words = [handled]
    if version >= 4:
        words.append(LANDLOCK_TCP_BIND_AND_CONNECT)
    if version >= 6:
        words.append(LANDLOCK_SCOPE_SOCKETS_AND_SIGNALS)
    attributes = (ctypes.c_uint64 * len(words))(*words)
    ruleset = call("landlock_create_ruleset", ctypes.addressof(attributes), ctypes.sizeof(attributes), 0)
    for rule in rules:
        path = os.open(rule["path"], os.O_PATH | os.O_CLOEXEC)
        access = LANDLOCK_ACCESS[rule["access"]] & handled
        if not os.path.isdir(rule["path"]):  # noqa: PTH112
            access &= LANDLOCK_OF_A_FILE
        beneath = PathBeneath(access, path)
        call("landlock_add_rule", ruleset, LANDLOCK_RULE_PATH_BENEATH, ctypes.addressof(beneath), 0)
        os.close(path)
    call("landlock_restrict_self", ruleset, 0)
    os.close(ruleset)


def drop_capabilities() -> None:
    """Leave no capability and none to gain (capabilities(7))."""
    for capability in range(LAST_CAPABILITY + 1):
        libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)  # refused without CAP_SETPCAP: then there is none
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    nothing = (ctypes.c_uint32 * 6)()
    call("capset", ctypes.addressof(header), ctypes.addressof(nothing))


if __name__ == "__main__":
    main()
