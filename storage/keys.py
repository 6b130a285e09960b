"""Every object key in one place. A key is built from our own identifiers, never from what a user wrote."""

from __future__ import annotations

import re

from storage.ids import is_id

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


def source_key(asset_id: str, version_id: str) -> str:
    """The source as uploaded. It has no extension, so that nothing can be guessed from its name."""
    return f"{ASSETS}{_id(asset_id)}/{_id(version_id)}/source"


def tail_key(upload_id: str, received: int) -> str:
    """The last of the first ``received`` bytes of an unfinished upload: those too few for an S3 part of their own.

    Each offset has a key of its own, so that a request that lost its lock cannot overwrite what its successor stored.
    """
    return f"{upload_prefix(upload_id)}tail-{received:d}"


def unproven_key(upload_id: str, owner: str, number: int) -> str:
    """A piece of a request's body whose checksum is not compared yet; ``owner`` is the request."""
    return f"{upload_prefix(upload_id)}unproven-{_id(owner)}-{number:d}"


def partial_key(upload_id: str) -> str:
    """The part of a file that a partial upload brings."""
    return f"{upload_prefix(upload_id)}{PARTIAL}"


def upload_prefix(upload_id: str) -> str:
    """Prefix of everything that is kept only while an upload is unfinished."""
    return f"{UPLOADS}{_id(upload_id)}/"


def step_key(asset_id: str, version_id: str, step_id: str, fence: int, name: str) -> str:
    """An object that one attempt (``fence``) at a step wrote; no two attempts ever share a key."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"not an object name: {name!r}")
    return f"{ASSETS}{_id(asset_id)}/{_id(version_id)}/{_id(step_id)}/{fence:d}/{name}"


def picture_key(asset_id: str, version_id: str, picture_id: str) -> str:
    """A picture as an author sent it, which nobody is shown: a worker makes a poster of it."""
    return f"{version_prefix(asset_id, version_id)}pictures/{_id(picture_id)}"


def poster_key(asset_id: str, version_id: str, picture_id: str) -> str:
    """A poster that an author chose, as it went over from the version before."""
    return f"{version_prefix(asset_id, version_id)}posters/{_id(picture_id)}.jpg"


def track_key(asset_id: str, version_id: str, track_id: str) -> str:
    """A track that an author uploaded; what replaces it has another ID, and so another key."""
    return f"{version_prefix(asset_id, version_id)}tracks/{_id(track_id)}.vtt"


def track_source_key(asset_id: str, version_id: str, track_id: str) -> str:
    """The text of a track as its author sent it."""
    return f"{version_prefix(asset_id, version_id)}tracks/{_id(track_id)}.source.vtt"


PARTIAL = "partial"
ASSETS, UPLOADS, CHECKS = "assets/", "uploads/", "checks/"
"""Where everything lies; in the bucket's order of their first letters: assets, checks, uploads."""


def asset_prefix(asset_id: str) -> str:
    """Prefix of everything that belongs to one asset."""
    return f"{ASSETS}{_id(asset_id)}/"


def version_prefix(asset_id: str, version_id: str) -> str:
    """Prefix of everything that belongs to one version."""
    return f"{ASSETS}{_id(asset_id)}/{_id(version_id)}/"


def _id(text: str) -> str:
    if not is_id(text):
        raise ValueError(f"not an identifier: {text!r}")
    return text
