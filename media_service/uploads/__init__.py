"""Uploads: resumable ones by tus 1.0, and a file in a single request."""

from media_service.uploads.views import blueprint, override_method

__all__ = ["blueprint", "override_method"]
