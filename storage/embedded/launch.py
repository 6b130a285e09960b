"""Becomes a given program that cannot outlive its parent. Run as a script, by ``storage.embedded.supervisor``.

    python -I -S launch.py PARENT SIGNAL OWNED COMMAND...

``SIGNAL`` is what the program gets when the process ``PARENT`` dies, however that happens (PR_SET_PDEATHSIG,
prctl(2)). ``OWNED`` is a folder that belongs to a program which refuses to run as root, or ``-``. Only the
standard library may be imported here.
"""

from __future__ import annotations

import ctypes
import os
import pwd
import signal
import sys
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_CLONE_NEWUSER = 0x10000000

_libc = ctypes.CDLL(None, use_errno=True)


def main() -> None:
    parent, death_signal, owned, *command = sys.argv[1:]
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    if owned != "-" and os.geteuid() == 0:
        _leave_root(Path(owned))
    # After any change of user, which clears it.
    _libc.prctl(_PR_SET_PDEATHSIG, int(death_signal))
    if os.getppid() != int(parent):
        sys.exit("the parent is gone")
    os.execvp(command[0], command)  # noqa: S606


def _leave_root(owned: Path) -> None:
    """Be ``nobody``: inside a user namespace, where files still are root's and no folder needs other permissions;
    where the host forbids that, really, with ``owned`` given away."""
    nobody = pwd.getpwnam("nobody")
    if _libc.unshare(_CLONE_NEWUSER) == 0:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/gid_map").write_text(f"{nobody.pw_gid} 0 1")
        Path("/proc/self/uid_map").write_text(f"{nobody.pw_uid} 0 1")
        return
    for path in (owned, *owned.rglob("*")):
        os.chown(path, nobody.pw_uid, nobody.pw_gid, follow_symlinks=False)
    os.setgroups([])
    os.setgid(nobody.pw_gid)
    os.setuid(nobody.pw_uid)


if __name__ == "__main__":
    main()
