"""Media tools as steps use them: on one source, locked in, with limits that fit the work."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from configs.settings import Settings
from storage.object_slices import ObjectSlices, Reader
from workers.ffmpeg import Finished, Tools, find_tools, run_ffmpeg, run_ffprobe
from workers.hardware import Hardware, find_hardware
from workers.outputs import Outputs
from workers.plan.commands.lines import Input
from workers.plan.progress import Progress
from workers.plan.source.allowlist import guarded_input_options
from workers.sandbox import Limits, Means, choose
from workers.sandbox.policy import GIBIBYTE
from workers.source_server import SourceServer, serve_file, serve_source

ENCODE_MEMORY: Final = 4 * GIBIBYTE
PROBE_MEMORY: Final = 1 * GIBIBYTE

MOST_THREADS: Final = 8
"""Of one encode. More make it hardly faster, and their stacks take the address space that a tool may have: with 32 an
encode of five rungs of 1080p did not start."""


@dataclass(frozen=True)
class MediaTools:
    """The tools of this host. ``threads`` is what one encode may use so that all workers share the ``cores``;
    ``cancelled`` ends what runs; ``niceness`` is how far it stands back behind other processes. ``hardware`` encodes
    pictures, if the settings want that and it works.
    """

    tools: Tools
    means: Means
    cores: int
    threads: int
    cancelled: threading.Event = field(default_factory=threading.Event)
    niceness: int = 0
    hardware: Hardware | None = None

    @classmethod
    def find(cls, settings: Settings, *, encoding: bool = True) -> MediaTools:
        """Find the tools that the settings name or the wheels bring. What is about to be ``encoding`` tries graphics
        hardware if that is wanted. Raises ``NoSandbox`` and ``ToolMissing``."""
        cores = len(os.sched_getaffinity(0))
        workers = settings.workers or cores
        tools, means = find_tools(settings), choose(settings.sandbox)
        return cls(
            tools=tools,
            means=means,
            cores=cores,
            threads=settings.encoder_threads or min(max(1, cores // workers), MOST_THREADS),
            hardware=find_hardware(settings.video_encoder, tools, means) if encoding else None,
        )

    def for_step(self, cancelled: threading.Event, niceness: int) -> MediaTools:
        """Return the same tools, ended when ``cancelled`` is set."""
        return replace(self, cancelled=cancelled, niceness=niceness)

    @contextmanager
    def source(self, reader: Reader, key: str, outputs: Outputs) -> Iterator[OpenSource]:
        """A stored source, readable by tools that write to ``outputs``. Raises ``ObjectNotFound``."""
        with serve_source(reader, key) as server:
            yield OpenSource(self, server, outputs)

    @contextmanager
    def file(self, file: ObjectSlices, outputs: Outputs) -> Iterator[OpenSource]:
        """Serve slices of stored objects as ``source`` serves a stored one."""
        with serve_file(file) as server:
            yield OpenSource(self, server, outputs)


@dataclass(frozen=True)
class OpenSource:
    """A source that tools can read, and the only place they can write to."""

    tools: MediaTools
    server: SourceServer
    outputs: Outputs

    @property
    def input(self) -> Input:
        """What command lines call the source."""
        return Input(self.server.url, guarded_input_options())

    def input_path(self, name: str, path: Path) -> str:
        """Return the path by which command lines name our file at ``path``, the input ``name``."""
        return self.tools.means.input_path(name, path)

    def ffmpeg(
        self,
        arguments: list[str],
        *,
        seconds: float,
        inputs: Mapping[str, Path] | None = None,
        hardware: Hardware | None = None,
        progress: Callable[[Progress], None] | None = None,
    ) -> Finished:
        """Run ffmpeg for at most ``seconds`` of processor time; ``inputs`` are files of ours, which it knows by
        ``input_path``, and ``hardware`` is what it encodes with. Raises as ``workers.ffmpeg.run`` does."""
        return run_ffmpeg(
            self.tools.tools,
            arguments,
            means=self.tools.means,
            limits=self._limits(seconds, ENCODE_MEMORY),
            output=self.outputs.folder,
            inputs=inputs,
            graphics=hardware.devices if hardware else (),
            source=self.server,
            on_progress=progress,
            cancelled=self.tools.cancelled.is_set,
        )

    def ffprobe(self, arguments: list[str], seconds: float) -> Finished:
        """Run ffprobe for at most ``seconds`` of processor time. Raises as ``workers.ffmpeg.run`` does."""
        return run_ffprobe(
            self.tools.tools,
            arguments,
            means=self.tools.means,
            limits=self._limits(seconds, PROBE_MEMORY),
            source=self.server,
            cancelled=self.tools.cancelled.is_set,
        )

    def _limits(self, seconds: float, memory: int) -> Limits:
        return Limits(
            cpu_seconds=int(seconds),
            memory_bytes=memory,
            niceness=self.tools.niceness,
        )
