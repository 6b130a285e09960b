"""What tests of drawing by a browser share: where it draws, and what it has drawn."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from rehearsal import ENVIRONMENT

from configs.settings import load_settings
from workers import browser
from workers.browser import Easel
from workers.programs.draw_page import OUTPUT
from workers.sandbox import choose


@pytest.fixture
def easel(tmp_path: Path) -> Easel:
    return easel_in(tmp_path)


def easel_in(parent: Path) -> Easel:
    """A place to draw in, in a folder of its own."""
    means, folder = choose("bubblewrap"), parent / "out"
    folder.mkdir()
    return Easel(browser.find_browser(load_settings(ENVIRONMENT), means), means, folder, lambda: False)


def pictures(easel: Easel) -> list[Image.Image]:
    """All pictures of the drawing on white, in order."""
    with Image.open(easel.folder / OUTPUT) as drawing:
        seen = []
        for number in range(getattr(drawing, "n_frames", 1)):
            drawing.seek(number)
            ground = Image.new("RGBA", drawing.size, "white")
            seen.append(Image.alpha_composite(ground, drawing.convert("RGBA")).convert("RGB"))
        return seen
