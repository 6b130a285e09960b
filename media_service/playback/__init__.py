"""Playback: playlists, segments and images for players, and the tokens that open them."""

from flask import Blueprint, Flask

from media_service.playback import issue, keys, views
from media_service.playback.cors import allow_origins
from media_service.playback.front import answer_playlists, is_playlist
from media_service.playback.gate import gate_of
from media_service.playback.meter import count_bytes

__all__ = ["blueprint", "install", "is_playlist"]

blueprint = Blueprint("watching", __name__)
blueprint.register_blueprint(views.blueprint)
blueprint.register_blueprint(issue.blueprint)
blueprint.register_blueprint(keys.blueprint)


def install(app: Flask) -> None:
    """Put playback's layers before an application that has the blueprint."""
    gate = gate_of(app)
    answering = count_bytes(answer_playlists(app.wsgi_app, gate), gate.meter)
    app.wsgi_app = allow_origins(answering, gate.judge_reader)  # type: ignore[assignment, method-assign]
