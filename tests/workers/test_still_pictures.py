"""Lessons in which nothing moves get long segments, the first ones excepted; all else of them is as ever."""

from __future__ import annotations

from array import array
from itertools import pairwise
from pathlib import Path

import pytest
from good_sources import X264, run, sound
from lessons import Lesson, encode, media_tools

from workers.media import MediaTools
from workers.plan.formats.mp4_index import SampleTable
from workers.plan.source.stillness import stands_still

SECONDS = 41
PAGES = f"color=white:s=256x144:r=25:d={SECONDS},drawbox=x=10+30*floor(t/9):y=20:w=40:h=90:c=0x2040a0:t=fill"
MOVING = f"testsrc2=s=256x144:r=25:d={SECONDS},noise=alls=4:allf=t"


def table(sizes: list[int], every: int = 250) -> SampleTable:
    keyframes = array("q", range(0, len(sizes), every))
    empty = array("q")
    return SampleTable(12800, empty, empty, array("q", sizes), keyframes, b"")


@pytest.mark.parametrize(
    ("frame", "turned", "still"),
    [
        (72, 3000, True),
        (400, 3000, True),
        (2000, 3000, False),
    ],
)
def test_what_an_encoder_spent_tells_whether_a_picture_of_1080p_stands_still(
    frame: int, turned: int, still: bool
) -> None:
    sizes = [30_000 if n % 250 == 0 else turned if n % 200 < 3 else frame for n in range(1000)]
    assert stands_still(table(sizes), 1920 * 1080) is still


def test_of_keyframes_alone_and_of_small_pictures_that_move_nothing_is_believed() -> None:
    assert not stands_still(table([40] * 100, every=1), 1920 * 1080)
    assert not stands_still(table([900] * 100), 256 * 144)


@pytest.fixture(scope="module")
def tools() -> MediaTools:
    return media_tools()


@pytest.fixture(scope="module")
def pages(tools: MediaTools, tmp_path_factory: pytest.TempPathFactory) -> Lesson:
    return _lesson(tools, tmp_path_factory.mktemp("still") / "pages.mp4", PAGES)


def _lesson(tools: MediaTools, path: Path, graph: str) -> Lesson:
    run("-f", "lavfi", "-i", graph, *sound(seconds=SECONDS), *X264, str(path))
    return encode(tools, path)


def _lengths(lesson: Lesson, name: str) -> list[float]:
    return [round(seconds, 2) for chunk in lesson.renditions[name].chunks for seconds, *_ in chunk.segments]


@pytest.mark.media
def test_pages_have_long_segments_behind_the_first_ones(pages: Lesson, tools: MediaTools) -> None:
    assert _lengths(pages, "144p") == [4, 4, 4, 12, 12, 5]
    assert max(_lengths(pages, "audio")) < 4.1
    assert pages.plan.segment_seconds == 12
    pages.check()
    assert pages.faults(tools) == []


@pytest.mark.media
def test_damage_in_a_long_segment_is_caught(pages: Lesson, tools: MediaTools) -> None:
    damaged = pages.copy()
    last = damaged.renditions["144p"].chunks[-1]
    _, offset, length = last.segments[-1]
    data = bytearray(damaged.objects.get(last.object_key))
    data[offset + length // 2 : offset + length] = bytes(length - length // 2)
    damaged.objects.put(last.object_key, bytes(data))
    assert {fault.rendition for fault in damaged.faults(tools)} == {"144p"}


@pytest.mark.media
def test_segments_are_numbered_through(pages: Lesson) -> None:
    numbers = []
    for chunk in pages.renditions["144p"].chunks:
        data = pages.objects.get(chunk.object_key)
        for _, offset, length in chunk.segments:
            at = data.index(b"mfhd", offset, offset + length)
            numbers.append(int.from_bytes(data[at + 8 : at + 12], "big"))
    assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.media
def test_what_moves_is_cut_as_ever(tools: MediaTools, tmp_path: Path) -> None:
    moving = _lesson(tools, tmp_path / "moving.mp4", MOVING)
    lengths = _lengths(moving, "144p")
    assert max(lengths) <= 6.5
    assert all(a == b for a, b in pairwise(lengths[:-1]))
