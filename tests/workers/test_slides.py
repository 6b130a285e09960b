"""Chapters that are suggested of a lesson's slides, made by the workers' own steps."""

from __future__ import annotations

import random
from pathlib import Path

import lectures
import pytest
from one_worker import OneWorker
from sqlalchemy.orm import Session, sessionmaker

from storage.catalogue import tracks
from storage.tracks.read import read

pytestmark = pytest.mark.integration

LECTURE = lectures.Lecture(
    tuple(lectures.page(random.Random(number), 2) for number in range(4)),
    (18.4, 21.0, 22.6, 16.0),
    builds=True,
    fade=0.6,
    speaker=True,
    pointer=True,
)


def test_slides_become_chapters_that_wait_for_their_author(
    sessions: sessionmaker[Session], tmp_path: Path
) -> None:
    worker = OneWorker(sessions, tmp_path, extras=True, DOWNLOADS="off")
    source = lectures.film(LECTURE, tmp_path / "lecture.mp4", size=(640, 360))
    made = worker.make(source.read_bytes(), "lecture.mp4")
    with sessions() as session:
        assert tracks.tracks_of(session, made.version.id) == []  # for viewers
        (chapters,) = tracks.tracks_of(session, made.version.id, drafts=True)
    assert (chapters.kind, chapters.language, chapters.state) == ("chapters", "und", "suggested")
    cues = read(worker.objects.get(chapters.object_key)).cues
    assert [cue.text for cue in cues] == [f"幻灯片 {n} · Slide {n}" for n in range(1, 5)]
    for cue, start in zip(cues, LECTURE.starts, strict=True):
        assert -0.1 <= cue.start / 1000 - start <= 5
    assert cues[-1].end == pytest.approx(78_000, abs=300)
    with sessions.begin() as session:
        tracks.accept(session, made.version.id, "chapters", "und")
    with sessions() as session:
        assert [track.state for track in tracks.tracks_of(session, made.version.id)] == ["shown"]


def test_nothing_is_suggested_where_it_is_not_wanted(sessions: sessionmaker[Session], tmp_path: Path) -> None:
    worker = OneWorker(sessions, tmp_path, extras=True, DOWNLOADS="off", SLIDES="off")
    short = lectures.Lecture(LECTURE.pages[:2], (16, 16))
    made = worker.make(
        lectures.film(short, tmp_path / "short.mp4", rate=2, size=(426, 240)).read_bytes(), "short.mp4"
    )
    with sessions() as session:
        assert tracks.tracks_of(session, made.version.id, drafts=True) == []
