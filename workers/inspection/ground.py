"""What is transparent gets a ground on which the rest is seen, and nothing becomes a blank lesson without a word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from workers.blame import forgiving_tools
from workers.context import StepContext
from workers.inspection.inspected import Inspected
from workers.media import OpenSource
from workers.plan.commands import reading
from workers.plan.decisions.ground import choose_ground, shows_something
from workers.plan.source.limits import MAX_ANIMATION_FRAMES
from workers.plan.source.probe import VideoStream

LOOK_SECONDS: Final = 120.0
FIRST_PICTURES: Final = 24
"""An animation in which something is seen shows it here, most often, and the rest need not be decoded."""

PLACES: Final = 12
PLACE_PICTURES: Final = 4
"""Of a film, which may be hours long, some places are looked at."""


def choose_ground_of(context: StepContext, found: Inspected) -> Inspected:
    """Return the same source with the ground that its transparent parts get, and what its author should know of it."""
    video = found.media.video
    if video is None or not video.has_alpha:
        return found
    key = found.stand_in_key or context.source_key
    with context.tools.source(context.reader, key, context.outputs) as source:
        ground = choose_ground(found.background, _Look(source, found, video).is_seen_on)
    media = replace(found.media, notices=(*found.media.notices, *ground.notices))
    return replace(found, media=media, background=ground.colour)


@dataclass(frozen=True)
class _Look:
    """At the pictures of a source, which may be transparent."""

    source: OpenSource
    found: Inspected
    video: VideoStream

    def is_seen_on(self, ground: int) -> bool:
        """Return whether anything is seen on a ground (0xRRGGBB)."""
        if self.found.media.animated_image:
            stretches = (FIRST_PICTURES, MAX_ANIMATION_FRAMES)
            return any(self._shows_something(ground, [0.0], most) for most in stretches)
        starts = [self.found.picture_end * number / PLACES for number in range(PLACES)]
        return self._shows_something(ground, starts, PLACE_PICTURES)

    def _shows_something(self, ground: int, starts: Sequence[float], most: int) -> bool:
        names = [reading.PIECE.format(number) for number in range(len(starts))]
        for name in names:
            self.source.outputs.remove(name)
        media = self.found.media
        with forgiving_tools():
            arguments = reading.measure_on_ground(
                self.source.input,
                media.container if media.animated_image else None,
                self.video,
                starts=starts,
                most=most,
                ground=ground,
                premultiplied=bool(media.animation and media.animation.premultiplied),
            )
            self.source.ffmpeg(arguments, seconds=LOOK_SECONDS)
        written = (self.source.outputs.find(name) for name in names)
        return shows_something("".join(text.decode(errors="replace") for text in written if text))
