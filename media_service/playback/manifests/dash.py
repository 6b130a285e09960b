"""Manifests of MPEG-DASH (ISO/IEC 23009-1): the same byte ranges as the playlists, as one document. No input or output.

A ``SegmentList`` names every segment by object and byte range, because a rendition lies in several objects and no
index of it is stored. The list is complete, so only what has ended is described. As in playlists, child URIs have
``presentation.FOLDER`` and ``SUFFIX``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from itertools import accumulate, groupby, pairwise
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from media_service.playback.manifests.presentation import (
    FOLDER,
    SUFFIX,
    CaptionTrack,
    ChunkRanges,
    Presentation,
    Variant,
    contiguous,
)
from media_service.playback.manifests.storyboard import Sheet

TIMESCALE = 90_000
"""Units in a second: in it a frame of AAC at 48 kHz and of all usual rates of pictures is a whole number."""

PROFILE = "urn:mpeg:dash:profile:isoff-main:2011"
THUMBNAIL_TILE = "http://dashif.org/guidelines/thumbnail_tile"
"""DASH-IF Interoperability Points, section 6.2.6: pictures side by side in one."""

_ROLE = "urn:mpeg:dash:role:2011"
_PURPOSE = "urn:tva:metadata:cs:AudioPurposeCS:2007"
_FOR_VISUALLY_IMPAIRED = "1"
"""Of the purposes of sounds by TV-Anytime (ETSI TS 102 822-3-1): audio description."""

_CHANNELS = "urn:mpeg:mpegB:cicp:ChannelConfiguration"
_CAPTION_BANDWIDTH = 256
"""Bit/s; a representation must name one."""

_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What cannot stand in XML 1.0, section 2.2, however it is written."""


def manifest(
    presentation: Presentation,
    chunks: Mapping[str, Sequence[ChunkRanges]],
    storyboard: Sheet | None = None,
) -> str:
    """Return the manifest of a presentation that has ended; ``chunks`` by the name of their variant.

    URIs are relative to the manifest's own. Of codecs each family is a set of its own, so that a player chooses one.
    """
    root = Element(
        "MPD",
        {
            "xmlns": "urn:mpeg:dash:schema:mpd:2011",
            "profiles": PROFILE,
            "type": "static",
            # For how long of media a connection of a representation's bandwidth has to be ahead: one segment.
            "minBufferTime": _seconds(presentation.target_duration),
            "mediaPresentationDuration": _seconds(presentation.duration),
        },
    )
    period = SubElement(root, "Period", {"id": "0", "start": "PT0S"})
    for variants in _sets(presentation):
        first = variants[0]
        added = SubElement(
            period,
            "AdaptationSet",
            {
                "contentType": first.kind,
                "mimeType": f"{first.kind}/mp4",
                "segmentAlignment": "true",
                "startWithSAP": "1",
                **({"lang": first.language} if first.language and first.kind == "audio" else {}),
            },
        )
        if first.kind == "audio":
            _describe_sound(added, first, main=first is _main_sound(presentation))
        for variant in variants:
            _representation(added, presentation, variant, contiguous(chunks.get(variant.name, ())))
    for track in presentation.captions:
        _captions(period, presentation, track)
    if storyboard is not None:
        _thumbnails(period, presentation, storyboard)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _sets(presentation: Presentation) -> list[list[Variant]]:
    """Variants that a player may switch between: pictures of one family of codecs, and sounds of one language.

    Sounds beside a picture are languages or commentaries, each for itself; without one they are qualities.
    """
    begun = [variant for variant in presentation.variants if variant.codecs and variant.reach > 0]
    pictures = sorted((each for each in begun if each.kind == "video"), key=_family)
    sets = [list(group) for _, group in groupby(pictures, key=_family)]
    sets.sort(key=lambda variants: _family(variants[0]) != "avc1")  # what plays everywhere stands first
    sounds = [variant for variant in begun if variant.kind == "audio"]
    return sets + ([[sound] for sound in sounds] if sets else [sounds] if sounds else [])


def _family(variant: Variant) -> str:
    return (variant.codecs or "").partition(".")[0]


def _main_sound(presentation: Presentation) -> Variant | None:
    return next((variant for variant in presentation.variants if variant.kind == "audio"), None)


