"""The door for Lottie animations, which are drawn first."""

from __future__ import annotations

from dataclasses import replace

from storage.catalogue.facts import Notice
from workers import rlottie
from workers.context import StepContext
from workers.inspection.animation import describe, list_pictures
from workers.inspection.inspected import Inspected
from workers.plan.failure import MediaFailure
from workers.plan.source.lottie import check_size, plan_drawing
from workers.programs.draw_lottie import OUTPUT
from workers.retries import with_retries

DRAWN_AS = "apng"


def inspect_lottie(context: StepContext, head: bytes) -> Inspected:
    """Draw a Lottie animation, and inspect the drawing, which stands in for it. Raises ``MediaFailure``."""
    check_size(head, context.version.source_size or 0)
    source = context.folder / "source"
    source.write_bytes(with_retries(lambda: context.objects.get(context.source_key)))
    output = context.outputs.folder
    means, cancelled = context.tools.means, context.tools.cancelled.is_set
    found = rlottie.look(source, means, output, cancelled)
    drawing = plan_drawing(found)
    drawn = rlottie.draw(source, drawing, means, output, cancelled)
    if drawn.transparent or (drawn.plain and found.missing):
        raise MediaFailure("lottie_blank", f"left out: {', '.join(found.missing) or 'nothing'}")
    stored = context.store_output(OUTPUT, "image/apng")
    pictures = list_pictures(context, stored.key, DRAWN_AS)
    background = context.version.background
    described = describe(
        DRAWN_AS,
        pictures,
        loop=found.loop,
        background=background,
        drawn_at=drawing.rate,
        notices=tuple(map(Notice, found.missing)),
    )
    return replace(described, stand_in_key=stored.key)
