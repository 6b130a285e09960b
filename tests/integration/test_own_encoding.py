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

from workers.plan.formats.mp4_index import find_movie_box, read_samples

pytestmark = pytest.mark.integration

FFMPEG = imageio_ffmpeg.get_ffmpeg_exe()


def lesson(path: Path, seconds: int, rate: int) -> Path:
    """A lesson that was encoded with more patience than we have, as carefully made ones are."""
    graph = f"mandelbrot=s=640x360:r={rate}:start_scale=0.4,trim=duration={seconds},noise=alls=4:allf=t"
    tags = "format=yuv420p,setparams=colorspace=bt709:color_primaries=bt709:color_trc=bt709:range=tv"
    command = [FFMPEG, "-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i", f"{graph},{tags}"]
    command += ["-f", "lavfi", "-i", f"sine=300:duration={seconds}", "-c:v", "libx264", "-preset", "medium"]
    command += ["-crf", "29", "-g", str(2 * rate), "-sc_threshold", "0", "-c:a", "aac", str(path)]
    subprocess.run(command, check=True, timeout=120)
    return path


def damage(path: Path, frame: int) -> None:
    """Overwrite some bytes in the middle of a frame."""
    data = bytearray(path.read_bytes())
    index = find_movie_box(len(data), lambda start, length: bytes(data[start : start + length]))
    table = read_samples(index or b"", 0)
    assert table is not None
    middle = table.places[frame] + table.sizes[frame] // 2
    data[middle : middle + 8] = bytes(8)
    path.write_bytes(data)


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
    path = lesson(tmp_path / "lesson.mp4", 13, 25)
    asset = stack.wait(stack.upload(path), "ready")
    assert asset["decisions"][0].startswith("360p: the source's own encoding")
    assert frames(best(stack, asset)) == frames(path)


@pytest.mark.parametrize(
    ("seconds", "damaged", "decision"), [(13, 25, "360p: CRF "), (70, 665, "own encoding is not in order")]
)
def test_one_with_a_single_damaged_frame_is_encoded(
    seconds: int, damaged: int, decision: str, stack: RunningStack, tmp_path: Path
) -> None:
    """Whether the damage is found before it is decided what is served, or after."""
    path = lesson(tmp_path / "lesson.mp4", seconds, 10)
    damage(path, damaged)
    asset = stack.wait(stack.upload(path), "ready")
    assert decision in asset["decisions"][0]
    assert len(frames(best(stack, asset))) == seconds * 10
