"""Addresses of the LTI tool."""

from __future__ import annotations

import mimetypes

from flask import Blueprint, Response

from media_service.immutable import immutable_file
from media_service.lti import (
    cartridges,
    choosing,
    files,
    launching,
    own_keys,
    platforms,
    record_stores,
    registering,
    signing_in,
    studying,
)
from media_service.problems import ApiError

blueprint = Blueprint("lti", __name__)

for _views in (
    own_keys,
    registering,
    signing_in,
    launching,
    choosing,
    studying,
    platforms,
    cartridges,
    record_stores,
):
    blueprint.register_blueprint(_views.blueprint)


@blueprint.get("/lti/static/<release>/<name>")
def static(release: str, name: str) -> Response:
    """A file of the pages. The address holds the hash of its release, so it never changes."""
    content = files.files().get(name)
    if content is None or release != files.release():
        raise ApiError("not_found")
    return immutable_file(content, mimetypes.guess_type(name)[0])
