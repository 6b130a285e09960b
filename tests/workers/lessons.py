"""Lessons made by the workers' own functions, without a stack: a source is inspected, planned, encoded and stored in
memory, to be compared with its source afterwards."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field, replace
from pathlib import Path

from configs.ladder import load_ladder
from configs.settings import Settings, load_settings
from storage.catalogue.models import Rendition
from storage.memory import MemoryObjectStore
from workers.compare import Fault, Sides, compare
from workers.ffmpeg import ToolError
from workers.finish import chunk_row, finish_picture, finish_sound
from workers.inspection.probing import probe
from workers.inspection.video_file import measure
from workers.media import MediaTools
from workers.outputs import Outputs
from workers.package import PackagedChunk
from workers.plan.commands import chunks
from workers.plan.decisions.loudness import levelled
from workers.plan.decisions.planning import make_plan
from workers.plan.failure import MediaFailure
from workers.plan.model.plan import Plan
from workers.plan.model.sounds import AudioPlan
from workers.plan.source.probe import MediaInfo
from workers.plan.source.sniff import SNIFF_BYTES
from workers.plan.timing import Span
from workers.steps.loudness import listen
from workers.verify import OutputRejected, check_version

SOURCE = "source"
LONGEST = 600
SEED = "0198f2c1-0000-7000-8000-000000000000"


def settings() -> Settings:
    """Settings that lead nowhere, for tools only."""
    servers = {"DATABASE_URL": "postgresql://x/x", "REDIS_URL": "redis://x", "S3_ENDPOINT": "http://x"}
    secrets = dict.fromkeys(("S3_ACCESS_KEY", "S3_SECRET_KEY", "SECRET_KEY"), "x" * 40)
    return load_settings({**servers, **secrets, "WORKERS": "2"})


@dataclass
class Lesson:
    """A version that is encoded: its objects and its rows. ``duration`` in seconds is what inspection measured."""

    plan: Plan
    duration: float
    objects: MemoryObjectStore
    renditions: dict[str, Rendition] = field(default_factory=dict)

    def faults(self, tools: MediaTools) -> list[Fault]:
        """What comparison with the source finds."""
        with folder() as work:
            return compare(Sides(tools, self.objects, SOURCE, work, SEED), self.plan, self.renditions)

    def copy(self) -> Lesson:
        """One that may be damaged."""
        objects = MemoryObjectStore()
        for info in self.objects.list(""):
            objects.put(info.key, self.objects.get(info.key))
        return replace(self, objects=objects, renditions=deepcopy(self.renditions))

    def check(self) -> None:
        """What is checked without the source. Raises ``OutputRejected``."""
        sizes = {info.key: info.size for info in self.objects.list("")}
        check_version(self.plan, list(self.renditions.values()), sizes, self.duration)


def media_tools() -> MediaTools:
    """The tools of this host."""
    return MediaTools.find(settings())


def alarms(tools: MediaTools, path: Path) -> list[str]:
    """What the checkers say about a lesson that is encoded as it should be; nothing, if they are right."""
    try:
        lesson = encode(tools, path)
        lesson.check()
        return [str(fault) for fault in lesson.faults(tools)]
    except (OutputRejected, MediaFailure, ToolError) as error:
        return [f"{type(error).__name__}: {error}"]


@contextmanager
def folder() -> Iterator[Path]:
    """A work folder."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def plan_of(tools: MediaTools, objects: MemoryObjectStore, work: Path) -> tuple[Plan, MediaInfo, float]:
    """What the inspect step decides, and the duration that it measured."""
    with tools.source(objects, SOURCE, Outputs.below(work)) as source:
        media = probe(source, source.server.read(0, SNIFF_BYTES))
        found = measure(source, media, LONGEST)
    ladder, ends = load_ladder(), (found.duration, found.picture_end)
    plan = make_plan(media, *ends, ladder, findings=found.findings, samples=found.samples)
    return plan, media, found.duration


def encode(tools: MediaTools, path: Path, encoded: Path | None = None, target: float | None = None) -> Lesson:
    """The lesson of ``path``, as loud as ``target`` (LUFS). With ``encoded`` that file is what is encoded, by the plan
    for the first.
    """
    objects = MemoryObjectStore()
    objects.put(SOURCE, path.read_bytes())
    objects.put("other", (encoded or path).read_bytes())
    with folder() as work:
        plan, _media, duration = plan_of(tools, objects, work)
        if target is not None:
            with tools.source(objects, SOURCE, Outputs.below(work)) as source:
                plan = levelled(plan, listen(source, plan), target)
        lesson = Lesson(plan, duration, objects)
        for span in plan.video.grid.chunks if plan.video else ():
            _encode_picture(tools, lesson, span, work)
        for sound in plan.sounds:
            for span in sound.chunks:
                _encode_sound(tools, lesson, sound, span, work)
    return lesson


def _encode_picture(tools: MediaTools, lesson: Lesson, span: Span, work: Path) -> None:
    video, outputs = lesson.plan.picture, Outputs.below(work)
    with tools.source(lesson.objects, "other", outputs) as source:
        arguments = chunks.encode_video(source.input, video, span, video.rungs, tiles=False, threads=1)
        source.ffmpeg(arguments, seconds=120)
    for rung in video.rungs:
        with outputs.open(f"{rung.name}.mp4") as written:
            _store(lesson, rung.name, "video", span, finish_picture(written, work, video, rung, span))


def _encode_sound(tools: MediaTools, lesson: Lesson, plan: AudioPlan, span: Span, work: Path) -> None:
    outputs = Outputs.below(work)
    with tools.source(lesson.objects, "other", outputs) as source:
        source.ffmpeg(chunks.encode_audio(source.input, plan, span), seconds=120)
    with outputs.open(f"{plan.name}.mp4") as written:
        _store(lesson, plan.name, "audio", span, finish_sound(written, work, plan, span))


def _store(lesson: Lesson, name: str, kind: str, span: Span, chunk: PackagedChunk) -> None:
    key = f"{name}-{span.number}"
    lesson.objects.put(key, chunk.path.read_bytes())
    rendition = lesson.renditions.setdefault(name, Rendition(name=name, kind=kind, codecs=chunk.track.codecs))
    rendition.chunks.append(chunk_row(name, span, key, chunk))
