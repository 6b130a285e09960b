"""What is made of a ready version: whole files to be saved and a moving preview, as those who fetch them see them.

The lesson flashes and beeps once a second; nothing moves in it but for two seconds in the middle.
"""

from __future__ import annotations

import io
import json
import re
import subprocess
import time
from array import array
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin

import imageio_ffmpeg
import pytest
from PIL import Image
from sqlalchemy import select, update
from sqlalchemy.orm import Session, sessionmaker
from support import PATIENCE, RunningStack

from storage.catalogue import database, steps
from storage.catalogue.endings import MAX_ATTEMPTS
from storage.catalogue.inventory import named_by
from storage.catalogue.models import Step, Version
from storage.catalogue.new_steps import NewStep
from workers import sweeper
from workers.plan.formats.cmaf import boxes

pytestmark = pytest.mark.integration

SECONDS = 9
RATE = 30_000 / 1001
FRAMES = SECONDS * 30_000 // 1001
MOVING = (4, 6)
SAMPLE_RATE = 48_000
SYNC = 0.045
TITLE = "第1课:山水/画 “入门”"


def _ffmpeg(*arguments: str) -> bytes:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-hide_banner", "-v", "warning", *arguments]
    done = subprocess.run(command, capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stderr.decode()) == (0, "")
    return done.stdout


def _make(path: Path) -> None:
    rate = f"s=640x360:r=30000/1001:d={SECONDS}"
    graph = (
        f"color=c=0x404040:{rate}[ground];testsrc2={rate}[moving];color=c=white:s=160x160:r=30000/1001[light];"
        f"[ground][moving]overlay=enable='between(t,{MOVING[0]},{MOVING[1]})'[scene];"
        "[scene][light]overlay=x=460:y=20:enable='lt(mod(t+0.0334,1),0.1)':shortest=0,format=yuv420p[picture];"
        f"aevalsrc='0.6*sin(2*PI*2000*t)*lt(mod(t,1),0.1)':s={SAMPLE_RATE}:d={SECONDS}[sound]"
    )
    _ffmpeg(
        "-filter_complex", graph, "-map", "[picture]", "-map", "[sound]", "-frames:v", str(FRAMES),
        "-c:v", "libx264", "-preset", "ultrafast", "-crf", "12", "-c:a", "pcm_s16le", str(path),
    )  # fmt: skip


@dataclass(frozen=True)
class Lesson:
    """The lesson with all its extras; ``folder`` has what was fetched, by name."""

    asset: dict[str, Any]
    folder: Path

    def url(self, name: str) -> str:
        return urljoin(self.asset["playback_ids"][0]["manifest_url"], name)

    def file(self, name: str) -> str:
        return str(self.folder / name)


@pytest.fixture(scope="module")
def lesson(stack: RunningStack, tmp_path_factory: pytest.TempPathFactory) -> Lesson:
    folder = tmp_path_factory.mktemp("extras")
    _make(folder / "lesson.mov")
    asset = stack.wait(stack.upload(folder / "lesson.mov", TITLE), "ready")
    assert asset["progress"]["percent"] == 100
    asset = stack.wait_for_extras(asset["id"], 2)
    assert (asset["state"], asset["progress"]["percent"]) == ("ready", 100)
    lesson = Lesson(asset, folder)
    for name in ("download.mp4", "audio.m4a", "preview.webp"):
        (folder / name).write_bytes(stack.request("GET", lesson.url(name), key=None).data)
    return lesson


@contextmanager
def _catalogue(stack: RunningStack) -> Iterator[Session]:
    engine = database.connect(stack.environment["DATABASE_URL"], pool_size=1)
    with Session(engine) as session:
        yield session
    engine.dispose()


def _hls(stack: RunningStack, lesson: Lesson, attribute: str) -> str:
    """The media playlist of the best rung, or of the sound."""
    lines = stack.request("GET", lesson.url("master.m3u8"), key=None).data.decode().splitlines()
    if attribute == "audio":
        (found,) = (re.search(r'URI="([^"]+)"', line) for line in lines if "TYPE=AUDIO" in line)
        assert found is not None
        return lesson.url(found[1])
    rungs = [(line, uri) for line, uri in pairwise(lines) if line.startswith("#EXT-X-STREAM-INF")]
    return lesson.url(max(rungs, key=lambda rung: int(re.findall(r"RESOLUTION=(\d+)", rung[0])[0]))[1])


