"""Speech to text: in the sandbox, by ``programs/hear.py`` and an engine: sherpa-onnx, of the extra ``speech``, with a
model that the operator chose, or one that the model's folder brings."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final, Literal

from workers.blame import Blame, judge
from workers.ffmpeg import ToolFailed, ToolMissing, ToolStuck, run
from workers.media import MediaTools
from workers.outputs import Outputs
from workers.plan.decisions.speech import Window
from workers.plan.decisions.speech_model import (
    MARK_BYTES,
    OWN_ENGINE,
    SENSE_VOICE_MARK,
    ModelIncomplete,
    SpeechModel,
    model_in,
)
from workers.programs import hear, sherpa_engine
from workers.sandbox import Confinement, Limits
from workers.sandbox.policy import GIBIBYTE, SYSTEM_LIBRARIES

TOLD: Final = "heard.jsonl"
OPENED: Final = b'"opened"\n'

SPEECH_SECONDS: Final = 1200
"""Of processor time for finding speech in a stretch of 20 minutes, which takes some five."""

WINDOW_CPU_SECONDS: Final = 120.0
WINDOW_SECONDS: Final = 1800.0
"""For a window of half a minute at most: of work, and by the clock on the wall, where a busy machine counts."""

OPENING_SECONDS: Final = 300
WALL_SECONDS: Final = 12 * 3600.0
MEMORY: Final = 3 * GIBIBYTE
"""Of addresses, and three times as many as the model has bytes."""

THREADS: Final = 8
MOST_FILES: Final = 200

PROGRAM: Final = "hear.py"
ENGINE: Final = "sherpa_engine.py"

Task = Literal["speech", "text"]


@dataclass(frozen=True)
class SpeechEngine:
    """An engine that can be run: its program at ``path``, the ``folder`` of its packages, and the ``paths`` of the
    model's files by their names. What brings its own engine has all of that in its folder."""

    path: Path
    folder: Path
    model: SpeechModel
    paths: Mapping[str, Path]

    def weights(self) -> Iterable[Path]:
        """Yield the files that are loaded into memory."""
        return self.paths.values() or (path for path in self.folder.rglob("*") if path.is_file())


@dataclass(frozen=True)
class Told:
    """What an engine told, a line each. It was ``opened`` or is of no use here; ``error`` is why it came to no end."""

    lines: bytes
    opened: bool
    error: ToolFailed | None


def find_engine(folder: str) -> SpeechEngine:
    """Return the engine for the model in a folder. Raises ``ToolMissing``, whose message names what is missing."""
    paths = _files(Path(folder))
    try:
        model = model_in(paths, lambda name: _is_sense_voice(paths[name]))
    except ModelIncomplete as error:
        raise ToolMissing(f"{folder} lacks {error}") from error
    if model.family == "own":
        return SpeechEngine(paths[OWN_ENGINE], Path(folder).resolve(), model, {})
    return SpeechEngine(Path(sherpa_engine.__file__), _packages(), model, paths)


def _files(folder: Path) -> dict[str, Path]:
    try:
        found = {path.name: path.resolve() for path in sorted(folder.iterdir()) if path.is_file()}
    except OSError as error:
        raise ToolMissing(f"MODEL_DIR is {str(folder)!r}, which cannot be read: {error.strerror}") from error
    if len(found) > MOST_FILES:
        raise ToolMissing(
            f"MODEL_DIR is {str(folder)!r}, which has more than {MOST_FILES} files: no model's folder"
        )
    return found


def _packages() -> Path:
    # Found without importing it: it would be loaded into the worker.
    spec = find_spec("sherpa_onnx")
    if spec is None or spec.origin is None:
        raise ToolMissing("sherpa-onnx is not installed: the extra “speech” brings it")
    return Path(spec.origin).resolve().parent.parent


def _is_sense_voice(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(max(0, file.seek(0, 2) - MARK_BYTES))
        return SENSE_VOICE_MARK in file.read()


def _is_its_own_fault(error: ToolFailed) -> bool:
    """Return whether an engine failed, and not the machine. One that sleeps for ever was given something to do."""
    return isinstance(error, ToolStuck) or judge(error).blame is Blame.STEP


@dataclass(frozen=True)
class Listener:
    """An engine at work on sounds among the ``outputs`` in which ``language`` is expected, empty if nobody knows.

    A program that fails has told what it heard before. Both raise what ``workers.ffmpeg.run`` raises of a machine that
    failed it, and ``OutputRejected``.
    """

    engine: SpeechEngine
    language: str
    tools: MediaTools
    outputs: Outputs

    def find_speech(self, sound: str) -> Told:
        """Return where in the output ``sound`` somebody speaks."""
        return self._listen("speech", sound, (), SPEECH_SECONDS)

    def write_down(self, sound: str, windows: Sequence[Window]) -> Told:
        """Return what is said in windows of the output ``sound``."""
        return self._listen("text", sound, windows, len(windows) * int(WINDOW_CPU_SECONDS))

    def _listen(self, task: Task, sound: str, windows: Sequence[Window], seconds: int) -> Told:
        inputs = {PROGRAM: Path(hear.__file__), ENGINE: self.engine.path, **self.engine.paths}
        at = {name: self.tools.means.input_path(name, path) for name, path in inputs.items()}
        given = {
            "task": task,
            "family": self.engine.model.family,
            "files": {purpose: at[name] for purpose, name in self.engine.model.files.items()},
            "language": self.language,
            "folder": str(self.engine.folder),
            "cpu_seconds": WINDOW_CPU_SECONDS,
            "wall_seconds": WINDOW_SECONDS,
        }
        arguments = [at[PROGRAM], at[ENGINE], json.dumps(given), sound, TOLD]
        arguments += [f"{window.start}:{window.end}" for window in windows]
        self.outputs.remove(TOLD)
        failed = None
        try:
            run(
                self._confinement(inputs, OPENING_SECONDS + seconds),
                ["-I", "-S", *arguments],
                means=self.tools.means,
                cancelled=self.tools.cancelled.is_set,
            )
        except ToolFailed as error:
            if not _is_its_own_fault(error):
                raise
            failed = error
        told = self.outputs.find(TOLD) or b""
        return Told(told.removeprefix(OPENED), told.startswith(OPENED), failed)

    def _confinement(self, inputs: Mapping[str, Path], seconds: int) -> Confinement:
        weight = sum(path.stat().st_size for path in self.engine.weights())
        return Confinement(
            tool=Path(sys.executable).resolve(),
            libraries=(Path(sys.base_prefix), self.engine.folder, *SYSTEM_LIBRARIES),
            inputs=inputs,
            output=self.outputs.folder,
            limits=Limits(
                cpu_seconds=seconds,
                wall_seconds=WALL_SECONDS,
                memory_bytes=MEMORY + 3 * weight,
                threads=THREADS,
                niceness=self.tools.niceness,
            ),
        )
