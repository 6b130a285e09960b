"""Uploads: resumable ones by tus 1.0, and a file in a single request."""

from media_service.uploads.receive import register
from media_service.uploads.views import blueprint, speak_tus

__all__ = ["blueprint", "register", "speak_tus"]
