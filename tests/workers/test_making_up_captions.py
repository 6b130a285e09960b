"""A lesson that was ready before there was a model gets its captions, once somebody has them made up."""

from __future__ import annotations

from pathlib import Path

import pytest
from one_worker import OneWorker
from spoken_tones import model_folder, recording, saying
from sqlalchemy.orm import Session, sessionmaker

from storage.catalogue import making_up, tracks
from storage.catalogue.making_up import CAPTIONS_STEP, Wanted

pytestmark = pytest.mark.integration


def test_captions_are_made_up(sessions: sessionmaker[Session], tmp_path: Path) -> None:
    before = OneWorker(sessions, tmp_path, extras=True, DOWNLOADS="off", SLIDES="off")
    made = before.make(recording(((2, 1, saying(4)),), 6), "lesson.wav")
    wanted = Wanted((CAPTIONS_STEP,), asset_ids=[made.version.asset_id])
    with sessions.begin() as session:
        assert tracks.tracks_of(session, made.version.id, drafts=True) == []
        assert making_up.count_left(session, wanted) == {CAPTIONS_STEP: 1}
        assert making_up.queue_some(session, wanted, 10) == 1

    now = OneWorker(
        sessions,
        tmp_path,
        extras=True,
        objects=before.objects,
        MODEL_DIR=str(model_folder(tmp_path / "model")),
    )
    again = now.go_on(made)
    with sessions() as session:
        [track] = tracks.tracks_of(session, made.version.id)
        assert (track.automatic, track.language) == (True, "zh")
        assert making_up.count_left(session, wanted) == {CAPTIONS_STEP: 0}
        assert making_up.count_made(session) == 0
    assert (again.version.state, again.version.ready_at) == ("ready", made.version.ready_at)
    assert [each.object_key for each in again.renditions[0].chunks] == [
        each.object_key for each in made.renditions[0].chunks
    ]
