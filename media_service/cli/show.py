"""``lessonstream show``: one asset, for people or, with ``--json``, for programs."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from rich.console import Console
from rich.markup import escape

from configs.settings import load_client_settings
from media_service.cli.client import connect_to
from media_service.cli.put import describe_failure


def run(options: argparse.Namespace) -> int:
    """Print the asset."""
    settings = load_client_settings()
    asset = connect_to(settings.url, settings.key).get(f"/v1/assets/{quote(options.id, safe='')}")
    if options.json:
        print(json.dumps(asset, ensure_ascii=False))
    else:
        console = Console(
            soft_wrap=True, highlight=False
        )  # wrapped by the terminal, so that a URL can be copied
        for name, value in _facts(asset):
            if value:
                console.print(f"[bold]{name}:[/]", escape(str(value)))
    return 0


def _facts(asset: dict[str, Any]) -> Iterator[tuple[str, object]]:
    progress = asset.get("progress") or {}
    yield "title / 标题", asset["title"]
    yield "id", asset["id"]
    yield "state / 状态", f"{asset['state']} ({progress.get('percent') or 0:.0f} %)"
    yield "failure / 失败原因", describe_failure(asset)
    yield "kind / 类型", asset.get("kind")
    yield "duration / 时长", asset.get("duration") and f"{asset['duration']:.1f} s"
    yield (
        "picture / 画面",
        asset.get("width") and f"{asset['width']}×{asset['height']}, {asset['frame_rate']} fps",
    )
    for rendition in asset.get("renditions") or []:
        yield "rendition / 画质", ", ".join(f"{name} {value}" for name, value in rendition.items() if value)
    for decision in asset.get("decisions") or []:
        yield "decision / 决定", decision
    for playback in asset.get("playback_ids") or []:
        yield f"{playback['policy']}", f"{playback['manifest_url']}\n{playback['embed_url']}"
