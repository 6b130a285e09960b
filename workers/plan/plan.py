"""The plan of a version: everything that the encoding steps need to know, decided once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from math import ceil
from typing import Any

from pydantic import TypeAdapter, ValidationError

from configs.ladder import Ladder, LadderRung
from storage.languages import own_name
from workers.plan.formats.mp4_index import SampleTable
from workers.plan.passthrough import OwnEncoding, own_encoding
from workers.plan.sizes import even, fit
from workers.plan.source.cadence import NOTHING_SEEN, Seen
from workers.plan.source.demuxers import MENDING
from workers.plan.source.probe import AudioStream, MediaInfo, VideoStream
from workers.plan.timing import (
    AAC_FRAME,
    LONGEST_CHUNK_SECONDS,
    SAMPLE_RATE,
    Span,
    audio_spans,
    chunk_spans,
    output_rate,
    segment_frames,
)

SEEKABLE_CONTAINERS = ("mov", "matroska")
"""Containers whose index finds the keyframe at or before a time."""

RECOUNTED_CONTAINERS = ("mpegts", "mpeg", "ogg", "live_flv")
"""Containers in which ffmpeg counts from the first of the streams that it is asked for, not from the first of all
(fftools/ffmpeg.c, ``correct_input_start_times``)."""

SEEK_MARGIN = 12
"""How much earlier, in seconds, other containers are entered, so that the wanted frame is surely decoded."""

HEAD_SECONDS = 60
"""The lowest rung runs ahead alone for this long, so that a viewer can start while the ladder is encoded."""

STORYBOARD_TILES = 100
STORYBOARD_COLUMNS = 10
TILE_SIDE = 160
POSTER_SIDE = 1280
AUDIO_POSTER = (1280, 720)
MOST_LANGUAGES = 8
WHITE = 0xFFFFFF


@dataclass(frozen=True)
class Rung:
    """One planned video rendition. ``quality`` is a CRF, ``maximum`` and ``buffer`` in kbit/s and kbit.

    ``aim`` is the VMAF that is wanted at the rung's own size; what is expected (VMAF, kbit/s) is known once pieces of
    the source were measured.
    """

    name: str
    width: int
    height: int
    quality: float
    maximum: int
    buffer: int
    aim: float
    expected_vmaf: float | None = None
    expected_bit_rate: int | None = None
    codec: str = "h264"
    own: bool = False
    """Whether the source's own encoding is served, and nothing is encoded."""


@dataclass(frozen=True)
class VideoPlan:
    """The picture. Rungs are listed best first, the order in which each is scaled from the one before.

    The source's own picture covers ``picture_frames`` of ``frames``; its last frame is held after that.
    ``margin_frames`` is how much earlier the source is entered, ``tile_every`` the storyboard's interval,
    ``color_matrix`` how the source's colours are read. ``color`` says how its light is coded (sdr, wide, hlg, pq),
    ``fields`` whether its pictures are whole (progressive) or must be made from fields (tff, bff: which is first);
    ``coded_size`` is that of the fields before anything is done to them.
    ``together`` lists the streams of a source whose timestamps start again somewhere: it is only read from its
    beginning, and all of them at once, so that their times are mended alike. ``late`` is how many seconds after the
    source's start ffmpeg would begin to count if it were not told.
    """

    stream: int
    rate: tuple[int, int]
    frames: int
    picture_frames: int
    segment_frames: int
    preset: str
    rungs: tuple[Rung, ...]
    chunks: tuple[Span, ...]
    head_chunks: int
    margin_frames: int
    flatten_alpha: bool
    tile_every: int
    tile_width: int
    tile_height: int
    color_matrix: str = "auto"
    color: str = "sdr"
    fields: str = "progressive"
    coded_size: tuple[int, int] = (0, 0)
    together: tuple[int, ...] = ()
    late: float = 0.0
    notes: tuple[str, ...] = ()
    """Why these rungs and qualities, for people."""
    background: int = WHITE
    """What shows through transparent pixels, as 0xRRGGBB."""
    demuxer: str | None = None
    """FFmpeg's reader, where its own choice would not do; such sources are always read from their beginning."""
    source_rate: tuple[int, int] | None = None
    """Of an animated image with a constant rate."""
    premultiplied: bool = False
    own: OwnEncoding | None = None
    """The source's own encoding, if it could be the best rung as it is."""

    @property
    def frame_rate(self) -> Fraction:
        """Frames per second."""
        return Fraction(*self.rate)

    @property
    def duration(self) -> float:
        """Seconds."""
        return float(self.frames / self.frame_rate)

    def has_tiles(self, span: Span) -> bool:
        """Whether a picture of the storyboard lies in a chunk; of long sources not in every one."""
        return -span.start % self.tile_every < span.count


