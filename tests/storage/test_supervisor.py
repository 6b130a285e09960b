"""The supervisor lives through what terminals and operators do to it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

_WATCHES = """
import sys
from pathlib import Path
from storage.embedded.supervisor import Program, Supervisor

supervisor = Supervisor(Path(sys.argv[1]))
supervisor.start(Program(name="restless", command=["sleep", "0.3"]))
print("watching", flush=True)
supervisor.watch()
supervisor.stop()
print("told to stop", flush=True)
"""


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_it_goes_on_after_a_pause_and_ends_when_told(tmp_path: Path, told: signal.Signals) -> None:
    """Its program ends again and again, so that some wait runs out while it is paused."""
    with subprocess.Popen(
        [sys.executable, "-c", _WATCHES, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as watching:
        assert watching.stdout is not None
        assert watching.stdout.readline() == "watching\n"
        for _ in range(3):
            time.sleep(0.2)
            os.kill(watching.pid, signal.SIGSTOP)
            time.sleep(0.7)
            os.kill(watching.pid, signal.SIGCONT)
        with pytest.raises(subprocess.TimeoutExpired):
            watching.wait(0.5)
        watching.send_signal(told)
        assert watching.stdout.read() == "told to stop\n"
        assert watching.wait(10) == 0


_LOGS_WITHOUT_END = """
import sys
from pathlib import Path
from storage.embedded import supervisor as module
from storage.embedded.supervisor import Program, Supervisor

module._LARGEST_LOG, module._LONGEST_WAIT = 100_000, 0.05
supervisor = Supervisor(Path(sys.argv[1]))
supervisor.start(Program(name="chatty", command=["sh", "-c", "while :; do echo $((n += 1)) a line of a log; done"]))
supervisor.watch()
supervisor.stop()
"""


def test_the_log_of_a_program_that_runs_on_is_begun_anew(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", _LOGS_WITHOUT_END, str(tmp_path)]) as watching:
        log_file, before = tmp_path / "chatty.log", tmp_path / "chatty.1.log"
        deadline = time.monotonic() + 60
        first = b""
        while not first and time.monotonic() < deadline:
            time.sleep(0.05)
            first = before.read_bytes() if before.exists() else b""
        before.unlink()
        while not before.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert before.exists(), "once is not enough"
        watching.send_signal(signal.SIGTERM)
        assert watching.wait(30) == 0
    assert b"\0" not in log_file.read_bytes() + before.read_bytes(), "written at its end, not behind a hole"
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) < 20_000_000
