"""The comparison with the source is checked: a right encode passes, a wrong one is caught."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path

import pytest
from good_sources import TALK, X264, make, run
from lessons import Lesson, alarms, encode, media_tools

from workers.media import MediaTools
from workers.plan.decisions.reference import picture_windows
from workers.plan.model.plan import VideoPlan
from workers.plan.model.storyboard import Storyboard
from workers.plan.model.time_grid import TimeGrid
from workers.plan.model.treatment import Treatment
from workers.plan.timing import Span
from workers.verify import OutputRejected

pytestmark = pytest.mark.media

SECONDS = 8
CLIP = f"testsrc2=s=256x144:r=25:d={SECONDS}"

QUICK = (
    "one_a_second.mp4",
    "tiny.mp4",
    "only_noise.mp4",
    "whiteboard.mp4",
    "drifting_sound.mkv",
    "one_frame.mp4",
    "variable_rate.mkv",
    "transparent.apng",
    "talk.mp3",
)
"""Of ``good_sources``, those that raised an alarm while the checker was written, and their likes."""

SAME = "null"
WRONG: dict[str, tuple[str, str, str]] = {
    "the tail is lost and its last picture held": (
        "trim=end=6,tpad=stop=-1:stop_mode=clone",
        "anull",
        "movements",
    ),
    "the tail becomes black": ("drawbox=c=black:t=fill:enable='gt(t,7.5)'", "anull", "black"),
    "the tail of the sound is lost": (SAME, "volume=0:enable='gt(t,6)'", "silent"),
    "the sound is 200 ms late": (SAME, "adelay=200:all=1", "sound is 200 ms late"),
    "the sound is 120 ms early": (
        SAME,
        "atrim=start=0.12,asetpts=PTS-STARTPTS,apad",
        "sound is -120 ms late",
    ),
    "the picture is 200 ms late": ("tpad=start=5:start_mode=clone", "anull", "picture is 200 ms late"),
    "silence": (SAME, "volume=0", "silent"),
    "black": ("drawbox=c=black:t=fill", "anull", "black"),
    "squeezed between bars": ("scale=192:144,pad=256:144:32:0,setsar=1", "anull", "not the source's"),
    "cropped and stretched": ("crop=192:144,scale=256:144,setsar=1", "anull", "not the source's"),
    "mirrored": ("hflip", "anull", "not the source's"),
    "upside down": ("vflip", "anull", "not the source's"),
    "half the frame rate": ("fps=12.5,fps=25", "anull", "movements"),
    "a frozen picture": ("trim=end_frame=1,tpad=stop=-1:stop_mode=clone", "anull", "movements"),
    "red for blue": ("colorchannelmixer=rr=0:rb=1:bb=0:br=1", "anull", "not the source's"),
    "another colour matrix": (
        "scale=in_color_matrix=bt601:out_color_matrix=bt709,setparams=colorspace=bt470bg",
        "anull",
        "colours",
    ),
    "no colours": ("hue=s=0", "anull", "not the source's"),
    "6 dB louder": (SAME, "volume=6dB", "dB louder"),
    "6 dB fainter": (SAME, "volume=-6dB", "dB fainter"),
    "one channel is lost": (SAME, "pan=stereo|c0=c0|c1=0*c0", "dB fainter"),
    "blurred": ("gblur=3", "anull", "VMAF"),
    "another language's sound": (SAME, "aeval='0.2*random(0)':c=same", "not the source's"),
}
"""Filters that the encoder's picture and sound went through by mistake, and what must be said of it."""


@pytest.fixture(scope="module")
def tools() -> MediaTools:
    return media_tools()


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("compare") / "source.mkv"
    _make(path, SAME, "anull")
    return path


@pytest.fixture(scope="module")
def lesson(tools: MediaTools, source: Path) -> Lesson:
    return encode(tools, source)


def _make(path: Path, picture: str, sound: str) -> None:
    talk = TALK.format(d=SECONDS)
    inputs = ["-f", "lavfi", "-i", CLIP, "-f", "lavfi", "-i", f"{talk},pan=stereo|c0=c0|c1=c0"]
    run(
        *inputs,
        "-vf",
        picture,
        "-af",
        sound,
        "-t",
        str(SECONDS),
        *X264,
        "-crf",
        "12",
        "-c:a",
        "flac",
        str(path),
    )


