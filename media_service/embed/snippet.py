"""The one line of HTML that puts a player on any page. Pure."""

from __future__ import annotations

from html import escape

DEFAULT_WIDTH, DEFAULT_HEIGHT = 960, 540


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
