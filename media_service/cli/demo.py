"""``lessonstream demo``: from nothing to a playing video, through the same doors that everyone uses."""

from __future__ import annotations

import argparse
import contextlib
import json
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import urllib3
from rich.console import Console

from configs.settings import process_environment
from media_service.cli.client import ApiFailure, connect_to
from media_service.cli.installation import choose_folder
from media_service.cli.manifest_check import ManifestCheck
from media_service.cli.put import put_file, report
from storage.embedded.supervisor import tied_to_this_process


def run(options: argparse.Namespace) -> int:
    """Start a stack, upload a clip and stay until Ctrl-C; with ``--once`` check every URL instead, and end."""
    console = Console(stderr=True)
    with contextlib.ExitStack() as stack:
        workshop = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="lessonstream-")))
        data = options.data or (workshop / "data" if options.once else choose_folder(None))
        clip = options.file or _generate_clip(workshop / "Lessonstream demo.mp4", console)
        if not clip.is_file():
            raise ApiFailure(f"{clip} is not a file. / 找不到文件。")
        console.print("Starting PostgreSQL, Redis, the S3 server, the service and its workers… / 正在启动……")
        up = stack.enter_context(_running_stack(data))
        client = connect_to(up["url"], up["api_key"])
        console.print(f"Ready / 已就绪: {up['url']}")
        asset = put_file(client, console, clip, {}, "ready" if options.once else "playable")
        report(clip if options.file else Path(clip.name), asset)
        if asset["state"] == "failed":
            return 1
        playback = asset["playback_ids"][0]
        print(f"  snippet / 嵌入代码:   {playback['snippet']}", flush=True)
        if options.once:
            return _check(asset, client.pool)
        print(f"  Studio / 课程工作室:  {up['studio_url']}")
        print(f"  key / 密钥:           {up['api_key']}")
        print(
            "Open the page in a browser. Ctrl-C stops everything. / 用浏览器打开播放页面。按 Ctrl-C 全部停止。",
            flush=True,
        )
        with contextlib.suppress(KeyboardInterrupt):
            signal.pause()
        print("Stopping… / 正在停止……", flush=True)
    print("Stopped; the data stays. / 已停止，数据保留。", flush=True)
    return 0


@contextlib.contextmanager
def _running_stack(data: Path) -> Iterator[dict[str, Any]]:
    """``lessonstream up`` as a process of its own; what it says of itself once it is ready."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    command = [sys.executable, "-P", "-m", "media_service.cli.main", "up", "--json", "--data", str(data)]
    process = subprocess.Popen(
        tied_to_this_process(command), stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        assert process.stdout is not None  # noqa: S101  (PIPE was asked for)
        line = process.stdout.readline()
        if not line:
            raise ApiFailure("The stack did not start; the lines above say why. / 启动失败，原因见上。")
        yield json.loads(line)
    finally:
        process.terminate()
        process.wait()


def _check(asset: dict[str, Any], pool: urllib3.PoolManager) -> int:
    walk = ManifestCheck(pool)
    for playback in asset["playback_ids"]:
        walk.manifest(playback["manifest_url"])
        walk.page(playback["embed_url"])
    for url in (asset.get("images") or {}).values():
        if isinstance(url, str):
            walk.storyboard(url) if ".vtt" in url else walk.page(url)
    for problem in walk.problems:
        print(problem, file=sys.stderr)
    print(
        f"{walk.checked} URLs and byte ranges checked, {len(walk.problems)} problems. / 已检查，问题数如上。"
    )
    return 1 if walk.problems else 0


def _generate_clip(path: Path, console: Console) -> Path:
    """Twenty seconds of a moving test picture with beeps. Our own making, so it needs no sandbox."""
    import imageio_ffmpeg  # noqa: PLC0415  (only here)

    console.print("Generating a clip… / 正在生成示例视频……")
    ffmpeg = process_environment().get("FFMPEG") or imageio_ffmpeg.get_ffmpeg_exe()
    subprocess.run(
        [
            *(ffmpeg, "-nostdin", "-hide_banner", "-loglevel", "error", "-y"),
            *("-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=30:duration=20"),
            *("-f", "lavfi", "-i", "sine=frequency=330:beep_factor=4:duration=20"),
            *("-c:v", "libx264", "-preset", "ultrafast", "-crf", "23", "-pix_fmt", "yuv420p"),
            *("-c:a", "aac", "-b:a", "128k", "-movflags", "+faststart", str(path)),
        ],
        check=True,
    )
    return path
