"""What a partner pastes to show a lesson: an iframe, the web component, or a link. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from html import escape
from typing import Final, Protocol

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


@dataclass(frozen=True)
class Shape:
    """The place that a player takes, in pixels: as wide as its page allows, in the shape of the picture. A ``strip`` is
    as high as it says, whatever its width.
    """

    width: int
    height: int
    strip: bool = False

    @property
    def style(self) -> str:
        """The height, for a box that is as wide as its place."""
        return f"height:{self.height:d}px" if self.strip else f"aspect-ratio:{self.width:d}/{self.height:d}"


PICTURE: Final = Shape(DEFAULT_WIDTH, DEFAULT_HEIGHT)
SOUND: Final = Shape(DEFAULT_WIDTH, 120, strip=True)


class Seen(Protocol):
    """What is known of a version: the size of its picture, if it has one."""

    @property
    def source_width(self) -> int | None:
        """In pixels."""

    @property
    def source_height(self) -> int | None:
        """In pixels."""


def shape_of(known: Seen | None) -> Shape:
    """The place of a version: that of its picture; a strip where it is known to have none."""
    if known is None:
        return PICTURE
    if known.source_width is None or known.source_height is None:
        return SOUND
    return Shape(known.source_width, known.source_height)


def snippet(embed_url: str, shape: Shape = PICTURE, *, title: str = "Video player") -> str:
    """An iframe of this shape. Width and height also stand as attributes, for pages that remove styles."""
    return _iframe(escape(embed_url), escape(title), shape)


def snippets(links: Links, shape: Shape = PICTURE, *, title: str) -> Snippets:
    """All forms for one playback ID. The component keeps its place before its script has come."""
    token = f' token="{escape(links.token)}"' if links.token else ""
    plays = f'playback-id="{escape(links.playback_id)}"{token}'
    return _snippets(links.public_url, links.embed, plays, shape, title)


def course_snippets(public_url: str, public_id: str, *, title: str) -> Snippets:
    """All forms for the collection with this public ID."""
    plays = f'course="{escape(public_id)}"'
    return _snippets(public_url, course_address(public_url, public_id), plays, PICTURE, title)


def _snippets(public_url: str, address: str, plays: str, shape: Shape, title: str) -> Snippets:
    # Escaped once: a page asks for a hundred of them.
    embed, name = escape(address), escape(title)
    return Snippets(
        iframe=_iframe(embed, name, shape),
        component=(
            f"{_script(public_url)}\n<lesson-player {plays} "
            f'title="{name}" style="display:block;width:100%;{shape.style}"></lesson-player>'
        ),
        link=f'<a href="{embed}">{name}</a>',
    )


def _iframe(embed: str, name: str, shape: Shape) -> str:
    height = "" if shape.strip else "height:auto;"
    # `allowfullscreen` is for content systems that know no `allow`, and remove it.
    return (
        f'<iframe src="{embed}" title="{name}" width="{shape.width:d}" height="{shape.height:d}" '
        f'style="width:100%;{height}{shape.style};border:0" loading="lazy" '
        'allow="autoplay; fullscreen; picture-in-picture; encrypted-media" allowfullscreen></iframe>'
    )


@cache
def _script(public_url: str) -> str:
    script, integrity = player_embed.component_script()
    address = escape(f"{public_url}/embed/component/{script}")
    return f'<script async src="{address}" integrity="{integrity}" crossorigin="anonymous"></script>'
