"""The poster of a course, for whoever the course is open to."""

from __future__ import annotations

from flask import Response, request

from media_service.playback.serving.responses import send_object
from media_service.playback.serving.stored_objects import StoredObject
from media_service.playback.serving.validators import client_has
from media_service.problems import ApiError
from media_service.services import services
from storage.catalogue.models import CollectionPicture, Image

KEPT_SECONDS = 60
"""How long caches keep it: who may see it changes, and so does what stands for a course."""


def send_poster(found: CollectionPicture | Image | None, *, is_public: bool) -> Response:
    """The picture. ``is_public``: whether caches that others share may keep it. Raises ``image_not_found``."""
    if found is None:
        raise ApiError("image_not_found")
    cache_control = f"{'public' if is_public else 'private'}, max-age={KEPT_SECONDS}"
    if isinstance(found, Image):
        stored = StoredObject(found.object_key, found.size, found.sha256, found.content_type)
        return send_object(services().objects, stored, cache_control)
    etag = found.sha256[:32]
    if client_has(request.environ, etag):
        response = Response(status=304)
        del response.headers["Content-Type"]
    else:
        response = Response(found.data, content_type=found.content_type)
        response.headers["X-Content-Type-Options"] = "nosniff"
        # Whatever it is, it is nothing but a picture.
        response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["ETag"] = f'"{etag}"'
    response.headers["Cache-Control"] = cache_control
    return response
