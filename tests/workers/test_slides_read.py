"""What is written on slides is read in the sandbox, at every rung, and found where it stands."""

from __future__ import annotations

import random
from pathlib import Path

import lectures
import pytest
from confined import each_means, means
from PIL import Image
from rehearsal import ENVIRONMENT

from configs.ladder import load_ladder
from configs.settings import load_settings
from workers import rapidocr
from workers.media import MediaTools
from workers.outputs import Outputs
from workers.plan.decisions.slide_text import HEIGHT, WIDTH, parse_reading, written
from workers.sandbox import Means

__all__ = ["means"]

PAGES = [lectures.page(random.Random(number), number % len(lectures.THEMES)) for number in range(4)]


def tools(means: Means) -> MediaTools:
    found = MediaTools.find(load_settings(ENVIRONMENT))
    return MediaTools(found.tools, means, cores=1, threads=1)


def raw(picture: Image.Image) -> bytes:
    red, green, blue = picture.resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC).split()
    return Image.merge("RGB", (blue, green, red)).tobytes()


@each_means
def test_slides_are_read_by_every_means(means: Means, tmp_path: Path) -> None:
    (tmp_path / "pages").write_bytes(b"".join(raw(lectures.drawn(page, 9)) for page in PAGES[:2]))
    read = written(parse_reading(rapidocr.read("pages", tools(means), Outputs(tmp_path)), 2))
    for page, there in zip(read, PAGES, strict=False):
        assert lectures.errors(page.title, there.title) <= 1
        assert lectures.errors(page.text, f"{there.text}\n{lectures.FOOTER}") <= 2


def heights() -> list[int]:
    return sorted({rung.lines for rung in load_ladder().rungs})


@pytest.mark.parametrize("height", heights())
def test_text_is_read_at_every_rung(height: int, means: Means, tmp_path: Path) -> None:
    size = (round(height * 16 / 18) * 2, height)
    film = lectures.film(
        lectures.Lecture(tuple(PAGES), (1, 1, 1, 1)), tmp_path / "film.mp4", rate=1, size=size
    )
    frames = lectures.frames(film, (WIDTH, HEIGHT))
    (tmp_path / "pages").write_bytes(frames)
    read = parse_reading(rapidocr.read("pages", tools(means), Outputs(tmp_path)), len(PAGES))
    wrong = sum(
        lectures.errors(page_text.replace("\n", ""), (page.text + lectures.FOOTER).replace("\n", ""))
        for page, page_text in zip(
            PAGES, ("".join(line.text for line in lines) for lines in read), strict=True
        )
    )
    assert wrong / sum(len(page.text.replace("\n", "") + lectures.FOOTER) for page in PAGES) <= 0.03