@dataclass(frozen=True)
class AudioPlan:
    """A sound: AAC at 48 kHz. ``frames`` and chunks count AAC frames of 1024 samples; ``bit_rate`` in kbit/s.
    ``together``, ``late`` and ``demuxer`` are as in the picture's plan. ``gain`` (dB) makes it
    louder; ``limited``: its peaks are held down then.
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
    together: tuple[int, ...] = ()
    late: float = 0.0
    demuxer: str | None = None
    gain: float = 0.0
    limited: bool = False


@dataclass(frozen=True)
class Plan:
    """What a version becomes. ``kind`` is video, animation or audio; ``duration`` in seconds.

    ``width`` and ``height`` are those of the best rung or, without a picture, of the poster. With a picture
    ``sounds`` are languages, the default first; without one they are qualities of one sound, best first.
    """

    kind: str
    width: int
    height: int
    duration: float
    segment_seconds: float
    video: VideoPlan | None
    sounds: tuple[AudioPlan, ...]
    loop: bool = False
    notes: tuple[str, ...] = ()
    """What was decided about all of it, for people; of rungs see ``VideoPlan.notes``."""

    @property
    def read_once(self) -> bool:
        """Whether the source can only be read from its beginning, for its timestamps start again somewhere."""
        return any(part.together for part in (self.video, *self.sounds) if part)

    @property
    def spans(self) -> dict[str, tuple[Span, ...]]:
        """How each rendition is cut into chunks, by its name."""
        rungs = {rung.name: self.video.chunks for rung in self.video.rungs} if self.video else {}
        return rungs | {sound.name: sound.chunks for sound in self.sounds}

    @property
    def picture(self) -> VideoPlan:
        """The picture of a plan that must have one. Raises ``ValueError``."""
        if self.video is None:
            raise ValueError("a plan of sound alone has no picture")
        return self.video


FORMAT = 1
"""Number of the shape in which plans are stored. It rises with each change that a release before would misread or not
obey: a part that changes its meaning, or a new one without which steps would make something else."""

OLDEST_FORMAT = 0
"""The oldest that this release reads. Formats were not numbered before 1, which is like what was before."""

_adapter = TypeAdapter(Plan)


class UnreadablePlan(Exception):
    """A stored plan cannot be read by this release: it is damaged, or its format is too old."""


class NewerPlan(UnreadablePlan):
    """A newer release wrote the plan."""


def plan_to_json(plan: Plan) -> dict[str, Any]:
    """The plan as the catalogue stores it."""
    return {"format": FORMAT, **asdict(plan)}


def plan_from_json(document: dict[str, Any]) -> Plan:
    """The inverse of ``plan_to_json``. Raises ``UnreadablePlan``."""
    number = document.get("format", 0)
    if not isinstance(number, int) or number < OLDEST_FORMAT:
        raise UnreadablePlan(f"format {number!r}")
    if number > FORMAT:
        raise NewerPlan(f"format {number}; this release reads up to {FORMAT}")
    try:
        return _adapter.validate_python(document)
    except ValidationError as error:
        raise UnreadablePlan(f"format {number}: {error}") from error


def make_plan(
    media: MediaInfo,
    duration: float,
    picture_end: float,
    ladder: Ladder,
    *,
    seen: Seen = NOTHING_SEEN,
    background: int = WHITE,
    samples: SampleTable | None = None,
) -> Plan:
    """Decide what a source becomes; ``duration`` covers picture and sound, ``picture_end`` is where the picture
    ends, both in seconds; ``seen`` is what a look at it found. ``background`` (0xRRGGBB) lies behind transparent
    pixels. ``samples`` are those of the picture, if the source has a plain index: whose own encoding could be served
    is cut where that can be cut.
    """
    video = media.video
    if video is None:
        return _sound_alone(media, duration, ladder, seen)
    together = media.used_streams if seen.restarts else ()
    demuxer = MENDING.get(media.container) if together else None
    animation = media.animation
    rate = animation.rate if animation else output_rate(video.nominal_rate, video.average_rate, duration)
    if seen.doubled:
        rate /= 2
    frames = max(1, ceil(duration * rate - Fraction(1, 2)))
    segment = segment_frames(rate, ladder.segment_seconds)
    rungs = select_rungs(video, rate, ladder)
    own = None
    if samples is not None and seen == NOTHING_SEEN:
        own = _own_encoding(media, samples, rate, duration, ladder)
    if own:
        frames, segment = own.frames, own.segment_frames
    if media.animated_image or seen.restarts:
        # These cannot be entered in the middle: one chunk. The size of images is bounded by the limits.
        chunks: tuple[Span, ...] = (Span(0, 0, frames),)
    else:
        chunks = chunk_spans(frames, segment, int(LONGEST_CHUNK_SECONDS * rate))
    tile_width, tile_height = fit(video.width, video.height, TILE_SIDE)
    segment_seconds = float(segment / rate)
    languages = _languages(
        media.sounds, float(frames / rate), ladder.audio_kilobits, segment_seconds, together
    )
    longest = max(
        [segment_seconds, *(sound.segment_frames * AAC_FRAME / SAMPLE_RATE for sound, _ in languages)]
    )
    return Plan(
        kind="animation" if media.animated_image else "video",
        width=rungs[0].width,
        height=rungs[0].height,
        duration=float(frames / rate),
        segment_seconds=longest,
        video=VideoPlan(
            stream=video.index,
            rate=(rate.numerator, rate.denominator),
            frames=frames,
            picture_frames=min(frames, max(1, round(picture_end * rate))),
            segment_frames=segment,
            preset=ladder.preset,
            rungs=rungs,
            chunks=chunks,
            head_chunks=_head_chunks(chunks, rate, together),
            margin_frames=0 if media.container in SEEKABLE_CONTAINERS else ceil(SEEK_MARGIN * rate),
            flatten_alpha=video.has_alpha,
            tile_every=max(1, ceil(frames / STORYBOARD_TILES), round(rate)),
            tile_width=tile_width,
            tile_height=tile_height,
            color_matrix=video.color_matrix,
            color=video.color,
            fields=seen.fields,
            coded_size=video.coded_size,
            together=together,
            late=_late(media, video, together, demuxer),
            background=background,
            demuxer=media.container if animation else demuxer,
            source_rate=animation.source_rate.as_integer_ratio()
            if animation and animation.source_rate
            else None,
            premultiplied=bool(animation and animation.premultiplied),
            own=own,
        ),
        sounds=tuple(
            replace(plan, late=_late(media, sound, together, demuxer), demuxer=demuxer)
            for plan, sound in languages
        ),
        loop=bool(animation and animation.loop),
    )


def _own_encoding(
    media: MediaInfo, samples: SampleTable, rate: Fraction, duration: float, ladder: Ladder
) -> OwnEncoding | None:
    """Of a source as large as the best rung and no heavier, if there is another rung to be encoded ahead of it."""
    own = own_encoding(media, samples, rate, duration, ladder.segment_seconds)
    if own is None or media.video is None:
        return None
    best, *others = select_rungs(media.video, rate, ladder)
    fits = (best.width, best.height) == media.video.coded_size and own.bit_rate <= best.maximum
    return own if fits and others else None


def _sound_alone(media: MediaInfo, duration: float, ladder: Ladder, seen: Seen) -> Plan:
    sound = media.sounds[0]
    sounds = tuple(
        _audio_plan(sound, f"audio-{bit_rate}k", bit_rate, duration, ladder.segment_seconds)
        for bit_rate in (ladder.audio_kilobits, ladder.audio_kilobits // 2)
    )
    if seen.restarts:
        together, demuxer = (sound.index,), MENDING.get(media.container)
        late = _late(media, sound, together, demuxer)
        sounds = tuple(replace(_in_one_piece(plan, together), late=late, demuxer=demuxer) for plan in sounds)
    return Plan(
        kind="audio",
        width=AUDIO_POSTER[0],
        height=AUDIO_POSTER[1],
        duration=duration,
        segment_seconds=sounds[0].segment_frames * AAC_FRAME / SAMPLE_RATE,
        video=None,
        sounds=sounds,
    )


def select_rungs(video: VideoStream, rate: Fraction, ladder: Ladder) -> tuple[Rung, ...]:
    """Rungs of the ladder that the picture fills, best first; never upscaled.

    A picture between two rungs gets a top rung of its own size, unless the next rung is within a tenth of it.
    """
    lines = min(video.width, video.height)
    chosen = [rung for rung in ladder.rungs if rung.lines <= lines]
    if lines < ladder.rungs[0].lines and (not chosen or lines > chosen[0].lines * 1.1):
        larger = [rung for rung in ladder.rungs if rung.lines > lines][-1]
        share = lines / larger.lines
        own = LadderRung(
            f"{even(lines)}p",
            lines,
            larger.quality,
            max(100, round(larger.maximum * share**1.5)),
            larger.vmaf,
        )
        chosen.insert(0, own)
    factor = 1.5 if rate > 31 else 1.0
    return tuple(
        Rung(
            name=rung.name,
            width=even(video.width * rung.lines / lines),
            height=even(video.height * rung.lines / lines),
            quality=rung.quality,
            maximum=round(rung.maximum * factor),
            buffer=round(rung.maximum * factor * 2),
            aim=rung.vmaf,
        )
        for rung in chosen
    )


def _languages(
    sounds: Sequence[AudioStream],
    duration: float,
    bit_rate: int,
    segment_seconds: float,
    together: tuple[int, ...],
) -> list[tuple[AudioPlan, AudioStream]]:
    """One sound for each language, and for each title that authors told apart; cut as nearly as can be where the
    picture is cut.
    """
    distinct = {(sound.language, sound.title): sound for sound in reversed(sounds)}
    chosen = [sound for sound in sounds if distinct[sound.language, sound.title] is sound][:MOST_LANGUAGES]
    plans = [
        _audio_plan(sound, "audio" if number == 0 else f"audio-{number}", bit_rate, duration, segment_seconds)
        for number, sound in enumerate(chosen)
    ]
    if together:
        plans = [_in_one_piece(plan, together) for plan in plans]
    return list(zip(plans, chosen, strict=True))


def _head_chunks(chunks: Sequence[Span], rate: Fraction, together: tuple[int, ...]) -> int:
    """How many chunks the lowest rung runs ahead: none of a source that is only read from its beginning, for its one
    chunk may be hours long.
    """
    return 0 if together else sum(1 for span in chunks if span.start < HEAD_SECONDS * rate)


def _in_one_piece(plan: AudioPlan, together: tuple[int, ...]) -> AudioPlan:
    return replace(plan, chunks=(Span(0, 0, plan.frames),), together=together)


def _late(
    media: MediaInfo, stream: VideoStream | AudioStream, together: tuple[int, ...], demuxer: str | None
) -> float:
    if (demuxer or media.container) not in RECOUNTED_CONTAINERS:
        return 0.0
    read = [each.start for each in (media.video, *media.sounds) if each and each.index in together]
    return max(0.0, min(read or [stream.start]))


def _audio_plan(
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
