"""Signed playlists a second against a bare Flask view that answers the same bytes under the same server."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from urllib.parse import urljoin, urlsplit

import urllib3

from benchmarks import clips
from benchmarks.figure import Figure
from benchmarks.load import requests_per_second
from benchmarks.stack import MeasuredStack, measured_stack
from configs.settings import Settings
from storage.embedded.data_folder import free_port
from storage.embedded.supervisor import tied_to_this_process

GOAL = 0.85
TOKENS = 500
ROUNDS = 3
SECONDS = 5
_DEFAULTS = {
    item.metadata["name"]: item.metadata["default"]
    for item in vars(Settings)["__dataclass_fields__"].values()
}


def measure(folder: Path) -> Sequence[Figure]:
    """Each token asks for the multivariant playlist and for every media playlist; runs take turns."""
    # Each request is counted for its viewer as ever; but these ask for more than the cap lets any viewer have.
    with measured_stack(folder, DEFAULT_POLICY="signed", VIEWER_REQUESTS_PER_SECOND="1000000") as stack:
        asset_id = stack.client.upload(clips.lesson(folder), "lesson", lambda _sent, _size: None)
        playback_id = stack.wait_ready(asset_id)["playback_ids"][0]["id"]
        paths = signed_paths(stack, playback_id)
        bodies = {
            f"{number}.m3u8": stack.client.pool.request("GET", stack.url + path).data
            for number, path in enumerate(paths[: len(paths) // TOKENS])
        }
        ours, reference = [], []
        with _bare_server(folder, bodies) as bare:
            for _ in range(ROUNDS):
                reference.append(requests_per_second(bare, [f"/{name}" for name in bodies], SECONDS))
                ours.append(requests_per_second(stack.url, paths, SECONDS))
    sizes = ", ".join(str(len(body)) for body in bodies.values())
    note = f"{TOKENS} tokens, {len(paths)} addresses, bodies of {sizes} bytes"
    return [Figure("signed playlists", median(ours), median(reference), "1/s", GOAL, True, note)]


def signed_paths(stack: MeasuredStack, playback_id: str) -> list[str]:
    """Path and query of every playlist of a signed lesson, for each of ``TOKENS`` viewers."""
    manifests = [_manifest(stack, playback_id, number) for number in range(TOKENS)]
    return [path for manifest in manifests for path in _playlists(stack, manifest)]


def _manifest(stack: MeasuredStack, playback_id: str, number: int) -> str:
    wish = {"playback_id": playback_id, "viewer": f"viewer-{number:05}"}
    return str(stack.post("/v1/playback-tokens", wish)["manifest_url"])


def _playlists(stack: MeasuredStack, manifest: str) -> list[str]:
    """Path and query of the multivariant playlist and of every playlist that it names."""
    text = stack.client.pool.request("GET", manifest).data.decode()
    children = [line for line in text.splitlines() if line and not line.startswith("#")]
    children += [part.partition('"')[0] for part in text.split('URI="')[1:]]
    urls = [manifest, *dict.fromkeys(urljoin(manifest, child) for child in children)]
    return [f"{urlsplit(url).path}?{urlsplit(url).query}" for url in urls if ".m3u8" in url]


@contextmanager
def _bare_server(folder: Path, bodies: Mapping[str, bytes]) -> Iterator[str]:
    """Granian as ``lessonstream web`` runs it, with as many processes and threads."""
    port = free_port()
    command = [
        sys.executable,
        "-P",
        "-m",
        "granian",
        "--interface",
        "wsgi",
        "--no-ws",
        "--log-level",
        "error",
    ]
    command += ["--host", "127.0.0.1", "--port", str(port), "--workers", _DEFAULTS["WEB_PROCESSES"]]
    command += ["--blocking-threads", _DEFAULTS["WEB_THREADS"], "benchmarks.bare_view:app"]
    with tempfile.TemporaryDirectory(dir=folder) as bare_bodies:
        for name, body in bodies.items():
            (Path(bare_bodies) / name).write_bytes(body)
        process = subprocess.Popen(
            tied_to_this_process(command), env={**os.environ, "BARE_BODIES": bare_bodies}
        )
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_until_answering(f"{url}/{next(iter(bodies))}")
            yield url
        finally:
            process.terminate()
            process.wait(30)


def _wait_until_answering(url: str) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            if urllib3.request("GET", url, retries=False).status == 200:
                return
        except urllib3.exceptions.HTTPError:
            pass
        if time.monotonic() > deadline:
            raise RuntimeError("the bare server does not answer")
        time.sleep(0.1)
