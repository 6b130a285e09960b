"""``lessonstream links``: what is shared by a link, and what is followed by it, by the API."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.table import Table

from media_service.cli.client import ApiFailure, Client
from media_service.cli.link_parsers import PARTS, SHARES
from media_service.cli.links import connect

_AT_MOST = 200
_KEPT = (
    *("visibility", "mode", "keep_copies", "only", "most_bytes", "with_source", "bytes_per_second"),
    *("window_from", "window_until"),
)


def run_share(options: argparse.Namespace) -> int:
    """Share something by a link, beside what is shared already."""
    client, address = connect(), f"/v1/platform-links/{options.id}"
    link = client.get(address)
    line = _line(options, link)
    shares = [each for each in link["shares"] if not _is_same(each, line)]
    client.send("PATCH", address, {"shares": [*shares, {**line, "with_source": options.with_source}]})
    return 0


def run_unshare(options: argparse.Namespace) -> int:
    """Share it no more. Exit status 1 if it was not shared by such a line."""
    client, address = connect(), f"/v1/platform-links/{options.id}"
    link = client.get(address)
    line = _line(options, link)
    shares = [each for each in link["shares"] if not _is_same(each, line)]
    if len(shares) == len(link["shares"]):
        return 1
    client.send("PATCH", address, {"shares": shares})
    return 0


def run_follow(options: argparse.Namespace) -> int:
    """Follow what the other platform shares; what is not said stays as it was."""
    client, address = connect(), _subscription(options)
    wish = _known(client, options)
    for name in ("mode", "visibility", "with_source"):
        if getattr(options, name) is not None:
            wish[name] = getattr(options, name)
    if options.drop_copies:
        wish["keep_copies"] = False
    for name in ("most_bytes", "bytes_per_second"):
        if getattr(options, name) is not None:
            wish[name] = getattr(options, name) or None
    if options.window is not None:
        wish["window_from"], wish["window_until"] = _window(options.window)
    parts = [{name: value} for option, name in PARTS.items() for value in getattr(options, option)]
    if options.everything:
        wish["only"] = None
    elif options.nothing:
        wish["only"] = []
    elif parts:
        kept = [_without_nulls(each) for each in wish.get("only") or []]
        wish["only"] = [*kept, *(part for part in parts if part not in kept)]
    print(json.dumps(client.send("PUT", address, wish), ensure_ascii=False, indent=2))
    return 0


def run_unfollow(options: argparse.Namespace) -> int:
    """Follow nothing more."""
    connect().send("DELETE", _subscription(options))
    return 0


def run_following(options: argparse.Namespace) -> int:
    """Print what is followed, and how far it is."""
    print(json.dumps(connect().get(_subscription(options)), ensure_ascii=False, indent=2))
    return 0


def run_lessons(options: argparse.Namespace) -> int:
    """Print every lesson that came or is to come."""
    table = Table("id", "there", "here", "title", "state", "is", "bytes", "problem")
    table.columns[0].no_wrap = True
    for each in _all(f"/v1/platform-links/{options.id}/lessons", "lessons"):
        table.add_row(
            each["id"],
            each["origin_id"],
            each["asset_id"] or "",
            each["title"],
            each["state"],
            each["mode"] or "",
            f"{each['bytes_done']} / {each['bytes_total']}",
            _problem(each),
        )
    Console(width=max(Console().width, 160)).print(table)
    return 0


def run_courses(options: argparse.Namespace) -> int:
    """Print every course that came or is to come."""
    table = Table("there", "here", "title", "state", "lessons", "problem")
    for each in _all(f"/v1/platform-links/{options.id}/courses", "courses"):
        table.add_row(
            each["origin_id"],
            each["collection_id"] or "",
            each["title"],
            each["state"],
            str(each["lessons"]),
            _problem(each),
        )
    Console(width=max(Console().width, 140)).print(table)
    return 0


def run_adopt(options: argparse.Namespace) -> int:
    """Make a copied lesson one's own."""
    connect().send("POST", f"/v1/platform-links/{options.id}/lessons/{options.lesson}/adopt", {})
    return 0


def _subscription(options: argparse.Namespace) -> str:
    return f"/v1/platform-links/{options.id}/subscription"


def _known(client: Client, options: argparse.Namespace) -> dict[str, Any]:
    try:
        told = client.get(_subscription(options))
    except ApiFailure as error:
        if error.code != "subscription_not_found":
            raise
        return {}
    return {name: told[name] for name in _KEPT}


def _line(options: argparse.Namespace, link: dict[str, Any]) -> dict[str, str]:
    line = {name: getattr(options, option) for option, name in SHARES.items() if getattr(options, option)}
    if options.everything and not line:
        return {"organization_id": link["organization_id"]}
    if options.everything or not line:
        raise SystemExit(
            "Say what: --everything, or --lesson, --course, --organization, --category, --licence / "
            "请说明内容：--everything，或 --lesson、--course、--organization、--category、--licence。"
        )
    return line


def _is_same(share: dict[str, Any], line: dict[str, str]) -> bool:
    return all(share[name] == line.get(name) for name in SHARES.values())


def _without_nulls(part: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in part.items() if value is not None}


def _window(text: str) -> tuple[int | None, int | None]:
    if text == "none":
        return None, None
    try:
        first, until = ((int(part[:-3]) * 60 + int(part[-2:])) for part in text.split("-"))
    except ValueError:
        raise SystemExit("--window is like 22:00-06:00, or none / 时段应写作 22:00-06:00 或 none。") from None
    return first, until


def _all(address: str, name: str) -> Iterator[dict[str, Any]]:
    client, after = connect(), ""
    while True:
        page = client.get(f"{address}?limit={_AT_MOST}{after}")
        yield from page[name]
        if page["next"] is None:
            return
        after = f"&after={page['next']}"


def _problem(each: dict[str, Any]) -> str:
    failure = each["failure"]
    return f"{failure['code']}: {failure['message']['en']} / {failure['message']['zh']}" if failure else ""
