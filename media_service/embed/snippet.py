"""What a partner pastes to show a lesson: an iframe, the web component, or a link. Pure."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from pydantic import BaseModel

import player_embed

if TYPE_CHECKING:  # the playback package issues snippets, so it imports this module
    from media_service.playback.links import Links

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
    width, height = width or DEFAULT_WIDTH, height or DEFAULT_HEIGHT
    return (
        f'<iframe src="{escape(embed_url)}" title="{escape(title)}" width="{width:d}" height="{height:d}" '
        f'style="width:100%;height:auto;aspect-ratio:{width:d}/{height:d};border:0" loading="lazy" '
        'allow="autoplay; fullscreen; picture-in-picture; encrypted-media"></iframe>'
    )


def snippets(links: Links, *, width: int | None, height: int | None, title: str) -> Snippets:
    """All forms for one playback ID. The component keeps its place before its script has come."""
    script, integrity = player_embed.component_script()
    token = f' token="{escape(links.token)}"' if links.token else ""
    return Snippets(
        iframe=snippet(links.embed, width=width, height=height, title=title),
        component=(
            f'<script async src="{escape(links.public_url)}/embed/component/{script}" integrity="{integrity}" '
            f'crossorigin="anonymous"></script>\n<lesson-player playback-id="{escape(links.playback_id)}"{token} '
            f'title="{escape(title)}" style="display:block;width:100%;'
            f'aspect-ratio:{width or DEFAULT_WIDTH:d}/{height or DEFAULT_HEIGHT:d}"></lesson-player>'
        ),
        link=f'<a href="{escape(links.embed)}">{escape(title)}</a>',
    )
