"""Text on pictures: read in the sandbox, by ``programs/read_text.py`` and the packages of the extra ``slides``."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from workers.ffmpeg import ToolMissing, run
from workers.media import MediaTools
from workers.outputs import Outputs
from workers.plan.decisions.slide_text import HEIGHT, WIDTH
from workers.programs import read_text
from workers.sandbox import Confinement, Limits
from workers.sandbox.policy import GIBIBYTE, SYSTEM_LIBRARIES

SECONDS: Final = 900
"""Of processor time for all pictures of a lesson; one takes a quarter of a second."""

WALL_SECONDS: Final = 3600.0
MEMORY: Final = 2 * GIBIBYTE
"""Of addresses; a third of a GiB is used."""

THREADS: Final = 8
PROGRAM: Final = "read_text.py"


def find_packages() -> Path:
    """Return the folder in which the packages lie. Raises ``ToolMissing`` where they are not installed."""
    # Found without importing them: they would be loaded into the worker.
    folders = set()
    for name in ("rapidocr", "onnxruntime"):
        spec = find_spec(name)
        if spec is None or spec.origin is None:
            raise ToolMissing(f"{name} is not installed: the extra “slides” brings it")
        folders.add(Path(spec.origin).resolve().parent.parent)
    if len(folders) != 1:
        raise ToolMissing("rapidocr and onnxruntime are installed in different folders")
    return folders.pop()


def read(pictures: str, tools: MediaTools, outputs: Outputs) -> bytes:
    """Return what the program says of the output ``pictures``, a line for each picture. Raises
    ``ToolMissing``, and what ``workers.ffmpeg.run`` raises."""
    packages, program = find_packages(), Path(read_text.__file__)
    confinement = Confinement(
        tool=Path(sys.executable).resolve(),
        libraries=(Path(sys.base_prefix), packages, *SYSTEM_LIBRARIES),
        inputs={PROGRAM: program},
        output=outputs.folder,
        limits=Limits(
            cpu_seconds=SECONDS,
            wall_seconds=WALL_SECONDS,
            memory_bytes=MEMORY,
            threads=THREADS,
            niceness=tools.niceness,
        ),
    )
    means = tools.means
    arguments = [means.input_path(PROGRAM, program), str(packages), pictures, str(WIDTH), str(HEIGHT)]
    return run(confinement, ["-I", "-S", *arguments], means=means, cancelled=tools.cancelled.is_set).stdout
