"""Which lessons are perhaps the same: those that look and sound alike, never those that share a template."""

from __future__ import annotations

import random
from array import array
from io import BytesIO
from itertools import combinations

import pytest
from PIL import Image, ImageDraw, ImageFont

from storage.fingerprints import MOST_TILES, TILE, Fingerprint, Resemblance, resemblance, spread
from workers.pictures import greys

WORDS = (
    "Safe",
    "water",
    "cooking",
    "garden",
    "health",
    "music",
    "paper",
    "lantern",
    "tea",
    "river",
    "school",
    "letters",
    "village",
)
FONT = ImageFont.load_default(40)


def slide(number: int) -> Image.Image:
    """One of a thousand: the template's band and frame, and words of its own."""
    chosen = random.Random(number)
    picture = Image.new("RGB", (1280, 720), (245, 245, 250))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 0, 1280, 90), fill=(30, 60, 140))
    draw.text((40, 20), "Community education", font=FONT, fill="white")
    for line in range(4):
        draw.text((80, 150 + 110 * line), " ".join(chosen.choices(WORDS, k=5)), font=FONT, fill=(20, 20, 20))
    return picture


def tile(picture: Image.Image, quality: int) -> bytes:
    """As a storyboard has it, of a video that was encoded well or badly."""
    encoded, small = BytesIO(), BytesIO()
    picture.resize((640, 360)).save(encoded, "JPEG", quality=quality)
    Image.open(encoded).resize((160, 90)).save(small, "JPEG", quality=75)
    return small.getvalue()


def seen(*numbers: int, quality: int = 90) -> Fingerprint:
    return Fingerprint(greys([tile(slide(number), quality) for number in numbers], TILE), 1.0)


def heard(seed: int, noise: float = 0.0, late: int = 0, silent: bool = False) -> bytes:
    chosen = random.Random(seed)
    words = [0 if silent else chosen.getrandbits(32) for _ in range(300)]
    errors = random.Random(7)
    flips = [sum(1 << bit for bit in range(32) if errors.random() < noise) for _ in words]
    return array("I", [word ^ flip for word, flip in zip(words, flips, strict=True)][late:]).tobytes()


def test_the_same_slides_encoded_badly_are_found_again() -> None:
    for number in range(30):
        assert resemblance(seen(number), seen(number, quality=30)) == Resemblance(1.0, None)


@pytest.mark.parametrize("count", [60, pytest.param(1000, marks=pytest.mark.long)])
def test_slides_of_one_template_are_no_pairs(count: int) -> None:
    slides = [seen(number) for number in range(count)]
    pairs = [pair for pair in combinations(range(count), 2) if resemblance(slides[pair[0]], slides[pair[1]])]
    assert pairs == []


def test_a_few_pictures_may_differ_where_they_change() -> None:
    five = tuple(range(5))
    assert resemblance(seen(*five), seen(*five[:4], 5)) == Resemblance(0.8, None)
    assert resemblance(seen(*five), seen(*five[:3], 5, 6)) is None
    assert resemblance(seen(*five), seen(*five[:4])) == Resemblance(0.8, None)


@pytest.mark.parametrize(
    ("other", "alike"),
    [
        (heard(1), 1.0),
        (heard(1, noise=0.1), pytest.approx(0.9, abs=0.02)),
        (heard(1, noise=0.05, late=2), pytest.approx(0.95, abs=0.02)),
        (heard(1, noise=0.35), None),
        (heard(2), None),
        (heard(1, silent=True), None),
        (b"", None),
    ],
)
def test_whoever_speaks_to_the_same_slides_has_to_say_the_same(other: bytes, alike: object) -> None:
    slides = seen(1).pictures
    found = resemblance(Fingerprint(slides, 1.0, heard(1)), Fingerprint(slides, 1.0, other))
    assert (found.sound if found else None) == alike


def test_what_tells_nothing_makes_no_pair() -> None:
    black = bytes(TILE[0] * TILE[1] * 3)
    silence = heard(1, silent=True)
    assert resemblance(Fingerprint(black, 1.0, silence), Fingerprint(black, 1.0, silence)) is None
    assert resemblance(Fingerprint(), Fingerprint()) is None
    assert resemblance(Fingerprint(black, 1.0, heard(1)), Fingerprint(black, 1.0, heard(1))) == Resemblance(
        None, 1.0
    )
    assert (
        resemblance(Fingerprint(black, 1.0, heard(1)), Fingerprint(seen(1).pictures, 1.0, heard(1))) is None
    )


@pytest.mark.parametrize(("count", "kept"), [(1, 1), (12, 12), (13, 7), (24, 12), (25, 7), (100, 7)])
def test_a_film_with_a_picture_more_is_the_same(count: int, kept: int) -> None:
    first, second = (spread(count), spread(count + 1))
    assert len(first) == kept <= MOST_TILES
    numbers = range(count + 1)
    one, other = (
        Fingerprint(
            seen(*[number % 9 for number in numbers[:: chosen.step]][: len(chosen)]).pictures, chosen.step
        )
        for chosen in (first, second)
    )
    found = resemblance(one, other)
    assert count == 1 or (found is not None and (found.pictures or 0) >= 0.8)
