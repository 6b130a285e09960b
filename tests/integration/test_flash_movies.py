"""Flash movies and HTML5 packages as a viewer sees and hears them."""

from __future__ import annotations

import array
import io
import subprocess
import zipfile
from itertools import pairwise
from pathlib import Path

import flash_movies as make
import flash_scripts as scripts
import imageio_ffmpeg
import pytest
from one_worker import OneWorker
from PIL import Image
from sqlalchemy.orm import Session, sessionmaker

pytestmark = pytest.mark.integration

RED, GREEN = (255, 0, 0), (0, 255, 0)
RATE = 20
FRAME = make.SAMPLES // RATE
SHOW = make.tag(make.SHOW)
START = (make.background(GREEN), make.shape(1, 10, 80, RED), make.place(1, 1))


@pytest.fixture(scope="module")
def worker(sessions: sessionmaker[Session], tmp_path_factory: pytest.TempPathFactory) -> OneWorker:
    return OneWorker(sessions, tmp_path_factory.mktemp("work"))


def decoded(path: Path, *options: str) -> bytes:
    command = [
        imageio_ffmpeg.get_ffmpeg_exe(),
        "-nostdin",
        "-v",
        "warning",
        "-xerror",
        "-i",
        str(path),
        *options,
        "-",
    ]
    done = subprocess.run(command, capture_output=True, timeout=120, check=False)
    assert (done.returncode, done.stderr.decode()) == (0, "")
    return done.stdout


def bars(stream: bytes, path: Path) -> list[int]:
    """How far to the left the red bar stands in each frame, in tens of pixels."""
    path.write_bytes(stream)
    data = decoded(path, "-vf", "scale=100:80", "-pix_fmt", "rgb24", "-f", "rawvideo")
    seen = []
    for at in range(0, len(data), 24_000):
        picture = Image.frombytes("RGB", (100, 80), data[at : at + 24_000])
        reds = [x for x in range(100) if picture.getpixel((x, 40))[0] > picture.getpixel((x, 40))[1]]
        seen.append(round(sum(reds) / len(reds) / 10 - 0.5))
    return seen


def test_a_movie_becomes_a_film_with_sound(worker: OneWorker, tmp_path: Path) -> None:
    """A bar goes to the right in steps of a second, and a tone begins with the third."""
    tags = [*START[:1], make.sound_head(RATE), *START[1:]]
    for number in range(100):
        tags += [make.move(1, 10 * (number // RATE))] * (number % RATE == 0)
        tags += [make.sound_block(FRAME * number, FRAME, 441, loud=0.5 if number >= 40 else 0), SHOW]
    made = worker.make(make.movie(*tags, rate=RATE), "bar.swf")
    assert (made.version.state, made.version.kind) == ("ready", "video"), made.version.failure_detail
    facts = made.facts
    assert (facts.frame_rate, facts.loop, facts.notices) == (RATE, False, ())
    assert (facts.source_width, facts.source_height) == (100, 80)
    assert facts.duration == pytest.approx(5, abs=0.1)
    video = next(rendition for rendition in made.renditions if rendition.kind == "video")
    sound = next(rendition for rendition in made.renditions if rendition.kind == "audio")
    assert bars(worker.stream(video), tmp_path / "video.mp4")[:100] == [
        number // RATE for number in range(100)
    ]
    (tmp_path / "sound.mp4").write_bytes(worker.stream(sound))
    samples = array.array("h", decoded(tmp_path / "sound.mp4", "-ac", "1", "-ar", "48000", "-f", "s16le"))
    loud = [at / 48_000 for at, value in enumerate(samples) if abs(value) > 4000]
    assert loud[0] == pytest.approx(2, abs=0.06)
    assert loud[-1] == pytest.approx(5, abs=0.06)
    assert max(after - before for before, after in pairwise(loud)) < 0.004


def test_a_movie_that_waits_shows_what_runs_by_itself(worker: OneWorker, tmp_path: Path) -> None:
    button = (make.shape(3, 20, 20, RED), make.button(4, 3), make.place(4, 2, 70, 60))
    steps = [part for number in range(1, 30) for part in (make.move(1, 10 * (number // 10)), SHOW)]
    stop = [scripts.actions(scripts.STOP), *[SHOW] * 200]
    made = worker.make(make.movie(*START, *button, SHOW, *steps, *stop, rate=RATE), "buttons.swf")
    assert made.version.state == "ready", made.version.failure_detail
    assert [notice.code for notice in made.facts.notices] == ["flash_interactive"]
    assert made.facts.duration == pytest.approx(3.0, abs=1.0), "two seconds more than what moves"
    seen = bars(worker.stream(made.renditions[0]), tmp_path / "video.mp4")
    assert seen[:30] == [number // 10 for number in range(30)]


def test_of_a_movie_that_shows_nothing_its_sound_is_the_lesson(worker: OneWorker) -> None:
    tags = [make.sound_head(RATE), make.background(GREEN)]
    for number in range(60):
        tags += [make.sound_block(FRAME * number, FRAME, 441, loud=0.5), SHOW]
    made = worker.make(make.movie(*tags, rate=RATE), "song.swf")
    assert (made.version.state, made.version.kind) == ("ready", "audio"), made.version.failure_detail
    assert [notice.code for notice in made.facts.notices] == ["flash_sound_alone"]
    assert made.facts.duration == pytest.approx(3, abs=0.1)


def test_a_package_becomes_a_film(worker: OneWorker, tmp_path: Path) -> None:
    page = """<body style="margin:0;background:#0f0"><svg width=100 height=80><rect id=bar width=10
        height=80 fill=red />
        </svg><script>let at = 0; const going = setInterval(() => bar.setAttribute("x", 10 * ++at), 500);
        setTimeout("clearInterval(going)", 3000)</script>"""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("lesson/index.html", page)
        archive.writestr("lesson/voice.mp3", b"")
    made = worker.make(data.getvalue(), "lesson.zip")
    assert (made.version.state, made.version.kind) == ("ready", "video"), made.version.failure_detail
    assert [notice.code for notice in made.facts.notices] == [
        "html_package_drawn",
        "html_package_sound_left_out",
    ]
    assert (made.facts.source_width, made.facts.source_height, made.facts.frame_rate) == (100, 80, 30)
    seen = bars(worker.stream(made.renditions[0]), tmp_path / "video.mp4")
    assert seen[:75] == [(number + 1) // 15 for number in range(75)]


REFUSED = {
    "blank": ("flash_blank", make.movie(make.background(GREEN), SHOW, SHOW, SHOW)),
    "broken": ("source_damaged", make.movie(*START, SHOW, packed=False)[:60]),
    "empty": ("source_damaged", make.movie(*START)),
    "canvas": ("animation_too_large", make.movie(*START, SHOW, size=(9000, 9000))),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(worker: OneWorker, name: str) -> None:
    code, movie = REFUSED[name]
    version = worker.make(movie, f"{name}.swf").version
    assert (version.state, version.failure_code) == ("failed", code), version.failure_detail


def test_without_a_browser_the_operator_is_told(sessions: sessionmaker[Session], tmp_path: Path) -> None:
    worker = OneWorker(sessions, tmp_path, CHROMIUM=str(tmp_path / "nothing"))
    version = worker.make(make.movie(*START, SHOW, SHOW), "movie.swf").version
    assert (version.state, version.failure_code) == ("failed", "browser_missing")
    assert "install chromium" in (version.failure_detail or "")
