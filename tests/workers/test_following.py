"""What another version takes over from the one before: captions lie where their sound is now, or wait to be checked."""

from __future__ import annotations

import subprocess
from array import array
from pathlib import Path

import imageio_ffmpeg
import pytest
from one_worker import Made, OneWorker
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from storage.catalogue import tracks
from storage.catalogue.follows import Follows, follows_from_json
from storage.catalogue.models import Asset, Track
from storage.ids import new_id
from storage.tracks.cue import Cue
from storage.tracks.read import read
from storage.tracks.webvtt import to_webvtt
from workers.plan.decisions.following import ALWAYS, decide

SECONDS = 90
CUES = [Cue(1000, 2000, "一"), Cue(10_000, 12_000, "二"), Cue(70_000, 72_500, "三")]


def ffmpeg(*arguments: str | Path) -> None:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", "-y", *map(str, arguments)]
    subprocess.run(command, check=True, timeout=120)


def speech(first: float, second: float, seed: int) -> str:
    """Tones that follow each other in an order of their own, and some noise."""
    voices = (
        f"0.4*sin(2*PI*(200+700*mod(floor(t*2.7)*{first},1))*t)",
        f"0.3*sin(2*PI*(900+1500*mod(floor(t*1.9)*{second},1))*t)",
        f"0.1*random({seed})",
    )
    return f"aevalsrc='{'+'.join(voices)}':d={SECONDS}:s=32000"


@pytest.fixture(scope="module")
def takes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lesson's sound, and what an author may put in its place."""
    folder = tmp_path_factory.mktemp("takes")
    ffmpeg("-f", "lavfi", "-i", speech(0.61803, 0.7548, 1), folder / "lesson.wav")
    ffmpeg("-f", "lavfi", "-i", speech(0.38196, 0.5698, 2), "-b:a", "64k", folder / "other.m4a")
    within = "aselect='not(between(t,40,50))',asetpts=N/SR/TB"
    for name, options in {
        "front.m4a": ("-ss", "3", "-b:a", "64k"),
        "louder.mp3": ("-af", "volume=5dB", "-b:a", "64k"),
        "quieter.m4a": ("-af", "volume=-12dB", "-b:a", "48k"),
        "within.m4a": ("-af", within, "-b:a", "64k"),
        "later.m4a": ("-af", "adelay=2500:all=1", "-b:a", "64k"),
        "shorter.m4a": ("-t", "60", "-b:a", "64k"),
    }.items():
        ffmpeg("-i", folder / "lesson.wav", *options, folder / name)
    return folder


def compare(takes: Path, name: str) -> Follows:
    prints = []
    for each in ("lesson.wav", name):
        ffmpeg("-i", takes / each, "-f", "chromaprint", "-fp_format", "raw", takes / "print")
        prints.append(array("I", (takes / "print").read_bytes()))
    return decide("before", is_same=False, prints=(prints[0], prints[1]))


@pytest.mark.parametrize("name", ["lesson.wav", "louder.mp3", "quieter.m4a"])
def test_another_codec_or_loudness_changes_nothing(takes: Path, name: str) -> None:
    found = compare(takes, name)
    assert (found.outcome, found.stretches) == ("kept", ((0.0, ALWAYS, 0.0),))


@pytest.mark.parametrize(("name", "offset"), [("front.m4a", -3.0), ("later.m4a", 2.5)])
def test_what_is_cut_or_added_in_front_moves_all_of_it(takes: Path, name: str, offset: float) -> None:
    found = compare(takes, name)
    assert found.outcome == "shifted" and found.agreement is not None and found.agreement > 0.95
    assert found.offset == pytest.approx(offset, abs=0.1)


def test_a_cut_within_leaves_two_pieces(takes: Path) -> None:
    found = compare(takes, "within.m4a")
    assert found.outcome == "pieces" and found.offset is None
    (_, end, nothing), (begin, _, offset) = found.stretches
    assert (end, begin) == (pytest.approx(40, abs=1), pytest.approx(50, abs=1))
    assert (nothing, offset) == (pytest.approx(0, abs=0.1), pytest.approx(-10, abs=0.1))


def test_what_is_cut_from_the_end_is_gone(takes: Path) -> None:
    found = compare(takes, "shorter.m4a")
    assert found.outcome == "kept" and found.stretches[0][1] == pytest.approx(60, abs=0.5)


def test_another_take_is_to_be_checked(takes: Path) -> None:
    found = compare(takes, "other.m4a")
    assert (found.outcome, found.reason, found.stretches) == ("check", "other_sound", ())


def test_a_tone_and_silence_tell_nothing(takes: Path) -> None:
    for name, sound in (("tone.wav", f"sine=440:d={SECONDS}"), ("silence.wav", "anullsrc=d=60")):
        ffmpeg("-f", "lavfi", "-i", sound, "-t", "60", takes / name)
        ffmpeg("-i", takes / name, "-f", "chromaprint", "-fp_format", "raw", takes / "print")
        numbers = array("I", (takes / "print").read_bytes())
        assert decide("before", is_same=False, prints=(numbers, numbers)).outcome == "check", name
    assert decide("before", is_same=False, prints=None).reason == "no_sound"
    assert decide("before", is_same=True, prints=None).outcome == "kept"


@pytest.mark.integration
def test_captions_lie_where_their_sound_is_in_the_new_version(
    sessions: sessionmaker[Session], tmp_path: Path, takes: Path
) -> None:
    worker = OneWorker(sessions, tmp_path, DOWNLOADS="off")
    first = worker.make((takes / "lesson.wav").read_bytes(), "lesson.wav")
    put(sessions, worker, first)
    shifted = worker.replace(first, (takes / "front.m4a").read_bytes())
    assert current(sessions, first) == shifted.version.id
    follows = follows_from_json(shifted.version.follows)
    assert follows is not None and follows.before_id == first.version.id
    [(state, cues)] = carried(sessions, worker, shifted)
    assert state == "shown" and [cue.text for cue in cues] == ["二", "三"]
    for cue, before in zip(cues, CUES[1:], strict=True):
        assert (cue.start, cue.end) == (
            pytest.approx(before.start - 3000, abs=100),
            pytest.approx(before.end - 3000, abs=100),
        )
    # The one before has its own, to be taken back with them.
    assert carried(sessions, worker, first) == [("shown", CUES)]

    other = worker.replace(shifted, (takes / "other.m4a").read_bytes())
    assert current(sessions, first) == other.version.id
    [(state, kept)] = carried(sessions, worker, other)
    assert (state, kept) == ("to_check", cues)
    with sessions() as session:
        assert tracks.tracks_of(session, other.version.id) == []


def put(sessions: sessionmaker[Session], worker: OneWorker, made: Made) -> None:
    key = new_id()
    worker.objects.put(key, to_webvtt(CUES))
    with sessions.begin() as session:
        tracks.put(
            session,
            Track(version_id=made.version.id, kind="captions", language="zh", label="中文", object_key=key),
        )


def carried(sessions: sessionmaker[Session], worker: OneWorker, made: Made) -> list[tuple[str, list[Cue]]]:
    with sessions() as session:
        found = tracks.tracks_of(session, made.version.id, drafts=True)
    return [(track.state, list(read(worker.objects.get(track.object_key)).cues)) for track in found]


def current(sessions: sessionmaker[Session], made: Made) -> str | None:
    with sessions() as session:
        return session.execute(
            select(Asset.current_version_id).where(Asset.id == made.version.asset_id)
        ).scalar_one()
