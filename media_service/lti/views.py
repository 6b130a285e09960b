"""Addresses of the LTI tool."""

from __future__ import annotations

from flask import Blueprint, Response

from media_service.lti import (
    cartridges,
    choosing,
    launching,
    own_keys,
    platforms,
    record_stores,
    registering,
    signing_in,
    studying,
)
from media_service.lti.files import FILES

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
    return FILES.answer(release, name)
