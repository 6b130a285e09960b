"""The poster that an author chose: a frame, or a picture of theirs, which is a stranger's file like any other."""

from __future__ import annotations

import hashlib
from functools import cache
from typing import cast

from storage.catalogue import posters, renditions
from storage.catalogue.models import Image
from storage.catalogue.pictures import PictureType, poster_from_json
from workers import pictures
from workers.blame import forgiving_tools
from workers.context import Publish, StepContext
from workers.media import OpenSource
from workers.plan.commands.images import read_picture
from workers.plan.decisions.ground import choose_ground
from workers.plan.decisions.poster import POSTER_SIDE
from workers.plan.failure import MediaFailure
from workers.plan.sizes import fit
from workers.steps.images import FRAME, frame_at
from workers.stored_plan import plan_of

PICTURE_SECONDS = 30.0


def poster(context: StepContext) -> Publish:
    """As large as the poster that is found by itself, at most."""
    wish = poster_from_json(context.claim.params)
    if wish.of is not None:
        data, details = _sent(context, wish.of), {}
    else:
        plan = plan_of(context).picture
        time = wish.time or 0.0
        details = {"time": time}
        with context.tools.source(context.reader, context.source_key, context.outputs) as source:
            best = plan.rungs[0]
            data = frame_at(context, source, plan, time, fit(best.width, best.height, POSTER_SIDE))
    size = pictures.size_of(data)
    info = context.store("poster.jpg", data, "image/jpeg")
    image = Image(
        version_id=context.version.id,
        name=wish.image,
        object_key=info.key,
        content_type="image/jpeg",
        width=size[0],
        height=size[1],
        size=info.size,
        sha256=hashlib.sha256(data).hexdigest(),
        details=details,
    )
    return lambda session: posters.show(session, image)


def _sent(context: StepContext, name: str) -> bytes:
    """Return the picture decoded in the sandbox, and encoded once more outside, so that nothing of the file stays."""
    with context.sessions() as session:
        sent = renditions.find_image(session, context.version.id, name)
    if sent is None:
        raise MediaFailure("picture_unreadable", f"there is no {name}")
    kind = cast("PictureType", sent.content_type)
    with context.tools.source(context.reader, sent.object_key, context.outputs) as source:
        read_on = cache(lambda ground: _read(source, kind, ground))
        ground = choose_ground(
            context.version.background, lambda ground: not pictures.is_plain(read_on(ground))
        )
        data = read_on(ground.colour)
    return pictures.shaped(data, pictures.size_of(data), "preserve", "jpg")


def _read(source: OpenSource, kind: PictureType, ground: int) -> bytes:
    source.outputs.remove(FRAME)
    with forgiving_tools():
        source.ffmpeg(read_picture(source.input, kind, ground, POSTER_SIDE, FRAME), seconds=PICTURE_SECONDS)
    if not (data := source.outputs.find(FRAME)):
        raise MediaFailure("picture_unreadable", f"a picture called {kind}")
    return data
