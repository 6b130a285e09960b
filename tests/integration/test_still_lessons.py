"""A lesson in which nothing moves, from its upload to what players are told."""

from __future__ import annotations

import subprocess
from pathlib import Path

import imageio_ffmpeg
import pytest
from one_worker import OneWorker
from sqlalchemy.orm import Session, sessionmaker

pytestmark = pytest.mark.integration

FFMPEG = imageio_ffmpeg.get_ffmpeg_exe()
SECONDS = 41
PAGES = f"color=white:s=640x360:r=25:d={SECONDS},drawbox=x=10+60*floor(t/9):y=40:w=80:h=200:c=0x2040a0:t=fill"


def test_every_rung_is_cut_alike_and_players_know_the_longest_segment(
    sessions: sessionmaker[Session], tmp_path: Path
) -> None:
    path = tmp_path / "pages.mp4"
    command = [FFMPEG, "-nostdin", "-v", "error", "-f", "lavfi", "-i", PAGES]
    command += ["-f", "lavfi", "-i", f"sine=330:d={SECONDS}", "-c:v", "libx264", "-preset", "ultrafast"]
    command += ["-pix_fmt", "yuv420p", "-g", "50", "-c:a", "aac", str(path)]
    subprocess.run(command, check=True, timeout=60)

    worker = OneWorker(sessions, tmp_path)
    made = worker.make(path.read_bytes())
    assert made.version.state == "ready", made.version.failure_detail
    assert made.facts.longest_segment == 12
    for rendition in made.renditions:
        lengths = [round(segment[0]) for chunk in rendition.chunks for segment in chunk.segments]
        if rendition.kind == "video":
            assert lengths == [4, 4, 4, 12, 12, 5]
            stream = tmp_path / f"{rendition.name}.mp4"
            stream.write_bytes(worker.stream(rendition))
            decode = [
                FFMPEG,
                "-nostdin",
                "-v",
                "warning",
                "-xerror",
                "-i",
                str(stream),
                "-f",
                "framemd5",
                "-",
            ]
            decoded = subprocess.run(decode, capture_output=True, timeout=60, check=False)
            assert (decoded.returncode, decoded.stderr.decode()) == (0, "")
            assert sum(not line.startswith(b"#") for line in decoded.stdout.splitlines()) == SECONDS * 25
        else:
            assert max(lengths) == 4
