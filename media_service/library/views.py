"""All addresses of the library."""

from media_service.library import feed_pages, lesson_pages, pages
from media_service.library.site import blueprint

__all__ = ("blueprint", "feed_pages", "lesson_pages", "pages")
