"""Playback: playlists, segments and images for players, in rooms that stand in layers (tests/test_architecture.py)."""
