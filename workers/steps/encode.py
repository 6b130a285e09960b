"""Encode one chunk of the picture or the sound."""

from __future__ import annotations

import hashlib
import re
import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.catalogue import renditions
from storage.catalogue.models import Image, Rendition
from workers.context import Publish, StepContext
from workers.ffmpeg import ToolFailed
from workers.finish import chunk_row, finish_picture, finish_sound
from workers.hardware import Hardware, HardwareFailed
from workers.media import MOST_THREADS
from workers.package import PackagedChunk
from workers.plan.commands import chunks
from workers.plan.decisions.av1 import av1_plan
from workers.plan.decisions.hardware import hardware_for
from workers.plan.failure import MediaFailure
from workers.plan.formats.cmaf import MalformedMp4
from workers.plan.formats.jpeg import split_jpegs
from workers.plan.model.plan import Plan, VideoPlan
from workers.plan.model.rungs import Rung
from workers.plan.model.sounds import AudioPlan
from workers.plan.progress import Progress
from workers.plan.timing import AAC_FRAME, SAMPLE_RATE, Span
from workers.replan import change_plan
from workers.stored_plan import plan_of
from workers.verify import ChunksRejected, OutputRejected
from workers.write_passthrough import write_passthrough

DECODER_COMPLAINS = re.compile(r"^\[h264 @", re.MULTILINE)
"""What FFmpeg says of a picture that it can only decode in part."""

PICTURE_SECONDS: Final = 240.0
SECONDS_PER_PICTURE_SECOND: Final = 40.0
"""Processor time that a chunk of the picture may take: to start and enter the source, and for each of its seconds."""

SOUND_SECONDS: Final = 120.0
SECONDS_PER_SOUND_SECOND: Final = 1.0
"""The same of a sound."""


@dataclass(frozen=True)
class _Stored:
    rendition: str
    span: Span
    key: str
    chunk: PackagedChunk


def tiles_name(chunk: int) -> str:
    """Name of the image row that holds a chunk's storyboard pictures."""
    return f"tiles-{chunk}"


def encode_video(context: StepContext) -> Publish:
    """Encode the rungs that the step names, the storyboard's pictures with the lowest of them, and in one go with
    the first chunk the sounds that it names.
    """
    whole = plan_of(context)
    if context.claim.kind == "encode_av1":
        whole = av1_plan(whole)
    plan, params = whole.picture, context.claim.params
    span = plan.grid.chunks[params["chunk"]]
    rungs = [rung for rung in plan.rungs if rung.name in params["rungs"]]
    if all(rung.passthrough for rung in rungs):
        return _take_over(context, plan, rungs[0], span)
    sounds = [sound for sound in whole.sounds if sound.name in params.get("sounds", ())]
    # FFmpeg fails where it should encode pictures and gets none.
    tiles = rungs[-1] == plan.rungs[-1] and plan.storyboard.has_tiles(span) and rungs[-1].codec == "h264"
    is_first = context.claim.kind == "encode_first"
    threads = min(context.tools.cores, MOST_THREADS) if is_first else context.tools.threads
    hardware = _hardware(context, rungs)
    with context.tools.source(context.reader, context.source_key, context.outputs) as source:
        arguments = chunks.encode_video(
            source.input,
            plan,
            span,
            rungs,
            tiles=tiles,
            threads=threads,
            sounds=sounds,
            node=hardware.node if hardware else None,
        )
        with _or_software(hardware):
            finished = source.ffmpeg(
                arguments,
                seconds=_cpu_seconds(plan, span),
                hardware=hardware,
                progress=_progress(context, float(span.count / plan.grid.frame_rate)),
            )
    damaged = bool(DECODER_COMPLAINS.search(finished.stderr_tail))
    if damaged and plan.rungs[0].passthrough:
        # What is concealed here would be seen by whoever gets the source's own encoding.
        raise ChunksRejected(["the source is damaged here"], [(plan.rungs[0].name, span.number)])
    with _or_software(hardware):
        stored = [_store_picture(context, plan, rung, span) for rung in rungs]
    stored += [_store_sound(context, sound, sound.chunks[span.number]) for sound in sounds]
    pictures = _store_tiles(context, plan, span) if tiles else None

    def publish(session: Session) -> None:
        _publish_chunks(session, context.version.id, stored)
        if pictures:
            session.merge(pictures)
        if damaged and plan.source_encoding:
            change_plan(session, context.version.id, _without_own)

    return publish


def _hardware(context: StepContext, rungs: Sequence[Rung]) -> Hardware | None:
    """Return what encodes some of these rungs beside x264. Raises ``HardwareFailed`` if this worker has it not."""
    wanted = hardware_for(rungs)
    here = context.tools.hardware
    if wanted and (here is None or wanted != {here.name}):
        raise HardwareFailed(f"{', '.join(wanted)} does not work in this worker")
    return here if wanted else None


