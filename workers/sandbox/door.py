"""The worker's side of the door: a tool's questions for TCP sockets and threads (seccomp_unotify(2), Linux 5.9).

Each time the tool asks the kernel for a TCP socket, the kernel asks here, and the tool gets one end of a
socket pair instead. So it needs no network to read its source, and no address leads anywhere else. Threads and
processes are counted here because no limit of the kernel's does it: RLIMIT_NPROC counts all of a user's, and none of
root's.
"""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import select
import socket
import struct
import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from workers.sandbox import seccomp
from workers.sandbox.process_tree import tree_of

log = logging.getLogger(__name__)

_RECEIVE: Final = 0xC0502100  # SECCOMP_IOCTL_NOTIF_RECV
_SEND: Final = 0xC0182101  # SECCOMP_IOCTL_NOTIF_SEND
_ADD_DESCRIPTOR: Final = 0x40182103  # SECCOMP_IOCTL_NOTIF_ADDFD

_QUESTION_BYTES: Final = 80  # struct seccomp_notif
_QUESTION: Final = "=QIIi"  # its ID, who asks, flags, the number of the system call
_FIRST_ARGUMENT: Final = 32  # offset, of that call
_DESCRIPTOR: Final = "=QIIII"  # struct seccomp_notif_addfd: id, flags, srcfd, newfd, newfd_flags
_ANSWER: Final = "=QqiI"  # struct seccomp_notif_resp: id, value, error, flags
_GO_ON: Final = 1  # SECCOMP_USER_NOTIF_FLAG_CONTINUE

Answer = Callable[[socket.socket], None]
"""Takes over one connection, without blocking."""


@dataclass(frozen=True)
class Family:
    """A tool that was started as the process ``root``: how many threads each of its processes may have, and how many
    processes there may be, at once."""

    root: int
    most_threads: int
    most_processes: int

    def may_grow(self, asker: int, *, thread: bool) -> bool:
        """Return whether ``asker`` may have one more."""
        if thread:
            return sum(1 for _ in Path(f"/proc/{asker}/task").iterdir()) < self.most_threads
        # What starts the tool, bubblewrap, is two processes itself.
        return sum(1 for _ in tree_of(self.root)) < self.most_processes + 2


def open_door(door: int, answer: Answer | None, family: Family) -> threading.Thread:
    """Serve ``door`` in a thread until the tool is gone, then close it. Without ``answer`` sockets are refused, and so
    is one thread or process more than the ``family`` may have."""
    thread = threading.Thread(target=_serve, args=(door, answer, family), name="sandbox-door", daemon=True)
    thread.start()
    return thread


def _serve(door: int, answer: Answer | None, family: Family) -> None:
    poll = select.poll()
    poll.register(door, select.POLLIN)
    try:
        while poll.poll()[0][1] & select.POLLIN:  # else the last process behind the door has ended
            try:
                _take_question(door, answer, family)
            except OSError as error:
                log.debug("a question at the door was left open: %s", error)
    finally:
        os.close(door)


def _take_question(door: int, answer: Answer | None, family: Family) -> None:
    """Raises ``OSError`` if who asked is gone or has too many files open."""
    question = bytearray(_QUESTION_BYTES)
    fcntl.ioctl(door, _RECEIVE, question)
    identity, asker, _flags, call = struct.unpack_from(_QUESTION, question)
    if seccomp.asks_for_a_task(call):
        (flags,) = struct.unpack_from("=Q", question, _FIRST_ARGUMENT)
        granted = family.may_grow(asker, thread=seccomp.is_thread(flags))
        _reply(door, identity, error=0 if granted else -errno.EAGAIN, flags=_GO_ON if granted else 0)
    elif answer is None:
        _reply(door, identity, error=-errno.ENOSYS)
    else:
        _connect(door, identity, answer)


def _connect(door: int, identity: int, answer: Answer) -> None:
    """Give one end of a new connection, and let ``answer`` have the other."""
    ours, theirs = socket.socketpair()
    with ExitStack() as given_up:
        given_up.enter_context(ours)
        with theirs:
            # A mutable buffer makes ``ioctl`` return the system call's result: the number on the tool's side.
            request = bytearray(struct.pack(_DESCRIPTOR, identity, 0, theirs.fileno(), 0, os.O_CLOEXEC))
            number = fcntl.ioctl(door, _ADD_DESCRIPTOR, request)
        _reply(door, identity, value=number)
        given_up.pop_all()
    answer(ours)


def _reply(door: int, identity: int, *, value: int = 0, error: int = 0, flags: int = 0) -> None:
    fcntl.ioctl(door, _SEND, struct.pack(_ANSWER, identity, value, error, flags))