def _frames(address: str, kind: str) -> list[tuple[float, str]]:
    """Time in seconds and hash of each decoded frame of picture (v) or sound (a)."""
    text = _ffmpeg("-i", address, "-map", f"0:{kind}", "-f", "framehash", "-hash", "md5", "-").decode()
    base = re.search(r"#tb 0: (\d+)/(\d+)", text)
    assert base is not None
    rows = [line.split(",") for line in text.splitlines() if line and not line.startswith("#")]
    return [(int(row[2]) * int(base[1]) / int(base[2]), row[5].strip()) for row in rows]


def _sound(address: str) -> array[int]:
    return array("h", _ffmpeg("-i", address, "-map", "0:a", "-ac", "1", "-f", "s16le", "-"))


def test_mp4_shows_the_very_frames_of_the_stream_in_their_order(stack: RunningStack, lesson: Lesson) -> None:
    shown = _frames(lesson.file("download.mp4"), "v")
    streamed = _frames(_hls(stack, lesson, "video"), "v")
    assert len(shown) == FRAMES
    assert [digest for _, digest in shown] == [digest for _, digest in streamed]
    assert all(abs(at - number / RATE) < 0.001 for number, (at, _) in enumerate(shown))


def test_sound_of_both_files_is_that_of_the_stream(stack: RunningStack, lesson: Lesson) -> None:
    streamed = _sound(_hls(stack, lesson, "audio"))
    assert abs(len(streamed) / SAMPLE_RATE - SECONDS) < 0.05
    assert _sound(lesson.file("download.mp4")) == streamed
    assert _sound(lesson.file("audio.m4a")) == streamed
    for name in ("download.mp4", "audio.m4a"):
        assert _frames(lesson.file(name), "a")[0][0] == 0


def test_flash_and_beep_are_together_in_the_mp4(lesson: Lesson) -> None:
    name = lesson.file("download.mp4")
    grey = _ffmpeg(
        "-i", name, "-vf", "crop=80:80:500:60,scale=16:16", "-pix_fmt", "gray", "-fps_mode", "passthrough",
        "-f", "rawvideo", "-",
    )  # fmt: skip
    grey = grey[136::256]  # one pixel of each frame
    times = [at for at, _ in _frames(name, "v")]
    flashes = [times[n] for n in range(1, len(grey)) if grey[n] > 200 and grey[n - 1] <= 200]
    sound, window = _sound(name), SAMPLE_RATE // 200
    loud = [max(map(abs, sound[at : at + window])) > 4000 for at in range(0, len(sound), window)]
    beeps = [n * window / SAMPLE_RATE for n in range(1, len(loud)) if loud[n] and not loud[n - 1]]
    beeps = [at for at in beeps if at > 0.5]  # the first flash is no change of light
    assert len(flashes) == len(beeps) == SECONDS - 1
    assert all(abs(flash - beep) < SYNC for flash, beep in zip(flashes, beeps, strict=True))


def test_peaks_are_where_the_beeps_are(stack: RunningStack, lesson: Lesson) -> None:
    path = f"/v1/assets/{lesson.asset['id']}/peaks"
    deadline = time.monotonic() + PATIENCE
    while (answer := stack.request("GET", path)).status != 200:
        assert time.monotonic() < deadline, answer.data
        time.sleep(0.25)
    peaks = json.loads(answer.data)
    values = b64decode(peaks["values"])
    assert len(values) * peaks["seconds_each"] == pytest.approx(SECONDS, abs=0.15)
    per_second = round(1 / peaks["seconds_each"])
    for second in range(SECONDS - 1):
        loud, quiet = (
            values[second * per_second],
            values[second * per_second + 4 : (second + 1) * per_second - 1],
        )
        assert 0.5 < loud / 255 < 0.75
        assert max(quiet) < 5


@pytest.mark.parametrize(("name", "brand"), [("download.mp4", b"isom"), ("audio.m4a", b"M4A ")])
def test_the_index_comes_first(lesson: Lesson, name: str, brand: bytes) -> None:
    data = Path(lesson.file(name)).read_bytes()
    assert [box.kind for box in boxes(data)] == [b"ftyp", b"moov", b"mdat"]
    assert data[8:12] == brand
    head = data[: data.index(b"mdat")]
    assert b"mvex" not in head and b"moof" not in head
    assert (b"vide" in data) is (name == "download.mp4")