@contextmanager
def _or_software(hardware: Hardware | None) -> Iterator[None]:
    """Blame nothing on a source that hardware encodes before software has not succeeded either."""
    try:
        yield
    except (ToolFailed, OutputRejected, MediaFailure) as error:
        if hardware is None:
            raise
        raise HardwareFailed(f"{hardware}: {error}") from error


def _without_own(plan: Plan) -> Plan:
    return replace(plan, video=replace(plan.picture, source_encoding=None))


def encode_audio(context: StepContext) -> Publish:
    """Encode one chunk of the sound."""
    sounds = plan_of(context).sounds
    plan = next(sound for sound in sounds if sound.name == context.claim.params["sound"])
    span = plan.chunks[context.claim.params["chunk"]]
    with context.tools.source(context.reader, context.source_key, context.outputs) as source:
        arguments = chunks.encode_audio(source.input, plan, span)
        seconds = span.count * AAC_FRAME / SAMPLE_RATE
        allowed = SOUND_SECONDS + SECONDS_PER_SOUND_SECOND * seconds
        source.ffmpeg(arguments, seconds=allowed, progress=_progress(context, seconds))
    stored = [_store_sound(context, plan, span)]
    return lambda session: _publish_chunks(session, context.version.id, stored)


def _take_over(context: StepContext, plan: VideoPlan, rung: Rung, span: Span) -> Publish:
    own = context.folder / f"{rung.name}.own.mp4"
    try:
        with context.tools.source(context.reader, context.source_key, context.outputs) as source:
            write_passthrough(source.server, plan, rung, span, own)
        with own.open("rb") as written:
            chunk = finish_picture(written, context.folder, plan, rung, span)
        stored = [_store(context, rung.name, span, chunk, "video/mp4")]
    except (MalformedMp4, OutputRejected, struct.error) as error:
        raise ChunksRejected([f"{rung.name}: {error}"], [(rung.name, span.number)]) from error
    return lambda session: _publish_chunks(session, context.version.id, stored)


def _store_picture(context: StepContext, plan: VideoPlan, rung: Rung, span: Span) -> _Stored:
    with context.outputs.open(f"{rung.name}.mp4") as written:
        chunk = finish_picture(written, context.folder, plan, rung, span)
    return _store(context, rung.name, span, chunk, "video/mp4")


def _store_sound(context: StepContext, plan: AudioPlan, span: Span) -> _Stored:
    with context.outputs.open(f"{plan.name}.mp4") as written:
        chunk = finish_sound(written, context.folder, plan, span)
    return _store(context, plan.name, span, chunk, "audio/mp4")


def _store(
    context: StepContext, rendition: str, span: Span, chunk: PackagedChunk, content_type: str
) -> _Stored:
    name = f"{rendition}-{span.number}.mp4"
    context.store_file(name, chunk.path, content_type)
    kept = hashlib.sha256()
    # What the storage says it has stored is read back: its word proves nothing either.
    for piece in context.reader.whole(context.key(name), chunk.size):
        kept.update(piece)
    if kept.hexdigest() != chunk.sha256:
        raise OutputRejected([f"{name} is not stored as it was written"])
    return _Stored(rendition, span, context.key(name), chunk)


def _publish_chunks(session: Session, version_id: str, stored: Sequence[_Stored]) -> None:
    rows = session.execute(select(Rendition.name, Rendition.id).where(Rendition.version_id == version_id))
    identifiers = {row.name: row.id for row in rows}
    for item in stored:
        row = chunk_row(identifiers[item.rendition], item.span, item.key, item.chunk)
        renditions.add_chunk(session, row, item.chunk.track.codecs)
    renditions.mark_playable(session, version_id)


def _store_tiles(context: StepContext, plan: VideoPlan, span: Span) -> Image | None:
    data = context.outputs.read(chunks.TILES)
    count = len(split_jpegs(data))
    if count == 0:
        return None
    name = f"{tiles_name(span.number)}.mjpeg"
    info = context.store(name, data, "video/x-motion-jpeg")
    return Image(
        version_id=context.version.id,
        name=tiles_name(span.number),
        object_key=info.key,
        content_type="video/x-motion-jpeg",
        width=plan.storyboard.tile_width,
        height=plan.storyboard.tile_height,
        size=info.size,
        sha256=hashlib.sha256(data).hexdigest(),
        details={"count": count},
    )


def _progress(context: StepContext, seconds: float) -> Callable[[Progress], None]:
    context.heartbeat.source_seconds = seconds

    def report(progress: Progress) -> None:
        context.heartbeat.progress = min(1.0, progress.out_time_seconds / seconds)

    return report


def _cpu_seconds(plan: VideoPlan, span: Span) -> float:
    return PICTURE_SECONDS + SECONDS_PER_PICTURE_SECOND * float(span.count / plan.grid.frame_rate)
