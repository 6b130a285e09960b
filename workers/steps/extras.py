"""What is made of a version that is ready: whole files to be downloaded, and a moving preview.

Made from the stored chunks. The version neither waits for these steps nor fails with them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from storage import joined_files
from storage.catalogue import renditions
from storage.catalogue.file_names import AUDIO_FILE, VIDEO_FILE
from storage.catalogue.models import File, Image, Rendition
from storage.joined_files import ChunkSlice
from storage.object_slices import ObjectSlices, Reader, Slice
from workers import stored_chunks
from workers.context import Publish, StepContext
from workers.plan.commands import images, reading
from workers.plan.decisions.preview import (
    ATTEMPTS,
    BOX,
    LARGEST,
    PIECE_SECONDS,
    Attempt,
    Piece,
    frames_shown,
    liveliest,
)
from workers.plan.formats.cmaf import read_track
from workers.plan.formats.mp4_writer import SOUND_BRANDS, VIDEO_BRANDS, Movie, Samples, lay_out
from workers.plan.formats.webp import read_animation
from workers.stored_chunks import StoredSegment
from workers.verify import check_movie, check_preview

PREVIEW: Final = "preview"
WEBP: Final = "image/webp"
RECIPE: Final = "application/octet-stream"
MADE_OF: Final = {
    VIDEO_FILE: (("video", "audio"), VIDEO_BRANDS, "video/mp4"),
    AUDIO_FILE: (("audio",), SOUND_BRANDS, "audio/mp4"),
}
"""Of each file: kinds of renditions in it, brands, content type."""

PROBE_SECONDS: Final = 60.0
PREVIEW_SECONDS: Final = 240.0


@dataclass(frozen=True)
class _Rung:
    """A stored rung: where it lies, frames per second, and the size of its preview."""

    reader: Reader
    head: Slice
    segments: tuple[StoredSegment, ...]
    rate: float
    size: tuple[int, int]


def download(context: StepContext) -> Publish:
    """Write how the best rung, the default sound or both become one file, without encoding or storing them again."""
    name = context.claim.params["file"]
    kinds, brands, content_type = MADE_OF[name]
    reader = context.reader
    chosen = _chosen(_renditions(context), kinds)
    gathered = [stored_chunks.gather(reader, rendition.chunks) for rendition in chosen]
    tracks, media = [samples for samples, _ in gathered], [places for _, places in gathered]
    movie = lay_out(tracks, brands)
    places = list(stored_chunks.media_of(movie, media))
    named = {chunk.object_key: (each.name, chunk.number) for each in chosen for chunk in each.chunks}
    recipe = joined_files.write(
        movie.head, [ChunkSlice(*named[place.key], place.start, place.length) for place in places]
    )
    info = context.store(f"{name}.recipe", recipe, RECIPE)
    found = joined_files.read(reader, info.key)
    keys = {where: key for key, where in named.items()}
    _check(context, ObjectSlices(reader, found.places(info.key, keys)), movie, tracks)
    row = File(
        version_id=context.version.id,
        name=name,
        object_key=info.key,
        content_type=content_type,
        size=info.size,
        sha256=hashlib.sha256(recipe).hexdigest(),
        joined_size=movie.size,
    )
    return lambda session: session.add(row)


def preview(context: StepContext) -> Publish:
    """A few seconds in which something happens, from the smallest rung that is large enough."""
    rungs = [rendition for rendition in _renditions(context) if rendition.kind == "video"]
    rung = _open(context, next((rung for rung in rungs if (rung.width or 0) >= BOX[0]), rungs[-1]))
    pieces = liveliest((segment.fragment for segment in rung.segments), round(PIECE_SECONDS * rung.rate) or 1)
    for attempt in ATTEMPTS:
        used = pieces[: attempt.pieces]
        data = _encode(context, rung, used, attempt)
        if len(data) <= LARGEST:
            break
    check_preview(read_animation(data), len(data), rung.size, sum(piece.count for piece in used) / rung.rate)
    info = context.store(f"{PREVIEW}.webp", data, WEBP)
    image = Image(
        version_id=context.version.id,
        name=PREVIEW,
        object_key=info.key,
        content_type=WEBP,
        width=rung.size[0],
        height=rung.size[1],
        size=info.size,
        sha256=hashlib.sha256(data).hexdigest(),
        details={"pieces": _times(rung, used)},
    )
    return lambda session: session.add(image)


def _renditions(context: StepContext) -> Sequence[Rendition]:
    with context.sessions() as session:
        return renditions.renditions_of(session, context.version.id)


def _chosen(made: Sequence[Rendition], kinds: Sequence[str]) -> list[Rendition]:
    """Return the best rung and the default sound, as far as they are wanted and there."""
    video = [rendition for rendition in made if rendition.kind == "video"][-1:]
    audio = [rendition for rendition in made if rendition.kind == "audio"]
    # Beside a picture sounds are languages, the default first; without one they are qualities, the best last.
    audio = audio[:1] if video else audio[-1:]
    return [rendition for rendition in (*video, *audio) if rendition.kind in kinds]


def _check(context: StepContext, file: ObjectSlices, movie: Movie, tracks: Sequence[Samples]) -> None:
    """Let somebody else read what will be sent."""
    with context.tools.file(file, context.outputs) as source:
        probed = source.ffprobe(reading.probe_arguments(source.input), PROBE_SECONDS)
        streams = json.loads(probed.stdout)["streams"]
    check_movie(movie, tracks, file.size, streams)


def _open(context: StepContext, rung: Rendition) -> _Rung:
    reader = context.reader
    head, moov = stored_chunks.initialization(reader, rung.chunks)
    found = tuple(stored_chunks.segments(reader, rung.chunks, read_track(moov)))
    return _Rung(reader, head, found, rung.frame_rate or 1.0, _fit(rung.width or 0, rung.height or 0))


def _encode(context: StepContext, rung: _Rung, used: Sequence[Piece], attempt: Attempt) -> bytes:
    """Return the animation of some pieces; of the video only the segments that hold them are read."""
    numbers = sorted({piece.segment for piece in used})
    frames = frames_shown(used, [(number, len(rung.segments[number].fragment.samples)) for number in numbers])
    file = ObjectSlices(rung.reader, [rung.head, *(rung.segments[number].whole for number in numbers)])
    context.outputs.remove(images.PREVIEW)
    with context.tools.file(file, context.outputs) as source:
        arguments = images.preview(
            source.input,
            frames,
            rate=rung.rate,
            shown_rate=min(rung.rate, attempt.rate),
            size=rung.size,
            quality=attempt.quality,
        )
        source.ffmpeg(arguments, seconds=PREVIEW_SECONDS)
    return context.outputs.read(images.PREVIEW)


def _fit(width: int, height: int) -> tuple[int, int]:
    share = min(1.0, BOX[0] / width, BOX[1] / height)
    return max(1, round(width * share)), max(1, round(height * share))


def _times(rung: _Rung, used: Sequence[Piece]) -> list[list[float]]:
    """Start and length of each piece in seconds of the version, in order."""
    frames = [len(segment.fragment.samples) for segment in rung.segments]
    starts = sorted((sum(frames[: piece.segment]) + piece.start, piece.count) for piece in used)
    return [[round(start / rung.rate, 3), round(count / rung.rate, 3)] for start, count in starts]
