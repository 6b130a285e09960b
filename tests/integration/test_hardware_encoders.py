"""Lessons that another encoder than x264 makes, from trials to verification, and what becomes of them if it fails."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path

import another_encoder
import imageio_ffmpeg
import pytest
from one_worker import Made, OneWorker
from sqlalchemy.orm import Session, sessionmaker

from workers import jobs
from workers.context import Publish, StepContext

pytestmark = pytest.mark.integration

FFMPEG = imageio_ffmpeg.get_ffmpeg_exe()
SECONDS, RATE = 13, 10
BY_OPENH264, BY_X264 = "avc1.640c", "avc1.6400"


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("film") / "film.mkv"
    graph = f"mandelbrot=s=640x360:r={RATE}:start_scale=0.4,trim=duration={SECONDS},noise=alls=3:allf=t"
    command = [FFMPEG, "-nostdin", "-v", "error", "-f", "lavfi", "-i", f"{graph},format=yuv420p"]
    command += ["-f", "lavfi", "-i", f"sine=300:d={SECONDS - 1}", "-c:v", "mpeg4", "-q:v", "2", "-c:a", "aac"]
    subprocess.run([*command, str(path)], check=True, timeout=60)
    return path


@pytest.fixture
def worker(sessions: sessionmaker[Session], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OneWorker:
    """One with graphics hardware that works, as far as was tried when it began."""
    another_encoder.install(monkeypatch)
    return OneWorker(sessions, tmp_path, VIDEO_ENCODER=another_encoder.NAME)


def then(monkeypatch: pytest.MonkeyPatch, act: Callable[[], None]) -> None:
    """Let something happen when trials are made, and nothing else is."""
    made = jobs.HANDLERS["analyse"]

    def analyse(context: StepContext) -> Publish:
        publish = made(context)
        act()
        return publish

    monkeypatch.setitem(jobs.HANDLERS, "analyse", analyse)


def codecs(made: Made) -> list[str]:
    """Of the renditions of the picture, the lowest first."""
    assert made.version.state == "ready", made.version.failure_detail
    return [each.codecs[:9] for each in made.renditions if each.kind == "video"]


def decode(worker: OneWorker, made: Made, folder: Path) -> list[int]:
    """Count the frames of each rendition; decoding must have nothing to say."""
    counts = []
    for rendition in made.renditions:
        if rendition.kind == "video":
            stream = folder / f"{rendition.name}.mp4"
            stream.write_bytes(worker.stream(rendition))
            command = [FFMPEG, "-nostdin", "-v", "warning", "-xerror", "-i", str(stream)]
            done = subprocess.run([*command, "-f", "framemd5", "-"], capture_output=True, check=False)
            assert (done.returncode, done.stderr.decode()) == (0, "")
            counts.append(sum(not line.startswith(b"#") for line in done.stdout.splitlines()))
    return counts


def vmaf(stream: Path, film: Path) -> float:
    """Of all frames."""
    graph = "[0:v]settb=1/10,setpts=N[a];[1:v]settb=1/10,setpts=N[b];[a][b]libvmaf=n_threads=2"
    command = [FFMPEG, "-nostdin", "-hide_banner", "-i", str(stream), "-i", str(film)]
    done = subprocess.run([*command, "-lavfi", graph, "-f", "null", "-"], capture_output=True, check=True)
    return float(done.stderr.decode().rsplit("VMAF score: ", 1)[1].split()[0])


def test_trials_chunks_and_verifier_do_with_another_encoder_what_they_do_with_x264(
    worker: OneWorker, film: Path, tmp_path: Path
) -> None:
    made = worker.make(film.read_bytes())
    assert codecs(made) == [BY_X264, BY_OPENH264]
    assert len(made.renditions[1].chunks) > 1
    assert decode(worker, made, tmp_path) == [SECONDS * RATE] * 2
    best, lowest = made.facts.decisions
    assert best.startswith("360p: OpenH264 at quality "), best
    assert lowest.startswith("240p: CRF "), lowest
    promised = float(best.split(" for VMAF ")[1].split()[0])
    assert abs(vmaf(tmp_path / "360p.mp4", film) - promised) < 3


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"codec": "h264_vaapi"}, id="the driver does not answer"),
        pytest.param({"codec": "libx264", "options": {"x264-params": "keyint=7"}}, id="it cuts elsewhere"),
        pytest.param({"upload": (("negate",),)}, id="its pictures are wrong"),
    ],
)
def test_what_hardware_fails_at_software_makes(
    change: dict[str, object],
    worker: OneWorker,
    film: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    then(monkeypatch, partial(another_encoder.install, monkeypatch, **change))
    made = worker.make(film.read_bytes())
    assert codecs(made) == [BY_X264, BY_X264]
    assert decode(worker, made, tmp_path) == [SECONDS * RATE] * 2
    assert made.facts.decisions[0].startswith("360p: CRF ")


def test_a_worker_without_the_hardware_of_the_plan_does_without_it(
    worker: OneWorker, film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And what may be watched by then stays."""
    watched: list[str] = []

    def lose() -> None:
        watched.extend(info.key for info in worker.objects.list("") if info.key.endswith(".mp4"))
        worker.lose_hardware()

    then(monkeypatch, lose)
    made = worker.make(film.read_bytes())
    assert codecs(made) == [BY_X264, BY_X264]
    assert decode(worker, made, tmp_path) == [SECONDS * RATE] * 2
    assert any("/240p-" in key for key in watched)
    assert set(watched) <= {chunk.object_key for each in made.renditions for chunk in each.chunks}
