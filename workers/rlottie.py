"""Lottie animations: looked at and drawn in the sandbox, by ``programs/draw_lottie.py`` and the rlottie library."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from configs.failures import FAILURES
from configs.words import FailureCode
from workers.ffmpeg import ToolFailed, ToolMissing, ToolStuck, ToolTimedOut, run
from workers.plan.failure import MediaFailure
from workers.plan.source.lottie import Drawing, Lottie, parse_facts
from workers.programs import draw_lottie
from workers.sandbox import Confinement, Limits, Means
from workers.sandbox.policy import GIBIBYTE, SYSTEM_LIBRARIES

LOOK_SECONDS: Final = 30.0
DRAW_SECONDS: Final = 900.0
MEMORY: Final = 2 * GIBIBYTE

KILLED: Final = (-signal.SIGKILL, 128 + signal.SIGKILL)


@dataclass(frozen=True)
class Drawn:
    """What can be seen of a drawing: nothing if all pictures are ``transparent``, and no more than a background if each
    is ``plain``, of one colour."""

    transparent: bool
    plain: bool


def find_library() -> Path:
    """Return the installed rlottie. Raises ``ToolMissing``."""
    # Found without importing it: the package would load the library into the worker.
    spec = find_spec("rlottie_python")
    if spec is None or spec.origin is None:
        raise ToolMissing("Lottie animations need the package rlottie-python, which is not installed")
    return Path(spec.origin).with_name("librlottie.so").resolve()


def look(source: Path, means: Means, folder: Path, cancelled: Callable[[], bool]) -> Lottie:
    """Return what a Lottie file says of itself. Raises ``MediaFailure``, and what ``workers.ffmpeg.run`` raises."""
    return parse_facts(_run(source, means, folder, cancelled, LOOK_SECONDS, "look"))


def draw(source: Path, drawing: Drawing, means: Means, folder: Path, cancelled: Callable[[], bool]) -> Drawn:
    """Draw the pictures into the APNG ``draw_lottie.OUTPUT`` in ``folder``. Raises as ``look``."""
    seen = _run(source, means, folder, cancelled, DRAW_SECONDS, "draw", json.dumps(drawing.as_json()))
    return Drawn(transparent=bool(seen["transparent"]), plain=bool(seen["plain"]))


def _run(
    source: Path, means: Means, folder: Path, cancelled: Callable[[], bool], seconds: float, *arguments: str
) -> dict[str, Any]:
    inputs = {"draw_lottie.py": Path(draw_lottie.__file__), "librlottie.so": find_library(), "source": source}
    program, library, file = (means.input_path(name, path) for name, path in inputs.items())
    confinement = Confinement(
        tool=Path(sys.executable).resolve(),
        libraries=(Path(sys.base_prefix), *SYSTEM_LIBRARIES),
        inputs=inputs,
        output=folder,
        limits=Limits(cpu_seconds=int(seconds), memory_bytes=MEMORY),
    )
    try:
        done = run(
            confinement, ["-I", "-S", program, library, file, *arguments], means=means, cancelled=cancelled
        )
    except ToolTimedOut as error:
        raise MediaFailure(
            "animation_too_complex", f"not drawn in {seconds:.0f} s of processor time"
        ) from error
    except ToolFailed as error:
        if isinstance(error, ToolStuck) or error.returncode in KILLED:
            raise
        raise MediaFailure("lottie_invalid", error.stderr_tail[-500:]) from error
    answer: dict[str, Any] = json.loads(done.stdout or b"{}")
    if refused := answer.get("refused"):
        # The program read a stranger's file: its word counts as far as it is one of ours.
        known: list[FailureCode] = [code for code in FAILURES if code == refused]
        raise MediaFailure(known[0] if known else "lottie_invalid", "the Lottie program refused it")
    return answer
