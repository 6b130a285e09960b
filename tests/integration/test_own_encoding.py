"""A source whose own encoding conforms: served as it is where that is in order, encoded where it is not."""

from __future__ import annotations

import subprocess
from pathlib import Path

import imageio_ffmpeg
import pytest
from one_worker import OneWorker
from sqlalchemy.orm import Session, sessionmaker

from workers.plan.formats.mp4_index import find_movie_box, read_samples

pytestmark = pytest.mark.integration

FFMPEG = imageio_ffmpeg.get_ffmpeg_exe()


def lesson(path: Path, seconds: int, rate: int) -> Path:
    """A lesson that was encoded with more patience than we have, as carefully made ones are."""
    graph = f"mandelbrot=s=640x360:r={rate}:start_scale=0.4,trim=duration={seconds},noise=alls=4:allf=t"
    tags = "format=yuv420p,setparams=colorspace=bt709:color_primaries=bt709:color_trc=bt709:range=tv"
    command = [FFMPEG, "-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i", f"{graph},{tags}"]
    command += ["-f", "lavfi", "-i", f"sine=300:duration={seconds}", "-c:v", "libx264", "-preset", "medium"]
    command += ["-crf", "29", "-g", str(2 * rate), "-sc_threshold", "0", "-c:a", "aac", str(path)]
    subprocess.run(command, check=True, timeout=120)
    return path


def damage(path: Path, frame: int) -> None:
    """Overwrite some bytes in the middle of a frame."""
    data = bytearray(path.read_bytes())
    index = find_movie_box(len(data), lambda start, length: bytes(data[start : start + length]))
    table = read_samples(index or b"", 0)
    assert table is not None
    middle = table.places[frame] + table.sizes[frame] // 2
    data[middle : middle + 8] = bytes(8)
    path.write_bytes(data)


def frames(address: str | Path) -> list[str]:
    """A digest of every frame; decoding must have nothing to say."""
    command = [FFMPEG, "-nostdin", "-v", "warning", "-xerror", "-i", str(address), "-map", "0:v"]
    command += ["-fps_mode", "passthrough", "-f", "framemd5", "-"]
    done = subprocess.run(command, capture_output=True, timeout=120, check=False)
    assert (done.returncode, done.stderr.decode()) == (0, "")
    return [line.split()[-1] for line in done.stdout.decode().splitlines() if not line.startswith("#")]


@pytest.fixture(scope="module")
def worker(sessions: sessionmaker[Session], tmp_path_factory: pytest.TempPathFactory) -> OneWorker:
    return OneWorker(sessions, tmp_path_factory.mktemp("work"))


def served(worker: OneWorker, path: Path) -> tuple[str, list[str]]:
    """Why viewers get what they get, and every frame of the best rung."""
    made = worker.make(path.read_bytes())
    assert made.version.state == "ready", made.version.failure_detail
    best = [rendition for rendition in made.renditions if rendition.kind == "video"][-1]
    stream = path.with_suffix(".stream.mp4")
    stream.write_bytes(worker.stream(best))
    return made.facts.decisions[0], frames(stream)


def test_viewers_get_the_authors_own_frames_where_encoding_them_would_save_nothing(
    worker: OneWorker, tmp_path: Path
) -> None:
    path = lesson(tmp_path / "lesson.mp4", 13, 25)
    decision, shown = served(worker, path)
    assert decision.startswith("360p: the source's own encoding")
    assert shown == frames(path)


@pytest.mark.parametrize(
    ("seconds", "damaged", "expected"),
    [
        (13, 25, "360p: CRF "),
        pytest.param(70, 665, "own encoding is not in order", marks=pytest.mark.long),
    ],
)
def test_one_with_a_single_damaged_frame_is_encoded(
    seconds: int, damaged: int, expected: str, worker: OneWorker, tmp_path: Path
) -> None:
    """Whether the damage is found before it is decided what is served, or after."""
    path = lesson(tmp_path / "lesson.mp4", seconds, 10)
    damage(path, damaged)
    decision, shown = served(worker, path)
    assert expected in decision
    assert len(shown) == seconds * 10
