"""The same lesson, encoded and uploaded another way, is found again; with another voice it is another lesson."""

from __future__ import annotations

import subprocess
from pathlib import Path

import imageio_ffmpeg
import pytest
from one_worker import OneWorker
from sqlalchemy.orm import Session, sessionmaker

from storage.catalogue.models import StoredFingerprint
from storage.fingerprints import Fingerprint, resemblance

pytestmark = pytest.mark.integration

SECONDS = 12
PICTURE = f"testsrc2=s=640x360:r=25:d={SECONDS}"


def voice(order: float) -> str:
    """Tones that follow each other in an order of their own."""
    return f"aevalsrc='0.4*sin(2*PI*(200+1500*mod(floor(t*4)*{order},1))*t)':d={SECONDS}:s=48000"


def film(path: Path, sound: str, *encoding: str) -> bytes:
    inputs = ("-f", "lavfi", "-i", PICTURE, "-f", "lavfi", "-i", sound)
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", *inputs, *encoding, str(path)]
    subprocess.run(command, check=True, timeout=120)
    return path.read_bytes()


def test_a_lesson_in_another_encoding_is_found_again(sessions: sessionmaker[Session], tmp_path: Path) -> None:
    worker = OneWorker(sessions, tmp_path, extras=True, DOWNLOADS="off", AV1="off")
    sources = {
        "first.mp4": film(tmp_path / "first.mp4", voice(0.618), "-crf", "20"),
        "again.mkv": film(
            tmp_path / "again.mkv",
            voice(0.618),
            *("-vf", "scale=320:-2", "-crf", "34", "-ac", "2", "-c:a", "libmp3lame", "-b:a", "48k"),
        ),
        "other.mp4": film(tmp_path / "other.mp4", voice(0.382), "-crf", "20"),
    }
    made = [worker.make(source, name).version.id for name, source in sources.items()]
    with sessions() as session:
        stored = [session.get_one(StoredFingerprint, version_id) for version_id in made]
    first, again, other = (Fingerprint(each.pictures, each.picture_seconds, each.sound) for each in stored)
    found = resemblance(first, again)
    assert found is not None and (found.pictures or 0) >= 0.8 and (found.sound or 0) >= 0.8
    assert resemblance(first, other) is None
    assert [each.duration for each in stored] == pytest.approx([SECONDS] * 3, abs=0.1)
