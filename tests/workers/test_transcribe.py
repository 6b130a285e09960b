"""Captions that a machine writes of what is said, by the workers' own steps and an engine that hears tones."""

from __future__ import annotations

from pathlib import Path

import pytest
from one_worker import Made, OneWorker
from spoken_tones import Tone, film, model_folder, recording, saying
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker
from tone_engine import RUNS_AWAY

from storage.catalogue import hits, tracks
from storage.catalogue.models import Step
from storage.search_words import chunks_of
from storage.tracks.read import read
from workers import passage_writing, speech_engine
from workers.plan.commands import speech as commands
from workers.plan.decisions import speech
from workers.steps import transcribe

pytestmark = pytest.mark.integration

LESSON: tuple[Tone, ...] = (
    (2, 1, saying(0)), (3, 1, saying(1)),
    (6, 1, saying(2)),
    (12, 1, saying(4)),
)  # fmt: skip


def worker_of(sessions: sessionmaker[Session], folder: Path, model: Path) -> OneWorker:
    return OneWorker(sessions, folder, extras=True, DOWNLOADS="off", SLIDES="off", MODEL_DIR=str(model))


def step_of(session: Session, made: Made) -> Step:
    found = select(Step).where(Step.version_id == made.version.id, Step.kind == "transcribe")
    return session.execute(found).scalar_one()


def test_what_is_said_becomes_captions_that_viewers_see_and_find(
    sessions: sessionmaker[Session], tmp_path: Path
) -> None:
    worker = worker_of(sessions, tmp_path, model_folder(tmp_path / "model"))
    made = worker.make(recording(LESSON, 15), "lesson.wav")
    with sessions() as session:
        [track] = tracks.tracks_of(session, made.version.id)
    assert (track.kind, track.language, track.label) == ("captions", "zh", "中文（自动生成）")
    assert track.automatic
    cues = read(worker.objects.get(track.object_key)).cues
    assert [cue.text for cue in cues] == [
        "大家好，今天我们学习种植番茄。",
        "首先要选择一个阳光充足的地方，",
        "谢谢大家。",
    ]
    for cue, start in zip(cues, (2, 6, 12), strict=True):
        assert cue.start / 1000 == pytest.approx(start, abs=0.15)
        assert cue.end - cue.start >= 833
    # As what people wrote.
    passage_writing.write_missing_passages(sessions, worker.objects)
    with sessions() as session:
        found = hits.hits(session, [made.version.asset_id], chunks_of("阳光充足"))
    assert [hit.kind for hit in found[made.version.asset_id]] == ["captions"]

    # Another file is heard anew.
    again = worker.replace(made, recording(LESSON[-1:], 14))
    with sessions() as session:
        [track] = tracks.tracks_of(session, again.version.id, drafts=True)
    assert track.automatic
    assert [cue.text for cue in read(worker.objects.get(track.object_key)).cues] == ["谢谢大家。"]


def test_where_nobody_speaks_there_are_no_captions(sessions: sessionmaker[Session], tmp_path: Path) -> None:
    worker = worker_of(sessions, tmp_path, model_folder(tmp_path / "model"))
    made = worker.make(recording((), 6), "silence.wav")
    with sessions() as session:
        assert tracks.tracks_of(session, made.version.id, drafts=True) == []
        assert step_of(session, made).state == "done"


@pytest.mark.parametrize(("language", "languages"), [("chi", ["zh"]), ("eng", ["en", "zh"])])
def test_a_source_keeps_its_captions_and_gets_none_of_their_language(
    sessions: sessionmaker[Session], tmp_path: Path, language: str, languages: list[str]
) -> None:
    worker = worker_of(sessions, tmp_path, model_folder(tmp_path / "model"))
    srt = "1\n00:00:01,000 --> 00:00:03,000\nFrom the source\n"
    source = film(LESSON, 15, tmp_path / "lesson.mp4", captions=srt, language=language)
    made = worker.make(source, "lesson.mp4")
    with sessions() as session:
        found = tracks.tracks_of(session, made.version.id)
    assert [track.language for track in found] == languages
    assert [track.automatic for track in found] == [False, True][: len(found)]


def test_a_window_without_end_is_left_out_and_the_author_is_told(
    sessions: sessionmaker[Session], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(speech_engine, "WINDOW_CPU_SECONDS", 0.5)
    worker = worker_of(sessions, tmp_path, model_folder(tmp_path / "model"))
    tones = (*LESSON, (9, 1, float(RUNS_AWAY)))
    made = worker.make(recording(tones, 15), "lesson.wav")
    with sessions() as session:
        [track] = tracks.tracks_of(session, made.version.id)
    cues = read(worker.objects.get(track.object_key)).cues
    assert [cue.text for cue in cues][-1] == "谢谢大家。"
    assert len(cues) == 3
    [notice] = [notice for notice in made.facts.notices if notice.code == "captions_incomplete"]
    assert notice.words == {"seconds": "1"}


def test_a_long_lesson_is_heard_in_stretches_without_cutting_what_is_said(
    sessions: sessionmaker[Session], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A stretch of 10 s instead of 20 minutes: the third tone lies over its end.
    for module in (commands, speech, transcribe):
        monkeypatch.setattr(module, "STRETCH", 10 * speech.SAMPLE_RATE)
    tones = (
        (2, 1, saying(0)),
        (5, 1, saying(2)),
        (9.4, 1, saying(4)),
        (15, 1, saying(0)),
        (24, 1, saying(4)),
    )
    worker = worker_of(sessions, tmp_path, model_folder(tmp_path / "model"))
    made = worker.make(recording(tones, 33), "lesson.wav")
    with sessions() as session:
        [track] = tracks.tracks_of(session, made.version.id)
    cues = read(worker.objects.get(track.object_key)).cues
    assert [cue.text for cue in cues] == [
        "大家好，",
        "首先要选择一个阳光充足的地方，",
        "谢谢大家。",
        "大家好，",
        "谢谢大家。",
    ]
    for cue, (start, _, _) in zip(cues, tones, strict=True):
        assert cue.start / 1000 == pytest.approx(start, abs=0.15)


@pytest.mark.parametrize("fault", ["missing", "broken", "endless"])
def test_a_model_that_is_of_no_use_harms_nothing_and_says_why(
    sessions: sessionmaker[Session], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    model, tones = tmp_path / "model", LESSON
    if fault != "missing":
        model_folder(model)
    if fault == "broken":
        (model / "broken.txt").touch()
    if fault == "endless":
        monkeypatch.setattr(speech_engine, "WINDOW_CPU_SECONDS", 0.2)
        tones = tuple((2.0 * number, 1, float(RUNS_AWAY)) for number in range(7))
    worker = worker_of(sessions, tmp_path, model)
    made = worker.make(recording(tones, 15), "lesson.wav")
    assert made.version.state == "ready"
    with sessions() as session:
        assert tracks.tracks_of(session, made.version.id, drafts=True) == []
        step = step_of(session, made)
        assert step.state == "failed"
        assert step.last_error is not None
        assert step.last_error.startswith("speech_model_unusable: ")
