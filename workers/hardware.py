"""Encoders of graphics hardware: found, and tried with what lessons will ask of them.

A list of encoders tells what ffmpeg was built with, and a device in a folder that there is a driver; neither says that
the driver gets on with this hardware, this library and this sandbox. So a short generated film is encoded there by the
very command that encodes chunks, once as it is and once with noise, finely and coarsely, and by that of trials. What
comes out has to pass all that chunks have to pass, to have one initialization segment, to obey its factor and its
maximum, and to look like the film.
"""

from __future__ import annotations

import json
import logging
import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Final

from configs.ladder import load_ladder
from configs.words import HARDWARE_ENCODERS, HardwareEncoder
from workers.ffmpeg import ToolError, ToolFailed, Tools, run_ffmpeg
from workers.finish import finish_picture
from workers.outputs import Outputs
from workers.package import PackagedChunk
from workers.plan.commands import trials
from workers.plan.commands.chunks import encode_video
from workers.plan.commands.lines import Input
from workers.plan.decisions.planning import make_plan
from workers.plan.decisions.quality import mean_vmaf, unbounded
from workers.plan.failure import MediaFailure
from workers.plan.model.encoders import ENCODERS
from workers.plan.model.plan import VideoPlan
from workers.plan.model.rungs import Rung
from workers.plan.source.probe import MediaInfo, VideoStream
from workers.plan.timing import Span
from workers.sandbox import Limits, Means, SandboxError
from workers.sandbox.policy import GIBIBYTE
from workers.verify import OutputRejected

log = logging.getLogger(__name__)

_LIMITS: Final = Limits(cpu_seconds=60, idle_seconds=20, memory_bytes=4 * GIBIBYTE)
_SIZE: Final = (640, 360)
_RATE: Final = 30
_SECONDS: Final = 2
_SEGMENT: Final = 15
_FILM: Final = f"testsrc2=size={_SIZE[0]}x{_SIZE[1]}:rate={_RATE}"
_NOISE: Final = f"{_FILM},noise=alls=10:allf=t"
"""Several times the maximum, where nothing holds the encoder to it."""

_FINE, _COARSE = 20.0, 34.0
_KILOBITS: Final = 1500
_VMAF: Final = 70.0
"""That of the fine film, at least; encoders that are at odds with their pictures' colours or sizes are far below."""

_ADDRESS: Final = re.compile(r" @ 0x[0-9a-f]+")

UNUSABLE: Final = (OutputRejected, ValueError, ArithmeticError, LookupError)
"""What looking at an encoder's output raises, whatever it has left there in the place of a film."""


class HardwareFailed(Exception):
    """Graphics hardware has not done what a plan wants of it, or is not there (any more). The same is to be made by
    software."""


@dataclass(frozen=True)
class Hardware:
    """An encoder that works here, with its ``devices``; ``node`` is the one that command lines name, if any."""

    name: HardwareEncoder
    devices: tuple[Path, ...]
    node: str | None

    def __str__(self) -> str:
        return " ".join((ENCODERS[self.name].title, *map(str, self.devices)))


@dataclass(frozen=True)
class Attempt:
    """What came of trying an encoder: ``hardware`` if it works, else the ``problem``."""

    name: HardwareEncoder
    hardware: Hardware | None
    problem: str = ""


def find_hardware(setting: str, tools: Tools, means: Means) -> Hardware | None:
    """Return the encoder that the setting names, or the first that works where any will do. None where software is
    wanted, or nothing else works: no worker stands still for a driver."""
    failed = []
    for attempt in try_encoders(setting, tools, means):
        if attempt.hardware:
            log.info("pictures are encoded by %s", attempt.hardware)
            return attempt.hardware
        failed.append(f"{attempt.name}: {attempt.problem}")
    if failed:
        level = logging.INFO if setting == "auto" else logging.WARNING
        log.log(level, "pictures are encoded by software; VIDEO_ENCODER=%s: %s", setting, "; ".join(failed))
    return None


def try_encoders(setting: str, tools: Tools, means: Means) -> Iterator[Attempt]:
    """Try what the setting allows, one after another."""
    for name in HARDWARE_ENCODERS:
        if setting in (name, "auto"):
            yield _try(name, tools, means)


def _try(name: HardwareEncoder, tools: Tools, means: Means) -> Attempt:
    problems = []
    for hardware in _found(name):
        try:
            _rehearse(hardware, tools, means)
        except ToolFailed as error:
            problems.append(_said(error))
        except (ToolError, SandboxError, MediaFailure, *UNUSABLE, OSError) as error:
            problems.append(str(error))
        else:
            return Attempt(name, hardware)
    return Attempt(name, None, "; ".join(problems) or f"there is no {ENCODERS[name].nodes[0]}")


