"""Chapters that are suggested of a lesson's slides, made by the workers' own steps."""

from __future__ import annotations

import random
from pathlib import Path

import lectures
import pytest
from one_worker import OneWorker
from sqlalchemy.orm import Session, sessionmaker

from storage.catalogue import hits, tracks
from storage.search_words import chunks_of
from storage.tracks.read import read
from workers import passage_writing, rapidocr
from workers.ffmpeg import ToolMissing

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
        (pages,) = tracks.tracks_of(session, made.version.id)  # for viewers
        chapters, _ = tracks.tracks_of(session, made.version.id, drafts=True)
    assert (chapters.kind, chapters.language, chapters.state) == ("chapters", "zh", "suggested")
    cues = read(worker.objects.get(chapters.object_key)).cues
    for cue, page in zip(cues, LECTURE.pages, strict=True):
        assert lectures.errors(cue.text, page.title) <= 1
    for cue, start in zip(cues, LECTURE.starts, strict=True):
        assert -0.1 <= cue.start / 1000 - start <= 5
    assert cues[-1].end == pytest.approx(78_000, abs=300)

    # What is written on them is found, and leads to the slide.
    assert (pages.kind, pages.state) == ("slides", "shown")
    told = read(worker.objects.get(pages.object_key)).cues
    assert [(cue.start, cue.end) for cue in told] == [(cue.start, cue.end) for cue in cues]
    passage_writing.write_missing_passages(sessions, worker.objects)
    with sessions() as session:
        found = hits.hits(session, [made.version.asset_id], chunks_of(LECTURE.pages[2].lines[0][:4]))
    assert ("slides", cues[2].start) in [(hit.kind, hit.start) for hit in found[made.version.asset_id]]
    assert {hit.start for hit in found[made.version.asset_id]} <= {cue.start for cue in cues}

    with sessions.begin() as session:
        tracks.accept(session, made.version.id, "chapters", "zh")
    with sessions() as session:
        shown = tracks.tracks_of(session, made.version.id)
    assert [track.kind for track in shown] == ["chapters", "slides"]


def test_slides_that_nobody_can_read_are_numbered(
    sessions: sessionmaker[Session], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing() -> Path:
        raise ToolMissing("rapidocr is not installed")

    monkeypatch.setattr(rapidocr, "find_packages", missing)
    worker = OneWorker(sessions, tmp_path, extras=True, DOWNLOADS="off")
    short = lectures.Lecture(LECTURE.pages[:2], (20, 20))
    made = worker.make(
        lectures.film(short, tmp_path / "short.mp4", rate=2, size=(426, 240)).read_bytes(), "short.mp4"
    )
    with sessions() as session:
        (chapters,) = tracks.tracks_of(session, made.version.id, drafts=True)
    cues = read(worker.objects.get(chapters.object_key)).cues
    assert [cue.text for cue in cues] == ["幻灯片 1 · Slide 1", "幻灯片 2 · Slide 2"]


def test_nothing_is_suggested_where_it_is_not_wanted(sessions: sessionmaker[Session], tmp_path: Path) -> None:
    worker = OneWorker(sessions, tmp_path, extras=True, DOWNLOADS="off", SLIDES="off")
    short = lectures.Lecture(LECTURE.pages[:2], (16, 16))
    made = worker.make(
        lectures.film(short, tmp_path / "short.mp4", rate=2, size=(426, 240)).read_bytes(), "short.mp4"
    )
    with sessions() as session:
        assert tracks.tracks_of(session, made.version.id, drafts=True) == []
