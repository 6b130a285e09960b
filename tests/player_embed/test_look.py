"""One look: the tokens can be read by everybody, and all that people see is made of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import player_embed

TEMPLATES = Path(__file__).parents[2] / "media_service" / "templates"

TEXT = 4.5
EDGE = 3.0
READ = ("ink", "ink-soft", "ink-faint", "accent")
PAIRS = [
    *((text, ground, TEXT) for text in READ for ground in ("ground", "panel", "sunken")),
    *((mood, f"{mood}-ground", TEXT) for mood in ("accent", "good", "warn", "bad")),
    *((mood, ground, TEXT) for mood in ("good", "bad") for ground in ("ground", "panel")),
    ("on-accent", "accent", TEXT),
    ("on-accent", "accent-strong", TEXT),
    *(("edge-strong", ground, EDGE) for ground in ("ground", "panel")),
    *(("accent", ground, EDGE) for ground in ("line", "panel")),
]  # fmt: skip


def tables() -> dict[str, dict[str, str]]:
    """The colours of each theme by name."""
    text = player_embed.look()
    blocks = re.findall(r"(:root[^{}]*)\{([^{}]*)\}", text)
    found = {
        selector.strip(): dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block))
        for selector, block in blocks
        if "--ink:" in block
    }
    assert set(found) == {":root", ':root:not([data-theme="light"])', ':root[data-theme="dark"]'}
    return found


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2) of ``#rrggbb``."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("theme", [":root", ':root[data-theme="dark"]'])
def test_colours_stand_out_from_what_they_stand_on(theme: str) -> None:
    table = tables()[theme]
    weak = {}
    for upper, lower, needed in PAIRS:
        light, dark = sorted((luminance(table[upper]), luminance(table[lower])), reverse=True)
        contrast = (light + 0.05) / (dark + 0.05)
        if contrast < needed:
            weak[f"{upper} on {lower}"] = round(contrast, 2)
    assert weak == {}


def test_dark_is_the_same_by_the_system_and_by_choice() -> None:
    found = tables()
    assert found[':root:not([data-theme="light"])'] == found[':root[data-theme="dark"]']
    assert found[":root"].keys() == found[':root[data-theme="dark"]'].keys()


def test_the_player_and_the_pages_of_the_service_are_made_of_the_tokens() -> None:
    player = player_embed.static_content("player.css").decode()
    assert "@layer tokens {" in player
    for name in ("embed.html", "embed_error.html"):
        assert 'data-theme="dark"' in (player_embed.TEMPLATES / name).read_text(encoding="utf-8")
    own = (player_embed.STATIC / "styles" / "base.css").read_text(encoding="utf-8")
    assert "var(--font)" in own
    assert not re.findall(r"--(?:ink|accent|ink-soft|ink-faint):", own)
    for name in ("docs.html", "offline.html"):  # Studio's own: tests/studio
        page = (TEMPLATES / name).read_text(encoding="utf-8")
        assert "{{ look | safe }}" in page
        style = page.split("<style>")[1].split("</style>")[0]
        assert set(re.findall(r"#[0-9a-fA-F]{3,8}\b|light-dark|rgb\(", style)) <= {"#000"}, name
