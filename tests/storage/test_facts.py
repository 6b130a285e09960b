"""What the service knows of a version: how it is stored, and what is read of other releases."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from configs.notices import notice_message
from storage.catalogue.facts import FORMAT, Notice, PlannedSound, VersionFacts, facts_from_json, facts_to_json

FACTS = VersionFacts(
    duration=60.04,
    width=1920,
    height=1080,
    source_width=2560,
    source_height=1440,
    frame_rate=29.97,
    loop=False,
    longest_segment=4.0107,
    picture_chunks=5,
    sounds=(PlannedSound("audio", 4), PlannedSound("audio-1", 4, described=True)),
    decisions=("1440p was left out.",),
    notices=(Notice("sound_left_out", {"number": "2", "codec": "AC-4"}),),
)
STORED = {
    "format": 1,
    "duration": 60.04,
    "width": 1920,
    "height": 1080,
    "source_width": 2560,
    "source_height": 1440,
    "frame_rate": 29.97,
    "loop": False,
    "longest_segment": 4.0107,
    "picture_chunks": 5,
    "sounds": [
        {"name": "audio", "chunks": 4, "described": False},
        {"name": "audio-1", "chunks": 4, "described": True},
    ],
    "decisions": ["1440p was left out."],
    "notices": [{"code": "sound_left_out", "words": {"number": "2", "codec": "AC-4"}}],
}


def test_this_is_how_facts_are_stored_and_whoever_changes_it_raises_the_format() -> None:
    assert json.loads(json.dumps(facts_to_json(FACTS))) == STORED
    assert facts_from_json(STORED) == FACTS


def test_facts_of_before_audio_descriptions_were_told_apart_can_be_read() -> None:
    before = [{"name": "audio", "chunks": 4}]
    assert facts_from_json({**STORED, "sounds": before}) == replace(FACTS, sounds=(PlannedSound("audio", 4),))


def test_a_code_of_a_newer_release_keeps_no_lesson_from_playing() -> None:
    newer = facts_from_json({**STORED, "notices": [{"code": "invented_later", "words": {}}]})
    assert newer == replace(FACTS, notices=(Notice("invented_later"),))
    assert notice_message("invented_later", {}) is None


@pytest.mark.parametrize(
    "change",
    [{"format": 0}, {"format": FORMAT + 1}, {"format": None}, {"duration": "long"}, {"sounds": None}],
    ids=str,
)
def test_what_another_release_wrote_otherwise_is_as_if_it_were_not_there(change: dict[str, Any]) -> None:
    assert facts_from_json({**STORED, **change}) is None


@pytest.mark.parametrize(
    ("rendition", "chunks"), [("720p", 5), ("720p-av1", 5), ("audio", 4), ("audio-1", 4)]
)
def test_chunks_of_a_rendition(rendition: str, chunks: int) -> None:
    assert FACTS.planned_chunks(rendition) == chunks


def test_a_lesson_is_interactive_if_its_movie_waits_for_its_reader() -> None:
    assert not FACTS.is_interactive
    assert replace(FACTS, notices=(*FACTS.notices, Notice("flash_interactive"))).is_interactive
