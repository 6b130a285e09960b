"""Thumbnails at any time and width: made on first request by a worker, kept for ever after."""

from __future__ import annotations

import math
import threading
import time
from dataclasses import dataclass

from sqlalchemy.exc import IntegrityError

from media_service.errors import ApiError
from media_service.playback.lookups import Lookups, Picture
from media_service.services import Services
from storage.catalogue import playback, steps
from storage.catalogue.models import Image
from storage.catalogue.steps import NewStep

WIDTH_STEP = 16
DEFAULT_WIDTH = 640
WAIT_SECONDS = 10.0
_POLL_SECONDS = 0.05

MOST_WAITING = 16
"""Thumbnails of one version that may be in the making: a page of previews, not a way to keep workers busy."""

_waiting = threading.BoundedSemaphore(4)
"""Requests of one process that may wait for a worker; the other threads stay free for playlists."""

_BUSY = {"Retry-After": "1"}


@dataclass(frozen=True)
class Thumbnail:
    """What is made: ``milliseconds`` of a frame's start, ``width`` in pixels."""

    milliseconds: int
    width: int

    @property
    def name(self) -> str:
        """Name of the image and of the step that makes it."""
        return f"thumbnail-{self.milliseconds}-{self.width}"


def choose(picture: Picture, time_text: str | None, width_text: str | None) -> Thumbnail:
    """Snap a wish to what is made: the frame on the screen at that time, within the version, and a width that is
    a multiple of ``WIDTH_STEP`` or the picture's own. Raises ``invalid_request`` for what is no number.
    """
    seconds = _number("time", time_text, 0.0)
    if picture.frame_rate is None:
        raise ApiError("image_not_found")
    wanted = _number("width", width_text, DEFAULT_WIDTH)
    last = max(0, round(picture.duration * picture.frame_rate) - 1)
    # A millisecond more, so that a frame's own time, rounded to milliseconds, does not find the frame before.
    within = min(max(seconds, 0.0), picture.duration) + 0.001
    frame = min(last, math.floor(within * picture.frame_rate))
    width = min(picture.width, math.ceil(min(max(wanted, 1.0), picture.width) / WIDTH_STEP) * WIDTH_STEP)
    return Thumbnail(round(1000 * frame / picture.frame_rate), width)


def obtain(services: Services, lookups: Lookups, version_id: str, wanted: Thumbnail) -> Image:
    """The image, made by a worker if it is not there. Raises ``image_busy`` and ``image_not_found``."""
    image = lookups.image(version_id, wanted.name)
    if image is not None:
        return image
    if not _waiting.acquire(blocking=False):
        raise ApiError("image_busy", headers=_BUSY)
    try:
        _ask(services, version_id, wanted)
        return _await(services, lookups, version_id, wanted)
    finally:
        _waiting.release()


def _ask(services: Services, version_id: str, wanted: Thumbnail) -> None:
    with services.sessions.begin() as session:
        known = playback.step_state(session, version_id, wanted.name)
        if known is not None:
            return
        if playback.unfinished_thumbnails(session, version_id) >= MOST_WAITING:
            raise ApiError("image_busy", headers=_BUSY)
        params = {"time": wanted.milliseconds / 1000, "width": wanted.width, "image": wanted.name}
        try:
            steps.add_steps(session, version_id, [NewStep("thumbnail", wanted.name, params, optional=True)])
        except IntegrityError:  # this process still knows a version that was deleted a moment ago
            raise ApiError("image_not_found") from None
    services.wake()


def _await(services: Services, lookups: Lookups, version_id: str, wanted: Thumbnail) -> Image:
    end = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < end:
        image = lookups.image(version_id, wanted.name)
        if image is not None:
            return image
        with services.sessions() as session:
            if playback.step_state(session, version_id, wanted.name) in ("failed", "cancelled"):
                raise ApiError("image_not_found")
        time.sleep(_POLL_SECONDS)
    raise ApiError("image_busy", headers=_BUSY)


def _number(name: str, value: str | None, default: float) -> float:
    try:
        number = default if value is None else float(value)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ApiError("invalid_request", f"{name} must be a number.")
    return number
