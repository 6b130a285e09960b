"""Firefox plays, seeks and embeds as Chromium does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import firefox
import pytest
from partner_site import Partner, partner
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
