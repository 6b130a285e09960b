"""Take the sound that a model hears out of a rendition, a stretch at a time."""

from __future__ import annotations

from typing import Final

import ffmpeg

from workers.plan.commands.lines import Input, compiled
from workers.plan.decisions.speech import SAMPLE_RATE, STRETCH

SOUND: Final = "sound.s16"


def stretch_of_sound(source: Input, skipped: int) -> list[str]:
    """Write at most ``STRETCH`` samples into ``SOUND``, without the first ``skipped`` of the source."""
    sound = (
        ffmpeg.input(source.address, **source.guards)["a:0"]
        .filter("aformat", sample_fmts="s16", sample_rates=SAMPLE_RATE, channel_layouts="mono")
        # Counted from the first sample, whatever time the source gives it.
        .filter("asetpts", "N/SR/TB")
        .filter("atrim", start_sample=skipped, end_sample=skipped + STRETCH)
    )
    return compiled(ffmpeg.output(sound, SOUND, format="s16le"))
