"""The door for Lottie animations, which are drawn first: by rlottie what it draws, by a browser what it does not."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from configs.words import NoticeCode
from storage.catalogue.facts import Notice
from workers import browser, rlottie
from workers.context import StepContext
from workers.ffmpeg import ToolMissing
from workers.inspection.animation import describe, list_pictures
from workers.inspection.inspected import Inspected, LeftToBrowser
from workers.plan.failure import MediaFailure
from workers.plan.source.lottie import Drawing, Lottie, check_size, plan_drawing
from workers.programs import draw_lottie, draw_page
from workers.retries import with_retries
from workers.rlottie import Drawn

log = logging.getLogger(__name__)

DRAWN_AS = "apng"


@dataclass(frozen=True)
class _Artist:
    """Who draws: ``output`` is what is written, ``missing`` what is left out."""

    draw: Callable[[Path, Drawing], Drawn]
    output: str
    missing: tuple[NoticeCode, ...]
    premultiplied: bool


def inspect_lottie(context: StepContext, head: bytes, *, by_browser: bool) -> Inspected:
    """Draw a Lottie animation, and inspect the drawing, which stands in for it. Raises ``MediaFailure``, and
    ``LeftToBrowser`` of one that is better drawn ``by_browser``."""
    check_size(head, context.version.source_size or 0)
    source = context.folder / "source"
    source.write_bytes(with_retries(lambda: context.objects.get(context.source_key)))
    means, cancelled = context.tools.means, context.tools.cancelled.is_set
    found = rlottie.look(source, means, context.outputs.folder, cancelled)
    if found.wants_browser and not by_browser:
        raise LeftToBrowser
    drawing = plan_drawing(found)
    artist = _artist(context, found)
    drawn = artist.draw(source, drawing)
    if drawn.transparent or (drawn.plain and artist.missing):
        _refuse_blank(found, artist)
    stored = context.store_output(artist.output, "image/apng")
    described = describe(
        DRAWN_AS,
        list_pictures(context, stored.key, DRAWN_AS),
        loop=found.loop,
        background=context.version.background,
        drawn_at=drawing.rate,
        premultiplied=artist.premultiplied,
        notices=tuple(map(Notice, artist.missing)),
    )
    return replace(described, stand_in_key=stored.key)


def _artist(context: StepContext, found: Lottie) -> _Artist:
    """Return a browser where it draws more; rlottie where it does not, which is cheaper, and where there is none."""
    means, cancelled, folder = context.tools.means, context.tools.cancelled.is_set, context.outputs.folder
    if found.wants_browser:
        try:
            program = browser.find_browser(context.settings, means)
        except ToolMissing as error:
            log.warning("a Lottie animation is drawn without a browser: %s", error)
        else:
            easel = browser.Easel(program, means, folder, cancelled)
            return _Artist(
                partial(browser.draw_lottie, easel),
                draw_page.OUTPUT,
                found.missing_in_browser,
                premultiplied=False,
            )
    return _Artist(
        lambda source, drawing: rlottie.draw(source, drawing, means, folder, cancelled),
        draw_lottie.OUTPUT,
        found.missing,
        premultiplied=True,
    )


def _refuse_blank(found: Lottie, artist: _Artist) -> None:
    if artist.premultiplied and found.wants_browser:
        raise MediaFailure("browser_missing", f"rlottie leaves out: {', '.join(found.missing)}")
    raise MediaFailure("lottie_blank", f"left out: {', '.join(artist.missing) or 'nothing'}")
