"""``lessonstream show``: one asset, for people or, with ``--json``, for programs."""

from __future__ import annotations

import argparse
import json
from typing import Any
from urllib.parse import quote

from rich.console import Console
from rich.table import Table

from configs.settings import load_client_settings
from media_service.cli.client import connect_to


def run(options: argparse.Namespace) -> int:
    """Print the asset."""
    settings = load_client_settings()
    asset = connect_to(settings.url, settings.key).get(f"/v1/assets/{quote(options.id, safe='')}")
    if options.json:
        print(json.dumps(asset, ensure_ascii=False))
    else:
        console = Console(soft_wrap=True)
        console.print(_summary(asset))
    return 0


def _summary(asset: dict[str, Any]) -> Table:
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")

    def row(name: str, value: object) -> None:
        if value not in (None, "", []):
            table.add_row(name, str(value))

    progress, failure = asset.get("progress") or {}, asset.get("failure") or {}
    row("title / 标题", asset["title"])
    row("id", asset["id"])
    row("state / 状态", f"{asset['state']} ({progress.get('percent') or 0:.0f} %)")
    row("failure / 失败原因", failure and f"{failure.get('code')}: {failure.get('message')}")
    row("kind / 类型", asset.get("kind"))
    row("duration / 时长", asset.get("duration") and f"{asset['duration']:.1f} s")
    row(
        "picture / 画面",
        asset.get("width") and f"{asset['width']}×{asset['height']}, {asset['frame_rate']} fps",
    )
    for rendition in asset.get("renditions") or []:
        row("rendition / 画质", ", ".join(f"{name} {value}" for name, value in rendition.items() if value))
    for playback in asset.get("playback_ids") or []:
        row(f"{playback['policy']}", f"{playback['manifest_url']}\n{playback['embed_url']}")
    return table
