"""What ``lessonstream lti`` and ``lessonstream record-store`` take."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

Run = Callable[[argparse.Namespace], int]


def add_to(commands: Any, of: Callable[[str, str], Run]) -> None:
    """Add both; ``of`` gives a function of a module beside this one."""
    _add_platforms(commands, of)
    _add_stores(commands, of)


def _add_platforms(commands: Any, of: Callable[[str, str], Run]) -> None:
    command = commands.add_parser("lti", help="connect learning platforms, and show how they are met")
    actions = command.add_subparsers(required=True, metavar="ACTION")
    action = actions.add_parser("list", help="list all learning platforms")
    action.add_argument("--json", action="store_true", help="print one line of JSON for each")
    action.set_defaults(run=of("learning", "run_list"))
    action = actions.add_parser("connect", help="print a link that registers one learning platform")
    _take_organization(action)
    action.add_argument(
        "--hours", type=int, default=72, metavar="N", help="how long it may be used (default: %(default)s)"
    )
    action.set_defaults(run=of("learning", "run_connect"))
    actions.add_parser("tool", help="print the addresses that a learning platform asks for").set_defaults(
        run=of("learning", "run_tool")
    )
    action = actions.add_parser("add", help="add a learning platform by hand, with what it shows")
    _take_organization(action)
    for name in ("name", "issuer", "client-id", "authorization-url", "token-url", "keys-url"):
        action.add_argument(f"--{name}", required=True)
    action.add_argument("--token-audience", help="how its token server is called (default: its address)")
    action.add_argument(
        "--deployment",
        action="append",
        metavar="ID",
        help="may be given again (default: the first that launches)",
    )
    action.set_defaults(run=of("learning", "run_add"))
    for name, text in (
        ("show", "show one learning platform"),
        ("pause", "let one launch nothing for a while"),
        ("resume", "let a paused one go on"),
        ("remove", "remove one for good"),
    ):
        action = actions.add_parser(name, help=text)
        action.add_argument("id", metavar="ID")
        action.set_defaults(run=of("learning", f"run_{name}"))


def _add_stores(commands: Any, of: Callable[[str, str], Run]) -> None:
    command = commands.add_parser("record-store", help="where statements of study go (xAPI)")
    actions = command.add_subparsers(required=True, metavar="ACTION")
    action = actions.add_parser("set", help="name a store; the password is read from standard input")
    action.add_argument("url", metavar="URL")
    action.add_argument("username", metavar="NAME")
    _take_organization(action)
    action.set_defaults(run=of("learning", "run_store_set"))
    for name, text in (
        ("show", "show what waits, what was sent, and what is wrong"),
        ("test", "ask the store whether it is there"),
        ("pause", "let statements wait"),
        ("resume", "send them again"),
        ("resend", "send once more what the store refused"),
        ("remove", "send no more, and forget what waits"),
    ):
        action = actions.add_parser(name, help=text)
        _take_organization(action)
        action.set_defaults(run=of("learning", f"run_store_{name}"))


def _take_organization(action: argparse.ArgumentParser) -> None:
    action.add_argument("--organization", metavar="ID", help="whose it is (default: the key's own)")
