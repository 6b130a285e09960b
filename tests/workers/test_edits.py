"""MP4 files of which an edit list shows parts only: a lesson is what is shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from edits import Edit, edit
from good_sources import picture, run, sound
from lessons import encode, media_tools

pytestmark = pytest.mark.media

X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-pix_fmt", "yuv420p", "-g", "250")
"""One keyframe, so that every edit but the first begins between two."""


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("recording") / "whole.mp4"
    run(*picture("160x90", seconds=9), *sound(seconds=9), *X264, str(path))
    return path.read_bytes()


@pytest.mark.parametrize(
    ("edits", "seconds"),
    [([(2.0, 7.6)], 5.6), ([(0.0, 3.0), (5.0, 8.0)], 6.0)],
    ids=["trimmed at both ends", "joined of two parts"],
)
def test_what_an_edit_list_leaves_out_does_not_come_back(
    recording: bytes, edits: list[Edit], seconds: float, tmp_path: Path
) -> None:
    path = tmp_path / "edited.mp4"
    path.write_bytes(recording)
    edit(path, edits)
    tools = media_tools()
    lesson = encode(tools, path)
    assert lesson.plan.duration == pytest.approx(seconds, abs=0.02)
    assert lesson.faults(tools) == []
