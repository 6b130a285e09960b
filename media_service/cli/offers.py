"""``lessonstream offers``: lessons that are offered to linked platforms, and by them, by the API."""

from __future__ import annotations

import argparse
import json
from typing import Any

from rich.console import Console
from rich.table import Table

from configs.settings import load_client_settings
from media_service.cli.client import Client, connect_to

_AT_MOST = 200


def run_list(options: argparse.Namespace) -> int:
    """Print offers: of what, with whom, in which state, and what was said last."""
    asked = {"platform_link_id": options.link, "direction": options.direction, "state": options.state}
    query = "".join(f"&{name}={value}" for name, value in asked.items() if value)
    found: list[dict[str, Any]] = []
    after = ""
    while True:
        page = _connect().get(f"/v1/offers?limit={_AT_MOST}{query}{after}")
        found += page["offers"]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    if options.json:
        for offer in found:
            print(json.dumps(offer, ensure_ascii=False))
        return 0
    table = Table("id", "lesson", "platform", "direction", "state", "said last", "problem")
    table.columns[0].no_wrap = True
    for offer in found:
        last, failure = offer["said"][-1], offer["failure"]
        table.add_row(
            offer["id"],
            offer["lesson"]["title"],
            offer["platform_name"],
            offer["direction"],
            offer["state"],
            f"{last['by']}: {last['note']}" if last["note"] else last["by"],
            f"{failure['code']}: {failure['message']['en']} / {failure['message']['zh']}" if failure else "",
        )
    Console(width=max(Console().width, 140)).print(table)
    return 0


def run_make(options: argparse.Namespace) -> int:
    """Offer a lesson, and print the ID of the offer."""
    body = {"asset_id": options.asset, "note": options.note}
    print(_connect().send("POST", f"/v1/platform-links/{options.link}/offers", body)["id"])
    return 0


def run_show(options: argparse.Namespace) -> int:
    """Print all that is known of an offer."""
    print(json.dumps(_connect().get(f"/v1/offers/{options.id}"), ensure_ascii=False, indent=2))
    return 0


def run_look(options: argparse.Namespace) -> int:
    """Print what the other platform says of the lesson now, and where it plays."""
    print(json.dumps(_connect().get(f"/v1/offers/{options.id}/lesson"), ensure_ascii=False, indent=2))
    return 0


def run_accept(options: argparse.Namespace) -> int:
    """Accept what another platform offers, to a place that may be chosen."""
    place = {
        "organization_id": options.organization,
        "visibility": options.visibility,
        "category_ids": options.category,
        "collection_id": options.course,
    }
    return _step(options, {name: value for name, value in place.items() if value is not None})


def run_step(options: argparse.Namespace) -> int:
    """Any other step."""
    return _step(options, {})


def _step(options: argparse.Namespace, more: dict[str, Any]) -> int:
    body = {"action": options.step, "note": options.note, **more}
    offer = _connect().send("POST", f"/v1/offers/{options.id}/steps", body)
    print(f"{offer['id']} {offer['state']}")
    return 0


def _connect() -> Client:
    settings = load_client_settings()
    return connect_to(settings.url, settings.key)
