"""What ``lessonstream offers`` takes."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from configs.words import OFFER_DIRECTIONS, OFFER_STATES, VISIBILITIES

Run = Callable[[argparse.Namespace], int]


def add_to(commands: Any, of: Callable[[str, str], Run]) -> None:
    """Add it; ``of`` gives a function of a module beside this one."""
    command = commands.add_parser(
        "offers", help="offer lessons to linked platforms, and answer what they offer"
    )
    actions = command.add_subparsers(required=True, metavar="ACTION")
    action = actions.add_parser("list", help="list offers in both directions")
    action.add_argument("--link", metavar="ID", help="of one link alone")
    action.add_argument("--direction", choices=OFFER_DIRECTIONS)
    action.add_argument("--state", choices=OFFER_STATES)
    action.add_argument("--json", action="store_true", help="print one line of JSON for each")
    action.set_defaults(run=of("offers", "run_list"))
    action = actions.add_parser("make", help="offer a lesson by a link")
    action.add_argument("link", metavar="LINK")
    action.add_argument("asset", metavar="ASSET")
    action.add_argument("--note", default="", help="for who decides on it there")
    action.set_defaults(run=of("offers", "run_make"))
    for name, text in (
        ("show", "show one offer with all that was said"),
        ("look", "show an offered lesson as its platform tells it now, and where it plays"),
    ):
        action = actions.add_parser(name, help=text)
        action.add_argument("id", metavar="ID")
        action.set_defaults(run=of("offers", f"run_{name}"))
    for name, step, text in (
        ("accept", "accept", "accept it: it is copied here, and stays as it is there"),
        ("return", "return", "give it back, with a note on what is to be changed"),
        ("decline", "decline", "decline it"),
        ("again", "offer", "offer again what was returned"),
        ("withdraw", "withdraw", "take back what is offered, or was accepted"),
    ):
        action = actions.add_parser(name, help=text)
        action.add_argument("id", metavar="ID")
        action.add_argument("--note", default="", required=name == "return")
        if name == "accept":
            action.add_argument("--organization", metavar="ID", help="whose it is here")
            action.add_argument("--visibility", choices=VISIBILITIES, help="who sees it (default: subtree)")
            action.add_argument(
                "--category", metavar="ID", action="append", help="may be given several times"
            )
            action.add_argument("--course", metavar="ID", help="at whose end it stands")
        run = "run_accept" if name == "accept" else "run_step"
        action.set_defaults(run=of("offers", run), step=step)
