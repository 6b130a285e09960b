"""Pictures of lessons in the few sizes that pages of the library show. Who comes before one is made gets the poster as
it is, and nobody waits."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Final

from flask import Response

from media_service.playback.parts import parts
from media_service.playback.pictures import thumbnails
from media_service.playback.serving.responses import send_object
from media_service.playback.serving.stored_objects import StoredObject
from media_service.problems import ApiError
from media_service.services import services
from storage.catalogue.models import Version

WIDTHS: Final = (320, 640, 1280)

MADE_SECONDS: Final = 300
MAKING_SECONDS: Final = 5
"""How long caches keep a picture, and the one that stands in for it."""

_NAME: Final = re.compile(r"poster-([0-9]{3,4})\.webp")


def width_of(name: str) -> int | None:
    """The width that the name of a picture says, if there is that one."""
    found = _NAME.fullmatch(name)
    width = int(found[1]) if found else 0
    return width if width in WIDTHS else None


def size_of(version: Version) -> tuple[int, int] | None:
    """Width and height of the poster of a version; None if there is none."""
    image = parts().stored.image(version.id, version.poster)
    return (image.width, image.height) if image is not None else None


def send(version: Version, width: int) -> Response:
    """The poster of a version in this width, or as it is until that is made. Raises ``image_not_found``."""
    poster = parts().stored.image(version.id, version.poster)
    if poster is None:
        raise ApiError("image_not_found")
    wish = thumbnails.choose_poster(poster, {"width": str(width)}, "webp")
    made = parts().stored.image(version.id, wish.image)
    if made is None:
        with suppress(ApiError):  # too many at once: the next one who comes asks again
            thumbnails.order(services(), version.id, wish)
    image = made or poster
    stored = StoredObject(image.object_key, image.size, image.sha256, image.content_type)
    seconds = MADE_SECONDS if made is not None else MAKING_SECONDS
    return send_object(services().objects, stored, f"public, max-age={seconds}")
