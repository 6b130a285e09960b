"""The door for Lottie animations, which are drawn first."""

from __future__ import annotations

from dataclasses import replace

from workers import rlottie
from workers.context import StepContext
from workers.inspection.animation import describe, list_pictures
from workers.inspection.inspected import Inspected
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
    rlottie.draw(source, drawing, means, output, cancelled)
    stored = context.store_output(OUTPUT, "image/apng")
    pictures = list_pictures(context, stored.key, DRAWN_AS)
    background = context.version.background
    drawn = describe(DRAWN_AS, pictures, loop=found.loop, background=background, drawn_at=drawing.rate)
    return replace(drawn, stand_in_key=stored.key)
