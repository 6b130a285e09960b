"""Pictures at any time and of any shape: made on first request by a worker, kept for ever after."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Mapping
from datetime import timedelta

from flask import request
from sqlalchemy.exc import IntegrityError

from media_service.playback.access.playback_ids import Picture
from media_service.playback.access.rate_limits import SlidingWindow
from media_service.playback.pictures.image_options import ImageOptions, choose_options, number_of
from media_service.playback.serving.stored_objects import StoredObjects
from media_service.problems import ApiError
from media_service.proxies import client_address
from media_service.services import Services
from storage.catalogue import playback, sources, steps
from storage.catalogue.models import Image
from storage.catalogue.new_steps import NewStep
from storage.catalogue.pictures import ImageFormat, PictureWish, wish_to_json

WAIT_SECONDS = 10.0
_POLL_SECONDS = 0.05

MOST_WAITING = 16
"""Thumbnails of one version that may be in the making: a page of previews, not a way to keep workers busy."""

MOST_A_MINUTE = 60
"""Pictures of one version that may be asked for anew in a minute, by all viewers together."""

MOST_OF_ONE_CALLER = 30
"""The same of one address, of all versions, for each web process."""

_callers = SlidingWindow(MOST_OF_ONE_CALLER, 60)

_waiting = threading.BoundedSemaphore(4)
"""Requests of one process that may wait for a worker; the other threads stay free for playlists."""

_BUSY = {"Retry-After": "1"}


def choose(picture: Picture, wishes: Mapping[str, str], image_format: ImageFormat) -> PictureWish:
    """Snap a wish to what is made: the frame on the screen at ``time``, within the version, and a shape. Raises
    ``invalid_request`` for what is no number, ``image_not_found`` where there is no picture.
    """
    seconds = number_of("time", wishes.get("time")) or 0.0
    if picture.frame_rate is None:
        raise ApiError("image_not_found")
    last = max(0, round(picture.duration * picture.frame_rate) - 1)
    # A millisecond more, so that a frame's own time, rounded to milliseconds, does not find the frame before.
    within = min(max(seconds, 0.0), picture.duration) + 0.001
    frame = min(last, math.floor(within * picture.frame_rate))
    milliseconds = round(1000 * frame / picture.frame_rate)
    shape = _shape((picture.width, picture.height), wishes, image_format)
    return _wish(f"thumbnail-{milliseconds}-{shape.name}", shape, time=milliseconds / 1000)


def choose_poster(poster: Image, wishes: Mapping[str, str], image_format: ImageFormat) -> PictureWish:
    """Return the poster in another shape, under a name that changes with it. Raises ``invalid_request``."""
    shape = _shape((poster.width, poster.height), wishes, image_format, default_width=poster.width)
    return _wish(f"poster-{poster.sha256[:12]}-{shape.name}", shape, of=poster.name)


def poster_stands_in(wish: PictureWish, refusal: ApiError) -> bool:
    """Whether the stored poster itself, whose proportions and format are the same, may be shown as long as ``wish``
    is refused: pages with many lessons ask for more new pictures at once than may be made, and show each of them."""
    is_smaller_only = wish.fit == "preserve" and wish.format == "jpg"
    return is_smaller_only and refusal.code in ("image_busy", "image_limit")


def _wish(name: str, shape: ImageOptions, *, time: float | None = None, of: str | None = None) -> PictureWish:
    return PictureWish(name, shape.width, shape.height, shape.fit, shape.format, time, of)


def _shape(
    size: tuple[int, int], wishes: Mapping[str, str], image_format: ImageFormat, **default: int
) -> ImageOptions:
    width, height, fit = (wishes.get(name) for name in ("width", "height", "fit"))
    return choose_options(size, width, height, fit, image_format, **default)


def obtain(services: Services, stored: StoredObjects, version_id: str, wish: PictureWish) -> Image:
    """Return the image, made by a worker if it is not there. Raises ``image_busy``, ``image_limit`` and
    ``image_not_found``."""
    image = stored.image(version_id, wish.image)
    if image is not None:
        return image
    if not _waiting.acquire(blocking=False):
        raise ApiError("image_busy", headers=_BUSY)
    try:
        order(services, version_id, wish)
        return _await(services, stored, version_id, wish)
    finally:
        _waiting.release()


def order(services: Services, version_id: str, wish: PictureWish) -> None:
    """Have an image made by a worker, unless somebody asked for it already. Raises ``image_busy``, ``image_limit``,
    ``image_source_gone`` and ``image_not_found``."""
    with services.sessions.begin() as session:
        known = playback.step_state(session, version_id, wish.image)
        if known is not None:
            return
        if wish.of is None and sources.is_dropped(session, version_id):
            raise ApiError("image_source_gone")
        if playback.unfinished_thumbnails(session, version_id) >= MOST_WAITING:
            raise ApiError("image_busy", headers=_BUSY)
        if playback.recent_thumbnails(session, version_id, timedelta(minutes=1)) >= MOST_A_MINUTE:
            raise ApiError("image_limit", headers={"Retry-After": "30"})
        if (seconds := _callers.spend(client_address(request.environ))) > 0:
            raise ApiError("image_limit", headers={"Retry-After": str(math.ceil(seconds))})
        step = NewStep("thumbnail", wish.image, wish_to_json(wish), optional=True)
        try:
            steps.add_steps(session, version_id, [step])
        except IntegrityError:  # this process still knows a version that was deleted a moment ago
            raise ApiError("image_not_found") from None
    services.wake()


def _await(services: Services, stored: StoredObjects, version_id: str, wish: PictureWish) -> Image:
    end = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < end:
        image = stored.image(version_id, wish.image)
        if image is not None:
            return image
        with services.sessions() as session:
            if playback.step_state(session, version_id, wish.image) in ("failed", "cancelled"):
                raise ApiError("image_not_found")
        time.sleep(_POLL_SECONDS)
    raise ApiError("image_busy", headers=_BUSY)
