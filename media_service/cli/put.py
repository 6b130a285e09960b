"""``lessonstream put``: upload files and, if wanted, wait until they play."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TransferSpeedColumn,
)

from configs.settings import load_client_settings
from media_service.cli.client import ApiFailure, Client, connect_to
from media_service.cli.unfinished import Unfinished

POLL_SECONDS = 0.5
WISHES: Final = ("title", "policy", "background", "external_id")
"""What may be said of an upload: options of the command, keys of its metadata."""

_REACHED = {"playable": ("playable", "ready"), "ready": ("ready",)}


def run(options: argparse.Namespace) -> int:
    """Upload each file; one that fails does not keep the others from being tried."""
    settings = load_client_settings()
    client = connect_to(settings.url, settings.key)
    unfinished = Unfinished(settings.state_folder)
    console = Console(stderr=True)
    wishes = {name: value for name in WISHES if (value := getattr(options, name)) is not None}
    status = 0
    for path in options.files:
        try:
            asset = put_file(client, console, path, wishes, options.wait, unfinished=unfinished)
        except (ApiFailure, OSError) as error:
            status = 1
            asset = {"error": str(error)}
        if asset.get("state") == "failed":
            status = 1
        if options.json:
            print(json.dumps({"file": str(path), **asset}, ensure_ascii=False), flush=True)
        else:
            report(path, asset)
    return status


def put_file(
    client: Client,
    console: Console,
    path: Path,
    wishes: Mapping[str, str],
    wait: str | None,
    *,
    unfinished: Unfinished | None = None,
) -> dict[str, Any]:
    """Upload one file behind a progress bar, with ``wishes`` by name of ``WISHES``, and return the asset as it is then.
    Raises ``ApiFailure``, ``OSError``.
    """
    name = path.name if len(path.name) <= 40 else path.name[:39] + "…"
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        DownloadColumn(binary_units=True),
        TransferSpeedColumn(),
        TimeElapsedColumn(),
        console=console,
        disable=not console.is_terminal,
    ) as progress:
        task = progress.add_task(name, total=path.stat().st_size)
        asset_id = client.upload(
            path,
            wishes.get("title") or path.stem,
            lambda sent, _: progress.update(task, completed=sent),
            unfinished,
            wishes,
        )
    asset: dict[str, Any] = client.get(f"/v1/assets/{asset_id}")
    return wait_for(client, console, asset, wait) if wait else asset


def wait_for(client: Client, console: Console, asset: dict[str, Any], wanted: str) -> dict[str, Any]:
    """Follow the asset's progress until it is ``wanted`` or failed."""
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TextColumn("{task.fields[eta]}"),
        TimeElapsedColumn(),
        console=console,
        disable=not console.is_terminal,
    ) as progress:
        task = progress.add_task(asset["state"], total=100, eta="")
        while asset["state"] not in (*_REACHED[wanted], "failed"):
            _show_progress(progress, task, asset)
            time.sleep(POLL_SECONDS)
            asset = client.get(f"/v1/assets/{asset['id']}")
        _show_progress(progress, task, asset)
    return asset


def report(path: Path, asset: dict[str, Any]) -> None:
    """Say in words what became of a file."""
    if "error" in asset:
        print(f"{path}: {asset['error']}", file=sys.stderr)
        return
    if asset["state"] == "failed":
        print(f"{path}: failed / 处理失败: {describe_failure(asset)}", file=sys.stderr)
        return
    print(f"{path}: {asset['id']} {asset['state']}")
    if same := asset.get("duplicate_of"):
        print(f"  the same file / 相同的文件: {', '.join(same)}")
    for playback in asset.get("playback_ids", []):
        print(
            f"  manifest / 播放清单: {playback['manifest_url']}\n  page / 播放页面:     {playback['embed_url']}"
        )


def describe_failure(asset: dict[str, Any]) -> str:
    """Code and message, in both languages, and what the operator has to know; empty if the asset did not fail."""
    if not (failure := asset.get("failure")):
        return ""
    detail = f" [{failure['detail']}]" if failure["detail"] else ""
    return f"{failure['code']}: {failure['message']['en']} / {failure['message']['zh']}{detail}"


def _show_progress(progress: Progress, task: TaskID, asset: dict[str, Any]) -> None:
    facts = asset.get("progress") or {}
    eta = facts.get("eta_seconds")
    progress.update(
        task,
        description=f"{asset['state']}: {facts.get('stage') or ''}",
        completed=facts.get("percent") or 0,
        eta="" if eta is None else f"~{eta:.0f} s",
    )