@pytest.fixture(scope="module")
def found(tools: MediaTools, source: Path) -> dict[str, str]:
    """What was said about each wrong encode. A wrong picture and a wrong sound, which are judged apart, share one."""
    pictures = [(name, picture) for name, (picture, sound, _) in WRONG.items() if sound == "anull"]
    sounds = [(name, sound) for name, (_, sound, _) in WRONG.items() if sound != "anull"]
    pairs = list(zip_longest(pictures, sounds, fillvalue=("", "anull")))

    def look(number: int) -> dict[str, str]:
        (picture, one), (sound, other) = pairs[number]
        wrong = source.with_name(f"wrong-{number}.mkv")
        _make(wrong, one, other)
        faults = encode(tools, source, wrong).faults(tools)
        parts: dict[bool, list[str]] = {True: [], False: []}
        for fault in faults:
            parts[fault.rendition == "audio"].append(str(fault))
        return {picture: "; ".join(parts[False]), sound: "; ".join(parts[True])}

    with ThreadPoolExecutor(2) as pool:
        return {name: said for result in pool.map(look, range(len(pairs))) for name, said in result.items()}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_encode_is_caught(name: str, found: dict[str, str]) -> None:
    assert WRONG[name][2] in found[name]


def test_the_right_encode_passes(lesson: Lesson, tools: MediaTools) -> None:
    lesson.check()
    assert lesson.faults(tools) == []


@pytest.fixture(scope="module")
def good(tools: MediaTools, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    folder = tmp_path_factory.mktemp("good")
    with ThreadPoolExecutor(2) as pool:
        return dict(zip(QUICK, pool.map(lambda name: alarms(tools, make(name, folder)), QUICK), strict=True))


@pytest.mark.parametrize("name", QUICK)
def test_a_right_encode_of_an_odd_source_passes(name: str, good: dict[str, list[str]]) -> None:
    assert good[name] == []


def stored(lesson: Lesson, name: str, number: int, change: Callable[[bytearray], None]) -> None:
    """Change the bytes of a chunk that is stored."""
    chunk = lesson.renditions[name].chunks[number]
    data = bytearray(lesson.objects.get(chunk.object_key))
    change(data)
    lesson.objects.put(chunk.object_key, bytes(data))


def swap_segments(lesson: Lesson) -> None:
    segments = lesson.renditions["audio"].chunks[0].segments
    segments[0][1:], segments[1][1:] = segments[1][1:], segments[0][1:]


def another_time(lesson: Lesson) -> None:
    """The second chunk's first segment shows what the first chunk shows."""
    first, second = (lesson.renditions["144p"].chunks[number] for number in (0, 1))
    _, offset, length = first.segments[0]
    taken = lesson.objects.get(first.object_key)[offset : offset + length]
    second.segments[0] = [second.segments[0][0], second.size, length]
    lesson.objects.put(second.object_key, lesson.objects.get(second.object_key) + taken)


def zeros(name: str) -> Callable[[Lesson], None]:
    """The end of a segment is lost and filled with zeros, as a disk that was full leaves it."""

    def change(lesson: Lesson) -> None:
        chunk = lesson.renditions[name].chunks[0]
        _, offset, length = chunk.segments[0]
        stored(
            lesson,
            name,
            0,
            lambda data: data.__setitem__(
                slice(offset + length // 2, offset + length), bytes(length - length // 2)
            ),
        )

    return change


DAMAGE: dict[str, Callable[[Lesson], None]] = {
    "swapped segments of the sound": swap_segments,
    "a chunk from another time": another_time,
    "a truncated segment of the picture": zeros("144p"),
    "a truncated segment of the sound": zeros("audio"),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_stored_damage_is_caught(name: str, tools: MediaTools, lesson: Lesson) -> None:
    damaged = lesson.copy()
    DAMAGE[name](damaged)
    faults = damaged.faults(tools)
    assert faults
    assert {fault.rendition for fault in faults} == {"audio" if "sound" in name else "144p"}


def test_a_lost_rendition_or_length_is_caught(lesson: Lesson) -> None:
    longer = replace(lesson, duration=lesson.duration + 0.2)
    with pytest.raises(OutputRejected, match=r"lasts 8\.000 s"):
        longer.check()
    silent = lesson.copy()
    del silent.renditions["audio"]
    with pytest.raises(OutputRejected, match="not those of the plan"):
        silent.check()


def test_samples_are_at_both_ends_at_a_seam_and_in_between() -> None:
    spans = (Span(0, 0, 100), Span(1, 100, 200), Span(2, 300, 15_000))
    rungs: tuple[()] = ()
    grid = TimeGrid((25, 1), 15_300, 15_300, 100, spans, 1)
    plan = VideoPlan(0, grid, "fast", rungs, 0, Treatment(flatten_alpha=False), Storyboard(25, 160, 90))
    for seed in ("a", "b", "c"):
        windows = picture_windows(plan, seed)
        assert windows == picture_windows(plan, seed)
        assert windows[0].start == 0
        assert windows[-1].end == 15_300
        assert any(len(window.chunks(spans)) == 2 for window in windows)
        assert sum(window.start % 100 == 0 for window in windows) >= 2
        assert len(windows) >= 4
    assert picture_windows(plan, "a") != picture_windows(plan, "b")
