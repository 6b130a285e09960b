"""Making the plan of a version, from what its source is and what the ladder offers."""

from __future__ import annotations

from fractions import Fraction

from configs.ladder import Ladder
from workers.plan.formats.mp4_index import SampleTable
from workers.plan.model.entry import entry_of, seek_margin
from workers.plan.model.passthrough import SourceEncoding, source_encoding
from workers.plan.model.plan import Plan, VideoPlan
from workers.plan.model.rungs import select_rungs
from workers.plan.model.sounds import plan_languages, plan_qualities, sound_notices
from workers.plan.model.storyboard import make_storyboard
from workers.plan.model.time_grid import TimeGrid, frames_in, make_grid
from workers.plan.model.treatment import WHITE, Treatment, treatment_of
from workers.plan.source.cadence import NO_FINDINGS, Findings
from workers.plan.source.probe import MediaInfo, VideoStream
from workers.plan.source.stillness import stands_still
from workers.plan.timing import output_rate, segment_frames

AUDIO_POSTER = (1280, 720)

DECODE_DELAY = 2
"""Frames: as many as x264 holds back for pyramids of B-frames, at most (encoder/encoder.c, ``i_bframe_delay``)."""


def make_plan(
    media: MediaInfo,
    duration: float,
    picture_end: float,
    ladder: Ladder,
    *,
    findings: Findings = NO_FINDINGS,
    background: int = WHITE,
    samples: SampleTable | None = None,
) -> Plan:
    """Decide what a source becomes; ``duration`` covers picture and sound, ``picture_end`` is where the picture
    ends, both in seconds; ``findings`` are what a look at it found. ``background`` (0xRRGGBB) lies behind transparent
    pixels. ``samples`` are those of the picture, if the source has a plain index: whose own encoding could be served
    is cut where that can be cut, and what stands still less often.
    """
    if media.video is None:
        return _plan_sound_alone(media, duration, ladder, findings)
    rate = _frame_rate(media, media.video, duration, findings)
    # Of a still picture that is cut seldom, ours is smaller than any that is cut as a source's own encoding must be.
    still = samples is not None and stands_still(samples, media.video.width * media.video.height)
    may_serve = samples and findings == NO_FINDINGS and not still
    served = _servable(media, samples, rate, duration, ladder) if samples and may_serve else None
    grid = _plan_grid(
        media, rate, duration, picture_end, ladder=ladder, findings=findings, served=served, still=still
    )
    treatment = treatment_of(media.video, findings, media.animation, background)
    video = _plan_picture(media, media.video, ladder, grid, treatment, findings=findings, served=served)
    # Sound is never cut: the nearest frame may be before its end.
    sounds = plan_languages(
        media,
        max(duration, grid.duration),
        ladder.audio_kilobits,
        grid.segment_seconds,
        video.entry.joint_streams,
    )
    return Plan(
        kind="animation" if media.animated_image else "video",
        width=video.rungs[0].width,
        height=video.rungs[0].height,
        duration=grid.duration,
        segment_seconds=max(
            [float(grid.longest_segment_frames / rate), *(sound.segment_seconds for sound in sounds)]
        ),
        video=video,
        sounds=sounds,
        loop=bool(media.animation and media.animation.loop),
        notices=(*media.notices, *sound_notices(media, sounds)),
    )


def _frame_rate(media: MediaInfo, video: VideoStream, duration: float, findings: Findings) -> Fraction:
    nominal, average = video.nominal_rate, video.average_rate
    rate = media.animation.rate if media.animation else output_rate(nominal, average, duration)
    return rate / 2 if findings.doubled else rate


def _plan_grid(
    media: MediaInfo,
    rate: Fraction,
    duration: float,
    picture_end: float,
    *,
    ladder: Ladder,
    findings: Findings,
    served: SourceEncoding | None,
    still: bool,
) -> TimeGrid:
    """Time is cut where the source's own encoding can be cut if that is ``served``, else as the ladder says, and less
    often where the picture stands ``still``.
    """
    if served:
        frames, segment = served.frames, served.segment_frames
    else:
        frames = frames_in(duration, rate, heard=bool(media.sounds))
        segment = segment_frames(rate, ladder.segment_seconds)
    # Neither can be entered in the middle. The size of images is bounded by the limits; the one chunk of a source whose
    # time starts again may be hours long, so nothing of it runs ahead.
    one_chunk = media.animated_image or findings.restarts
    return make_grid(
        rate,
        frames,
        segment,
        picture_end,
        one_chunk=one_chunk,
        ahead=not findings.restarts,
        still=still,
    )


def _plan_picture(
    media: MediaInfo,
    video: VideoStream,
    ladder: Ladder,
    grid: TimeGrid,
    treatment: Treatment,
    *,
    findings: Findings,
    served: SourceEncoding | None,
) -> VideoPlan:
    source_rate = media.animation.source_rate if media.animation else None
    return VideoPlan(
        stream=video.index,
        grid=grid,
        preset=ladder.preset,
        rungs=select_rungs(video, grid.frame_rate, ladder),
        margin_frames=seek_margin(media, grid.frame_rate),
        treatment=treatment,
        storyboard=make_storyboard(video.width, video.height, grid.frames, grid.frame_rate),
        entry=entry_of(media, video, media.used_streams if findings.restarts else ()),
        source_rate=source_rate.as_integer_ratio() if source_rate else None,
        source_encoding=served,
        decode_delay=DECODE_DELAY,
        alpha_stream=video.alpha_index,
    )


def _servable(
    media: MediaInfo, samples: SampleTable, rate: Fraction, duration: float, ladder: Ladder
) -> SourceEncoding | None:
    """Return the own encoding of a source as large as the best rung and no heavier, if there is another rung to be
    encoded ahead of it.
    """
    own = source_encoding(media, samples, rate, duration, ladder.segment_seconds)
    if own is None or media.video is None:
        return None
    best, *others = select_rungs(media.video, rate, ladder)
    fits = (best.width, best.height) == media.video.coded_size and own.bit_rate <= best.maxrate
    return own if fits and others else None


def _plan_sound_alone(media: MediaInfo, duration: float, ladder: Ladder, findings: Findings) -> Plan:
    sounds = plan_qualities(
        media, duration, ladder.audio_kilobits, ladder.segment_seconds, restarts=findings.restarts
    )
    return Plan(
        kind="audio",
        width=AUDIO_POSTER[0],
        height=AUDIO_POSTER[1],
        duration=duration,
        segment_seconds=sounds[0].segment_seconds,
        video=None,
        sounds=sounds,
        notices=(*media.notices, *sound_notices(media, sounds)),
    )
