"""Captions and chapters inside a source become tracks of the lesson, and players read them."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import pytest
from odd_sources import ffmpeg
from support import RunningStack

pytestmark = pytest.mark.integration

CHINESE = "1\n00:00:01,250 --> 00:00:02,000\n<i>山高月小</i>\n\n2\n00:00:02,500 --> 00:00:03,000\na < b\n"
ENGLISH = "1\n00:00:01,250 --> 00:00:02,000\n<script>alert(1)</script>High mountains\n"
CHAPTERS = (
    ";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=2000\ntitle=第一章\n"
    "[CHAPTER]\nTIMEBASE=1/1000\nSTART=2000\nEND=4000\ntitle=<b>Two\n"
)


def _source(folder: Path, name: str, codec: str) -> Path:
    (folder / "zh.srt").write_text(CHINESE, encoding="utf-8")
    (folder / "en.srt").write_text(ENGLISH, encoding="utf-8")
    (folder / "chapters.txt").write_text(CHAPTERS, encoding="utf-8")
    ffmpeg(
        "-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=4", "-f", "lavfi", "-i", "sine=d=4",
        "-i", folder / "zh.srt", "-i", folder / "en.srt", "-f", "ffmetadata", "-i", folder / "chapters.txt",
        "-map", "0", "-map", "1", "-map", "2", "-map", "3", "-map_chapters", "4", "-c:v", "libx264",
        "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac", "-c:s", codec,
        "-metadata:s:s:0", "language=chi", "-metadata:s:s:1", "language=eng", folder / name,
    )  # fmt: skip
    return folder / name


@pytest.fixture(scope="module")
def lessons(stack: RunningStack, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """By container: an MKV with SRT, an MKV with ASS, an MP4 with MOV text, each with two languages and chapters."""
    folder = tmp_path_factory.mktemp("embedded")
    sources = {"srt": ("a.mkv", "srt"), "ass": ("b.mkv", "ass"), "mov_text": ("c.mp4", "mov_text")}
    uploads = {what: stack.upload(_source(folder, *names)) for what, names in sources.items()}
    return {what: stack.wait(asset_id, "ready") for what, asset_id in uploads.items()}


def _text(stack: RunningStack, track: dict[str, Any]) -> str:
    answer = stack.request("GET", track["url"], key=None)
    assert answer.status == 200
    return answer.data.decode()


@pytest.mark.parametrize("what", ["srt", "ass", "mov_text"])
def test_what_a_source_brings_along(
    stack: RunningStack, lessons: dict[str, dict[str, Any]], what: str
) -> None:
    tracks = {(track["kind"], track["language"]): track for track in lessons[what]["tracks"]}
    assert set(tracks) == {("captions", "zh"), ("captions", "en"), ("chapters", "und")}
    assert tracks["captions", "zh"]["label"] == "中文"
    assert _text(stack, tracks["captions", "zh"]) == (
        "WEBVTT\n\n00:00:01.250 --> 00:00:02.000\n山高月小\n\n00:00:02.500 --> 00:00:03.000\na &lt; b\n"
    )
    english = _text(stack, tracks["captions", "en"])
    assert "High mountains" in english
    assert "<" not in english
    assert _text(stack, tracks["chapters", "und"]) == (
        "WEBVTT\n\n00:00:00.000 --> 00:00:02.000\n第一章\n\n00:00:02.000 --> 00:00:04.000\n&lt;b&gt;Two\n"
    )


def test_what_came_without_a_language_can_be_edited(
    stack: RunningStack, lessons: dict[str, dict[str, Any]]
) -> None:
    path = f"/v1/assets/{lessons['srt']['id']}/tracks/chapters/und"
    text = stack.request("GET", f"{path}/source").json()["text"]
    sent = stack.request("PUT", path, body=text.encode())
    assert (sent.status, sent.json()["language"]) == (200, "und")
    assert _text(stack, sent.json()) == text
    assert stack.request("GET", f"{path.removesuffix('und')}und-u-x/source").status == 422


def test_ffmpeg_reads_the_captions_of_the_manifest(
    stack: RunningStack, lessons: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    manifest = lessons["srt"]["playback_ids"][0]["manifest_url"]
    written = tmp_path / "out.srt"
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", "-i", manifest]
    subprocess.run([*command, "-map", "0:s:m:language:zh", written], check=True, timeout=60)
    text = written.read_text(encoding="utf-8")
    assert "00:00:01,250 --> 00:00:02,000\n山高月小" in text
    assert "a < b" in text


def test_what_an_author_sent_first_stays(stack: RunningStack, tmp_path: Path) -> None:
    asset_id = stack.upload(_source(tmp_path, "d.mkv", "srt"))
    body = b"WEBVTT\n\n00:00.000 --> 00:01.000\nby hand\n"
    sent = stack.request("PUT", f"/v1/assets/{asset_id}/tracks/captions/en", body=body)
    assert sent.status == 200
    tracks = stack.wait(asset_id, "ready")["tracks"]
    [english] = [track for track in tracks if track["language"] == "en"]
    assert english == json.loads(sent.data)
    assert len(tracks) == 3


def test_a_bad_track_is_left_out(stack: RunningStack, tmp_path: Path) -> None:
    (tmp_path / "bad.srt").write_text("1\n00:00:01,000 --> 00:00:01,000\n<b></b>\n")
    source = tmp_path / "bad.mkv"
    ffmpeg(
        "-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=2", "-i", tmp_path / "bad.srt", "-map", "0", "-map", "1",
        "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:s", "srt", source,
    )  # fmt: skip
    asset = stack.wait(stack.upload(source), "ready")
    assert asset["tracks"] == []
