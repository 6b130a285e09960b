"""With a target every lesson is equally loud, whoever recorded it."""

from __future__ import annotations

import json
import re
import subprocess
from array import array
from dataclasses import replace
from pathlib import Path

import imageio_ffmpeg
import pytest
from good_sources import TALK, X264, picture, run
from lessons import Lesson, encode, media_tools

from workers.media import MediaTools
from workers.plan.commands.chunks import PREROLL_FRAMES, sound_of
from workers.plan.commands.lines import Input, compiled
from workers.plan.decisions.loudness import PIECE_SECONDS, PIECES

pytestmark = pytest.mark.media

TARGET = -16.0
LONG_SECONDS = 2 * PIECES * PIECE_SECONDS + 8
"""Just long enough not to be heard as a whole."""

FFMPEG = imageio_ffmpeg.get_ffmpeg_exe()
STEREO = ",pan=stereo|c0=c0|c1=c0"
SLAMS = "+0.8*sin(2*PI*400*t)*lt(mod(t,5),0.005)"


@pytest.fixture(scope="module")
def tools() -> MediaTools:
    return media_tools()


def recorded(path: Path, graph: str, seconds: float = 12, *options: str, rate: str = "5") -> Path:
    source = picture("128x96", rate, seconds)
    run(
        *source,
        "-f",
        "lavfi",
        "-i",
        graph.format(d=seconds),
        *X264,
        *(options or ("-c:a", "flac")),
        str(path),
    )
    return path


def rendition(lesson: Lesson, folder: Path, name: str = "audio") -> Path:
    """A sound as a player gets it: its initialization segment and all others."""
    path = folder / f"{name}.mp4"
    chunks = lesson.renditions[name].chunks
    whole = lesson.objects.get(chunks[0].object_key)
    path.write_bytes(whole + b"".join(lesson.objects.get(c.object_key)[c.init_length :] for c in chunks[1:]))
    return path


def heard(path: Path) -> tuple[float, float]:
    """Loudness in LUFS and true peak in dBTP of what is in a file, by another filter than the one that is tested."""
    command = [
        FFMPEG,
        "-nostdin",
        "-hide_banner",
        "-i",
        str(path),
        "-vn",
        "-af",
        "loudnorm=print_format=json",
    ]
    done = subprocess.run([*command, "-f", "null", "-"], capture_output=True, check=True, timeout=60)
    told = json.loads(re.findall(rb"\{[^{}]*\}", done.stderr)[-1])
    return float(told["input_i"]), float(told["input_tp"])


def test_lessons_that_are_12_lu_apart_become_equally_loud(tools: MediaTools, tmp_path: Path) -> None:
    before, after = [], []
    for name, level in (("loud", -1), ("faint", -13)):
        path = recorded(tmp_path / f"{name}.mkv", f"{TALK}{STEREO},volume={level}dB")
        lesson = encode(tools, path, target=TARGET)
        lesson.check()
        assert lesson.faults(tools) == []
        before.append(heard(path)[0])
        after.append(heard(rendition(lesson, tmp_path)))
    assert before[0] - before[1] == pytest.approx(12, abs=0.5)
    for loudness, peak in after:
        assert loudness == pytest.approx(TARGET, abs=1)
        assert peak <= -1


def test_peaks_are_held_down_where_a_faint_voice_is_lifted(tools: MediaTools, tmp_path: Path) -> None:
    voice = TALK.replace("0.3*sin", "0.08*sin")
    path = recorded(tmp_path / "doors.mkv", re.sub("':s=", f"{SLAMS}':s=", voice) + STEREO)
    assert heard(path)[1] > -2
    lesson = encode(tools, path, target=TARGET)
    assert lesson.plan.sounds[0].limited
    assert lesson.faults(tools) == []
    loudness, peak = heard(rendition(lesson, tmp_path))
    assert loudness == pytest.approx(TARGET, abs=1)
    assert peak <= -1


