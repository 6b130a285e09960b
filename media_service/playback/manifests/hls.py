"""Playlists (RFC 8216bis): what the catalogue knows in, text out. No input or output besides.

Media playlists are rendered with the ``m3u8`` package. The multivariant playlist is written here, because
``m3u8`` 6.0.0 would write ``FRAME-RATE=30`` where three decimals are asked for, and drops every attribute that
it does not know when it reads one of ours again.

Child URIs have ``presentation.FOLDER`` and ``SUFFIX``, so a playlist is rendered once for any number of viewers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import lru_cache

import m3u8

from media_service.playback.manifests.presentation import (
    FOLDER,
    SUFFIX,
    CaptionTrack,
    ChunkRanges,
    Presentation,
    Variant,
    contiguous,
)

VERSION = 6
"""``EXT-X-MAP`` in a playlist of whole segments asks for 6 (RFC 8216bis, section 8); nothing here for more."""

FIRST_VARIANT_BANDWIDTH = 2_000_000
"""Bit/s of the variant that is listed first, at most: where players start that do not measure before.

Apple's authoring specification names the 2000 kbit/s variant as the default for Wi-Fi.
"""

_AUDIO_GROUP = "audio"
_CAPTION_GROUP = "captions"


def target_duration(*planned_seconds: float) -> int:
    """Target duration of all playlists of a version, from the *planned* segment lengths in seconds.

    It is taken from the plan because it must never change while a playlist grows, and must be the same in all
    renditions (RFC 8216bis, sections 6.2.1 and 6.2.4): each segment, rounded, is at most this long.
    """
    return max(1, *(int(seconds + 0.5) for seconds in planned_seconds))


def is_playable(presentation: Presentation) -> bool:
    """Return whether the lowest picture and every language (if planned) have begun, and so a player can start."""
    return bool(_offered(presentation)) and all(sound.reach > 0 for sound in _languages(presentation))


def has_reached(presentation: Presentation, seconds: float) -> bool:
    """Return whether a player can begin there: the lowest picture and every language go further."""
    return all(variant.reach > seconds for variant in (*presentation.variants[:1], *_languages(presentation)))


def multivariant(presentation: Presentation) -> str:
    """Return the multivariant playlist. Its URIs are relative to its own.

    While the version grows, the lowest rung is always offered and another one only once it reaches as far, so
    that a player that switches up never finds less than it has. First stands the best variant of at most
    ``FIRST_VARIANT_BANDWIDTH``, then the others from the best down.
    """
    audio = _languages(presentation)
    captions = presentation.captions if presentation.ended else ()
    lines = ["#EXTM3U", f"#EXT-X-VERSION:{VERSION}", "#EXT-X-INDEPENDENT-SEGMENTS"]
    lines += [
        _audio_media(presentation, variant, name, first=variant is audio[0])
        for variant, name in zip(audio, _distinct_names(audio), strict=True)
    ]
    labels = Counter(track.label for track in captions)
    lines += [_caption_media(presentation, track, alone=labels[track.label] == 1) for track in captions]
    for variant in _start_first(_offered(presentation), audio):
        lines += _stream_inf(presentation, variant, audio, with_captions=bool(captions))
    return "\n".join(lines) + "\n"


def media(
    presentation: Presentation,
    address: Callable[[int], str],
    chunks: Sequence[ChunkRanges],
    planned: int | None = None,
    within: Callable[[float, float], bool] | None = None,
) -> str:
    """The media playlist of one rendition: byte ranges of chunk objects, whose URI ``address`` makes of their number.

    An EVENT playlist while the version grows, a VOD playlist once it has ended. It has its end as soon as it
    holds all ``planned`` chunks, whatever its version still waits for: otherwise a viewer who got there would wait too.
    It holds only segments for whose start and end ``within`` is true; empty if there are none.
    """
    playable = contiguous(chunks)
    has_ended = presentation.ended or len(playable) == planned
    at = 0.0
    lines: list[str] = []
    for chunk in playable:
        uri = address(chunk.number)
        if within is None:
            lines += [
                f"{_extinf(duration)}{size}@{offset}\n{uri}\n" for duration, offset, size in chunk.segments
            ]
            continue
        for duration, offset, length in chunk.segments:
            begin, at = at, at + duration
            if not within(begin, at):
                # What comes after a segment that was held back is held back too.
                has_ended = has_ended or bool(lines)
                continue
            lines.append(f"{_extinf(duration)}{length}@{offset}\n{uri}\n")
    if not lines:
        return ""
    head = _head(presentation.target_duration, ended=presentation.ended)
    init = f'#EXT-X-MAP:URI="{address(playable[0].number)}",BYTERANGE="{playable[0].init_length}@0"\n'
    # A long lesson has thousands of segments: ``m3u8`` would take five times as long for them.
    return "".join([head, init, *lines, "#EXT-X-ENDLIST\n" if has_ended else ""])


@lru_cache(1000)
def _extinf(duration: float) -> str:
    """What stands before the byte range of a segment. Nearly all of a lesson are of one length."""
    return f"#EXTINF:{duration:.6f},\n#EXT-X-BYTERANGE:"


@lru_cache(100)
def _head(target_duration: int, *, ended: bool) -> str:
    """What stands before the segments."""
    return _dump(_playlist(target_duration, ended=ended))


def caption_media(presentation: Presentation, track: CaptionTrack) -> str:
    """Return the media playlist of a caption track: one WebVTT segment as long as the version.

    Subtitles of a VOD presentation may have a target duration of their own (RFC 8216bis, section 6.2.4).
    """
    playlist = _playlist(target_duration(presentation.duration), ended=presentation.ended)
    playlist.is_endlist = presentation.ended
    playlist.segments.append(m3u8.Segment(uri=f"{track.id}.vtt{SUFFIX}", duration=presentation.duration))
    return _dump(playlist)


def _playlist(target_duration: int, *, ended: bool) -> m3u8.M3U8:
    playlist = m3u8.M3U8()
    playlist.version = VERSION
    playlist.is_independent_segments = True
    playlist.target_duration = target_duration
    playlist.playlist_type = "VOD" if ended else "EVENT"
    playlist.is_endlist = False
    return playlist


def _dump(playlist: m3u8.M3U8) -> str:
    # "microseconds" keeps six decimals; the default writes 4.000000 as 4.
    return str(playlist.dumps(infspec="microseconds"))


def _has_picture(presentation: Presentation) -> bool:
    return any(variant.kind == "video" for variant in presentation.variants)


def _languages(presentation: Presentation) -> list[Variant]:
    """Sounds that go with the picture; without a picture the sounds are variants themselves."""
    if not _has_picture(presentation):
        return []
    return [variant for variant in presentation.variants if variant.kind == "audio"]


def _distinct_names(audio: list[Variant]) -> list[str]:
    """NAMEs must differ within a group (RFC 8216bis, section 4.4.6.1)."""
    names: list[str] = []
    for sound in audio:
        name = sound.label or sound.language or sound.name
        names.append(name if name not in names else f"{name} ({sound.name})")
    return names


def _offered(presentation: Presentation) -> list[Variant]:
    kind = "video" if _has_picture(presentation) else "audio"
    begun = [variant for variant in presentation.variants if variant.kind == kind and variant.codecs]
    if not begun or begun[0].reach <= 0:
        return []
    if presentation.ended:
        return begun
    # Half a frame of tolerance: reach is a sum of rounded durations.
    return [variant for variant in begun if variant.reach >= begun[0].reach - 0.005]


def _start_first(variants: list[Variant], audio: list[Variant]) -> list[Variant]:
    affordable = [v for v in variants if _bandwidth(v, audio) <= FIRST_VARIANT_BANDWIDTH]
    start = (affordable or variants[:1])[-1:]
    return start + [variant for variant in reversed(variants) if variant not in start]


def _bandwidth(variant: Variant, audio: list[Variant]) -> int:
    return variant.bandwidth + max((sound.bandwidth for sound in audio), default=0)


def _stream_inf(
    presentation: Presentation, variant: Variant, audio: list[Variant], *, with_captions: bool
) -> list[str]:
    attributes = [f"BANDWIDTH={_bandwidth(variant, audio)}"]
    if variant.average_bandwidth is not None:
        average = variant.average_bandwidth + max(
            (sound.average_bandwidth or 0 for sound in audio), default=0
        )
        attributes.append(f"AVERAGE-BANDWIDTH={average}")
    codecs = dict.fromkeys(part.codecs for part in (variant, *audio) if part.codecs)
    attributes.append(f'CODECS="{",".join(codecs)}"')
    if variant.kind == "video":
        attributes += [
            f"RESOLUTION={variant.width}x{variant.height}",
            f"FRAME-RATE={variant.frame_rate or 0:.3f}",
            "VIDEO-RANGE=SDR",
        ]
    if audio:
        attributes.append(f'AUDIO="{_AUDIO_GROUP}"')
    if with_captions:
        attributes.append(f'SUBTITLES="{_CAPTION_GROUP}"')
    if variant.kind == "video":
        attributes.append("CLOSED-CAPTIONS=NONE")
    return ["#EXT-X-STREAM-INF:" + ",".join(attributes), _media_uri(presentation, variant.name)]


def _audio_media(presentation: Presentation, variant: Variant, name: str, *, first: bool) -> str:
    attributes = [
        "TYPE=AUDIO",
        f'GROUP-ID="{_AUDIO_GROUP}"',
        f"NAME={_quoted(name)}",
    ]
    if variant.language:
        attributes.append(f"LANGUAGE={_quoted(variant.language)}")
    attributes += [
        f"DEFAULT={'YES' if first else 'NO'}",
        "AUTOSELECT=YES",
        # Devices that are set to audio descriptions choose by it (RFC 8216bis, section 4.4.6.1).
        *(['CHARACTERISTICS="public.accessibility.describes-video"'] if variant.described else []),
        f'CHANNELS="{variant.channels or 2}"',
        f'URI="{_media_uri(presentation, variant.name)}"',
    ]
    return "#EXT-X-MEDIA:" + ",".join(attributes)


def _caption_media(presentation: Presentation, track: CaptionTrack, *, alone: bool) -> str:
    # Names must differ within a group (RFC 8216bis, section 4.4.6.1.1). Nothing is chosen for viewers who did not ask.
    name = track.label if alone else f"{track.label} ({track.language})"
    attributes = [
        "TYPE=SUBTITLES",
        f'GROUP-ID="{_CAPTION_GROUP}"',
        f"NAME={_quoted(name)}",
        f"LANGUAGE={_quoted(track.language)}",
        "DEFAULT=NO,AUTOSELECT=YES,FORCED=NO",
        # Apple's players say so in their menus.
        *(['CHARACTERISTICS="public.machine-generated"'] if track.automatic else []),
        f'URI="{FOLDER}{presentation.version_id}/tracks/{track.id}.m3u8{SUFFIX}"',
    ]
    return "#EXT-X-MEDIA:" + ",".join(attributes)


def _media_uri(presentation: Presentation, name: str) -> str:
    return f"{FOLDER}{presentation.version_id}/{name}.m3u8{SUFFIX}"


def _quoted(text: str) -> str:
    """A quoted-string, which has no escapes: line breaks and quotes cannot stand in it (RFC 8216bis, section 4.2)."""
    return '"' + "".join(" " if ord(c) < 32 else "'" if c == '"' else c for c in text) + '"'
