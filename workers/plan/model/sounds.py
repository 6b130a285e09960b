"""Sounds: the planned audio renditions of a version."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Final

from storage.catalogue.facts import Notice
from storage.languages import description_label, own_name
from workers.plan.model.entry import Entry, entry_of
from workers.plan.source.probe import AudioStream, MediaInfo
from workers.plan.timing import AAC_FRAME, SAMPLE_RATE, Span, audio_spans

MOST_LANGUAGES = 8

DESCRIPTIONS: Final = frozenset({"visual_impaired", "descriptions"})
"""Roles of a sound that tells of the picture: FFmpeg has the first of Matroska and broadcasts, the second of MP4."""


@dataclass(frozen=True)
class AudioPlan:
    """A sound: AAC at 48 kHz. ``frames`` and chunks count AAC frames of 1024 samples; ``bit_rate`` in kbit/s. ``gain``
    (dB) makes it louder; ``limited``: its peaks are held down. ``right`` is the stream of the right channel where
    ``stream`` is the left one alone. More than two channels are added up as ITU-R BS.775 says (``downmix`` is itu), or
    so faint that they can never be too loud (attenuated).
    """

    name: str
    stream: int
    channels: int
    bit_rate: int
    language: str | None
    label: str | None
    frames: int
    segment_frames: int
    chunks: tuple[Span, ...]
    entry: Entry = Entry()
    gain: float = 0.0
    limited: bool = False
    right: int | None = None
    downmix: str = "attenuated"
    described: bool = False
    """Whether it tells of the picture, for those who do not see it."""

    @property
    def streams(self) -> tuple[int, ...]:
        """Numbers of the streams that it is made of."""
        return (self.stream,) if self.right is None else (self.stream, self.right)

    @property
    def segment_seconds(self) -> float:
        """Seconds of all segments but the last."""
        return self.segment_frames * AAC_FRAME / SAMPLE_RATE


@dataclass(frozen=True)
class _Heard:
    """A sound of the source: one stream, or the two that are its channels. ``number`` counts those that people could
    not tell apart."""

    sound: AudioStream
    right: AudioStream | None = None
    number: int = 1


def plan_languages(
    media: MediaInfo, duration: float, bit_rate: int, segment_seconds: float, joint_streams: tuple[int, ...]
) -> tuple[AudioPlan, ...]:
    """Plan one sound for each that can be heard (see ``_told_apart``); cut as nearly as can be where the picture is
    cut.
    """
    return tuple(
        _entered(
            _plan_sound(
                heard, "audio" if number == 0 else f"audio-{number}", bit_rate, duration, segment_seconds
            ),
            entry_of(media, heard.sound, joint_streams),
        )
        for number, heard in enumerate(_told_apart(media.sounds)[:MOST_LANGUAGES])
    )


def plan_qualities(
    media: MediaInfo, duration: float, bit_rate: int, segment_seconds: float, *, restarts: bool
) -> tuple[AudioPlan, ...]:
    """Plan two qualities of the first sound, of a source that has no picture."""
    heard = _told_apart(media.sounds)[0]
    plans = (
        _plan_sound(heard, f"audio-{kilobits}k", kilobits, duration, segment_seconds)
        for kilobits in (bit_rate, bit_rate // 2)
    )
    if not restarts:
        return tuple(plans)
    entry = entry_of(media, heard.sound, (heard.sound.index,))
    return tuple(_entered(plan, entry) for plan in plans)


def sound_notices(media: MediaInfo, plans: Sequence[AudioPlan]) -> tuple[Notice, ...]:
    """Return for the author which streams became one sound, and which are not heard."""
    used = {stream for plan in plans for stream in plan.streams}
    pairs = {(plan.stream, plan.right) for plan in plans if plan.right is not None}
    left_out = sorted(sound.index for sound in media.sounds if sound.index not in used)
    notices = [Notice("sounds_joined", {"left": str(left), "right": str(right)}) for left, right in pairs]
    if left_out and media.video:
        notices.append(Notice("alike_sounds_left_out", {"numbers": ", ".join(map(str, left_out))}))
    return tuple(notices)


def _told_apart(sounds: Sequence[AudioStream]) -> list[_Heard]:
    """Return the sounds that are worth having, in their order: one for each language, title and role (an audio
    description, a commentary) that authors told apart.
    Of what is alike, two mono streams are left and right, as cameras write them. Streams of another codec or other
    channels are the same sound in another quality; but of the same kind they are other sounds, which are all offered.
    """
    alike: dict[tuple[object, ...], list[AudioStream]] = {}
    for sound in sounds:
        alike.setdefault((sound.language, sound.title, sound.roles), []).append(sound)
    chosen: dict[int, AudioStream | None] = {}
    for first, *others in alike.values():
        same = [other for other in others if _form(other) == _form(first)]
        right = same.pop(0) if first.channels == 1 and same else None
        chosen[first.index] = right
        # What cameras write on further channels is mostly silence.
        chosen |= dict.fromkeys(() if right else (other.index for other in same))
    numbers: Counter[tuple[object, ...]] = Counter()
    heard = []
    for sound in sounds:
        if sound.index in chosen:
            named = (sound.language, sound.title, _is_described(sound))
            numbers[named] += 1
            heard.append(_Heard(sound, chosen[sound.index], numbers[named]))
    return heard


def _is_described(sound: AudioStream) -> bool:
    return not DESCRIPTIONS.isdisjoint(sound.roles)


def _form(sound: AudioStream) -> tuple[str, int, int]:
    return (sound.codec, sound.channels, sound.sample_rate)


def _entered(plan: AudioPlan, entry: Entry) -> AudioPlan:
    """Where a source can only be read from its beginning, the sound is one chunk."""
    chunks = (Span(0, 0, plan.frames),) if entry.joint_streams else plan.chunks
    return replace(plan, entry=entry, chunks=chunks)


def _plan_sound(
    heard: _Heard, name: str, stereo_bit_rate: int, duration: float, segment_seconds: float
) -> AudioPlan:
    sound = heard.sound
    frames = ceil(duration * SAMPLE_RATE / AAC_FRAME)
    segment = round(segment_seconds * SAMPLE_RATE / AAC_FRAME)
    channels = 1 if sound.channels == 1 and heard.right is None else 2
    described = _is_described(sound)
    label = sound.title or (own_name(sound.language) if sound.language else None)
    if described:
        label = description_label(label, sound.language)
    return AudioPlan(
        name=name,
        stream=sound.index,
        channels=channels,
        bit_rate=stereo_bit_rate if channels == 2 else round(stereo_bit_rate * 0.625),
        language=sound.language,
        label=f"{label} {heard.number}" if label and heard.number > 1 else label,
        frames=frames,
        segment_frames=segment,
        chunks=audio_spans(frames, segment),
        limited=sound.channels > 2,
        right=heard.right.index if heard.right else None,
        downmix="itu" if sound.channels > 2 else "attenuated",
        described=described,
    )