def _describe_sound(added: Element, sound: Variant, *, main: bool) -> None:
    SubElement(added, "AudioChannelConfiguration", _scheme(_CHANNELS, str(sound.channels or 2)))
    if sound.described:
        SubElement(added, "Accessibility", _scheme(_PURPOSE, _FOR_VISUALLY_IMPAIRED))
    SubElement(added, "Role", _scheme(_ROLE, "main" if main else "alternate"))
    if sound.label:
        SubElement(added, "Label").text = _NO_XML.sub(" ", sound.label)


def _representation(
    added: Element, presentation: Presentation, variant: Variant, chunks: Sequence[ChunkRanges]
) -> None:
    attributes = {
        "id": variant.name,
        "bandwidth": str(variant.bandwidth),
        "codecs": variant.codecs or "",
    }
    if variant.kind == "video":
        rate = Fraction(variant.frame_rate or 0).limit_denominator(1001)
        attributes |= {
            "width": str(variant.width),
            "height": str(variant.height),
            "frameRate": f"{rate.numerator}/{rate.denominator}" if rate.denominator > 1 else str(rate),
            "sar": "1:1",
        }
    else:
        attributes["audioSamplingRate"] = "48000"
    representation = SubElement(added, "Representation", attributes)
    SubElement(representation, "BaseURL").text = f"{FOLDER}{presentation.version_id}/{variant.name}/"
    segments = SubElement(representation, "SegmentList", {"timescale": str(TIMESCALE)})
    initialization = {"sourceURL": f"0.mp4{SUFFIX}", "range": _range(0, chunks[0].init_length)}
    SubElement(segments, "Initialization", initialization)
    _timeline(segments, [segment.duration for chunk in chunks for segment in chunk.segments])
    for chunk in chunks:
        for segment in chunk.segments:
            where = {
                "media": f"{chunk.number}.mp4{SUFFIX}",
                "mediaRange": _range(segment.offset, segment.length),
            }
            SubElement(segments, "SegmentURL", where)


def _timeline(segments: Element, durations: Iterable[float]) -> None:
    """How long each segment is; ends are rounded and not lengths, so that errors do not add up.

    Each stands for itself: ``@r`` within a ``SegmentList`` is misread by dash.js, which plays the first segments alone
    (its issue 5133), and by GStreamer's dashdemux, which repeats the first one without end.
    """
    timeline = SubElement(segments, "SegmentTimeline")
    ends = [round(end * TIMESCALE) for end in accumulate(durations, initial=0.0)]
    for start, end in pairwise(ends):
        SubElement(timeline, "S", {"t": str(start), "d": str(end - start)})


def _captions(period: Element, presentation: Presentation, track: CaptionTrack) -> None:
    added = SubElement(
        period, "AdaptationSet", {"contentType": "text", "mimeType": "text/vtt", "lang": track.language}
    )
    SubElement(added, "Role", _scheme(_ROLE, "subtitle"))
    SubElement(added, "Label").text = _NO_XML.sub(" ", track.label)
    representation = SubElement(
        added, "Representation", {"id": f"captions-{track.id}", "bandwidth": str(_CAPTION_BANDWIDTH)}
    )
    address = f"{FOLDER}{presentation.version_id}/tracks/{track.id}.vtt{SUFFIX}"
    SubElement(representation, "BaseURL").text = address


def _thumbnails(period: Element, presentation: Presentation, sheet: Sheet) -> None:
    added = SubElement(period, "AdaptationSet", {"contentType": "image", "mimeType": "image/jpeg"})
    seconds = sheet.columns * sheet.rows * sheet.seconds
    template = {
        "media": f"{FOLDER}{presentation.version_id}/storyboard.jpg{SUFFIX}",
        "timescale": str(TIMESCALE),
        "duration": str(round(seconds * TIMESCALE)),
        "startNumber": "1",
    }
    SubElement(added, "SegmentTemplate", template)
    representation = SubElement(
        added,
        "Representation",
        {
            "id": "storyboard",
            "bandwidth": str(max(1, round(8 * sheet.size / seconds))),
            "width": str(sheet.columns * sheet.tile_width),
            "height": str(sheet.rows * sheet.tile_height),
        },
    )
    SubElement(representation, "EssentialProperty", _scheme(THUMBNAIL_TILE, f"{sheet.columns}x{sheet.rows}"))


def _scheme(uri: str, value: str) -> dict[str, str]:
    return {"schemeIdUri": uri, "value": value}


def _range(offset: int, length: int) -> str:
    """First and last byte (RFC 9110, section 14.1.2)."""
    return f"{offset}-{offset + length - 1}"


def _seconds(seconds: float) -> str:
    """Return an xs:duration."""
    return f"PT{seconds:.3f}S"