@pytest.mark.parametrize(
    "graph", ["anullsrc=r=48000:cl=stereo,atrim=duration={d}", "anoisesrc=a=0.0001:d={d}"]
)
def test_silence_is_not_lifted(graph: str, tools: MediaTools, tmp_path: Path) -> None:
    lesson = encode(tools, recorded(tmp_path / "silent.mkv", graph, 4), target=TARGET)
    assert (lesson.plan.sounds[0].gain, lesson.plan.sounds[0].limited) == (0.0, False)
    assert heard(rendition(lesson, tmp_path))[0] < -70


def test_a_sound_that_ends_early_is_measured(tools: MediaTools, tmp_path: Path) -> None:
    """Most samples of a lesson lie where its sound is over."""
    graph = f"{TALK},atrim=duration=40{STEREO}"
    path = recorded(tmp_path / "short.mkv", graph, LONG_SECONDS, "-c:a", "aac", rate="1")
    lesson = encode(tools, path, target=TARGET)
    assert heard(rendition(lesson, tmp_path))[0] == pytest.approx(TARGET, abs=1)


def test_a_sound_whose_form_changes_is_measured_as_a_whole(tools: MediaTools, tmp_path: Path) -> None:
    """Broadcasts change between 5.1 and stereo; here the loud half comes first."""
    whole = b""
    for number, form in enumerate((f"volume=-6dB{STEREO}", "volume=-30dB,pan=5.1|FL=c0|FR=c0")):
        offset = ("-output_ts_offset", str(number * 6), "-g", "5", "-c:a", "ac3", "-ar", "48000")
        part = recorded(tmp_path / f"{number}.ts", f"{TALK},{form}", 6, *offset)
        whole += part.read_bytes()
    path = tmp_path / "whole.ts"
    path.write_bytes(whole)
    lesson = encode(tools, path, target=TARGET)
    assert heard(rendition(lesson, tmp_path))[0] == pytest.approx(TARGET, abs=1)


def test_a_wrong_gain_is_caught(tools: MediaTools, tmp_path: Path) -> None:
    path = recorded(tmp_path / "faint.mkv", f"{TALK}{STEREO},volume=-13dB", 5)
    lesson = encode(tools, path, target=TARGET)
    unlifted = encode(tools, path)
    unlifted.plan = lesson.plan
    assert "dB fainter" in "; ".join(map(str, unlifted.faults(tools)))


@pytest.mark.long
def test_samples_of_a_long_sound_stand_for_all_of_it(tools: MediaTools, tmp_path: Path) -> None:
    talk = f"{TALK.format(d=20)},aloop=-1:{20 * 44100},atrim=duration={LONG_SECONDS}"
    graph = f"{talk},volume='0.15+0.1*sin(t/9)':eval=frame{STEREO}"
    path = recorded(tmp_path / "long.mkv", graph, LONG_SECONDS, "-c:a", "aac", rate="1")
    lesson = encode(tools, path, target=TARGET)
    assert heard(rendition(lesson, tmp_path))[0] == pytest.approx(TARGET, abs=1)


def test_chunks_join_sample_by_sample(tools: MediaTools, tmp_path: Path) -> None:
    """Given to the encoder from a little before its start, a chunk is what it is in the middle of the whole."""
    path = tmp_path / "loud.wav"
    run("-f", "lavfi", "-i", re.sub("':s=44100", f"{SLAMS}':s=48000", TALK).format(d=20) + STEREO, str(path))
    plan = encode(tools, path, target=TARGET).plan.sounds[0]
    plan = replace(plan, gain=12.0, limited=True)

    def given(start: int, count: int) -> array[int]:
        sound = sound_of(Input(str(path), {}), plan, start, count)
        command = [FFMPEG, "-nostdin", "-v", "error", *compiled(sound.output("-", format="s16le"))]
        return array("h", subprocess.run(command, capture_output=True, check=True, timeout=60).stdout)

    whole = given(0, plan.frames)
    for start in range(100, plan.frames - 40, 37):
        chunk = given(start - PREROLL_FRAMES, PREROLL_FRAMES + 10)[PREROLL_FRAMES * 1024 * 2 :]
        there = whole[start * 1024 * 2 :][: len(chunk)]
        assert max(abs(a - b) for a, b in zip(chunk, there, strict=True)) <= 1
