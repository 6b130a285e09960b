"""The player page for any front end, and oEmbed."""

from media_service.embed.views import blueprint

__all__ = ["blueprint"]