def test_preview_moves_where_the_lesson_does(lesson: Lesson) -> None:
    data = Path(lesson.file("preview.webp")).read_bytes()
    assert len(data) <= 500_000
    with Image.open(io.BytesIO(data)) as picture:
        assert picture.format == "WEBP" and picture.size == (320, 180)
        frames = []
        lasts = 0
        for number in range(picture.n_frames):
            picture.seek(number)
            picture.load()
            lasts += picture.info["duration"]
            frames.append(picture.convert("RGB").crop((0, 100, 100, 180)))
        assert picture.info["loop"] == 0
    assert 2000 <= lasts <= 4000
    colourful = [len(frame.getcolors(10_000) or ()) > 500 for frame in frames]
    assert sum(colourful) >= 0.6 * len(frames)


def test_asset_names_its_files_and_their_sizes(stack: RunningStack, lesson: Lesson) -> None:
    found = {entry["kind"]: entry for entry in lesson.asset["downloads"]}
    assert found.keys() == {"video", "audio"}
    for kind, name in (("video", "download.mp4"), ("audio", "audio.m4a")):
        assert found[kind]["url"] == lesson.url(name)
        assert found[kind]["size"] == Path(lesson.file(name)).stat().st_size
    assert lesson.asset["images"]["preview"] == lesson.url("preview.webp")
    answer = stack.request("GET", lesson.asset["images"]["preview"], key=None)
    assert answer.headers["Content-Type"] == "image/webp"


