"""The two system call filters, as classic BPF programs (seccomp(2), linux/filter.h).

``door_filter`` turns every TCP socket and every new thread into a question to the worker (seccomp user
notification), so the tool can reach what the worker serves to it and no address at all, and has as many threads
as it is granted. ``tool_filter`` refuses what no media tool
needs and what namespaces or Landlock leave open: other sockets, other processes, signals, files that are not plain
ones, changes of file attributes, memory that no limit counts, and the kernel's larger attack surfaces. A tool that is
several processes (``many``) asks for each of them, and may do among them what a browser does; it has to have a table of
processes, and a scratch file system, of its own.
"""

from __future__ import annotations

import platform
import struct
from collections.abc import Sequence
from typing import Final

ARCHITECTURES: Final = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
"""AUDIT_ARCH values by ``platform.machine()``."""

_ABSENT: Final = -1

# Numbers on x86-64 and on AArch64 (arch/x86/entry/syscalls/syscall_64.tbl, asm-generic/unistd.h).
_REFUSED: Final[dict[str, tuple[int, int]]] = {
    # Other processes of the same user, and this one's place in the process tree.
    "fork": (57, _ABSENT),
    "vfork": (58, _ABSENT),
    "kill": (62, 129),
    "tkill": (200, 130),
    "tgkill": (234, 131),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "pidfd_send_signal": (424, 424),
    "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438),
    "process_madvise": (440, 440),
    "process_mrelease": (448, 448),
    "setsid": (112, 157),
    "setpgid": (109, 154),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "kcmp": (312, 272),
    "setpriority": (141, 140),
    "ioprio_set": (251, 30),
    "sched_setparam": (142, 118),
    "sched_setscheduler": (144, 119),
    "sched_setattr": (314, 274),
    "migrate_pages": (256, 238),
    "move_pages": (279, 239),
    # What is not a plain file: whoever reads a tool's outputs must not be led elsewhere, nor be made to wait.
    "symlink": (88, _ABSENT),
    "symlinkat": (266, 36),
    "link": (86, _ABSENT),
    "linkat": (265, 37),
    "mknod": (133, _ABSENT),
    "mknodat": (259, 33),
    "mkdir": (83, _ABSENT),
    "mkdirat": (258, 34),
    "bind": (49, 200),
    "listen": (50, 201),
    "accept": (43, 202),
    "accept4": (288, 242),
    "socketpair": (53, 199),
    # File attributes, which Landlock does not cover.
    "truncate": (76, 45),
    "chmod": (90, _ABSENT),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "fchmodat2": (452, 452),
    "chown": (92, _ABSENT),
    "fchown": (93, 55),
    "lchown": (94, _ABSENT),
    "fchownat": (260, 54),
    "utime": (132, _ABSENT),
    "utimes": (235, _ABSENT),
    "futimesat": (261, _ABSENT),
    "utimensat": (280, 88),
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "fsetxattr": (190, 7),
    "removexattr": (197, 14),
    "lremovexattr": (198, 15),
    "fremovexattr": (199, 16),
    "setxattrat": (463, 463),
    "removexattrat": (466, 466),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    # Memory outside the address space limit, and memory shared with the host.
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "shmget": (29, 194),
    "shmat": (30, 196),
    "shmctl": (31, 195),
    "semget": (64, 190),
    "semop": (65, 193),
    "semctl": (66, 191),
    "semtimedop": (220, 192),
    "msgget": (68, 186),
    "msgsnd": (69, 189),
    "msgrcv": (70, 188),
    "mq_open": (240, 180),
    # What a user has few of, together with all other processes.
    "inotify_init": (253, _ABSENT),
    "inotify_init1": (294, 26),
    "fanotify_init": (300, 262),
    # Ways around this filter, and parts of the kernel that a media tool has no business with.
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
}
_AMONG_MANY: Final = frozenset(
    {
        *(
            "kill",
            "tkill",
            "tgkill",
            "rt_sigqueueinfo",
            "rt_tgsigqueueinfo",
            "pidfd_open",
            "pidfd_send_signal",
        ),
        *("setsid", "setpgid", "setpriority"),
        *("socketpair", "memfd_create"),
        *("mkdir", "mkdirat", "chmod", "fchmod", "fchmodat", "utimensat"),
    }
)
"""What processes of one tool need to start, end and speak to each other, and to keep a profile."""

_CLONE: Final = (56, 220)
_CLONE3: Final = (435, 435)
_CONNECT: Final = (42, 203)
_FCNTL: Final = (72, 25)
_IOCTL: Final = (16, 29)
_RENAMEAT2: Final = (316, 276)
_PRCTL: Final = (157, 167)
_PRLIMIT64: Final = (302, 261)
_SCHED_SETAFFINITY: Final = (203, 122)
_SOCKET: Final = (41, 198)

_X32_FLAG: Final = 0x40000000
_CLONE_THREAD: Final = 0x00010000
_CLONE_NEW: Final = 0x7E020000
"""Flags of clone(2) that ask for new namespaces."""

