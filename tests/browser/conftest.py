"""Fixtures for tests in the browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from player_site import ffmpeg
from support import RunningStack


@pytest.fixture(scope="session")
def lessons(stack: RunningStack, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """For all browser tests, which only play them: a video, a GIF that loops and one that does not, ready."""
    folder = tmp_path_factory.mktemp("lessons")
    ffmpeg(
        "-f", "lavfi", "-i", "testsrc2=s=854x480:r=25:d=24", "-f", "lavfi", "-i", "sine=330:d=24",
        "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac", folder / "film.mp4",
    )  # fmt: skip
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=320x240:r=10:d=2", folder / "loop.gif")
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=640x480:r=10:d=1", "-loop", "-1", folder / "once.gif")
    uploads = {name: stack.upload(folder / name) for name in ("film.mp4", "loop.gif", "once.gif")}
    return {Path(name).stem: stack.wait(asset_id, "ready") for name, asset_id in uploads.items()}
