"""Playback: playlists, segments and images for players, and the tokens that open them."""

from flask import Blueprint

from media_service.playback import issue, views
from media_service.playback.cors import allow_any_origin

blueprint = Blueprint("watching", __name__)
blueprint.register_blueprint(views.blueprint)
blueprint.register_blueprint(issue.blueprint)

__all__ = ["allow_any_origin", "blueprint"]
