"""Playback: playlists, segments and images for players, in rooms that stand in layers (tests/test_architecture.py)."""

from media_service.playback.serving.front import is_playlist
from media_service.playback.views import blueprint

__all__ = ["blueprint", "is_playlist"]
