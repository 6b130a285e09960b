"""FFmpeg's readers (demuxers) where its own choice of one, or of their options, would not do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

_GIF_TIMES = r"setts=ts=if(N\,PREV_OUTPTS+PREV_OUTDURATION\,0):duration=if(lte(DURATION\,1)\,10\,DURATION)"
"""Each picture after those before it, in hundredths of a second. FFmpeg 9 has ``min_delay`` for GIF and ignores it."""

OPTIONS: Final[Mapping[str, Mapping[str, int | str]]] = {
    # Too short delays of animated images get 100 ms, as in every browser.
    "gif": {"bsf:v": _GIF_TIMES},
    "apng": {"max_fps": 90, "default_fps": 10},
    "webp_anim": {"min_delay": 11, "default_delay": 100},
    "jpegxl_anim": {},
    "live_flv": {},
    "mov": {},
    # A link of a chain begins with a packet that is dated by the link before. No stream of Ogg pauses.
    "ogg": {"dts_delta_threshold": 1},
}

MENDING: Final[Mapping[str, str]] = {"flv": "live_flv", "ogg": "ogg"}
"""By container, the reader for sources whose time starts again or leaps; others mend that by themselves."""


def reader_options(reader: str | None) -> dict[str, Any]:
    """Input options for a reader; none where ffmpeg chooses."""
    return {"f": reader, **OPTIONS[reader]} if reader else {}
