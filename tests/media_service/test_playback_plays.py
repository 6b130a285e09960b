"""What the service sends is played to the last frame by ffmpeg, over HTTP, as a viewer's player would ask for it."""

from __future__ import annotations

import subprocess
from collections import Counter

import imageio_ffmpeg
import pytest
from house import House, address, house, lesson, token_of
from lesson import DURATION, RATE, Lesson, add_lesson

__all__ = ["address", "house", "lesson"]


def _decoded(url: str) -> tuple[Counter[str], str]:
    """How many frames of each stream ffmpeg decodes, and what it complains about.

    All streams at once: those that are not wanted it breaks off in the middle, and complains about that.
    """
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-hide_banner", "-v", "warning", "-xerror"]
    command += ["-i", url, "-map", "0:v", "-map", "0:a", "-f", "framecrc", "-"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    frames = Counter(line.partition(",")[0] for line in done.stdout.splitlines() if not line.startswith("#"))
    return frames, done.stderr.strip()


@pytest.mark.parametrize("policy", ["public", "signed"])
def test_every_frame_is_played(house: House, lesson: Lesson, address: str, policy: str) -> None:
    query = f"?token={token_of(house, lesson)}" if policy == "signed" else ""
    playback_id = lesson.signed_id if policy == "signed" else lesson.public_id
    frames, complaints = _decoded(f"{address}/v/{playback_id}/master.m3u8{query}")
    assert complaints == ""
    assert (frames["0"], frames["1"]) == (DURATION * RATE, DURATION * RATE)
    assert abs(frames["2"] - DURATION * 48_000 / 1024) <= 2


def test_an_unfinished_lesson_begins(house: House, address: str) -> None:
    growing = add_lesson(house.sessions, house.objects, state="playable", chunks=2)
    url = f"{address}/v/{growing.public_id}/master.m3u8"
    command = [
        imageio_ffmpeg.get_ffmpeg_exe(),
        "-nostdin",
        "-v",
        "error",
        "-live_start_index",
        "0",
        "-i",
        url,
    ]
    command += ["-frames:v", "80", "-f", "framecrc", "-"]
    played = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    assert len([line for line in played.splitlines() if line.startswith("0,")]) == 80
