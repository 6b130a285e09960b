"""Play start in Chromium: our player page against a static page with hls.js, both fed with the same HLS files."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from urllib.parse import urljoin, urlsplit

from playwright.sync_api import Browser, sync_playwright

import player_embed
from benchmarks import clips
from benchmarks.chromium import launch
from benchmarks.edge_server import program, wait_for
from benchmarks.figure import Figure
from benchmarks.stack import MeasuredStack, measured_stack
from storage.embedded.data_folder import free_port
from storage.embedded.supervisor import tied_to_this_process

GOAL = 1.2
ROUNDS = 7
PAGE = """<!doctype html><meta charset=utf-8><title>hls.js</title>
<video id=video width=1280 height=720 playsinline></video><button id=start hidden>play</button>
<script type=module>
  import Hls from "./hls.js";
  const hls = new Hls({enableWorker: false});
  hls.loadSource("media/master.m3u8");
  hls.attachMedia(video);
  start.onclick = () => video.play();
  start.hidden = false;
</script>"""
NGINX = """worker_processes 1; daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log crit;
events {{}}
http {{
  access_log off; sendfile on; client_body_temp_path {folder}; proxy_temp_path {folder};
  fastcgi_temp_path {folder}; uwsgi_temp_path {folder}; scgi_temp_path {folder};
  types {{ text/html html; text/javascript js; application/vnd.apple.mpegurl m3u8; video/mp4 mp4; }}
  server {{ listen 127.0.0.1:{port}; root {folder}/www; }}
}}"""
WATCH = """() => {
  const video = document.querySelector("video");
  const begun = {from};
  window.started = new Promise((resolve) => {
    const onFrame = (now, {mediaTime}) => {
      if (mediaTime > 0 && !video.paused) resolve((performance.now() - begun) / 1000);
      else video.requestVideoFrameCallback(onFrame);
    };
    video.requestVideoFrameCallback(onFrame);
  });
  document.getElementById("start").click();
}"""


def measure(folder: Path) -> Sequence[Figure]:
    """Both pages in turns in one browser, each time in a fresh profile."""
    with measured_stack(folder) as stack:
        asset_id = stack.client.upload(clips.lesson(folder), "lesson", lambda _sent, _size: None)
        playback = stack.wait_ready(asset_id)["playback_ids"][0]
        with _static_site(stack, playback["manifest_url"]) as static, sync_playwright() as playwright:
            browser = launch(playwright)
            pages = (playback["embed_url"], static)
            cold: tuple[list[float], list[float]] = ([], [])
            warm: tuple[list[float], list[float]] = ([], [])
            for number in range(ROUNDS + 1):
                for side, address in enumerate(pages):
                    seconds = (_start(browser, address, wait=False), _start(browser, address, wait=True))
                    if number:  # the first round fills the caches of both servers
                        cold[side].append(seconds[0])
                        warm[side].append(seconds[1])
            browser.close()
    return [
        Figure("page to first frame", median(cold[0]), median(cold[1]), "s", GOAL),
        Figure("click to first frame", median(warm[0]), median(warm[1]), "s", GOAL),
    ]


def _start(browser: Browser, address: str, *, wait: bool) -> float:
    """Seconds to the first moving frame: from the page's beginning or, after ``wait``, from the click."""
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    page = context.new_page()
    page.goto(address, wait_until="commit")
    page.locator("#start").wait_for()
    deadline = time.monotonic() + 30
    while wait and page.evaluate("document.querySelector('video').readyState") < 3:
        if time.monotonic() > deadline:
            raise RuntimeError(f"{address} does not load")
        page.wait_for_timeout(50)
    page.evaluate(WATCH.replace("{from}", "performance.now()" if wait else "0"))
    seconds = float(page.evaluate("window.started"))
    context.close()
    return seconds


@contextmanager
def _static_site(stack: MeasuredStack, manifest: str) -> Iterator[str]:
    """The lesson's playlists and segments as files behind nginx, with a page that plays them."""
    with tempfile.TemporaryDirectory(prefix="lessonstream-static-") as temporary:
        folder, port = Path(temporary), free_port()
        media = folder / "www" / "media"
        _save(stack, manifest, manifest, media)
        (folder / "www" / "index.html").write_text(PAGE, encoding="utf-8")
        (hls,) = player_embed.VENDOR.glob("hls.js@*/hls.js")
        shutil.copy(hls, folder / "www" / "hls.js")
        folder.chmod(0o755)
        (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=port), encoding="utf-8")
        command = [program("nginx"), "-c", str(folder / "nginx.conf")]
        process = subprocess.Popen(tied_to_this_process(command))
        try:
            wait_for(port, process)
            yield f"http://127.0.0.1:{port}/index.html"
        finally:
            process.terminate()
            process.wait(10)


def _save(stack: MeasuredStack, address: str, master: str, media: Path) -> None:
    """A file and, of a playlist, all that it names."""
    path = media / urlsplit(address).path.removeprefix(urlsplit(master).path.rpartition("/")[0] + "/")
    if path.exists():
        return
    content = stack.client.pool.request("GET", address).data
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    if path.suffix == ".m3u8":
        text = content.decode()
        named = re.findall(r'URI="([^"]+)"', text) + re.findall(r"^[^#\s].*$", text, re.MULTILINE)
        for uri in dict.fromkeys(named):
            _save(stack, urljoin(address, uri), master, media)
