"""Sounds: the planned audio renditions of a version."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil

from storage.languages import own_name
from workers.plan.model.entry import Entry, entry_of
from workers.plan.source.probe import AudioStream, MediaInfo
from workers.plan.timing import AAC_FRAME, SAMPLE_RATE, Span, audio_spans

MOST_LANGUAGES = 8


@dataclass(frozen=True)
class AudioPlan:
    """A sound: AAC at 48 kHz. ``frames`` and chunks count AAC frames of 1024 samples; ``bit_rate`` in kbit/s. ``gain``
    (dB) makes it louder; ``limited``: its peaks are held down then.
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

    @property
    def segment_seconds(self) -> float:
        """Seconds of all segments but the last."""
        return self.segment_frames * AAC_FRAME / SAMPLE_RATE


def plan_languages(
    media: MediaInfo, duration: float, bit_rate: int, segment_seconds: float, joint_streams: tuple[int, ...]
) -> tuple[AudioPlan, ...]:
    """Plan one sound for each language, and for each title that authors told apart; cut as nearly as can be where the
    picture is cut.
    """
    distinct = {(sound.language, sound.title): sound for sound in reversed(media.sounds)}
    chosen = [sound for sound in media.sounds if distinct[sound.language, sound.title] is sound]
    return tuple(
        _entered(
            _plan_sound(
                sound, "audio" if number == 0 else f"audio-{number}", bit_rate, duration, segment_seconds
            ),
            entry_of(media, sound, joint_streams),
        )
        for number, sound in enumerate(chosen[:MOST_LANGUAGES])
    )


def plan_qualities(
    media: MediaInfo, duration: float, bit_rate: int, segment_seconds: float, *, restarts: bool
) -> tuple[AudioPlan, ...]:
    """Plan two qualities of the first sound, of a source that has no picture."""
    sound = media.sounds[0]
    plans = (
        _plan_sound(sound, f"audio-{kilobits}k", kilobits, duration, segment_seconds)
        for kilobits in (bit_rate, bit_rate // 2)
    )
    if not restarts:
        return tuple(plans)
    entry = entry_of(media, sound, (sound.index,))
    return tuple(_entered(plan, entry) for plan in plans)


def _entered(plan: AudioPlan, entry: Entry) -> AudioPlan:
    """Where a source can only be read from its beginning, the sound is one chunk."""
    chunks = (Span(0, 0, plan.frames),) if entry.joint_streams else plan.chunks
    return replace(plan, entry=entry, chunks=chunks)


def _plan_sound(
    sound: AudioStream, name: str, stereo_bit_rate: int, duration: float, segment_seconds: float
) -> AudioPlan:
    frames = ceil(duration * SAMPLE_RATE / AAC_FRAME)
    segment = round(segment_seconds * SAMPLE_RATE / AAC_FRAME)
    channels = 1 if sound.channels == 1 else 2
    return AudioPlan(
        name=name,
        stream=sound.index,
        channels=channels,
        bit_rate=stereo_bit_rate if channels == 2 else round(stereo_bit_rate * 0.625),
        language=sound.language,
        label=sound.title or (own_name(sound.language) if sound.language else None),
        frames=frames,
        segment_frames=segment,
        chunks=audio_spans(frames, segment),
    )
