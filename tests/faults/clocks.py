"""Processes of Python whose clock is wrong."""

from __future__ import annotations

from pathlib import Path


def wrong_clock(folder: Path, seconds: float) -> dict[str, str]:
    """Variables of an environment in which ``time.time`` is so far ahead."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "sitecustomize.py").write_text(
        f"import time\n_right = time.time\ntime.time = lambda: _right() + {seconds!r}\n"
    )
    return {"PYTHONPATH": str(folder)}
