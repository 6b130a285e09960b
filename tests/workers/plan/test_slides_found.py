"""Where slides are found in lectures whose slides are known, and that films, speakers and cartoons have none."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from io import BytesIO

import lectures
import pytest
from PIL import Image, ImageFilter

from workers.plan.decisions.slides import HEIGHT, PICTURE_BYTES, WIDTH, find_slides, slide_name

EVERY = 4.0
"""Seconds from one keyframe to the next."""


def grey(picture: Image.Image, quality: int = 60) -> bytes:
    """A picture as it comes out of the lowest rung."""
    encoded = BytesIO()
    picture.resize((640, 360), Image.Resampling.BILINEAR).save(encoded, "JPEG", quality=quality)
    small = Image.open(encoded).convert("L").resize((WIDTH, HEIGHT), Image.Resampling.BOX)
    assert len(small.tobytes()) == PICTURE_BYTES
    return small.tobytes()


def starts_in(pictures: Iterable[Image.Image], duration: float) -> list[float]:
    greys = [grey(picture) for picture in pictures]
    return [slide.start for slide in find_slides(greys, [EVERY * n for n in range(len(greys))], duration)]


def starts_of(lecture: lectures.Lecture) -> list[float]:
    chance = random.Random(3)
    times = [EVERY * number for number in range(int(lecture.duration / EVERY))]
    return starts_in((lectures.at(lecture, time, chance) for time in times), lecture.duration)


def near(times: Iterable[float], others: Iterable[float]) -> int:
    others = list(others)
    return sum(any(abs(time - other) <= EVERY + 1 for other in others) for time in times)


def test_slides_of_any_lecture_are_found_and_nothing_else() -> None:
    known = found = right = hit = 0
    for seed in range(10):
        lecture = lectures.lecture(seed, 10, (10, 60))
        starts, truth = starts_of(lecture)[1:], lecture.starts[1:]
        known, found = known + len(truth), found + len(starts)
        hit, right = hit + near(truth, starts), right + near(starts, truth)
    assert hit / known >= 0.95
    assert right / found >= 0.9


PAGES = tuple(lectures.page(random.Random(number), 0) for number in range(3))


def test_lines_that_come_one_by_one_belong_to_their_slide() -> None:
    lecture = lectures.Lecture(PAGES, (60, 60, 60), builds=True)
    assert starts_of(lecture) == [0, 60, 120]


def test_a_slide_begins_when_it_fades_in() -> None:
    lecture = lectures.Lecture(PAGES, (31.7, 32, 30), fade=1.0)
    assert starts_of(lecture) == [0, 32, 64]


def test_a_speaker_in_the_corner_and_a_pointer_do_not_matter() -> None:
    lecture = lectures.Lecture(PAGES, (40, 40, 40), speaker=True, pointer=True)
    assert starts_of(lecture) == [0, 40, 80]


def test_a_slide_shown_full_is_the_one_whose_lines_have_all_come() -> None:
    lecture = lectures.Lecture(PAGES, (40, 40, 40), builds=True)
    chance = random.Random(3)
    greys = [grey(lectures.at(lecture, EVERY * n, chance)) for n in range(30)]
    slides = find_slides(greys, [EVERY * n for n in range(30)], 120)
    assert [slide.picture for slide in slides] == [9, 19, 29]
    assert [(slide.start, slide.end) for slide in slides] == [(0, 40), (40, 80), (80, 120)]


def room(number: int) -> Image.Image:
    """A head that sways before shelves."""
    chance = random.Random(11)
    shelves = Image.new("L", (160, 90))
    shelves.putdata([chance.randrange(90, 190) for _ in range(160 * 90)])
    picture = shelves.resize(lectures.SIZE).filter(ImageFilter.GaussianBlur(4)).convert("RGB")
    sway = random.Random(number)
    picture.paste((190, 150, 130), (500 + sway.randrange(40), 200, 760 + sway.randrange(40), 720))
    return picture


def two_cameras(number: int) -> Image.Image:
    picture = room(number)
    return picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if number // 7 % 2 else picture


def moving(number: int) -> Image.Image:
    chance = random.Random(number)
    picture = Image.new("L", (80, 45))
    picture.putdata([chance.randrange(256) for _ in range(80 * 45)])
    return picture.resize(lectures.SIZE).convert("RGB")


@pytest.mark.parametrize("camera", [room, two_cameras, moving])
def test_what_a_camera_sees_has_no_slides(camera: Callable[[int], Image.Image]) -> None:
    assert starts_in(map(camera, range(45)), 180) == []


@pytest.mark.parametrize("seed", range(4))
def test_a_cartoon_has_no_slides(seed: int) -> None:
    assert starts_in(lectures.cartoon(seed, 200, EVERY), 200) == []


def test_one_slide_is_none() -> None:
    assert starts_of(lectures.Lecture(PAGES[:1], (60,))) == []
    assert find_slides([], [], 3.0) == ()


@pytest.mark.parametrize(
    ("language", "name"),
    [("zh-CN", "幻灯片 3"), ("en", "Slide 3"), ("und", "幻灯片 3 · Slide 3")],
)
def test_slides_that_nobody_read_are_numbered(language: str, name: str) -> None:
    assert slide_name(3, language) == name
