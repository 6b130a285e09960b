"""``lessonstream lti`` and ``lessonstream record-store``: learning platforms and record stores, by the API."""

from __future__ import annotations

import argparse
import getpass
import json
import sys
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from configs.settings import load_client_settings
from media_service.cli.client import Client, connect_to

_AT_MOST = 200
_WIDTH = 140


def run_tool(_options: argparse.Namespace) -> int:
    """Print what a learning platform asks for that does not register itself."""
    return _print(_connect().get("/v1/lti/tool"))


def run_connect(options: argparse.Namespace) -> int:
    """Make a link that connects one learning platform, and print it."""
    made = _connect().send("POST", "/v1/lti/links", _owned(options, {"hours": options.hours}))
    print(made["url"])
    print(
        f"Paste this into one learning platform before {made['expires_at']}; give it to nobody else."
        " / 请在此时间前将此链接粘贴到一个学习平台，勿给他人。",
        file=sys.stderr,
    )
    return 0


def run_add(options: argparse.Namespace) -> int:
    """Add a learning platform by hand."""
    names = ("name", "issuer", "client_id", "authorization_url", "token_url", "keys_url", "token_audience")
    values = {name: getattr(options, name) for name in names}
    values["deployment_ids"] = options.deployment or []
    return _print(_connect().send("POST", "/v1/lti/platforms", _owned(options, values)))


def run_list(options: argparse.Namespace) -> int:
    """Print every learning platform: whether it launches, and whether it takes scores."""
    found: list[dict[str, Any]] = []
    after = ""
    while True:
        page = _connect().get(f"/v1/lti/platforms?limit={_AT_MOST}{after}")
        found += page["platforms"]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    if options.json:
        for each in found:
            print(json.dumps(each, ensure_ascii=False))
        return 0
    table = Table("id", "platform", "client", "state", "last launch", "scores waiting", "problem")
    table.columns[0].no_wrap = True
    for each in found:
        cells = (
            each["id"],
            f"{each['name']} {each['issuer']}",
            each["client_id"],
            "on" if each["enabled"] else "off",
            each["launched_at"] or "never",
            str(each["scores_waiting"]),
            each["score_failure"] or "",
        )
        table.add_row(*map(Text, cells))
    Console(width=max(Console().width, _WIDTH)).print(table)
    return 0


def run_show(options: argparse.Namespace) -> int:
    """Print all that is known of a learning platform."""
    return _print(_connect().get(f"/v1/lti/platforms/{options.id}"))


def run_pause(options: argparse.Namespace) -> int:
    """Let a learning platform launch nothing, and tell it nothing."""
    return _turn(options.id, on=False)


def run_resume(options: argparse.Namespace) -> int:
    """Let it go on."""
    return _turn(options.id, on=True)


def run_remove(options: argparse.Namespace) -> int:
    """Remove a learning platform."""
    _connect().send("DELETE", f"/v1/lti/platforms/{options.id}")
    return 0


def run_store_show(options: argparse.Namespace) -> int:
    """Print how an organization's record store does."""
    client = _connect()
    return _print(client.get(_store(client, options)))


def run_store_set(options: argparse.Namespace) -> int:
    """Say where statements go. The password comes from standard input, or is asked for."""
    password = (
        getpass.getpass("Password / 密码: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    )
    client = _connect()
    values = {"url": options.url, "username": options.username, "password": password}
    return _print(client.send("PUT", _store(client, options), values))


def run_store_pause(options: argparse.Namespace) -> int:
    """Let statements wait."""
    client = _connect()
    return _print(client.send("PATCH", _store(client, options), {"enabled": False}))


def run_store_resume(options: argparse.Namespace) -> int:
    """Send them again."""
    client = _connect()
    return _print(client.send("PATCH", _store(client, options), {"enabled": True}))


def run_store_test(options: argparse.Namespace) -> int:
    """Ask the store whether it is there; exit status 1 if it is not."""
    client = _connect()
    found = client.send("POST", _store(client, options) + "/test")
    _print(found)
    return 0 if found["outcome"] == "works" else 1


def run_store_resend(options: argparse.Namespace) -> int:
    """Send once more what the store refused."""
    client = _connect()
    return _print(client.send("POST", _store(client, options) + "/resend"))


def run_store_remove(options: argparse.Namespace) -> int:
    """Send no more statements, and forget those that wait."""
    client = _connect()
    client.send("DELETE", _store(client, options))
    return 0


def _connect() -> Client:
    settings = load_client_settings()
    return connect_to(settings.url, settings.key)


def _store(client: Client, options: argparse.Namespace) -> str:
    own = options.organization or client.get("/v1/whoami")["organization"]["id"]
    return f"/v1/organizations/{own}/record-store"


def _turn(platform_id: str, *, on: bool) -> int:
    _connect().send("PATCH", f"/v1/lti/platforms/{platform_id}", {"enabled": on})
    return 0


def _owned(options: argparse.Namespace, values: dict[str, Any]) -> dict[str, Any]:
    return {**values, "organization_id": options.organization} if options.organization else values


def _print(document: Any) -> int:
    print(json.dumps(document, ensure_ascii=False, indent=2))
    return 0
