"""Colours that an organization chooses: whether what is written in them can be read (WCAG 2.2, 1.4.3), and what follows
from them. Pure."""

from __future__ import annotations

import re
from typing import Final

PATTERN: Final = "#[0-9a-fA-F]{6}"

LEAST_CONTRAST: Final = 4.5

GROUNDS_LIGHT: Final = ("#ffffff", "#f5f6f8")
GROUNDS_DARK: Final = ("#0e1218", "#171c26")
"""Panels and pages of the look (``player_embed/look``), on which links stand in the accent."""

ON_LIGHT: Final = "#ffffff"
ON_DARK: Final = "#06121f"
"""What is written on the accent."""

_TINT_LIGHT: Final = 0.08
_TINT_DARK: Final = 0.14
_MOST_LIGHTER: Final = 50


class ContrastTooLow(ValueError):
    """Tells the ratio, and what it is between."""


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, from 1 to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def require_readable(accent: str, *, dark: bool) -> None:
    """Refuse an accent in which links, or on which words, could not be read. Raises ``ContrastTooLow``."""
    grounds, written = (GROUNDS_DARK, ON_DARK) if dark else (GROUNDS_LIGHT, ON_LIGHT)
    for ground in (*grounds, tint(accent, dark=dark), written):
        ratio = contrast(accent, ground)
        if ratio < LEAST_CONTRAST:
            raise ContrastTooLow(
                f"{accent} has a contrast of {ratio:.2f}:1 to {ground}; {LEAST_CONTRAST}:1 is needed"
            )


def tint(accent: str, *, dark: bool) -> str:
    """The ground of what is chosen: the panel with a little of the accent."""
    ground, share = (GROUNDS_DARK[1], _TINT_DARK) if dark else (GROUNDS_LIGHT[0], _TINT_LIGHT)
    return mix(ground, accent, share)


def for_dark(accent: str) -> str:
    """The accent for dark grounds: as much lighter as it has to be."""
    for step in range(_MOST_LIGHTER + 1):
        lighter = mix(accent, "#ffffff", step / _MOST_LIGHTER)
        try:
            require_readable(lighter, dark=True)
        except ContrastTooLow:
            continue
        return lighter
    return "#ffffff"


def ink_on(ground: str) -> str:
    """Black or white, whichever is read better; one of them always reaches 4.5."""
    return max("#000000", "#ffffff", key=lambda ink: contrast(ink, ground))


def mix(one: str, other: str, share: float) -> str:
    """A colour with so much of another in it."""
    pairs = zip(_channels(one), _channels(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def style(accent: str | None, accent_dark: str | None, header: str | None) -> str:
    """The rules that bring chosen colours onto a page; an empty text if there are none. Values are checked ones."""
    rules = []
    if header is not None:
        ink = ink_on(header)
        rules.append(f":root{{--header:{header};--on-header:{ink}}}")
    if accent is not None:
        dark = accent_dark or for_dark(accent)
        rules.append(f":root{{{_properties(accent, dark=False)}}}")
        rules.append(f"@media (prefers-color-scheme:dark){{:root{{{_properties(dark, dark=True)}}}}}")
    return "".join(rules)


def _properties(accent: str, *, dark: bool) -> str:
    strong = mix(accent, "#ffffff" if dark else "#000000", 0.2)
    return (
        f"--accent:{accent};--accent-strong:{strong};--accent-ground:{tint(accent, dark=dark)};"
        f"--on-accent:{ON_DARK if dark else ON_LIGHT}"
    )


def _channels(colour: str) -> tuple[int, int, int]:
    if re.fullmatch(PATTERN, colour) is None:
        raise ValueError(f"{colour!r} is not a colour such as #1c5fd0")
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(channel / 255) for channel in _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(value: float) -> float:
    return float(value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4)
