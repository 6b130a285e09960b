"""Options of a picture that somebody wants: width, height, how it fits, format; snapped to what is made. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, get_args

from media_service.problems import wrong_value
from storage.catalogue.pictures import Fit, ImageFormat

STEP: Final = 16
"""Pixels between widths, and heights, that are made: so that nobody has a picture made for each pixel."""

DEFAULT_WIDTH: Final = 640
FITS: Final[Mapping[str, Fit]] = {fit: fit for fit in get_args(Fit)}
FORMATS: Final[tuple[ImageFormat, ...]] = get_args(ImageFormat)


@dataclass(frozen=True)
class ImageOptions:
    """``width`` and ``height`` in pixels. The picture lies in it whole, with bars (pad), or fills it and loses its
    edges (crop); where its own proportions are kept (preserve) ``height`` follows and is None."""

    width: int
    height: int | None = None
    fit: Fit = "preserve"
    format: ImageFormat = "jpg"

    @property
    def name(self) -> str:
        """The part of an image's name that stands for them."""
        box = f"{self.width}" if self.height is None else f"{self.width}x{self.height}-{self.fit}"
        return box if self.format == "jpg" else f"{box}-{self.format}"


def choose_options(
    size: tuple[int, int],
    width: str | None,
    height: str | None,
    fit: str | None,
    image_format: ImageFormat,
    *,
    default_width: int = DEFAULT_WIDTH,
) -> ImageOptions:
    """Snap a wish to what is made of a picture of ``size``: multiples of ``STEP``, or the picture's own sides, which
    are the most. Raises ``invalid_request``.
    """
    chosen = FITS.get(fit or "preserve")
    if chosen is None:
        raise wrong_value(f"fit must be one of {', '.join(FITS)}.", parameter="fit")
    wanted = [number_of("width", width), number_of("height", height)]
    if chosen == "preserve":
        # With both given, the largest picture that lies within.
        by_height = [wanted[1] * size[0] / size[1]] if wanted[1] is not None else []
        widths = ([wanted[0]] if wanted[0] is not None else []) + by_height
        return ImageOptions(_snapped(min(widths, default=default_width), size[0]), format=image_format)
    if wanted[0] is None or wanted[1] is None:
        raise wrong_value(f"{chosen} needs width and height.", parameter="fit")
    return ImageOptions(_snapped(wanted[0], size[0]), _snapped(wanted[1], size[1]), chosen, image_format)


def number_of(name: str, value: str | None) -> float | None:
    """Return a number of a query. Raises ``invalid_request``."""
    if value is None:
        return None
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise wrong_value(f"{name} must be a number.", parameter=name)
    return number


def _snapped(wanted: float, most: int) -> int:
    return min(most, math.ceil(min(max(wanted, 1.0), most) / STEP) * STEP)
