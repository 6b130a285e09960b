"""Playback: playlists, segments and images for players, in rooms that stand in layers (tests/test_architecture.py)."""

from flask import Flask

from media_service.playback.access.rate_limits import count_bytes
from media_service.playback.parts import parts_of
from media_service.playback.serving.cors import allow_origins
from media_service.playback.serving.front import answer_playlists, is_playlist
from media_service.playback.views import blueprint

__all__ = ["blueprint", "install", "is_playlist"]


def install(app: Flask) -> None:
    """Put playback's layers before an application that has the blueprint."""
    parts = parts_of(app)
    playlists = answer_playlists(app.wsgi_app, parts.gate, parts.manifests, parts.delivery)
    answering = count_bytes(playlists, parts.rate_limits)
    app.wsgi_app = allow_origins(answering, parts.gate.judge_reader)  # type: ignore[assignment, method-assign]
