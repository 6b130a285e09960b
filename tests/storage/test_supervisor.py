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
