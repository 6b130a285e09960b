"""The hallway of the inspection: every source goes to the door of its kind, and what comes back is planned."""

from __future__ import annotations

from dataclasses import dataclass

from workers.context import StepContext
from workers.inspection.animated_image import inspect_animated_image
from workers.inspection.flash import inspect_flash
from workers.inspection.ground import choose_ground_of
from workers.inspection.html_package import inspect_html_package
from workers.inspection.inspected import Inspected
from workers.inspection.lottie import inspect_lottie
from workers.inspection.video_file import inspect_video_file
from workers.plan.decisions.planning import make_plan
from workers.plan.model.plan import Plan
from workers.plan.source.kinds import (
    PAGE_BYTES,
    AnimatedImage,
    FlashMovie,
    HtmlPackage,
    Kind,
    LottieFile,
    VideoFile,
    bytes_wanted,
    kind_of,
    may_hold_page,
)
from workers.plan.source.sniff import SNIFF_BYTES
from workers.retries import with_retries


@dataclass(frozen=True)
class Examined:
    """What a source is, and what becomes of it."""

    source: Inspected
    plan: Plan


def examine(context: StepContext, *, by_browser: bool = False) -> Examined:
    """Inspect the source and plan what it becomes. Raises ``MediaFailure`` if it cannot become a stream, and
    ``LeftToBrowser`` if it has to be examined ``by_browser``."""
    return examine_kind(context, recognize(context), by_browser=by_browser)


def recognize(context: StepContext) -> Kind:
    """Return the kind of the source by its first bytes. Raises ``MediaFailure`` if it cannot become a stream."""
    head = _first_bytes(context, SNIFF_BYTES) if context.version.source_size else b""
    wanted = bytes_wanted(head)
    tail = _last_bytes(context, PAGE_BYTES) if may_hold_page(head) else b""
    return kind_of(_first_bytes(context, wanted) if wanted > len(head) == SNIFF_BYTES else head, tail)


def examine_kind(context: StepContext, kind: Kind, *, by_browser: bool = False) -> Examined:
    """As ``examine``, of a source that was recognized."""
    source = choose_ground_of(context, _inspect(context, kind, by_browser=by_browser))
    plan = make_plan(
        source.media,
        source.duration,
        source.picture_end,
        context.ladder,
        findings=source.findings,
        background=source.background,
        samples=source.samples,
    )
    return Examined(source, plan)


def _inspect(context: StepContext, kind: Kind, *, by_browser: bool) -> Inspected:
    match kind:
        case VideoFile(head):
            return inspect_video_file(context, head)
        case AnimatedImage(header):
            return inspect_animated_image(context, header)
        case LottieFile(head):
            return inspect_lottie(context, head, by_browser=by_browser)
        case FlashMovie():
            return inspect_flash(context, by_browser=by_browser)
        case HtmlPackage():
            return inspect_html_package(context, by_browser=by_browser)


def _last_bytes(context: StepContext, length: int) -> bytes:
    start = max(0, (context.version.source_size or 0) - length)
    return with_retries(lambda: context.objects.get(context.source_key, start, length))


def _first_bytes(context: StepContext, length: int) -> bytes:
    return with_retries(lambda: context.objects.get(context.source_key, 0, length))
