"""Sources whose clock starts late, or again: the lesson lasts as long as what is there to be watched."""

from __future__ import annotations

from pathlib import Path

import pytest
from good_sources import TALK, X264, picture, run, sound
from lessons import encode, media_tools

from workers.media import MediaTools

pytestmark = pytest.mark.media

LATE = ("-output_ts_offset", "5000")
CODECS = {
    "mkv": (*X264, "-c:a", "aac"),
    "ts": (*X264, "-c:a", "aac"),
    "flv": (*X264, "-c:a", "aac"),
    "asf": ("-c:v", "wmv2", "-c:a", "wmav2"),
    "ogv": ("-c:v", "libtheora", "-c:a", "libvorbis"),
}


@pytest.fixture(scope="module")
def tools() -> MediaTools:
    return media_tools()


@pytest.mark.parametrize("kind", CODECS)
def test_a_source_may_start_when_it_likes(kind: str, tools: MediaTools, tmp_path: Path) -> None:
    path = tmp_path / f"late.{kind}"
    run(*picture("320x240"), *sound(), *CODECS[kind], *LATE, str(path))
    lesson = encode(tools, path)
    lesson.check()
    assert lesson.duration == pytest.approx(5, abs=0.1)
    assert lesson.faults(tools) == []
    assert not lesson.plan.read_once


@pytest.mark.parametrize("serials", [("1", "2"), ("1", "1")])
def test_a_chain_of_sounds_is_played_to_its_end(
    serials: tuple[str, str], tools: MediaTools, tmp_path: Path
) -> None:
    """As recorders of web radio write it: each piece is a stream of its own."""
    chain = b""
    for serial in serials:
        run(*sound(), "-c:a", "libvorbis", "-serial_offset", serial, str(tmp_path / "link.ogg"))
        chain += (tmp_path / "link.ogg").read_bytes()
    path = tmp_path / "chain.ogg"
    path.write_bytes(chain)
    lesson = encode(tools, path)
    lesson.check()
    assert lesson.duration == pytest.approx(10, abs=0.1)


@pytest.mark.parametrize("shown", [True, False], ids=["video", "sound alone"])
def test_captions_that_last_longer_make_no_lesson_longer(
    shown: bool, tools: MediaTools, tmp_path: Path
) -> None:
    path, captions = tmp_path / "lesson.mkv", tmp_path / "captions.srt"
    captions.write_text("1\n00:00:01,000 --> 00:00:02,000\na\n\n2\n00:00:18,000 --> 00:00:21,000\nb\n")
    inputs = (*picture("160x90", seconds=2), *sound(seconds=2), "-i", str(captions))
    streams = ("-map", "0", "-map", "1", "-map", "2") if shown else ("-map", "1", "-map", "2")
    run(*inputs, *streams, *X264, "-c:a", "aac", str(path))
    assert encode(tools, path).plan.duration == pytest.approx(2, abs=0.05)


def test_of_two_programmes_one_is_shown_with_its_own_sound_by_its_own_clock(
    tools: MediaTools, tmp_path: Path
) -> None:
    """A radio programme, and one of television that began long after it."""
    path, late = tmp_path / "broadcast.ts", ("-itsoffset", "1000")
    inputs = (*sound(seconds=2), *late, *picture("160x90", seconds=2), *late, *sound("sine=880:d={d}", 2))
    programmes = ("-program", "program_num=1:st=0", "-program", "program_num=2:st=1:st=2")
    streams = ("-map", "0", "-map", "1", "-map", "2", *programmes, "-max_interleave_delta", "0")
    run(*inputs, *streams, *X264, "-c:a", "mp2", str(path))
    lesson = encode(tools, path)
    assert (lesson.plan.kind, lesson.plan.duration) == ("video", pytest.approx(2, abs=0.05))
    assert [sound.stream for sound in lesson.plan.sounds] == [2]
    assert lesson.faults(tools) == []


def test_a_broadcast_may_change_between_stereo_and_surround(tools: MediaTools, tmp_path: Path) -> None:
    joined = tmp_path / "broadcast.ts"
    with joined.open("wb") as sink:
        for number, layout in enumerate(("stereo", "5.1", "stereo")):
            part = tmp_path / f"{number}.ts"
            heard = sound(f"{TALK},pan={layout}|FL=c0|FR=c0", 2)
            codecs = (*X264, "-g", "25", "-c:a", "ac3", "-ar", "44100" if number else "48000")
            times = ("-output_ts_offset", str(2 * number), "-muxdelay", "0")
            run(*picture("160x90", seconds=2), *heard, *codecs, *times, str(part))
            sink.write(part.read_bytes())
    lesson = encode(tools, joined)
    lesson.check()
    assert lesson.duration == pytest.approx(6, abs=0.1)
    assert lesson.faults(tools) == []


def test_bare_pictures_are_counted(tools: MediaTools, tmp_path: Path) -> None:
    """A guess from the bit rate of the first of them would be far off."""
    path = tmp_path / "bare.m2v"
    grows = "color=black:s=160x90:r=25:d=6[a];testsrc2=s=160x90:r=25:d=2[b];[a][b]concat"
    run("-f", "lavfi", "-i", grows, "-c:v", "mpeg2video", "-q:v", "3", "-f", "mpeg2video", str(path))
    lesson = encode(tools, path)
    assert lesson.plan.duration == pytest.approx(8, abs=0.05)
    assert lesson.faults(tools) == []
