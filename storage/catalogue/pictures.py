"""The contract about pictures: what the service asks of workers, and how a storyboard's sheet is divided. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

from pydantic import TypeAdapter

Fit = Literal["preserve", "crop", "pad"]
"""How a picture fits its shape: as it is, without its edges, or with bars."""

ImageFormat = Literal["jpg", "webp", "avif"]
"""Formats of pictures by extension."""


POSTER: Final = "poster"
"""Name of the image that stands for a version unless its author chose another one."""

CHOSEN: Final = "chosen-"
"""How the names of images begin that authors chose as posters; an ID follows."""

SENT: Final = "sent-"
"""How the names of pictures begin that authors sent, which only workers read; the same ID follows."""

PictureType = Literal["image/jpeg", "image/png", "image/webp"]
"""What a picture may be that an author sends."""


def picture_type(head: bytes) -> PictureType | None:
    """What a picture is by its first bytes (12 are enough), whatever it is called; None for anything else."""
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    return None


@dataclass(frozen=True)
class PosterWish:
    """A poster that a step ``poster`` makes under the name ``image``: of the frame at ``time`` seconds, or of the
    picture that was sent and is called ``of``.
    """

    image: str
    time: float | None = None
    of: str | None = None


@dataclass(frozen=True)
class PictureWish:
    """A picture that a step ``thumbnail`` makes: the frame at ``time`` seconds, or another shape of the image called
    ``of``. ``image`` is its own name. Without a ``height`` that follows from the width.
    """

    image: str
    width: int
    height: int | None = None
    fit: Fit = "preserve"
    format: ImageFormat = "jpg"
    time: float | None = None
    of: str | None = None


LARGEST_SIDE: Final = 10_000
"""Tiles in a row or a column of a sheet, pixels of a tile's side."""


@dataclass(frozen=True)
class TileGrid:
    """A sheet of ``count`` tiles in rows; one tile stands for ``seconds`` of the version. Sizes in pixels."""

    columns: int
    rows: int
    tile_width: int
    tile_height: int
    seconds: float
    count: int

    def __post_init__(self) -> None:
        sides = (self.columns, self.rows, self.tile_width, self.tile_height)
        if not all(0 < side <= LARGEST_SIDE for side in sides):
            raise ValueError("a sheet of no size, or of too many or too large tiles")
        if not (0 < self.count <= self.columns * self.rows and 0 < self.seconds < math.inf):
            raise ValueError("more tiles than the sheet has, or of no length")


_wishes: Final = TypeAdapter(PictureWish)
_grids: Final = TypeAdapter(TileGrid)
_posters: Final = TypeAdapter(PosterWish)


def poster_to_json(wish: PosterWish) -> dict[str, Any]:
    """Return the parameters of the step that fulfils it."""
    return asdict(wish)


def poster_from_json(params: Mapping[str, Any]) -> PosterWish:
    """Return the inverse of ``poster_to_json``. Raises ``ValueError``."""
    return _posters.validate_python(dict(params))


def wish_to_json(wish: PictureWish) -> dict[str, Any]:
    """Return the parameters of the step that fulfils it."""
    shape = {
        "image": wish.image,
        "width": wish.width,
        "height": wish.height,
        "fit": wish.fit,
        "format": wish.format,
    }
    return shape | ({"time": wish.time} if wish.of is None else {"of": wish.of})


def wish_from_json(params: Mapping[str, Any]) -> PictureWish:
    """Return the inverse of ``wish_to_json``. Raises ``ValueError``."""
    return _wishes.validate_python(dict(params))


def grid_to_json(grid: TileGrid) -> dict[str, Any]:
    """Return the details of the image that is the sheet."""
    return asdict(grid)


def grid_from_json(details: Mapping[str, Any]) -> TileGrid:
    """Return the inverse of ``grid_to_json``. Raises ``ValueError``."""
    return _grids.validate_python(dict(details))
