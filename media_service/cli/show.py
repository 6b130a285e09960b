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


def _table(renditions: list[dict[str, Any]]) -> str:
    """Renditions below each other: name, picture or sound, bit rates in kbit/s, codecs."""
    rows = [("", "", "average", "peak kbit/s", "")]
    for rendition in renditions:
        size = f"{rendition['width']}×{rendition['height']}, {rendition['frame_rate'] or 0:.4g} fps"
        sound = f"{rendition['channels']} ch {rendition['language'] or ''}"
        average, peak = rendition["average_bandwidth"], rendition["peak_bandwidth"]
        rows.append(
            (
                rendition["name"],
                size if rendition["kind"] == "video" else sound.strip(),
                f"{average / 1000:.0f}" if average else "",
                f"{(peak or rendition['planned_bandwidth']) / 1000:.0f}" + ("" if peak else " planned"),
                rendition["codecs"] or "",
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "".join(f"\n  {line.rstrip()}" for line in lines) if renditions else ""


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
    if asset["state"] == "failed":
        yield "again / 重试", f"lessonstream retry {asset['id']}"
        if not asset["failure"]["plays_on"]:
            return
    yield "renditions / 画质", _table(asset.get("renditions") or [])
    for notice in asset.get("notices") or []:
        yield "notice / 提示", f"{notice['message']['en']} / {notice['message']['zh']}"
    decisions = asset.get("decisions") or []
    for decision in decisions:
        yield "decision / 决定", decision
    if any("VMAF" in decision for decision in decisions):
        yield "CRF", "how coarsely it is encoded: 18 fine, 36 coarse / 压缩程度：18 精细，36 粗略"
        yield "VMAF", "how like the source it looks, at its own size: of 100 / 与原片的接近程度，满分 100"
    for playback in asset.get("playback_ids") or []:
        yield f"{playback['policy']}", f"{playback['manifest_url']}\n{playback['embed_url']}"
