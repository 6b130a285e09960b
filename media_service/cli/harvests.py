"""``lessonstream harvests``: foreign repositories that are harvested, by the API."""

from __future__ import annotations

import argparse
import json
from typing import Any

from rich.console import Console
from rich.table import Table

from configs.settings import load_client_settings
from media_service.cli.client import Client, connect_to

_AT_MOST = 200
_ADDRESS = "/v1/harvest-sources"


def run_list(options: argparse.Namespace) -> int:
    """Print every source: what it brought, how far it is, and what is wrong."""
    found: list[dict[str, Any]] = []
    after = ""
    while True:
        page = _connect().get(f"{_ADDRESS}?limit={_AT_MOST}{after}")
        found += page["harvest_sources"]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    if options.json:
        for source in found:
            print(json.dumps(source, ensure_ascii=False))
        return 0
    table = Table("id", "repository", "state", "records", "harvested", "next", "problem")
    table.columns[0].no_wrap = True
    for source in found:
        failure = source["failure"]
        expected = f" of {source['expected']}" if source["expected"] else ""
        table.add_row(
            source["id"],
            f"{source['name'] or source['repository_name'] or '…'} {source['url']}",
            f"{source['state']}, {source['received']}{expected}" if source["under_way"] else source["state"],
            str(source["records"]["current"]),
            source["finished_at"] or "",
            source["next_at"] or "",
            f"{failure['code']}: {failure['message']['en']} / {failure['message']['zh']}" if failure else "",
        )
    Console(width=max(Console().width, 140)).print(table)
    return 0


def run_add(options: argparse.Namespace) -> int:
    """Harvest a repository and print the ID of the source."""
    given = {
        "url": options.url,
        "set": options.set,
        "metadata_prefix": options.format,
        "name": options.name,
        "organization_id": options.organization,
        "category_ids": options.category,
        "visibility": options.visibility,
        "interval_minutes": options.minutes,
    }
    wanted = {name: value for name, value in given.items() if value is not None}
    print(_connect().send("POST", _ADDRESS, wanted)["id"])
    return 0


def run_now(options: argparse.Namespace) -> int:
    """Harvest one now."""
    wish = {"from_the_beginning": options.from_the_beginning}
    _connect().send("POST", f"{_ADDRESS}/{options.id}/harvests", wish)
    return 0


def run_show(options: argparse.Namespace) -> int:
    """Print all that is known of a source."""
    print(json.dumps(_connect().get(f"{_ADDRESS}/{options.id}"), ensure_ascii=False, indent=2))
    return 0


def run_pause(options: argparse.Namespace) -> int:
    """Stop one for a while."""
    return _change(options.id, "paused")


def run_resume(options: argparse.Namespace) -> int:
    """Let one go on."""
    return _change(options.id, "active")


def run_end(options: argparse.Namespace) -> int:
    """Harvest one no more."""
    _connect().send("DELETE", f"{_ADDRESS}/{options.id}")
    return 0


def _connect() -> Client:
    settings = load_client_settings()
    return connect_to(settings.url, settings.key)


def _change(source_id: str, state: str) -> int:
    _connect().send("PATCH", f"{_ADDRESS}/{source_id}", {"state": state})
    return 0
