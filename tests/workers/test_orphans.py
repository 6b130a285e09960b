"""Nothing that a killed child had started outlives it."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

PROGRAM = """
    import os, signal, subprocess, sys, time
    from workers import orphans

    orphans.adopt()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        # A session of its own, and one more process below, as a tool has.
        script = "sleep 600 & echo $! $$; wait"
        subprocess.Popen(["/bin/sh", "-c", script], stdout=writing, start_new_session=True)
        signal.pause()
    left = os.read(reading, 100).decode()
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    orphans.bury()
    print(left)
"""


def test_what_a_killed_child_leaves_behind_is_gone_too() -> None:
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(PROGRAM)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    left = done.stdout.split()
    assert len(left) == 2
    assert not [pid for pid in left if Path("/proc", pid).exists()]
