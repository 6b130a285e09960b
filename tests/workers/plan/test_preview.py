"""Which moments a preview shows, and whether an animation is one."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from workers.plan.decisions.preview import frames_shown, liveliest
from workers.plan.formats.cmaf import Fragment, Sample
from workers.plan.formats.webp import Animation, MalformedWebp, read_animation

FRAMES = 100
PIECE = 25


def segment(number: int, *sizes: tuple[int, int]) -> Fragment:
    """A segment of still frames after a large keyframe, but for those given by number and size."""
    spent = {0: 50_000, **dict(sizes)}
    samples = (Sample(1, spent.get(n, 20), keyframe=n == 0, offset=0) for n in range(FRAMES))
    return Fragment(number * FRAMES, tuple(samples))


def moving(first: int, size: int) -> list[tuple[int, int]]:
    return [(n, size) for n in range(first, first + PIECE)]


def test_motion_is_found_and_neither_keyframes_nor_a_turned_slide() -> None:
    segments = [segment(n) for n in range(10)]
    segments[2] = segment(2, (30, 90_000))  # a slide is turned
    segments[7] = segment(7, *moving(50, 900))
    segments[4] = segment(4, *moving(25, 500), *moving(75, 700))
    found = liveliest(segments, PIECE)
    assert [(piece.segment, piece.start, piece.count) for piece in found] == [
        (7, 50, 25),
        (4, 75, 25),
        (4, 25, 25),
    ]


def test_frames_are_shown_in_the_order_of_the_video() -> None:
    segments = [segment(n) for n in range(10)]
    segments[7] = segment(7, *moving(50, 900))
    segments[4] = segment(4, *moving(25, 500), *moving(75, 700))
    assert frames_shown(liveliest(segments, PIECE), [(4, FRAMES), (7, FRAMES)]) == [
        (25, 49),
        (75, 99),
        (150, 174),
    ]


@pytest.mark.parametrize("frames", [1, 3, 24, 26])
def test_a_short_video_has_what_it_has(frames: int) -> None:
    short = Fragment(0, tuple(Sample(1, 20, keyframe=n == 0, offset=0) for n in range(frames)))
    found = liveliest([short], PIECE)
    assert sum(piece.count for piece in found) == frames
    assert found[0].count == min(frames, PIECE)


def animation() -> bytes:
    frames = [Image.new("RGB", (40, 30), colour) for colour in ("red", "green", "blue")]
    output = io.BytesIO()
    frames[0].save(output, "WEBP", save_all=True, append_images=frames[1:], duration=100, loop=0)
    return output.getvalue()


def test_an_animation_is_read() -> None:
    found = read_animation(animation())
    assert (found.width, found.height, found.frames, found.loops) == (40, 30, 3, 0)
    assert found.seconds == pytest.approx(0.3)


@pytest.mark.parametrize("cut", [0, 4, 30, 60, -1])
def test_half_an_animation_is_none(cut: int) -> None:
    with pytest.raises(MalformedWebp):
        read_animation(animation()[:cut])


def test_a_still_picture_is_one_frame() -> None:
    output = io.BytesIO()
    Image.new("RGB", (40, 30)).save(output, "WEBP")
    assert read_animation(output.getvalue()) == Animation(40, 30, 1, 0.0, 0)
