"""``lessonstream links``: links to other platforms, by the API."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.table import Table

from configs.settings import load_client_settings
from media_service.cli.client import Client, connect_to

_AT_MOST = 200


def run_list(options: argparse.Namespace) -> int:
    """Print every link: with whom, in which state, how it was met last, and what is wrong."""
    found: list[dict[str, Any]] = []
    after = ""
    while True:
        page = connect().get(f"/v1/platform-links?limit={_AT_MOST}{after}")
        found += page["platform_links"]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    if options.json:
        for link in found:
            print(json.dumps(link, ensure_ascii=False))
        return 0
    table = Table("id", "platform", "state", "answered", "asked us", "clock", "problem")
    table.columns[0].no_wrap = True
    for link in found:
        failure = link["failure"]
        ahead = link["clock_ahead"]
        table.add_row(
            link["id"],
            f"{link['name'] or '…'} {link['url'] or ''}".strip(),
            link["state"],
            _ago(link["reached_at"]),
            _ago(link["heard_at"]),
            f"{ahead:+.0f} s" if ahead is not None else "",
            f"{failure['code']}: {failure['message']['en']} / {failure['message']['zh']}" if failure else "",
        )
    Console(width=max(Console().width, 140)).print(table)
    return 0


def run_begin(options: argparse.Namespace) -> int:
    """Make a link and print its code."""
    made = connect().send("POST", "/v1/platform-links", _named(options))
    print(made["code"])
    print(
        f"Link {made['id']}. Send this code to the other platform, and paste what comes back: "
        "lessonstream links paste CODE / 请将连接码发给对方平台，再粘贴对方发回的连接码。",
        file=sys.stderr,
    )
    return 0


def run_paste(options: argparse.Namespace) -> int:
    """Take a code; print the one that answers it, if it is the first one of a link."""
    code = sys.stdin.read() if options.code == "-" else options.code
    link = connect().send(
        "POST", "/v1/platform-link-codes", {**_named(options), "code": code, "asks_only": options.asks_only}
    )
    if link["code"] is not None:
        print(link["code"])
        print("Send this code back to the other platform. / 请将此连接码发回对方平台。", file=sys.stderr)
    print(
        f"Linked with {link['name']} ({link['url']}). Compare by telephone: {link['fingerprint']}"
        " / 请通过电话核对上述指纹。",
        file=sys.stderr,
    )
    return 0


def run_show(options: argparse.Namespace) -> int:
    """Print all that is known of a link."""
    print(json.dumps(connect().get(f"/v1/platform-links/{options.id}"), ensure_ascii=False, indent=2))
    return 0


def run_totals(options: argparse.Namespace) -> int:
    """Print how totals pass over a link, and who told what."""
    found = connect().get(f"/v1/platform-links/{options.id}/totals")
    if options.json:
        print(json.dumps(found, ensure_ascii=False))
        return 0
    failure = found["failure"]
    print(
        f"owed: {found['owed']} day(s) of lessons{_since(found['owed_since'])}; told: {_ago(found['told_at'])}"
    )
    if failure is not None:
        print(f"{failure['code']}: {failure['message']['en']} / {failure['message']['zh']}")
    for each in found["refused"]:
        print(f"{each['days']} × {each['code']}: {each['message']['en']} / {each['message']['zh']}")
    table = Table("id", "platform", "counted", "views", "from", "to", "time zone")
    table.columns[0].no_wrap = True
    for each in found["platforms"]:
        table.add_row(
            each["id"],
            f"{each['name']} {each['url']}",
            "yes" if each["counted"] else "no",
            str(each["views"]),
            each["first"] or "",
            each["last"] or "",
            each["time_zone"],
        )
    Console(width=max(Console().width, 140)).print(table)
    return 0


def run_count(options: argparse.Namespace) -> int:
    """Let what a platform tells be in sums, or leave it out."""
    path = f"/v1/platform-links/{options.id}/totals/{options.platform}"
    connect().send("PUT", path, {"counted": options.counted == "yes"})
    return 0


def run_pause(options: argparse.Namespace) -> int:
    """Stop a link for a while."""
    return _change(options.id, "paused")


def run_resume(options: argparse.Namespace) -> int:
    """Let a link go on."""
    return _change(options.id, "linked")


def run_end(options: argparse.Namespace) -> int:
    """End a link for good."""
    connect().send("DELETE", f"/v1/platform-links/{options.id}")
    return 0


def connect() -> Client:
    """The API of the platform that the environment names."""
    settings = load_client_settings()
    return connect_to(settings.url, settings.key)


def _change(link_id: str, state: str) -> int:
    connect().send("PATCH", f"/v1/platform-links/{link_id}", {"state": state})
    return 0


def _named(options: argparse.Namespace) -> dict[str, str]:
    return {"own_name": options.name} if options.name else {}


def _since(moment: str | None) -> str:
    return f", the first {_ago(moment)}" if moment else ""


def _ago(moment: str | None) -> str:
    if moment is None:
        return ""
    seconds = (datetime.now(UTC) - datetime.fromisoformat(moment)).total_seconds()
    return f"{seconds:.0f} s ago" if seconds < 600 else f"{seconds / 3600:.1f} h ago"
