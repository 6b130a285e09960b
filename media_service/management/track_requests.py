"""What requests about captions and chapters have in common: whose they are, their names, the text that was sent."""

from __future__ import annotations

from flask import request
from sqlalchemy.orm import Session

from configs.words import TrackKind
from media_service import auth
from media_service.problems import ApiError
from storage.catalogue.models import Asset, Version
from storage.tracks.cue import MAX_BYTES
from storage.tracks.names import KINDS, track_language


def names(kind: str, language: str) -> tuple[TrackKind, str]:
    """Kind and language as they are kept. Raises ``track_kind`` and ``track_language``."""
    tag = track_language(language)
    if kind not in KINDS:
        raise ApiError("track_kind", f"Kinds are {', '.join(KINDS)}.")
    if tag is None:
        raise ApiError("track_language")
    return KINDS[kind], tag


def current(session: Session, asset_id: str) -> tuple[Asset, Version]:
    """An asset and the version that plays. Raises ``asset_not_found``."""
    asset = auth.asset(session, asset_id)
    version = session.get(Version, asset.current_version_id) if asset.current_version_id else None
    if version is None:
        raise ApiError("asset_not_found")
    return asset, version


def sent() -> bytes:
    """The body. Raises ``too_large``."""
    # Not get_data(): Flask would take a body of curl's usual type for a form and leave nothing of it.
    if (request.content_length or 0) > MAX_BYTES or len(data := request.stream.read()) > MAX_BYTES:
        raise ApiError("too_large", f"A track may have {MAX_BYTES} bytes.")
    return data
