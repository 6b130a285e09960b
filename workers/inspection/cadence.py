"""Looking at some pictures of a source whose header is not believed."""

from __future__ import annotations

from workers.blame import forgiving_tools
from workers.media import OpenSource
from workers.plan.commands import reading
from workers.plan.source import cadence
from workers.plan.source.cadence import Findings
from workers.plan.source.probe import MediaInfo

LOOK_SECONDS = 40.0


def look_at_pictures(source: OpenSource, media: MediaInfo, duration: float) -> Findings:
    """Look at some pictures of a suspect; what cannot be looked at is taken for what its header says."""
    video = media.video
    fields, doubled = cadence.suspect_fields(media), cadence.suspect_doubled(media)
    if video is None or not (fields or doubled):
        return Findings()
    starts = sorted({round(share * duration, 3) for share in cadence.PIECES})
    with forgiving_tools():
        arguments = reading.look_at_pictures(source.input, video.index, starts, fields=fields)
        source.ffmpeg(arguments, seconds=LOOK_SECONDS)
    written = [source.outputs.find(reading.PIECE.format(number)) for number in range(len(starts))]
    texts = [text.decode(errors="replace") for text in written if text is not None]
    if fields:
        return Findings(fields=cadence.decide_fields(video, map(cadence.parse_fields, texts)))
    return Findings(doubled=cadence.decide_doubled(map(cadence.parse_pictures, texts)))