def _said(error: ToolFailed) -> str:
    """What ffmpeg said first, which is why; what it says then is only that it ends."""
    lines = error.stderr_tail.strip().splitlines()[:2]
    return _ADDRESS.sub("", "; ".join(lines)) or str(error)


def _found(name: HardwareEncoder) -> Iterator[Hardware]:
    """Yield what there is to be tried: with all devices at once, or with each."""
    encoder = ENCODERS[name]
    devices = tuple(path for pattern in encoder.nodes for path in sorted(Path("/").glob(pattern[1:])))
    if encoder.device:
        yield from (Hardware(name, (path,), str(path)) for path in devices)
    elif devices or not encoder.nodes:
        yield Hardware(name, devices, None)


def _rehearse(hardware: Hardware, tools: Tools, means: Means) -> None:
    """Raises ``ToolError``, ``SandboxError``, ``MediaFailure``, and one of ``UNUSABLE``."""
    plan = _plan(hardware.name)
    with tempfile.TemporaryDirectory() as folder:
        stage = _Stage(hardware, tools, means, Path(folder), plan)
        _check(plan, stage.encode(_FILM), stage.encode(_NOISE))
        fine, coarse = stage.measure(_FILM)
    if fine < _VMAF:
        raise OutputRejected([f"what it encodes does not look like what it was given (VMAF {fine:.0f})"])
    if fine <= coarse:
        raise OutputRejected(["it does not obey the quality that it is asked for"])


@dataclass(frozen=True)
class _Stage:
    """Where an encoder shows what it can."""

    hardware: Hardware
    tools: Tools
    means: Means
    folder: Path
    plan: VideoPlan

    @property
    def outputs(self) -> Outputs:
        return Outputs.below(self.folder)

    def encode(self, film: str) -> list[PackagedChunk]:
        """A chunk of each rung, as lessons have them."""
        [span] = self.plan.grid.chunks
        rungs, node = self.plan.rungs, self.hardware.node
        self._run(
            encode_video(_input(film), self.plan, span, rungs, tiles=False, threads=1, node=node),
            self.hardware.devices,
        )
        return [self._finished(rung, span) for rung in rungs]

    def measure(self, film: str) -> list[float]:
        """VMAF of each rung, as trials tell it."""
        pieces = self.plan.grid.chunks
        rungs, node = [unbounded(rung) for rung in self.plan.rungs], self.hardware.node
        self._run(
            trials.encode_pieces(_input(film), self.plan, pieces, rungs, threads=1, node=node),
            self.hardware.devices,
        )
        self._run(trials.compare_pieces(_input(film), self.plan, pieces, rungs, below=False, threads=1))
        logs = [json.loads(self.outputs.read(f"{rung.name}.json")) for rung in rungs]
        return [mean_vmaf(told, pieces[0].count) for told in logs]

    def _run(self, arguments: list[str], graphics: tuple[Path, ...] = ()) -> None:
        run_ffmpeg(
            self.tools,
            arguments,
            means=self.means,
            limits=_LIMITS,
            output=self.outputs.folder,
            graphics=graphics,
        )

    def _finished(self, rung: Rung, span: Span) -> PackagedChunk:
        with self.outputs.open(f"{rung.name}.mp4") as written:
            return finish_picture(written, self.folder, self.plan, rung, span)


def _check(plan: VideoPlan, plain: Sequence[PackagedChunk], noisy: Sequence[PackagedChunk]) -> None:
    problems = []
    if any(one.init_sha256 != other.init_sha256 for one, other in zip(plain, noisy, strict=True)):
        problems.append("its chunks do not join, for their initialization segments differ")
    most = (plan.rungs[0].maxrate * _SECONDS + plan.rungs[0].bufsize) * 1000 / 8
    if noisy[0].size > most:
        problems.append(f"it exceeds the maximum that it is given: {noisy[0].size} bytes, at most {most:.0f}")
    if problems:
        raise OutputRejected(problems)


def _plan(name: HardwareEncoder) -> VideoPlan:
    """A film of one chunk, finely and coarsely in one size."""
    rate = Fraction(_RATE)
    picture = VideoStream(0, "rawvideo", *_SIZE, "yuv420p", rate, rate, 0.0, float(_SECONDS))
    whole = make_plan(
        MediaInfo("lavfi", 0.0, float(_SECONDS), 1, picture, ()), _SECONDS, _SECONDS, load_ladder()
    ).picture
    rung = replace(whole.rungs[0], encoder=name, maxrate=_KILOBITS, bufsize=2 * _KILOBITS)
    rungs = (replace(rung, name="fine", crf=_FINE), replace(rung, name="coarse", crf=_COARSE))
    span = Span(0, 0, whole.grid.frames)
    return replace(whole, rungs=rungs, grid=replace(whole.grid, chunks=(span,), segment_frames=_SEGMENT))


def _input(film: str) -> Input:
    return Input(film, {"f": "lavfi"})