def test_files_are_saved_under_the_title_and_can_be_continued(stack: RunningStack, lesson: Lesson) -> None:
    url, data = lesson.url("download.mp4"), Path(lesson.file("download.mp4")).read_bytes()
    whole = stack.request("HEAD", url, key=None)
    assert (whole.status, whole.headers["Content-Type"]) == (200, "video/mp4")
    assert whole.headers["Content-Length"] == str(len(data))
    disposition = whole.headers["Content-Disposition"]
    assert disposition.startswith('attachment; filename="')
    named = re.search(r"filename\*=UTF-8''(\S+)$", disposition)
    assert named is not None and unquote(named[1]) == "第1课_山水_画 “入门”.mp4"
    etag = whole.headers["ETag"]
    headers = {"Range": "bytes=1000-1999", "If-Range": etag}
    part = stack.request("GET", url, key=None, headers=headers)
    assert (part.status, part.data) == (206, data[1000:2000])
    assert part.headers["Content-Disposition"] == disposition
    for start, length in ((0, 40), (len(data) // 3, 100_000), (len(data) - 7, 7)):
        headers = {"Range": f"bytes={start}-{start + length - 1}"}
        part = stack.request("GET", url, key=None, headers=headers)
        assert (part.status, part.data) == (206, data[start : start + length])
    beyond = stack.request("GET", url, key=None, headers={"Range": f"bytes={len(data)}-"})
    assert (beyond.status, beyond.headers["Content-Range"]) == (416, f"bytes */{len(data)}")
    assert stack.request("GET", url, key=None, headers={"If-None-Match": etag}).status == 304
    sound = stack.request("HEAD", lesson.url("audio.m4a"), key=None)
    assert sound.headers["Content-Type"] == "audio/mp4"
    assert sound.headers["Content-Disposition"].endswith(".m4a")


def test_files_are_not_stored_a_second_time(stack: RunningStack, lesson: Lesson) -> None:
    stored = {info.key: info.size for info in stack.objects.list(f"assets/{lesson.asset['id']}/")}
    recipes = [size for key, size in stored.items() if "download" in key or "audio.m4a" in key]
    assert len(recipes) == 2
    assert sum(recipes) < 0.05 * sum(entry["size"] for entry in lesson.asset["downloads"])


def test_signed_files_want_a_token_for_downloads(stack: RunningStack, lesson: Lesson) -> None:
    path = f"/v1/assets/{lesson.asset['id']}/playback-ids"
    signed = stack.request("POST", path, json={"policy": "signed"}).json()["id"]

    def issue(*kinds: str) -> dict[str, Any]:
        body = {"playback_id": signed, "kinds": list(kinds)}
        answer: dict[str, Any] = stack.request("POST", "/v1/playback-tokens", json=body).json()
        return answer

    def ask(name: str, token: str) -> int:
        return stack.request("HEAD", f"/v/{signed}/{name}?token={token}", key=None).status

    download, image, video = issue("download"), issue("image"), issue("video")
    assert video["download_url"] is None
    for url in (download["download_url"], download["audio_url"]):
        answer = stack.request("GET", url, key=None)
        assert (answer.status, answer.headers["Cache-Control"].split(",")[0]) == (200, "private")
    for name in ("download.mp4", "audio.m4a"):
        assert [ask(name, issued["token"]) for issued in (image, video)] == [403, 403]
        assert ask(name, "") == 401
    assert [ask("preview.webp", issued["token"]) for issued in (image, download)] == [200, 403]
    stack.request("DELETE", f"{path}/{signed}")


def test_the_catalogue_names_everything_that_is_stored(stack: RunningStack, lesson: Lesson) -> None:
    with _catalogue(stack) as session:
        version = session.execute(select(Version).where(Version.asset_id == lesson.asset["id"])).scalar_one()
        named = {each.key for each in named_by(session, version.id)}
    assert named == {info.key for info in stack.objects.list(f"assets/{lesson.asset['id']}/")}


def test_a_failed_extra_leaves_the_lesson_ready(stack: RunningStack, lesson: Lesson) -> None:
    with _catalogue(stack) as session:
        version = session.execute(select(Version).where(Version.asset_id == lesson.asset["id"])).scalar_one()
        step = NewStep("download", "nonsense", {"file": "nonsense"}, ("publish",), optional=True)
        steps.add_steps(session, version.id, [step])
        last = {"attempts": MAX_ATTEMPTS - 1}
        session.execute(update(Step).where(Step.name == "nonsense").values(last))
        session.commit()
        deadline = time.monotonic() + PATIENCE
        row = None
        while row is None or row.state != "failed":
            assert time.monotonic() < deadline, row
            time.sleep(0.25)
            row = session.execute(select(Step.state, Step.last_error).where(Step.name == "nonsense")).one()
            session.rollback()
        assert row.last_error
    asset = stack.client.get(f"/v1/assets/{lesson.asset['id']}")
    assert (asset["state"], asset["progress"]["percent"], asset["failure"]) == ("ready", 100, None)
    assert asset["downloads"] == lesson.asset["downloads"]


def test_a_silent_animation_has_a_file_and_a_preview_but_no_sound(
    stack: RunningStack, tmp_path: Path
) -> None:
    _ffmpeg("-v", "error", "-f", "lavfi", "-i", "testsrc2=s=200x320:r=10:d=1.5", str(tmp_path / "loop.gif"))
    asset = stack.wait(stack.upload(tmp_path / "loop.gif"), "ready")
    asset = stack.wait_for_extras(asset["id"], 1)
    assert stack.client.get(f"/v1/assets/{asset['id']}/peaks")["values"] == ""
    (video,) = asset["downloads"]
    file = tmp_path / "download.mp4"
    file.write_bytes(stack.request("GET", video["url"], key=None).data)
    assert len(_frames(str(file), "v")) == 15
    missing = stack.request("GET", urljoin(video["url"], "audio.m4a"), key=None)
    assert (missing.status, missing.json()["code"]) == (404, "download_not_found")
    with Image.open(io.BytesIO(stack.request("GET", asset["images"]["preview"], key=None).data)) as picture:
        assert picture.size == (200, 320)
        assert 10 <= picture.n_frames <= 15
    key = next(info.key for info in stack.objects.list(f"assets/{asset['id']}/") if "download" in info.key)
    assert stack.request("DELETE", f"/v1/assets/{asset['id']}?permanently=true").status == 204
    assert stack.request("GET", video["url"], key=None).status in (200, 404)  # remembered for a second
    deadline = time.monotonic() + PATIENCE
    with _catalogue(stack) as session:
        while key in [info.key for info in stack.objects.list(f"assets/{asset['id']}/")]:
            assert time.monotonic() < deadline
            sweeper.purge_deleted(sessionmaker(session.get_bind()), stack.objects)
