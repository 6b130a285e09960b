"""Encode one chunk of the picture or the sound."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.catalogue import renditions
from storage.catalogue.models import Image, Rendition
from workers.context import Publish, StepContext
from workers.finish import chunk_row, finish_picture, finish_sound
from workers.package import PackagedChunk
from workers.patience import PatientReader
from workers.plan.commands import chunks
from workers.plan.jpeg import split_jpegs
from workers.plan.plan import VideoPlan, plan_from_json
from workers.plan.progress import Progress
from workers.plan.timing import AAC_FRAME, SAMPLE_RATE, Span
from workers.verify import OutputRejected


@dataclass(frozen=True)
class _Stored:
    rendition: str
    key: str
    chunk: PackagedChunk


def tiles_name(chunk: int) -> str:
    """Name of the image row that holds a chunk's storyboard pictures."""
    return f"tiles-{chunk}"


def encode_video(context: StepContext) -> Publish:
    """Encode the rungs that the step names, and the storyboard's pictures with the lowest of them."""
    plan = plan_from_json(context.version.plan or {}).picture
    span = plan.chunks[context.claim.params["chunk"]]
    rungs = [rung for rung in plan.rungs if rung.name in context.claim.params["rungs"]]
    # FFmpeg fails where it should encode pictures and gets none.
    tiles = rungs[-1] == plan.rungs[-1] and plan.has_tiles(span)
    threads = context.tools.threads if context.claim.kind == "encode" else context.tools.cores
    with context.tools.source(context.objects, context.source_key, context.folder) as source:
        arguments = chunks.encode_video(source.input, plan, span, rungs, tiles=tiles, threads=threads)
        source.ffmpeg(
            arguments,
            seconds=_wall_seconds(plan, span),
            progress=_progress(context, float(span.count / plan.frame_rate)),
        )
    stored = []
    for rung in rungs:
        chunk = finish_picture(context.folder, plan, rung, span)
        stored.append(_store(context, rung.name, span.number, chunk, "video/mp4"))
    pictures = _store_tiles(context, plan, span) if tiles else None

    def publish(session: Session) -> None:
        _publish_chunks(session, context.version.id, span, stored)
        if pictures:
            session.merge(pictures)

    return publish


def encode_audio(context: StepContext) -> Publish:
    """Encode one chunk of the sound."""
    sounds = plan_from_json(context.version.plan or {}).sounds
    plan = next(sound for sound in sounds if sound.name == context.claim.params["sound"])
    span = plan.chunks[context.claim.params["chunk"]]
    with context.tools.source(context.objects, context.source_key, context.folder) as source:
        arguments = chunks.encode_audio(source.input, plan, span)
        seconds = span.count * AAC_FRAME / SAMPLE_RATE
        source.ffmpeg(arguments, seconds=120 + seconds, progress=_progress(context, seconds))
    chunk = finish_sound(context.folder, plan, span)
    stored = [_store(context, plan.name, span.number, chunk, "audio/mp4")]
    return lambda session: _publish_chunks(session, context.version.id, span, stored)


def _store(
    context: StepContext, rendition: str, number: int, chunk: PackagedChunk, content_type: str
) -> _Stored:
    name = f"{rendition}-{number}.mp4"
    context.store_file(name, chunk.path, content_type)
    kept = hashlib.sha256()
    # What the storage says it has stored is read back: its word proves nothing either.
    for piece in PatientReader(context.objects).stream(context.key(name), 0, chunk.size):
        kept.update(piece)
    if kept.hexdigest() != chunk.sha256:
        raise OutputRejected([f"{name} is not stored as it was written"])
    return _Stored(rendition, context.key(name), chunk)


def _publish_chunks(session: Session, version_id: str, span: Span, stored: Sequence[_Stored]) -> None:
    rows = session.execute(select(Rendition.name, Rendition.id).where(Rendition.version_id == version_id))
    identifiers = {row.name: row.id for row in rows}
    for item in stored:
        row = chunk_row(identifiers[item.rendition], span, item.key, item.chunk)
        renditions.add_chunk(session, row, item.chunk.track.codecs)
    renditions.mark_playable(session, version_id)


def _store_tiles(context: StepContext, plan: VideoPlan, span: Span) -> Image | None:
    data = (context.folder / chunks.TILES).read_bytes()
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
        width=plan.tile_width,
        height=plan.tile_height,
        size=info.size,
        sha256=hashlib.sha256(data).hexdigest(),
        details={"count": count},
    )


def _progress(context: StepContext, seconds: float) -> Callable[[Progress], None]:
    def report(progress: Progress) -> None:
        context.heartbeat.progress = min(1.0, progress.out_time_seconds / seconds)

    return report


def _wall_seconds(plan: VideoPlan, span: Span) -> float:
    return 120 + 20 * float(span.count / plan.frame_rate)
