"""What becomes of a Lottie animation: how large and how often it is drawn."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from fractions import Fraction
from math import ceil, sqrt
from typing import Any, Final

from configs.notices import NOTICES
from configs.words import NoticeCode
from workers.plan.failure import MediaFailure
from workers.plan.sizes import even
from workers.plan.source.limits import (
    MAX_ANIMATION_DECODED_PIXELS,
    MAX_ANIMATION_FRAMES,
    MAX_ANIMATION_PIXELS,
    check_animation_duration,
)
from workers.plan.timing import MAX_RATE, snapped

MAX_JSON_BYTES: Final = 5 * 1024 * 1024
MAX_ARCHIVE_BYTES: Final = 20 * 1024 * 1024

DRAWN_SIDE: Final = 1280
"""Longer side of the drawing in pixels, unless the composition is larger: a vector has no size of its own, and this
fills the HD rung and a player page on a screen with twice the density."""

EFFECTS: Final = "lottie_effects_left_out"
BY_BROWSER: Final[frozenset[NoticeCode]] = frozenset(
    {"lottie_text_left_out", "lottie_expressions_left_out", EFFECTS}
)
"""What rlottie leaves out, and a browser draws."""

_MEMBERS: Final = re.compile(rb"PK\x03\x04.{26}(?:manifest\.json|animations/|a/)", re.DOTALL)
"""Members of a dotLottie archive, by their local headers."""

_KEYS: Final = re.compile(rb'"(fr|ip|op|layers)"\s*:')


@dataclass(frozen=True)
class Lottie:
    """``width`` and ``height`` are the composition's, ``frames`` at ``rate`` frames per second. ``missing`` is what
    rlottie does not draw of it, and ``beyond_browsers`` whether some effects are among it that a browser does not draw
    either."""

    width: int
    height: int
    rate: Fraction
    frames: int
    loop: bool
    missing: tuple[NoticeCode, ...] = ()
    beyond_browsers: bool = False

    @property
    def wants_browser(self) -> bool:
        """Return whether a browser draws more of it than rlottie."""
        return any(code in BY_BROWSER for code in self.missing)

    @property
    def missing_in_browser(self) -> tuple[NoticeCode, ...]:
        """What is not drawn even by a browser."""
        left = {EFFECTS} if self.beyond_browsers else set()
        return tuple(code for code in self.missing if code not in BY_BROWSER - left)


@dataclass(frozen=True)
class Drawing:
    """Pictures to be drawn: every ``step``-th frame, each shown for ``delay`` (seconds, two whole numbers)."""

    width: int
    height: int
    frames: int
    step: int
    delay: tuple[int, int]

    def as_json(self) -> dict[str, Any]:
        """As the program takes it."""
        return asdict(self)

    @property
    def rate(self) -> Fraction:
        """Pictures per second."""
        return 1 / Fraction(*self.delay)


def may_be_lottie(head: bytes) -> bool:
    """Return whether ``head`` begins what may be a Lottie file: JSON with a composition's keys, or an archive."""
    if head.startswith(b"PK\x03\x04"):
        return bool(_MEMBERS.search(head))
    return head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{") and bool(_KEYS.search(head))


def check_size(head: bytes, size: int) -> None:
    """Refuse a file that is too large to be looked at. Raises ``MediaFailure``."""
    if size > (MAX_ARCHIVE_BYTES if head.startswith(b"PK") else MAX_JSON_BYTES):
        raise MediaFailure("lottie_too_large", f"{size} bytes")


def parse_facts(facts: dict[str, Any]) -> Lottie:
    """Check what the program found, and return it. Raises ``MediaFailure``."""
    rate = snapped(Fraction(str(float(facts["rate"]))))
    if rate <= 0:
        raise MediaFailure("lottie_invalid", "no frame rate")
    lottie = Lottie(
        width=round(facts["width"]),
        height=round(facts["height"]),
        rate=rate,
        frames=ceil(facts["frames"] - 1e-6),
        loop=bool(facts["loop"]),
        # The program read a stranger's file: its word counts as far as it is one of ours.
        missing=tuple(code for code in NOTICES if code in facts.get("missing", ())),
        beyond_browsers=bool(facts.get("beyond_browsers")),
    )
    if min(lottie.width, lottie.height, lottie.frames) < 1:
        raise MediaFailure("lottie_invalid", "the composition has no size or no frames")
    if lottie.width * lottie.height > MAX_ANIMATION_PIXELS:
        raise MediaFailure("animation_too_large", f"{lottie.width}x{lottie.height}")
    check_animation_duration(float(lottie.frames / lottie.rate))
    return lottie


def plan_drawing(lottie: Lottie) -> Drawing:
    """At ``DRAWN_SIDE`` or its own size, smaller where so many pictures would be too much. Raises ``MediaFailure``."""
    step = ceil(lottie.rate / MAX_RATE)
    rate = lottie.rate / step
    frames = ceil(lottie.frames / step)
    if frames > MAX_ANIMATION_FRAMES:
        raise MediaFailure("too_many_frames", f"{frames} frames")
    share = max(1.0, DRAWN_SIDE / max(lottie.width, lottie.height))
    pixels = lottie.width * lottie.height * share**2 * frames
    if pixels > MAX_ANIMATION_DECODED_PIXELS:
        share *= sqrt(MAX_ANIMATION_DECODED_PIXELS / pixels) * 0.99
    return Drawing(
        width=even(lottie.width * share),
        height=even(lottie.height * share),
        frames=frames,
        step=step,
        delay=(rate.denominator, rate.numerator),
    )
