"""What is asked of a player's page, as JavaScript, and how an answer is waited for."""

from __future__ import annotations

import time

from playwright.sync_api import Frame, Page

HEIGHT = "document.querySelector('video').videoHeight"
TIME = "document.querySelector('video').currentTime"
PAUSED = "document.querySelector('video').paused"


SHIFTS = """window.shifts = [];
new PerformanceObserver((list) => window.shifts.push(...list.getEntries().filter((each) => !each.hadRecentInput)))
  .observe({type: "layout-shift", buffered: true});"""
"""Collects what counts as layout shift: what moves without the reader's doing."""


LOOP_GAPS = """() => new Promise(resolve => {
  const video = document.querySelector('video');
  const gaps = [];
  let last = null;
  const onFrame = (now, {mediaTime}) => {
    if (last && mediaTime < last.mediaTime) gaps.push(now - last.now);
    last = {now, mediaTime};
    if (gaps.length === 4) resolve(gaps); else video.requestVideoFrameCallback(onFrame);
  };
  video.requestVideoFrameCallback(onFrame);
})"""
"""Milliseconds between the last picture of a round and the first of the next, of four rounds. What
the player loads anew shows in each of them, what the machine does besides only in some."""

DECODED = """() => {
  const video = document.querySelector('video');
  return {
    time: video.currentTime,
    frames: video.getVideoPlaybackQuality().totalVideoFrames,
    sound: video.webkitAudioDecodedByteCount,
  };
}"""
"""Where it is, pictures that were decoded, and bytes of sound."""


def wait_for(page: Page | Frame, expression: str, seconds: float = 60) -> None:
    """Waits until the expression is true (Playwright's own wait needs `eval`, which the page's policy forbids)."""
    deadline = time.monotonic() + seconds
    while not page.evaluate(expression):
        assert time.monotonic() < deadline, f"not within {seconds} s: {expression}"
        page.wait_for_timeout(100)
