"""Bodies that players send."""

from __future__ import annotations

from typing import Final

from flask import request

from media_service.learning.beat_documents import MOST_BYTES
from media_service.problems import ApiError

_TAKES: Final = ("application/json", "text/plain")
"""Text is what a page of another origin, or one that is being closed, can send without asking first."""


def content() -> bytes:
    """The body of a request of a player. Raises ``wrong_content_type`` and ``too_large``."""
    if request.mimetype not in _TAKES:
        raise ApiError("wrong_content_type", "Send JSON, as application/json or text/plain.")
    if (request.content_length or 0) > MOST_BYTES or len(data := request.get_data()) > MOST_BYTES:
        raise ApiError("too_large", f"What players send may have {MOST_BYTES} bytes.")
    return data
