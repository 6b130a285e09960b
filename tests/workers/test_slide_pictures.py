"""Slides are found and taken where keyframes are far apart, too."""

from __future__ import annotations

import random
import subprocess
from pathlib import Path

import imageio_ffmpeg
import lectures
import pytest

from workers.plan.commands.lines import Input
from workers.plan.commands.slides import GREYS, PAGES, TIMES, parse_times, small_greys, whole_pictures
from workers.plan.decisions.slide_text import PAGE_BYTES
from workers.plan.decisions.slides import PICTURE_BYTES, find_slides

LECTURE = lectures.Lecture(
    tuple(lectures.page(random.Random(number), 2) for number in range(4)),
    (18.4, 21.0, 22.6, 16.0),
    builds=True,
    fade=0.6,
)
RATE = 5


def ffmpeg(folder: Path, *arguments: str) -> None:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-y", "-v", "error", *arguments]
    subprocess.run(command, check=True, cwd=folder, timeout=120)


def test_slides_are_found_between_keyframes_and_their_pictures_taken(tmp_path: Path) -> None:
    lectures.film(LECTURE, tmp_path / "film.mp4", rate=RATE, size=(640, 360))
    group = str(12 * RATE)
    encoder = (
        "-c:v",
        "libx264",
        "-preset",
        "ultrafast",
        "-g",
        group,
        "-keyint_min",
        group,
        "-sc_threshold",
        "0",
    )
    ffmpeg(tmp_path, "-i", "film.mp4", *encoder, "long.mp4")
    source = Input("long.mp4", {})
    ffmpeg(tmp_path, *small_greys(source, keyframes=False))
    times, greys = parse_times((tmp_path / TIMES).read_bytes()), (tmp_path / GREYS).read_bytes()
    pictures = [greys[at : at + PICTURE_BYTES] for at in range(0, len(greys), PICTURE_BYTES)]
    slides = find_slides(pictures, times, LECTURE.duration)
    assert [slide.start for slide in slides] == pytest.approx(LECTURE.starts, abs=5)

    wanted = [times[slide.picture] for slide in slides]
    ffmpeg(tmp_path, *whole_pictures(source, wanted, RATE, keyframes=False))
    assert parse_times((tmp_path / TIMES).read_bytes()) == pytest.approx(wanted)
    assert (tmp_path / PAGES).stat().st_size == len(slides) * PAGE_BYTES
