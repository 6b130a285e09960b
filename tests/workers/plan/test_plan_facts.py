"""What a plan says to the service."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from configs.ladder import load_ladder
from storage.catalogue.facts import PlannedSound, VersionFacts
from workers.plan.decisions.facts import facts_of
from workers.plan.decisions.planning import make_plan
from workers.plan.source.probe import AudioStream, MediaInfo, VideoStream

PICTURE = VideoStream(
    index=0,
    codec="h264",
    width=2560,
    height=1440,
    pixel_format="yuv420p",
    nominal_rate=Fraction(25),
    average_rate=Fraction(25),
    start=0.0,
    duration=None,
)
SOUND = AudioStream(1, "aac", 2, 44_100, "chi", 0.0, None)
SOURCE = MediaInfo(container="mov", start=0.0, duration=60.0, streams=2, video=PICTURE, sounds=(SOUND,))
SIZE = {"width": 2560, "height": 1440}


def test_facts_of_a_picture_with_sound() -> None:
    plan = make_plan(SOURCE, 60.0, 60.0, load_ladder())
    plan = replace(plan, notes=("Loud.",), video=replace(plan.picture, notes=("1440p is left out.",)))
    assert facts_of(plan, SIZE) == VersionFacts(
        duration=60.0,
        width=1920,
        height=1080,
        source_width=2560,
        source_height=1440,
        frame_rate=25.0,
        loop=False,
        longest_segment=188 * 1024 / 48_000,
        picture_chunks=len(plan.picture.grid.chunks),
        sounds=(PlannedSound("audio", len(plan.sounds[0].chunks)),),
        decisions=("Loud.", "1440p is left out."),
    )


def test_facts_of_a_silent_picture() -> None:
    plan = make_plan(replace(SOURCE, sounds=()), 60.0, 60.0, load_ladder())
    facts = facts_of(plan, SIZE)
    assert (facts.longest_segment, facts.sounds) == (4.0, ())


def test_facts_of_sound_alone() -> None:
    plan = make_plan(replace(SOURCE, video=None), 60.0, 0.0, load_ladder())
    facts = facts_of(plan, {"width": None, "height": None})
    assert (facts.width, facts.height) == (1280, 720), "those of the poster"
    assert (facts.source_width, facts.frame_rate, facts.picture_chunks) == (None, None, None)
    assert [sound.name for sound in facts.sounds] == ["audio-128k", "audio-64k"]
