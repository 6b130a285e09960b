"""Poster, storyboard and thumbnails."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from storage.catalogue import fingerprints, renditions
from storage.catalogue.models import Image
from storage.catalogue.pictures import POSTER, ImageFormat, TileGrid, grid_to_json, wish_from_json
from storage.fingerprints import TILE, Fingerprint, spread
from workers import pictures
from workers.blame import forgiving_tools
from workers.context import Publish, StepContext
from workers.media import OpenSource
from workers.plan.commands import images as drawing
from workers.plan.decisions.poster import POSTER_SIDE, candidates
from workers.plan.failure import MediaFailure
from workers.plan.formats.jpeg import split_jpegs
from workers.plan.model.plan import Plan, VideoPlan
from workers.plan.model.storyboard import COLUMNS
from workers.plan.sizes import even, fit
from workers.retries import with_retries
from workers.steps.encode import tiles_name
from workers.stored_plan import plan_of

STORYBOARD = "storyboard"
FRAME = "frame.jpg"
WAVE = "wave.jpg"
TYPES: Final[dict[ImageFormat, str]] = {"jpg": "image/jpeg", "webp": "image/webp", "avif": "image/avif"}
FRAME_SECONDS = 120.0


def images(context: StepContext) -> Publish:
    """Join the pictures that the chunks left into a storyboard, and choose and fetch the poster. Of sound alone
    there is a picture of its wave.
    """
    plan = plan_of(context)
    if plan.video is None:
        return _publish([_wave(context, plan)])
    with context.sessions() as session:
        rows = renditions.images_of(session, context.version.id)
    stored = [
        rows[name].object_key for span in plan.video.grid.chunks if (name := tiles_name(span.number)) in rows
    ]
    tiles = [tile for key in stored for tile in split_jpegs(with_retries(partial(context.objects.get, key)))]
    if not tiles:
        raise MediaFailure("no_decodable_frames", "not one picture for the storyboard")
    made = [_storyboard(context, plan.video, tiles), _poster(context, plan.video, tiles)]
    chosen = spread(len(tiles))
    looks_like = Fingerprint(
        pictures.greys([tiles[number] for number in chosen], TILE),
        float(chosen.step * plan.video.storyboard.tile_every / plan.video.grid.frame_rate),
    )
    return _publish(
        made,
        lambda session: fingerprints.write(session, context.version.id, plan.duration, of=looks_like),
    )


def _publish(pictures: Sequence[Image], *others: Publish) -> Publish:
    def publish(session: Session) -> None:
        for picture in pictures:
            session.merge(picture)  # of a version that was planned anew there may be one already
        for other in others:
            other(session)

    return publish


def thumbnail(context: StepContext) -> Publish:
    """One picture that a viewer's page asked for: a frame, or the poster, in some shape."""
    plan = plan_of(context)
    wish = wish_from_json(context.claim.params)
    width, height = wish.width, wish.height
    size = (width, height) if height else (even(width), even(width * plan.height / plan.width))
    if wish.of is not None:
        data, details = _stored(context, wish.of), {}
    else:
        time = wish.time or 0.0
        details = {"time": time}
        # Of what is cut away or gets bars, the decoder's picture is as large as it has to be.
        scale = (max if wish.fit == "crop" else min)(size[0] / plan.width, size[1] / plan.height)
        drawn = (even(plan.width * scale), even(plan.height * scale)) if height else size
        with context.tools.source(context.reader, context.source_key, context.outputs) as source:
            data = frame_at(context, source, plan.picture, time, drawn)
    if wish.of is not None or height or wish.format != "jpg":
        data = pictures.shaped(data, size, wish.fit, wish.format)
    image = _image(context, wish.image, data, size, details, image_format=wish.format)

    def publish(session: Session) -> None:
        # Made again after its first wake-up was lost: either picture will do.
        values = {column.name: getattr(image, column.name) for column in Image.__table__.columns}
        session.execute(insert(Image).values(values).on_conflict_do_nothing())

    return publish


def _stored(context: StepContext, name: str) -> bytes:
    with context.sessions() as session:
        found = renditions.find_image(session, context.version.id, name)
    if found is None:
        raise MediaFailure("no_decodable_frames", f"there is no {name}")
    return with_retries(partial(context.objects.get, found.object_key))


def _wave(context: StepContext, plan: Plan) -> Image:
    with context.tools.source(context.reader, context.source_key, context.outputs) as source:
        arguments = drawing.draw_wave(source.input, plan, WAVE)
        source.ffmpeg(arguments, seconds=FRAME_SECONDS + plan.duration / 10)
    return _image(context, POSTER, context.outputs.read(WAVE), (plan.width, plan.height), {})


def _storyboard(context: StepContext, plan: VideoPlan, tiles: list[bytes]) -> Image:
    sheet, size = pictures.contact_sheet(
        tiles, (plan.storyboard.tile_width, plan.storyboard.tile_height), COLUMNS
    )
    columns = min(COLUMNS, len(tiles))
    grid = TileGrid(
        columns=columns,
        rows=-(-len(tiles) // columns),
        tile_width=plan.storyboard.tile_width,
        tile_height=plan.storyboard.tile_height,
        seconds=float(plan.storyboard.tile_every / plan.grid.frame_rate),
        count=len(tiles),
    )
    return _image(context, STORYBOARD, sheet, size, grid_to_json(grid))


def _poster(context: StepContext, plan: VideoPlan, tiles: list[bytes]) -> Image:
    """Return the sharpest of the best candidates, fetched from the source itself."""
    chosen = candidates([pictures.statistics(tile) for tile in tiles])
    best = plan.rungs[0]
    size = fit(best.width, best.height, POSTER_SIDE)
    frames = []
    with context.tools.source(context.reader, context.source_key, context.outputs) as source:
        for number in chosen:
            time = float(number * plan.storyboard.tile_every / plan.grid.frame_rate)
            frames.append((time, frame_at(context, source, plan, time, size)))
    time, data = max(frames, key=lambda frame: pictures.sharpness(frame[1]))
    return _image(context, POSTER, data, size, {"time": time})


def frame_at(
    context: StepContext, source: OpenSource, plan: VideoPlan, time: float, size: tuple[int, int]
) -> bytes:
    """Return the frame at ``time`` seconds, or one shortly before, as a JPEG. Raises ``MediaFailure``."""
    # Near the end a source may have no frame left, although its duration says so. One that can only be read from its
    # beginning may take too long to get there: then any frame will do.
    for earlier in (
        (0.0, plan.grid.duration) if plan.entry.joint_streams else (0.0, 1.0, 5.0, plan.grid.duration)
    ):
        context.outputs.remove(FRAME)
        arguments = drawing.extract_frame(source.input, plan, max(0.0, time - earlier), size, FRAME)
        with forgiving_tools():
            source.ffmpeg(arguments, seconds=FRAME_SECONDS)
        if data := context.outputs.find(FRAME):
            return data
    raise MediaFailure("no_decodable_frames", f"no frame at or before {time:.1f} s")


def _image(
    context: StepContext,
    name: str,
    data: bytes,
    size: tuple[int, int],
    details: Mapping[str, object],
    *,
    image_format: ImageFormat = "jpg",
) -> Image:
    info = context.store(f"{name}.{image_format}", data, TYPES[image_format])
    return Image(
        version_id=context.version.id,
        name=name,
        object_key=info.key,
        content_type=TYPES[image_format],
        width=size[0],
        height=size[1],
        size=info.size,
        sha256=hashlib.sha256(data).hexdigest(),
        details=dict(details),
    )
