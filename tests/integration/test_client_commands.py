"""The commands that act through the public API, against a real stack."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import imageio_ffmpeg
import pytest
from support import LESSONSTREAM, RunningStack

from media_service.cli.client import ApiFailure, connect_to
from media_service.cli.manifest_check import ManifestCheck
from media_service.cli.unfinished import Unfinished

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clip") / "第一课.mp4"
    picture, sound = "testsrc2=size=160x90:rate=25:duration=1", "sine=frequency=330:duration=1"
    subprocess.run(
        [
            *(imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", "-f", "lavfi", "-i", picture),
            *(
                "-f",
                "lavfi",
                "-i",
                sound,
                "-c:v",
                "libx264",
                "-preset",
                "ultrafast",
                "-c:a",
                "aac",
                str(path),
            ),
        ],
        check=True,
    )
    return path


def lessonstream(stack: RunningStack, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*LESSONSTREAM, *arguments],
        env={**os.environ, "LESSONSTREAM_URL": stack.url, "LESSONSTREAM_KEY": stack.api_key},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )


@contextmanager
def proxy_that_breaks(url: str, after: int) -> Iterator[str]:
    """A way to ``url`` on which the first connection to carry ``after`` bytes is cut."""
    target = urlsplit(url)
    whole = threading.Event()

    def carry(source: socket.socket, sink: socket.socket, limit: int | None) -> None:
        carried = 0
        with suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
                carried += len(data)
                if limit is not None and carried > limit and not whole.is_set():
                    whole.set()
                    break
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def serve() -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                server = socket.create_connection((target.hostname, target.port))
                threading.Thread(target=carry, args=(client, server, after), daemon=True).start()
                threading.Thread(target=carry, args=(server, client, None), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
    assert whole.is_set(), "nothing was cut"


def test_put_and_show(stack: RunningStack, clip: Path) -> None:
    done = lessonstream(stack, "put", str(clip), "--title", "太极拳", "--wait", "ready", "--json")
    assert done.returncode == 0, done.stderr
    asset = json.loads(done.stdout)
    assert (asset["title"], asset["state"], asset["file"]) == ("太极拳", "ready", str(clip))
    assert json.loads(lessonstream(stack, "show", asset["id"], "--json").stdout)["id"] == asset["id"]
    shown = lessonstream(stack, "show", asset["id"]).stdout
    assert "太极拳" in shown
    assert all(word in shown for word in ("25 fps", "audio", "avc1"))
    walk = ManifestCheck(stack.client.pool)
    walk.manifest(asset["playback_ids"][0]["manifest_url"])
    assert walk.problems == []
    assert walk.checked > 3


def test_put_says_more_of_a_file(stack: RunningStack, tmp_path: Path) -> None:
    text = tmp_path / "notes.mp4"
    text.write_text("not a film")
    wishes = ("--policy", "signed", "--background", "#204060", "--external-id", "course-7/lesson-1")
    asset = json.loads(lessonstream(stack, "put", str(text), *wishes, "--json").stdout)
    assert asset["playback_ids"][0]["policy"] == "signed"
    assert (asset["background"], asset["external_id"]) == ("#204060", "course-7/lesson-1")
    again = lessonstream(stack, "put", str(text), *wishes)
    assert again.returncode == 1
    assert "external_id_taken" in again.stderr


def test_put_reports_each_file(stack: RunningStack, clip: Path, tmp_path: Path) -> None:
    text = tmp_path / "notes.mp4"
    text.write_text("not a film")
    done = lessonstream(
        stack, "put", str(text), str(tmp_path / "none.mp4"), str(clip), "--wait", "ready", "--json"
    )
    assert done.returncode == 1
    failed, missing, ready = (json.loads(line) for line in done.stdout.splitlines())
    assert failed["state"] == "failed"
    assert failed["failure"]["code"]
    assert "none.mp4" in missing["error"]
    assert ready["state"] == "ready"


def test_retry(stack: RunningStack, tmp_path: Path) -> None:
    text = tmp_path / "notes.mp4"
    text.write_text("not a film")
    put = lessonstream(stack, "put", str(text), "--wait", "ready", "--json")
    asset_id = json.loads(put.stdout)["id"]
    done = lessonstream(stack, "retry", asset_id, "000000000000000000000000")
    assert done.returncode == 1
    assert done.stdout.startswith(f"{asset_id}: ")
    assert "404" in done.stderr
    shown = lessonstream(stack, "show", asset_id)
    assert f"lessonstream retry {asset_id}" in shown.stdout or "failed" not in shown.stdout


def test_show_of_nothing(stack: RunningStack) -> None:
    done = lessonstream(stack, "show", "000000000000000000000000")
    assert done.returncode == 1
    assert "404" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_an_upload_goes_on_where_it_broke(stack: RunningStack, tmp_path: Path) -> None:
    source = tmp_path / "film.mp4"
    source.write_bytes(os.urandom(40 * 1024 * 1024))
    with proxy_that_breaks(stack.url, 25 * 1024 * 1024) as url:
        asset_id = connect_to(url, stack.api_key).upload(source, "film", lambda _sent, _size: None)
    store = stack.objects
    (kept,) = (info.key for info in store.list(f"assets/{asset_id}/") if info.key.endswith("/source"))
    assert store.get(kept) == source.read_bytes()


def test_a_wrong_key_is_refused(stack: RunningStack, clip: Path) -> None:
    with pytest.raises(ApiFailure) as refusal:
        connect_to(stack.url, "ls_wrong").upload(clip, "film", lambda _sent, _size: None)
    assert refusal.value.status == 401


def test_put_goes_on_where_an_interrupted_one_was(
    stack: RunningStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "large.bin"
    path.write_bytes(os.urandom(1024) * 24 * 1024)
    client, unfinished = connect_to(stack.url, stack.api_key), Unfinished(tmp_path)
    monkeypatch.setattr("media_service.cli.client.PATCH_SIZE", 8 * 1024 * 1024)

    def interrupted(sent: int, _size: int) -> None:
        if sent > 12 * 1024 * 1024:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        client.upload(path, "large", interrupted, unfinished)
    sent: list[int] = []
    asset_id = client.upload(path, "large", lambda done, _size: sent.append(done), unfinished)
    assert sent[0] > 8 * 1024 * 1024
    assert sent[-1] == path.stat().st_size
    assert client.get(f"/v1/assets/{asset_id}")["source"]["size"] == path.stat().st_size
    # It is finished and forgotten: the next one begins anew.
    assert client.upload(path, "large", lambda _sent, _size: None, unfinished) != asset_id
