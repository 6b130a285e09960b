"""A source whose own encoding conforms: served as it is where that is in order, encoded where it is not."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import imageio_ffmpeg
import m3u8
import pytest
from support import RunningStack

from workers.plan.index import find_index, read_samples

pytestmark = pytest.mark.integration

FFMPEG = imageio_ffmpeg.get_ffmpeg_exe()
SECONDS = 14


def lesson(path: Path) -> Path:
    """A lesson that was encoded with more patience than we have, as carefully made ones are."""
    graph = f"mandelbrot=s=640x360:r=25:start_scale=0.4,trim=duration={SECONDS},noise=alls=4:allf=t,format=yuv420p"
    tags = "setparams=colorspace=bt709:color_primaries=bt709:color_trc=bt709:range=tv"
    command = [FFMPEG, "-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i", f"{graph},{tags}"]
    command += ["-f", "lavfi", "-i", f"sine=300:duration={SECONDS}", "-c:v", "libx264", "-preset", "medium"]
    command += ["-crf", "29", "-g", "50", "-sc_threshold", "0", "-c:a", "aac", str(path)]
    subprocess.run(command, check=True, timeout=120)
    return path


def frames(address: str | Path) -> list[str]:
    """A digest of every frame; decoding must have nothing to say."""
    command = [FFMPEG, "-nostdin", "-v", "warning", "-xerror", "-i", str(address), "-map", "0:v"]
    command += ["-fps_mode", "passthrough", "-f", "framemd5", "-"]
    done = subprocess.run(command, capture_output=True, timeout=120, check=False)
    assert (done.returncode, done.stderr.decode()) == (0, "")
    return [line.split()[-1] for line in done.stdout.decode().splitlines() if not line.startswith("#")]


def best(stack: RunningStack, asset: dict[str, Any]) -> str:
    """Address of the best rung's playlist."""
    address: str = asset["playback_ids"][0]["manifest_url"]
    return urljoin(
        address, m3u8.loads(stack.request("GET", address, key=None).data.decode()).playlists[0].uri
    )


def test_viewers_get_the_authors_own_frames_where_encoding_them_would_save_nothing(
    stack: RunningStack, tmp_path: Path
) -> None:
    path = lesson(tmp_path / "lesson.mp4")
    asset = stack.wait(stack.upload(path), "ready")
    assert asset["decisions"][0].startswith("360p: the source's own encoding")
    assert frames(best(stack, asset)) == frames(path)


def test_a_damaged_one_is_encoded_after_all(stack: RunningStack, tmp_path: Path) -> None:
    path = lesson(tmp_path / "lesson.mp4")
    data = bytearray(path.read_bytes())
    index = find_index(len(data), lambda start, length: bytes(data[start : start + length]))
    table = read_samples(index or b"", 0)
    assert table is not None
    for place, size in list(zip(table.places, table.sizes, strict=True))[7::10]:
        data[place + size // 2 : place + size // 2 + 8] = bytes(8)
    path.write_bytes(data)
    asset = stack.wait(stack.upload(path), "ready")
    assert "own encoding is not in order" in asset["decisions"][0]
    assert len(frames(best(stack, asset))) == SECONDS * 25