_F_SETFL: Final = 4
_O_ASYNC: Final = 0x2000
_FCNTL_COMMANDS: Final = (
    *(0, 1030),  # F_DUPFD, F_DUPFD_CLOEXEC
    *(1, 2, 3, _F_SETFL),  # flags of descriptors and files
    *(5, 6, 7, 36, 37, 38),  # locks
)
"""Not among them: who gets a signal, and which, when a file is ready (F_SETOWN, F_SETOWN_EX, F_SETSIG), when somebody
opens it (F_SETLEASE) or changes a folder (F_NOTIFY)."""

_IOCTL_REQUESTS: Final = (
    *(0x5401, 0x802C542A, 0x5413),  # TCGETS, TCGETS2, TIOCGWINSZ: is it a terminal?
    *(0x541B, 0x5421),  # FIONREAD, FIONBIO
    *(0x5450, 0x5451),  # FIONCLEX, FIOCLEX
)
"""Not among them: signals again (FIOASYNC, FIOSETOWN, SIOCSPGRP), terminals, and what file systems offer."""

_GRAPHICS_IOCTLS: Final = (ord("d"), ord("b"), ord("F"), 0)
"""Types of the requests that graphics drivers take: DRM and its buffers (drm.h, dma-buf.h), NVIDIA's devices, and its
unified memory, whose requests have none."""

_TYPE_SHIFT: Final = 8
_TYPE_MASK: Final = 0xFF << _TYPE_SHIFT
"""Where a request says whose it is (ioctl(2), asm-generic/ioctl.h)."""

_PRCTL_OPTIONS: Final = (15, 16, 0x53564D41)  # PR_SET_NAME, PR_GET_NAME, PR_SET_VMA
"""Not among them: to outlive the worker (PR_SET_PDEATHSIG), and to hide from it (PR_SET_DUMPABLE)."""

_SEAL_COMMANDS: Final = (1033, 1034)  # F_ADD_SEALS, F_GET_SEALS

_AF_INET: Final = 2
_SOCK_STREAM: Final = 1
_SOCKET_TYPE_MASK: Final = 0xF
_EPERM: Final = 1
_EACCES: Final = 13
_ENOSYS: Final = 38

_LOAD: Final = 0x20  # BPF_LD | BPF_W | BPF_ABS
_AND: Final = 0x54  # BPF_ALU | BPF_AND | BPF_K
_IF_EQUAL: Final = 0x15  # BPF_JMP | BPF_JEQ | BPF_K
_IF_AT_LEAST: Final = 0x35  # BPF_JMP | BPF_JGE | BPF_K
_IF_ANY_BIT: Final = 0x45  # BPF_JMP | BPF_JSET | BPF_K
_RETURN: Final = 0x06  # BPF_RET | BPF_K

_ALLOW: Final = 0x7FFF0000
_ASK: Final = 0x7FC00000  # SECCOMP_RET_USER_NOTIF
_KILL: Final = 0x80000000  # SECCOMP_RET_KILL_PROCESS
_FAIL: Final = 0x00050000  # SECCOMP_RET_ERRNO, with the error number
_REFUSE: Final = _FAIL | _EPERM

_NUMBER_OFFSET: Final = 0  # struct seccomp_data
_ARCHITECTURE_OFFSET: Final = 4

Instruction = tuple[int, int, int, int]


def door_filter(machine: str, *, many: bool = False) -> bytes:
    """A program that asks the worker about every TCP socket and every thread, for a tool of ``many`` processes about
    every process too, and takes every ``connect`` for done.

    A ``connect`` needs no look at its address: the only sockets that exist are the worker's answers.
    """
    column = _column(machine)
    return _assemble(
        [
            *_only_architecture(machine, otherwise=_ALLOW),
            *_is_tcp_socket(_SOCKET[column], then=_ASK, otherwise=_ALLOW),
            *_on(_CONNECT[column], _refusal(0)),
            *(
                _on(_CLONE[column], _ASK)
                if many
                else _on_argument(_CLONE[column], 0, (_IF_ANY_BIT, 0, 1, _CLONE_THREAD), _ASK)
            ),
            (_RETURN, 0, 0, _ALLOW),
        ]
    )


