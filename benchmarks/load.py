"""Load from ``wrk``, which takes little of the CPU that it measures."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

CONNECTIONS = 16


def requests_per_second(
    base: str, paths: Sequence[str], seconds: int, ranges: Sequence[str] | None = None
) -> float:
    """Ask for ``paths`` in turn, over and over, with a Range header for each if there are ``ranges``.

    Raises ``RuntimeError`` if an answer is not 200 or 206.
    """
    if shutil.which("wrk") is None:
        raise RuntimeError("wrk is missing: install it with the system's package manager (Debian: wrk)")
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "paths.lua"
        # A JSON string of ASCII without \\u is a Lua string too.
        script.write_text(
            f"local paths = {{{','.join(json.dumps(path) for path in paths)}}}\n"
            f"local ranges = {{{','.join(json.dumps(text) for text in ranges or ())}}}\n"
            "local turn = 0\n"
            "request = function()\n"
            "  turn = turn % #paths + 1\n"
            '  return wrk.format("GET", paths[turn], {Range = ranges[turn]})\n'
            "end\n"
        )
        command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", str(script), base]
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    speed = re.search(r"Requests/sec:\s+([\d.]+)", said)
    if speed is None or "Non-2xx" in said or "Socket errors" in said:
        raise RuntimeError(f"not every request was answered:\n{said}")
    return float(speed[1])
