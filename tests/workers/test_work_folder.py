from __future__ import annotations

import os
import signal
from pathlib import Path

from workers.work_folder import private_folder


def test_what_a_killed_process_left_is_removed_by_the_next_one(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        with private_folder(tmp_path) as folder:
            (folder / "half.mp4").write_bytes(b"x")
            os.write(writing, b"x")
            signal.pause()
    os.read(reading, 1)
    (abandoned,) = tmp_path.iterdir()
    with private_folder(tmp_path) as own:
        assert {*tmp_path.iterdir()} == {abandoned, own}, "it is at work"
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    with private_folder(tmp_path) as own:
        assert [*tmp_path.iterdir()] == [own]
    assert not [*tmp_path.iterdir()]