def tool_filter(machine: str, *, many: bool = False, graphics: bool = False) -> bytes:
    """A program that refuses with EPERM (or kills, for another architecture) what a tool does not need; with
    ``graphics`` it may ask drivers of graphics hardware."""
    column = _column(machine)
    one_process = _on_argument(_CLONE[column], 0, (_IF_ANY_BIT, 1, 0, _CLONE_THREAD))
    no_namespaces = _on_argument(_CLONE[column], 0, (_IF_ANY_BIT, 0, 1, _CLONE_NEW))
    program: list[Instruction] = [
        *_only_architecture(machine, otherwise=_KILL),
        (_IF_AT_LEAST, 0, 1, _X32_FLAG),
        (_RETURN, 0, 0, _KILL),
        # The C library falls back to clone, whose flags can be seen here.
        *_on(_CLONE3[column], _refusal(_ENOSYS)),
        *(no_namespaces if many else one_process),
        *_on_argument(_PRLIMIT64[column], 0, (_IF_EQUAL, 1, 0, 0)),
        *_on_argument(_SCHED_SETAFFINITY[column], 0, (_IF_EQUAL, 1, 0, 0)),
        *_only(_PRCTL[column], 0, _PRCTL_OPTIONS),
        *_only(_IOCTL[column], 1, _IOCTL_REQUESTS, types=_GRAPHICS_IOCTLS if graphics else ()),
        *_only(_FCNTL[column], 1, (*_FCNTL_COMMANDS, *(_SEAL_COMMANDS if many else ()))),
        *_not_both(_FCNTL[column], (1, _F_SETFL), (2, _O_ASYNC)),
        # One of its flags leaves a device where the file was.
        *_on_argument(_RENAMEAT2[column], 4, (_IF_EQUAL, 1, 0, 0)),
        *_is_tcp_socket(_SOCKET[column], then=_ALLOW, otherwise=_refusal(_EACCES)),
    ]
    for name, numbers in _REFUSED.items():
        if numbers[column] != _ABSENT and not (many and name in _AMONG_MANY):
            program += _on(numbers[column], _REFUSE)
    return _assemble([*program, (_RETURN, 0, 0, _ALLOW)])


def asks_for_a_task(number: int) -> bool:
    """Return whether a question at the door is about a thread or a process: the number of the system call that was
    made."""
    return number == _CLONE[_column(platform.machine())]


def is_thread(flags: int) -> bool:
    """Return whether what was asked for with these flags is a thread, and not a process."""
    return bool(flags & _CLONE_THREAD)


def _column(machine: str) -> int:
    return list(ARCHITECTURES).index(machine)


def _refusal(error_number: int) -> int:
    return _FAIL | error_number


def _argument_offset(index: int) -> int:
    """Offset of the low half of an argument; both architectures are little-endian."""
    return 16 + 8 * index


def _only_architecture(machine: str, *, otherwise: int) -> list[Instruction]:
    """Leave for ``otherwise`` on a foreign architecture, else go on with the call's number loaded."""
    return [
        (_LOAD, 0, 0, _ARCHITECTURE_OFFSET),
        (_IF_EQUAL, 1, 0, ARCHITECTURES[machine]),
        (_RETURN, 0, 0, otherwise),
        (_LOAD, 0, 0, _NUMBER_OFFSET),
    ]


def _on(number: int, action: int) -> list[Instruction]:
    return [(_IF_EQUAL, 0, 1, number), (_RETURN, 0, 0, action)]


def _on_argument(number: int, argument: int, test: Instruction, action: int = _REFUSE) -> list[Instruction]:
    """Refuse the call, or what ``action`` is, when ``test``, on one argument, does not jump over that."""
    return [
        (_IF_EQUAL, 0, 4, number),
        (_LOAD, 0, 0, _argument_offset(argument)),
        test,
        (_RETURN, 0, 0, action),
        (_LOAD, 0, 0, _NUMBER_OFFSET),
    ]


def _only(number: int, argument: int, values: Sequence[int], types: Sequence[int] = ()) -> list[Instruction]:
    """Refuse the call unless one argument has one of ``values``, or is a request of one of ``types``."""
    by_type: list[Instruction] = [
        *([(_AND, 0, 0, _TYPE_MASK)] if types else []),
        *((_IF_EQUAL, len(types) - place, 0, kind << _TYPE_SHIFT) for place, kind in enumerate(types)),
    ]
    tests: list[Instruction] = [
        *((_IF_EQUAL, len(values) + len(by_type) - place, 0, value) for place, value in enumerate(values)),
        *by_type,
    ]
    return [
        (_IF_EQUAL, 0, len(tests) + 3, number),
        (_LOAD, 0, 0, _argument_offset(argument)),
        *tests,
        (_RETURN, 0, 0, _REFUSE),
        (_LOAD, 0, 0, _NUMBER_OFFSET),
    ]


def _not_both(number: int, equal: tuple[int, int], bits: tuple[int, int]) -> list[Instruction]:
    """Refuse the call if one argument has a value and another any of some bits: (argument, value) of each."""
    return [
        (_IF_EQUAL, 0, 6, number),
        (_LOAD, 0, 0, _argument_offset(equal[0])),
        (_IF_EQUAL, 0, 3, equal[1]),
        (_LOAD, 0, 0, _argument_offset(bits[0])),
        (_IF_ANY_BIT, 0, 1, bits[1]),
        (_RETURN, 0, 0, _REFUSE),
        (_LOAD, 0, 0, _NUMBER_OFFSET),
    ]


def _is_tcp_socket(number: int, *, then: int, otherwise: int) -> list[Instruction]:
    return [
        (_IF_EQUAL, 0, 7, number),
        (_LOAD, 0, 0, _argument_offset(0)),
        (_IF_EQUAL, 0, 4, _AF_INET),
        (_LOAD, 0, 0, _argument_offset(1)),
        (_AND, 0, 0, _SOCKET_TYPE_MASK),
        (_IF_EQUAL, 0, 1, _SOCK_STREAM),
        (_RETURN, 0, 0, then),
        (_RETURN, 0, 0, otherwise),
    ]


def _assemble(program: list[Instruction]) -> bytes:
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in program)
