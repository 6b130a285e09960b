"""Feeds and sitemaps: RSS 2.0 with Media RSS, the sitemap protocol with the extension for videos, robots.txt. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from typing import Final
from xml.etree.ElementTree import Element, SubElement, register_namespace, tostring

from media_service.embed.oembed import without_controls
from media_service.standards.described import moment

SITEMAP: Final = "http://www.sitemaps.org/schemas/sitemap/0.9"
VIDEO: Final = "http://www.google.com/schemas/sitemap-video/1.1"
MEDIA: Final = "http://search.yahoo.com/mrss/"
ATOM: Final = "http://www.w3.org/2005/Atom"

IN_FILE: Final = 4000
"""Lessons of one file of a sitemap. The protocol allows 50,000 and 50 MB: so many, with all that each may have, stay
below that."""

_MOST_TITLE: Final = 100
_MOST_DESCRIPTION: Final = 1000
_MOST_TAGS: Final = 32
_LONGEST: Final = 28_800
"""What the extension for videos takes, but for the description, which is cut earlier."""

for _prefix, _name in (("", SITEMAP), ("video", VIDEO), ("media", MEDIA), ("atom", ATOM)):
    register_namespace(_prefix, _name)


@dataclass(frozen=True)
class Entry:
    """A lesson with whole addresses; ``duration`` in seconds."""

    title: str
    url: str
    player_url: str
    thumbnail_url: str
    published_at: datetime
    changed_at: datetime
    description: str = ""
    duration: float | None = None
    expires: datetime | None = None
    views: int = 0
    tags: Sequence[str] = ()


@dataclass(frozen=True)
class Channel:
    """What a feed is of. ``language`` is None where nobody knows it."""

    title: str
    url: str
    feed_url: str
    description: str
    language: str | None


def spoken(languages: Iterable[str | None]) -> str | None:
    """The language that most lessons of a feed are in, if that is more than half of them."""
    counted = Counter(languages)
    if not counted:
        return None
    language, count = counted.most_common(1)[0]
    return language if 2 * count > counted.total() else None


def rss(channel: Channel, entries: Iterable[Entry]) -> str:
    """The newest lessons as RSS 2.0; what plays them as Media RSS."""
    root = Element("rss", {"version": "2.0"})
    of = SubElement(root, "channel")
    _texts(
        of,
        ("title", channel.title),
        ("link", channel.url),
        ("description", channel.description or channel.title),
        *((("language", channel.language),) if channel.language else ()),
    )
    own = {"href": channel.feed_url, "rel": "self", "type": "application/rss+xml"}
    SubElement(of, f"{{{ATOM}}}link", own)
    for entry in entries:
        item = SubElement(of, "item")
        _texts(
            item,
            ("title", entry.title),
            ("link", entry.url),
            ("guid", entry.url),
            ("pubDate", format_datetime(entry.published_at)),
            ("description", entry.description[:_MOST_DESCRIPTION]),
            *(("category", tag) for tag in entry.tags[:_MOST_TAGS]),
        )
        content = {"medium": "video"}
        if entry.duration is not None:
            content["duration"] = str(_seconds(entry.duration))
        media = SubElement(item, f"{{{MEDIA}}}content", content)
        SubElement(media, f"{{{MEDIA}}}title", {"type": "plain"}).text = without_controls(entry.title)
        SubElement(media, f"{{{MEDIA}}}thumbnail", {"url": entry.thumbnail_url})
        SubElement(media, f"{{{MEDIA}}}player", {"url": entry.player_url})
    return _document(root)


def sitemap(entries: Iterable[Entry]) -> str:
    """One file of a sitemap, each lesson with its video."""
    root = Element(f"{{{SITEMAP}}}urlset")
    for entry in entries:
        url = SubElement(root, f"{{{SITEMAP}}}url")
        _sitemap(url, ("loc", entry.url), ("lastmod", moment(entry.changed_at)))
        video = SubElement(url, f"{{{VIDEO}}}video")
        _video(
            video,
            ("thumbnail_loc", entry.thumbnail_url),
            ("title", entry.title[:_MOST_TITLE]),
            ("description", (entry.description or entry.title)[:_MOST_DESCRIPTION]),
            ("player_loc", entry.player_url),
        )
        if entry.duration is not None:
            _video(video, ("duration", str(min(_LONGEST, _seconds(entry.duration)))))
        if entry.expires is not None:
            _video(video, ("expiration_date", moment(entry.expires)))
        _video(
            video,
            ("view_count", str(entry.views)),
            ("publication_date", moment(entry.published_at)),
            *(("tag", tag) for tag in entry.tags[:_MOST_TAGS]),
            ("family_friendly", "yes"),
        )
    return _document(root)


def pages(urls: Iterable[str]) -> str:
    """The file of a sitemap that has the pages without a video of their own."""
    root = Element(f"{{{SITEMAP}}}urlset")
    for address in urls:
        _sitemap(SubElement(root, f"{{{SITEMAP}}}url"), ("loc", address))
    return _document(root)


def index(files: Iterable[tuple[str, datetime | None]]) -> str:
    """The index of a sitemap: the address of each file, and when it changed."""
    root = Element(f"{{{SITEMAP}}}sitemapindex")
    for address, changed_at in files:
        file = SubElement(root, f"{{{SITEMAP}}}sitemap")
        _sitemap(file, ("loc", address))
        if changed_at is not None:
            _sitemap(file, ("lastmod", moment(changed_at)))
    return _document(root)


def robots(sitemaps: Iterable[str]) -> str:
    """What programs may read (RFC 9309): pages for everybody, and what plays them."""
    closed = ("/v1/", "/studio", "/u/", "/j/", "/healthz", "/readyz", "/metrics")
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in closed), ""]
    return "\n".join([*lines, *(f"Sitemap: {address}" for address in sitemaps), ""])


def _texts(of: Element, *said: tuple[str, str]) -> None:
    for name, text in said:
        SubElement(of, name).text = without_controls(text)


def _sitemap(of: Element, *said: tuple[str, str]) -> None:
    _texts(of, *((f"{{{SITEMAP}}}{name}", text) for name, text in said))


def _video(of: Element, *said: tuple[str, str]) -> None:
    _texts(of, *((f"{{{VIDEO}}}{name}", text) for name, text in said))


def _document(root: Element) -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'


def _seconds(duration: float) -> int:
    return max(1, round(duration))
