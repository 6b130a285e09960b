"""Lessons come, are played and go, for a long time: memory and disk stay what they were."""

from __future__ import annotations

import os
import re
import subprocess
import time
from pathlib import Path
from urllib.parse import urljoin

import imageio_ffmpeg
import m3u8
import pytest
from sqlalchemy.orm import sessionmaker
from support import PATIENCE, RunningStack, running_stack

from storage.catalogue import database
from workers import sweeper

pytestmark = [pytest.mark.integration, pytest.mark.long]

ROUNDS = 150
WARM = 30
"""Rounds after which every process has loaded what it needs."""
GROWTH = 1.5
"""What a process may have at the end, against what it had when it was warm."""

LASTING = {"web": r"cli\.main web", "keeper": r"workers\.keeper", "worker": r"workers\.main"}


def memory(stack: RunningStack) -> dict[str, int]:
    """Resident bytes by kind of process, without what works at a single step."""
    total = dict.fromkeys(LASTING, 0)
    for pid, command in stack.processes().items():
        for name, pattern in LASTING.items():
            if re.search(pattern, command) and os.getsid(pid) == pid:
                status = Path(f"/proc/{pid}/status").read_text()
                total[name] += int(re.findall(r"VmRSS:\s+(\d+) kB", status)[0]) * 1024
    return total


def play(stack: RunningStack, manifest: str) -> None:
    """Ask for all that a viewer's player asks for."""
    master = m3u8.loads(stack.request("GET", manifest, key=None).data.decode())
    for uri in [each.uri for each in (*master.playlists, *master.media)]:
        address = urljoin(manifest, uri)
        playlist = m3u8.loads(stack.request("GET", address, key=None).data.decode())
        for segment in playlist.segments:
            assert stack.request("GET", urljoin(address, segment.uri), key=None).status in (200, 206)


def test_nothing_grows(tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=160x90:d=2"]
    subprocess.run([*command, "-f", "lavfi", "-i", "sine=d=2", clip], check=True, timeout=60)
    with running_stack(tmp_path / "data", "--port", "0") as stack:
        warm: dict[str, int] = {}
        for number in range(ROUNDS):
            asset = stack.wait(stack.upload(clip, f"lesson {number}"), "ready")
            play(stack, asset["playback_ids"][0]["manifest_url"])
            assert stack.request("GET", asset["images"]["poster"], key=None).status == 200
            stack.forget(asset["id"])
            if number == WARM:
                warm = memory(stack)
        grown = {name: size / warm[name] for name, size in memory(stack).items()}
        assert max(grown.values()) < GROWTH, grown
        engine = database.connect(stack.environment["DATABASE_URL"], pool_size=1)
        deadline = time.monotonic() + PATIENCE
        while left := list(stack.objects.list("assets/")):
            assert time.monotonic() < deadline, left
            sweeper.purge_deleted(sessionmaker(engine), stack.objects)
        engine.dispose()
        assert not list((stack.data / "work").glob("step-*"))
