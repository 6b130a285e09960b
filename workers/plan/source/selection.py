"""Which streams of a source a lesson is made of, and what is left out of it.

A stream that nobody needs makes no file unusable: what cannot be decoded is left out, and its author is told. Only
where nothing is left in its place does the source fail.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from storage.catalogue.facts import Notice
from workers.plan.failure import MediaFailure
from workers.plan.source.allowlist import AUDIO_CODECS, VIDEO_CODECS
from workers.plan.source.tracks import TEXT_CODECS
from workers.plan.source.values import integer

Stream = dict[str, Any]
"""A stream as ffprobe tells of it."""

_NAMES: Final = {
    "apac": "Apple Positional Audio Codec (APAC)",
    "ac-4": "Dolby AC-4",
    "mha1": "MPEG-H 3D Audio",
    "mhm1": "MPEG-H 3D Audio",
    "iamf": "IAMF",
}
"""What codecs are called by people that FFmpeg does not know, by their tags."""

_LONGEST_TAG: Final = 8

SEQUENCE_BRANDS: Final = frozenset({"avis", "hevc", "hevx", "msf1"})
"""Of a moving AVIF or HEIF (ISO/IEC 23008-12, 10)."""


@dataclass(frozen=True)
class Selection:
    """The picture and the sounds, as ffprobe tells of them, the preferred sound first. ``programmes``: how many a
    broadcast holds that have pictures or sounds; each has a clock of its own."""

    picture: Stream | None
    sounds: tuple[Stream, ...]
    notices: tuple[Notice, ...]
    streams: tuple[Stream, ...] = ()
    """All of the programme that is shown."""
    programmes: int = 1


def of_one_programme(document: Mapping[str, Any]) -> tuple[list[Stream], int, int]:
    """Return the streams that belong together in what ffprobe says of a source, and which programme of how many that
    is: the first with a picture, or else with a sound. What belongs to no programme belongs to each.
    """
    streams: list[Stream] = list(document.get("streams") or [])
    groups = [
        {stream.get("index") for stream in each.get("streams") or []}
        for each in document.get("programs") or []
    ]
    told = [[stream for stream in streams if stream.get("index") in group] for group in groups]
    played = [members for members in told if any(map(is_decodable, members))]
    if len(played) < 2:
        return streams, 1, 1
    shown = [members for members in played if _of(filter(_is_shown, members), "video")]
    chosen = (shown or played)[0]
    others = [stream for members in told for stream in members if stream not in chosen]
    return [stream for stream in streams if stream not in others], played.index(chosen) + 1, len(played)


def select_streams(document: Mapping[str, Any]) -> Selection:
    """Choose among the streams of a source, of which ``document`` is what ffprobe says. Raises ``MediaFailure`` if its
    only picture, or its only sound, cannot be decoded."""
    streams, number, programmes = of_one_programme(document)
    pictures = [s for s in _of(streams, "video") if not _is_cover(s)]
    sounds = _of(streams, "audio")
    shown = _chosen(pictures, [s for s in pictures if _is_shown(s)])
    heard = _chosen(sounds, [s for s in sounds if is_decodable(s) and integer(s.get("channels"))])
    notices = [
        *(
            _notice("picture_left_out", pictures, stream)
            for stream in pictures
            if shown and stream is not shown[0]
        ),
        *(_notice("sound_left_out", sounds, stream) for stream in sounds if not is_decodable(stream)),
        *_left_out_captions(_of(streams, "subtitle")),
    ]
    if shown and _has_alpha_apart(shown[0]):
        notices.append(Notice("transparency_left_out"))
    if programmes > 1:
        notices.insert(0, Notice("programmes_left_out", {"number": str(number), "count": str(programmes)}))
    return Selection(shown[0] if shown else None, tuple(heard), tuple(notices), tuple(streams), programmes)


def is_decodable(stream: Stream) -> bool:
    """Return whether this is a picture or a sound that FFmpeg decodes here."""
    return stream.get("codec_name") in (VIDEO_CODECS if stream.get("codec_type") == "video" else AUDIO_CODECS)


def _is_shown(stream: Stream) -> bool:
    return is_decodable(stream) and bool(stream.get("width"))


def _has_alpha_apart(stream: Stream) -> bool:
    """Return whether the transparency of a picture is a second one, which no decoder of VP8 and VP9 here reads."""
    tags = {str(name).lower(): str(value) for name, value in (stream.get("tags") or {}).items()}
    return tags.get("alpha_mode") == "1"


def codec_label(stream: Stream) -> str:
    """Return what people call the codec of a stream; a file's own tag if nobody knows it."""
    tag = str(stream.get("codec_tag_string") or "")
    if tag in _NAMES:
        return _NAMES[tag]
    name = str(stream.get("codec_long_name") or "unknown")
    if name != "unknown":
        return name
    return (
        tag
        if tag.isascii() and tag.isprintable() and len(tag) <= _LONGEST_TAG and "[" not in tag
        else "unknown"
    )


def alpha_beside(document: Mapping[str, Any], picture: Stream) -> int | None:
    """Return the index of the stream that is the transparency of a moving AVIF or HEIF: as ``picture``, and grey."""
    tags = (document.get("format") or {}).get("tags") or {}
    told = f"{tags.get('major_brand')}{tags.get('compatible_brands')}"
    if not SEQUENCE_BRANDS & {told[at : at + 4] for at in range(0, len(told), 4)}:
        return None
    alike = ("codec_name", "width", "height", "nb_frames")
    return next(
        (
            int(stream["index"])
            for stream in _of(document.get("streams") or [], "video")
            if str(stream.get("pix_fmt")).startswith("gray")
            and stream is not picture
            and all(stream.get(name) == picture.get(name) for name in alike)
        ),
        None,
    )


def _of(streams: Iterable[Stream], kind: str) -> list[Stream]:
    return [stream for stream in streams if stream.get("codec_type") == kind]


def _chosen(all_of_them: Sequence[Stream], usable: Sequence[Stream]) -> list[Stream]:
    """Return those that are usable, the preferred first. One that is empty is as if it were not there; one that cannot
    be decoded may be all that the author wants."""
    refused = [stream for stream in all_of_them if not is_decodable(stream)]
    if refused and not usable:
        label = codec_label(min(refused, key=_not_preferred))
        raise MediaFailure("codec_not_supported", f"nothing but {label}", codec=label)
    return sorted(usable, key=_not_preferred)


def _not_preferred(stream: Stream) -> tuple[bool, bool]:
    """A picture that stands still gives way to one that moves, for it is a cover or a preview."""
    still = stream.get("codec_type") == "video" and stream.get("nb_frames") == "1"
    return still, not (stream.get("disposition") or {}).get("default")


def _is_cover(stream: Stream) -> bool:
    return bool((stream.get("disposition") or {}).get("attached_pic"))


def _left_out_captions(captions: Sequence[Stream]) -> Iterable[Notice]:
    return (
        _notice("captions_left_out", captions, stream)
        for stream in captions
        if stream.get("codec_name") not in TEXT_CODECS
    )


def _notice(code: str, among: Sequence[Stream], stream: Stream) -> Notice:
    return Notice(code, {"number": str(among.index(stream) + 1), "codec": codec_label(stream)})
