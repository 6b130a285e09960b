"""What a partner pastes to show a lesson: an iframe, the web component, or a link. Pure."""

from __future__ import annotations

from functools import cache
from html import escape

from pydantic import BaseModel

import player_embed
from media_service.playback.serving.links import Links, course_address

DEFAULT_WIDTH, DEFAULT_HEIGHT = 960, 540


class Snippets(BaseModel):
    """Lines of HTML, ready to paste: ``iframe`` for any page, ``component`` for pages that drive the player by script
    (docs/player.md), ``link`` for places that take neither."""

    iframe: str
    component: str
    link: str


def snippet(
    embed_url: str, *, width: int | None = None, height: int | None = None, title: str = "Video player"
) -> str:
    """An iframe as wide as its place allows, in the shape of the picture (``width`` by ``height`` pixels).

    Width and height also stand as attributes, for pages that remove styles.
    """
    return _iframe(escape(embed_url), escape(title), width or DEFAULT_WIDTH, height or DEFAULT_HEIGHT)


def snippets(links: Links, *, width: int | None, height: int | None, title: str) -> Snippets:
    """All forms for one playback ID. The component keeps its place before its script has come."""
    token = f' token="{escape(links.token)}"' if links.token else ""
    plays = f'playback-id="{escape(links.playback_id)}"{token}'
    shape = (width or DEFAULT_WIDTH, height or DEFAULT_HEIGHT)
    return _snippets(links.public_url, links.embed, plays, shape, title)


def course_snippets(public_url: str, public_id: str, *, title: str) -> Snippets:
    """All forms for the collection with this public ID."""
    plays = f'course="{escape(public_id)}"'
    shape = (DEFAULT_WIDTH, DEFAULT_HEIGHT)
    return _snippets(public_url, course_address(public_url, public_id), plays, shape, title)


def _snippets(public_url: str, address: str, plays: str, shape: tuple[int, int], title: str) -> Snippets:
    # Escaped once: a page asks for a hundred of them.
    embed, name = escape(address), escape(title)
    width, height = shape
    return Snippets(
        iframe=_iframe(embed, name, width, height),
        component=(
            f"{_script(public_url)}\n<lesson-player {plays} "
            f'title="{name}" style="display:block;width:100%;aspect-ratio:{width:d}/{height:d}"></lesson-player>'
        ),
        link=f'<a href="{embed}">{name}</a>',
    )


def _iframe(embed: str, name: str, width: int, height: int) -> str:
    # `allowfullscreen` is for content systems that know no `allow`, and remove it.
    return (
        f'<iframe src="{embed}" title="{name}" width="{width:d}" height="{height:d}" '
        f'style="width:100%;height:auto;aspect-ratio:{width:d}/{height:d};border:0" loading="lazy" '
        'allow="autoplay; fullscreen; picture-in-picture; encrypted-media" allowfullscreen></iframe>'
    )


@cache
def _script(public_url: str) -> str:
    script, integrity = player_embed.component_script()
    address = escape(f"{public_url}/embed/component/{script}")
    return f'<script async src="{address}" integrity="{integrity}" crossorigin="anonymous"></script>'
