"""Hears speech, in the sandbox, by an engine: models that listen to what strangers recorded.

Run as ``python -I -S hear.py ENGINE GIVEN SOUND TOLD [START:END…]``. ``ENGINE`` is a file with a function
``open_engine(given)``, which gets ``GIVEN``, an object of JSON with its ``folder``, the
``language`` that is expected and more, and returns an ``Engine``. ``SOUND`` holds samples,
16,000 a second, signed numbers of 16 bits. Into ``TOLD`` go lines of JSON: ``"opened"`` once the engine is, then by the
``task`` that is given

- of ``speech`` for each stretch in which somebody speaks ``[start, end]``, in samples;
- of ``text`` for each window what was said in it: ``text``, ``language``, ``tokens`` and their ``times``, in
  seconds of the window.

Each window has its limits, which ``GIVEN`` tells: ``cpu_seconds`` of work, and ``wall_seconds`` by the clock. An engine
that comes to no end is ended with all of the program, and ``TOLD`` has what was heard before.
"""

from __future__ import annotations

import faulthandler
import json
import os
import sys
import threading
import time
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any, Protocol

BLOCK = 512
"""Samples that an engine gets at a time while it looks for speech."""

BYTES = 2
LOUDEST = 32768.0
LOOK_SECONDS = 0.2
OUT_OF_TIME = 75
"""Status of a program that was too long at a window."""


class Engine(Protocol):
    """What can tell speech from all else, and write it down. Samples lie between -1 and 1."""

    def speech(self, blocks: Iterable[Sequence[float]]) -> Iterable[tuple[int, int]]:
        """Yield from which sample to which somebody speaks, in order; ``blocks`` follow each other."""

    def text(self, samples: Sequence[float]) -> Mapping[str, Any]:
        """Return ``text``, and if it is known ``language``, ``tokens`` and the ``times`` at which they begin."""


class Watch:
    """Ends the process when a window takes too long. Signals of the kernel's timers would not: in a table of processes
    of its own the first one is spared by them."""

    def __init__(self, cpu_seconds: float, wall_seconds: float) -> None:
        self._cpu_seconds = cpu_seconds
        self._wall_seconds = wall_seconds
        self._until = time.process_time() + cpu_seconds
        threading.Thread(target=self._look, daemon=True).start()

    def begin(self) -> None:
        """Give the next window its time."""
        self._until = time.process_time() + self._cpu_seconds
        # A thread of Python's own that needs no lock, should an engine never give it back.
        faulthandler.dump_traceback_later(self._wall_seconds, exit=True)

    def _look(self) -> None:
        while time.process_time() < self._until:
            time.sleep(LOOK_SECONDS)
        os._exit(OUT_OF_TIME)


def main(engine: str, given_as_json: str, sound: str, told: str, *windows: str) -> None:
    """Do one task on one file of sound."""
    given = json.loads(given_as_json)
    with Path(told).open("w") as out, Path(sound).open("rb") as file:
        opened = _open(engine, given)
        _tell(out, "opened")
        if given["task"] == "speech":
            for start, end in opened.speech(_blocks(file)):
                _tell(out, [int(start), int(end)])
            return
        watch = Watch(given["cpu_seconds"], given["wall_seconds"])
        for window in windows:
            start, end = map(int, window.split(":"))
            file.seek(start * BYTES)
            watch.begin()
            heard = opened.text(_samples(file.read((end - start) * BYTES)))
            _tell(
                out,
                {
                    "text": str(heard["text"]),
                    "language": str(heard.get("language", "")),
                    "tokens": list(map(str, heard.get("tokens", ()))),
                    "times": list(map(float, heard.get("times", ()))),
                },
            )


def _open(path: str, given: Mapping[str, Any]) -> Engine:
    spec = spec_from_file_location("engine", path)
    assert spec is not None  # noqa: S101  (it ends with .py)
    assert spec.loader is not None  # noqa: S101
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    engine: Engine = module.open_engine(given)
    return engine


def _blocks(file: Any) -> Iterator[list[float]]:
    while len(data := file.read(BLOCK * BYTES)) == BLOCK * BYTES:
        yield _samples(data)


def _samples(data: bytes) -> list[float]:
    return [value / LOUDEST for value in array("h", data[: len(data) // BYTES * BYTES])]


def _tell(out: Any, what: Any) -> None:
    out.write(json.dumps(what) + "\n")
    out.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
