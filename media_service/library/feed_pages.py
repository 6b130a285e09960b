"""What programs read of a library: feeds, sitemaps, robots.txt; and its logo."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from flask import Response
from sqlalchemy.orm import Session, undefer

from media_service.cache import Cache
from media_service.library import answers, feeds, pictures
from media_service.library.addresses import Addresses
from media_service.library.feeds import Channel, Entry
from media_service.library.reader import HTML_LANGUAGES
from media_service.library.site import blueprint, find_library, reading
from media_service.problems import ApiError
from media_service.services import services
from storage.catalogue import libraries, library_courses
from storage.catalogue.libraries import Shown, SitemapFile
from storage.catalogue.models import Library
from storage.ids import is_id

_IN_FEED = 50
_COURSES = 300

_KEPT_SECONDS: Final = 60.0
_KEPT_CHARACTERS: Final = 64 * 1024 * 1024
_starts: Cache[str, list[SitemapFile]] = Cache(500, _KEPT_SECONDS)
_files: Cache[tuple[str, str, str], str] = Cache(_KEPT_CHARACTERS, _KEPT_SECONDS, weigh=len)
"""Files of sitemaps by organization, its address and their first lesson: thousands of lessons each, for whoever asks.
"""


@blueprint.get("/robots.txt")
def robots() -> Response:
    """Where the sitemaps of all libraries are, and what nobody need read."""
    with services().sessions() as session:
        shown = libraries.list_shown(session)
    public_url = services().settings.public_url
    sitemaps = [f"{public_url}{Addresses(each.address).to('sitemap.xml')}" for each in shown]
    return answers.feed(feeds.robots(sitemaps), "text/plain; charset=utf-8")


@blueprint.get("/library/<library>/feed.xml")
def feed(library: str) -> Response:
    """The newest lessons as RSS with Media RSS: the same one for all, whatever language they prefer."""
    with services().sessions() as session:
        reader, shown = reading(session, library)
        listed = libraries.first(session, shown.organization.id, "-created_at", _IN_FEED)
        rows = libraries.entries(session, [each.id for each in listed])
    to, public_url = reader.addresses.bare, services().settings.public_url
    own = shown.chosen.language if shown.chosen else None
    language = HTML_LANGUAGES[own] if own else feeds.spoken(row.language for row in rows)
    told = replace(reader, language="zh" if (language or "zh").startswith("zh") else "en")
    channel = Channel(
        shown.name,
        f"{public_url}{to.home()}",
        f"{public_url}{to.to('feed.xml')}",
        told.written(shown.chosen.welcome if shown.chosen else {}),
        language,
    )
    body = feeds.rss(channel, [_entry(row, to, public_url) for row in rows])
    return answers.feed(body, "application/rss+xml; charset=utf-8")


@blueprint.get("/library/<library>/sitemap.xml")
def sitemap_index(library: str) -> Response:
    """The index of the sitemap: pages, and lessons with their videos in files of bounded size."""
    with services().sessions() as session:
        reader, shown = reading(session, library)
        files = _parts(session, shown)
    base = f"{services().settings.public_url}{reader.addresses.bare.to('sitemap')}"
    listed = [(f"{base}/{file.first_id}.xml", file.changed_at) for file in files]
    return _xml(feeds.index([(f"{base}/pages.xml", None), *listed]))


@blueprint.get("/library/<library>/sitemap/<name>.xml")
def sitemap(library: str, name: str) -> Response:
    """One file of the sitemap: that of pages, or that which begins with this lesson."""
    with services().sessions() as session:
        reader, shown = reading(session, library)
        to, public_url = reader.addresses.bare, services().settings.public_url
        if name == "pages":
            courses = library_courses.newest(session, shown.organization.id, _COURSES)
            paths = [to.home(), *(to.course(each.public_id) for each in courses)]
            return _xml(feeds.pages([f"{public_url}{path}" for path in paths]))
        # Files move when lessons go: one that is asked for by where it once began is the one in which that lies now.
        first_id = max(
            (file.first_id for file in _parts(session, shown) if file.first_id <= name), default=None
        )
        if not is_id(name) or first_id is None:
            raise ApiError("not_found")

        def write() -> str:
            rows = libraries.lessons_since(session, shown.organization.id, first_id, feeds.IN_FILE)
            return feeds.sitemap([_entry(row, to, public_url) for row in rows])

        return _xml(_files.get((shown.organization.id, shown.address, first_id), write) or write())


@blueprint.get("/library/<library>/logo")
def logo(library: str) -> Response:
    """The library's logo; its address changes with it."""
    with services().sessions() as session:
        shown = find_library(session, library)
        if shown is None or shown.chosen is None or shown.chosen.logo_type is None:
            raise ApiError("image_not_found")
        own = session.get(Library, shown.organization.id, options=[undefer(Library.logo)])
        content = own.logo if own is not None else None
    response = Response(content or b"", mimetype=shown.chosen.logo_type)
    response.headers["Cache-Control"] = "public, max-age=86400"
    response.headers["Content-Security-Policy"] = "default-src 'none'"
    return response


def forget() -> None:
    """Write sitemaps anew from now on."""
    _starts.clear()
    _files.clear()


def _parts(session: Session, shown: Shown) -> list[SitemapFile]:
    """Where the files of its sitemap begin, as it was within the last minute."""

    def ask() -> list[SitemapFile]:
        return libraries.sitemap_files(session, shown.organization.id, feeds.IN_FILE)

    return _starts.get(shown.organization.id, ask) or []


def _entry(row: Any, to: Addresses, public_url: str) -> Entry:
    return Entry(
        title=row.title,
        url=f"{public_url}{to.lesson(row.id)}",
        player_url=f"{public_url}{to.play(row.id)}",
        thumbnail_url=f"{public_url}{to.poster(row.id, pictures.WIDTHS[1])}",
        published_at=row.published_at or row.created_at,
        changed_at=row.updated_at,
        description=row.description,
        duration=row.duration,
        expires=row.withdraw_at,
        views=row.clicks,
        tags=row.tags,
    )


def _xml(body: str) -> Response:
    return answers.feed(body, "application/xml; charset=utf-8")
