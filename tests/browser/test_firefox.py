"""Firefox plays, seeks and embeds as Chromium does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import firefox
import pytest
from partner_site import Partner, partner
from player_site import PlayerSite, ffmpeg, make_media
from studio_page import studio_link
from support import RunningStack
from watching import HEIGHT, TIME

__all__ = ["partner"]

pytestmark = [pytest.mark.browser, pytest.mark.integration]

PLAYER = "document.querySelector('lesson-player')"


def test_firefox_plays_seeks_and_embeds(
    partner: Partner, lessons: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    lesson = lessons["film"]["playback_ids"][0]
    partner.html = lesson["snippets"]["component"].replace("<lesson-player ", "<lesson-player muted ")
    with firefox.running(tmp_path) as browser:
        browser.open(partner.origin)
        browser.wait_for(f"{PLAYER}.readyState >= 2")
        browser.evaluate(f"void {PLAYER}.play()")
        browser.wait_for(f"{PLAYER}.currentTime > 1")
        browser.evaluate(f"void ({PLAYER}.currentTime = 15)")
        browser.wait_for(f"{PLAYER}.currentTime > 15.3")
        browser.evaluate(f"void ((player) => {{ player.remove(); document.body.append(player); }})({PLAYER})")
        browser.wait_for(f"{PLAYER}.currentTime > 15.6 && !{PLAYER}.paused")
        browser.evaluate(f"void ({PLAYER}.currentTime = 23)")
        browser.wait_for(f"{PLAYER}.ended")
        browser.open(f"{lesson['embed_url']}?muted=1&autoplay=1")
        browser.wait_for(f"{TIME} > 1 && {HEIGHT} >= 240")


def test_studio_goes_its_main_way(stack: RunningStack, tmp_path: Path) -> None:
    """In by a link, a file sent and seen to play, its title changed."""
    film = tmp_path / "walk.mp4"
    ffmpeg(
        "-f", "lavfi", "-i", "testsrc2=s=320x180:r=10:d=3", "-c:v", "libx264", "-preset", "ultrafast", film
    )
    (tmp_path / "profile").mkdir()
    with firefox.running(tmp_path / "profile") as browser:
        browser.open(studio_link(stack, "--name", "Firefox"))
        browser.click("main form button")
        browser.type("#choose-files", str(film))
        browser.wait_for("document.querySelector('.uploads iframe')?.contentDocument?.querySelector('video')")
        video = "document.querySelector('.uploads iframe').contentDocument.querySelector('video')"
        browser.evaluate(f"void ({video}.muted = true, {video}.play())")
        browser.wait_for(f"{video}.currentTime > 0.3")
        browser.click(".uploads a[href^='/studio/lessons/']")
        browser.type("[data-part=details] input", " in Firefox")
        browser.wait_for("document.querySelector('.saved .icon')")
        title = str(browser.evaluate("document.querySelector('main h1').textContent"))
    assert title.endswith(" in Firefox")
    assert title in [each["title"] for each in stack.client.get("/v1/assets?limit=50")["assets"]]


def test_captions_stand_above_the_controls(tmp_path: Path) -> None:
    make_media(tmp_path / "film")
    (tmp_path / "profile").mkdir()
    site = PlayerSite(tmp_path)
    options = {"captions": "en", "muted": True, "autoplay": True}
    address = site.add("film", tracks=site.tracks(), options=options)
    line = "[...document.querySelector('video').textTracks].find((each) => each.mode === 'showing')?.cues[0]?.line"
    with firefox.running(tmp_path / "profile") as browser:
        browser.open(address)
        browser.wait_for(f"{TIME} > 0.3 && {line} < -4")
        browser.wait_for(f"'idle' in document.getElementById('player').dataset && {line} === 'auto'")
        browser.evaluate("void document.querySelector('video').pause()")
        browser.wait_for(f"{line} < -4")
    site.close()
