"""The worker's side of the door: answers a tool's questions for TCP sockets (seccomp_unotify(2), Linux 5.9).

Each time the tool asks the kernel for a TCP socket, the kernel asks here, and the tool gets one end of a
socket pair instead. So it needs no network to read its source, and no address leads anywhere else.
"""

from __future__ import annotations

import fcntl
import logging
import os
import select
import socket
import struct
import threading
from collections.abc import Callable
from typing import Final

log = logging.getLogger(__name__)

_RECEIVE: Final = 0xC0502100  # SECCOMP_IOCTL_NOTIF_RECV
_SEND: Final = 0xC0182101  # SECCOMP_IOCTL_NOTIF_SEND
_ADD_DESCRIPTOR: Final = 0x40182103  # SECCOMP_IOCTL_NOTIF_ADDFD

_QUESTION_BYTES: Final = 80  # struct seccomp_notif, whose first word is the question's ID
_DESCRIPTOR: Final = "=QIIII"  # struct seccomp_notif_addfd: id, flags, srcfd, newfd, newfd_flags
_ANSWER: Final = "=QqiI"  # struct seccomp_notif_resp: id, value, error, flags

Answer = Callable[[socket.socket], None]
"""Takes over one connection, without blocking."""


def open_door(door: int, answer: Answer) -> threading.Thread:
    """Serve ``door`` in a thread until the tool is gone, then close it."""
    thread = threading.Thread(target=_serve, args=(door, answer), name="sandbox-door", daemon=True)
    thread.start()
    return thread


def _serve(door: int, answer: Answer) -> None:
    poll = select.poll()
    poll.register(door, select.POLLIN)
    try:
        while True:
            events = poll.poll()[0][1]
            if not events & select.POLLIN:
                return  # the last process behind the door has ended
            ours, theirs = socket.socketpair()
            with theirs:
                given = _give(door, theirs)
            if given:
                answer(ours)
            else:
                ours.close()
    finally:
        os.close(door)


def _give(door: int, connection: socket.socket) -> bool:
    """Answer one question with ``connection``; False if who asked is gone or has too many files open."""
    question = bytearray(_QUESTION_BYTES)
    try:
        fcntl.ioctl(door, _RECEIVE, question)
        (identity,) = struct.unpack_from("=Q", question)
        # A mutable buffer makes ``ioctl`` return the system call's result: the number on the tool's side.
        request = bytearray(struct.pack(_DESCRIPTOR, identity, 0, connection.fileno(), 0, os.O_CLOEXEC))
        number = fcntl.ioctl(door, _ADD_DESCRIPTOR, request)
        fcntl.ioctl(door, _SEND, struct.pack(_ANSWER, identity, number, 0, 0))
    except OSError as error:
        log.debug("a question at the door was left open: %s", error)
        return False
    return True
