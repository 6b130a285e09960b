"""The ``lessonstream`` command."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from configs.settings import SettingsError
from configs.words import PERSON_ROLES, POLICIES, ROLES, SCOPES
from media_service.cli import learning_commands, offer_commands
from media_service.cli.client import ApiFailure
from media_service.cli.link_parsers import add_parsers as add_contents


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status 0 only if what was asked happened; 2 if the command line or the settings make no sense."""
    options = _parser().parse_args(arguments)
    try:
        status: int = options.run(options)
        return status
    except SettingsError as error:
        print(error.explain(), file=sys.stderr)
        return 2
    except ApiFailure as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped. / 已停止。", file=sys.stderr)
        return 130


def _in(module: str, function: str = "run") -> Callable[[argparse.Namespace], int]:
    """Return a function of a module beside this one, imported when it is called: what one command needs no other waits
    for."""
    return partial(_call, module, function)


def _call(module: str, function: str, options: argparse.Namespace) -> int:
    status: int = getattr(import_module(f"media_service.cli.{module}"), function)(options)
    return status


Commands = Any
"""What ``add_subparsers`` returns; its type is private to argparse."""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="lessonstream", description="Video backend: uploads in, adaptive HLS and embeddable players out."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    _add_whole(commands)
    _add_client(commands)
    _add_catalogue(commands)
    _add_keys(commands)
    _add_links(commands)
    learning_commands.add_to(commands, _in)
    _add_harvests(commands)
    offer_commands.add_to(commands, _in)
    _add_studio(commands)
    _add_extras(commands)
    _add_safekeeping(commands)
    _add_processes(commands)
    return parser


def _add_whole(commands: Commands) -> None:
    command = commands.add_parser("up", help="run everything on this machine until Ctrl-C")
    command.add_argument(
        "--data", type=Path, metavar="DIR", help="folder of all data (default: .lessonstream)"
    )
    command.add_argument(
        "--host", help="address to listen on (default: 127.0.0.1, of a county box this machine's own)"
    )
    command.add_argument(
        "--port",
        type=int,
        help="port to listen on; 0 takes any free one (default: 8080, or a free one if taken)",
    )
    command.add_argument("--workers", type=int, help="encoding workers (default: one for each core)")
    command.add_argument("--json", action="store_true", help="print one line of JSON once ready")
    command.add_argument(
        "--county-box",
        action="store_true",
        help="for a machine of a school or county: serve its network what it copies from a linked platform at night",
    )
    command.set_defaults(run=_in("up"))

    command = commands.add_parser(
        "reload", help="let what `up` runs load its code anew, without a failed request"
    )
    command.add_argument(
        "--data", type=Path, metavar="DIR", help="folder of the stack (default: .lessonstream)"
    )
    command.set_defaults(run=_in("up", "reload"))

    command = commands.add_parser("demo", help="start everything, upload a clip and say where it plays")
    command.add_argument(
        "--data", type=Path, metavar="DIR", help="folder of all data (default: .lessonstream)"
    )
    command.add_argument("--file", type=Path, help="clip to upload (default: one that is generated)")
    command.add_argument("--once", action="store_true", help="check every URL of the manifest, then exit")
    command.set_defaults(run=_in("demo"))


def _add_client(commands: Commands) -> None:
    command = commands.add_parser("put", help="upload files, resuming where the connection broke")
    _accept_files(command)

    command = commands.add_parser("show", help="show one asset")
    command.add_argument("id", metavar="ID")
    command.add_argument("--json", action="store_true", help="print the API's answer")
    command.set_defaults(run=_in("show"))

    command = commands.add_parser("retry", help="try again what failed of assets")
    command.add_argument("ids", nargs="+", metavar="ID")
    command.set_defaults(run=_in("retry"))


def _add_catalogue(commands: Commands) -> None:
    command = commands.add_parser(
        "import", help="bring in a folder of lessons and a sheet that says what they are"
    )
    command.add_argument("folder", type=Path, metavar="FOLDER")
    command.add_argument(
        "--sheet",
        type=Path,
        required=True,
        metavar="FILE",
        help="CSV, .xlsx or .jsonl: a row for each lesson",
    )
    command.add_argument("--organization", metavar="ID", help="whose they are (default: the key's own)")
    command.add_argument("--dry-run", action="store_true", help="name every row that is wrong; send nothing")
    command.add_argument("--policy", choices=POLICIES, help="who may play rows that do not say it")
    command.add_argument("--publish", action="store_true", help="publish them without a review")
    command.add_argument(
        "--language", default="zh", metavar="TAG", help="of captions that name none (default: %(default)s)"
    )
    command.add_argument(
        "--time-zone",
        default="Asia/Shanghai",
        metavar="NAME",
        help="of times in the sheet (default: %(default)s)",
    )
    command.add_argument(
        "--parallel",
        type=int,
        choices=range(1, 17),
        default=3,
        metavar="N",
        help="rows at a time (default: %(default)s)",
    )
    command.add_argument(
        "--journal", type=Path, metavar="FILE", help="by which it goes on (default: beside the sheet)"
    )
    command.add_argument(
        "--result",
        type=Path,
        metavar="FILE",
        help="what became of each row (default: beside the sheet; of a dry run, the wrong ones, only if named)",
    )
    command.set_defaults(run=_in("import_catalogue"))

    command = commands.add_parser(
        "export", help="write what is said of all lessons, for spreadsheets or programs"
    )
    command.add_argument("--format", choices=("csv", "jsonl"), default="csv", help="(default: %(default)s)")
    command.add_argument("--organization", metavar="ID", help="only this one and all below it")
    command.add_argument("--output", type=Path, metavar="FILE", help="(default: standard output)")
    command.set_defaults(run=_in("export"))


def _add_keys(commands: Commands) -> None:
    command = commands.add_parser("keys", help="list, create and revoke API keys in the catalogue")
    command.add_argument("--data", type=Path, metavar="DIR", help="data folder of a running embedded stack")
    actions = command.add_subparsers(required=True, metavar="ACTION")
    actions.add_parser("list", help="list all keys").set_defaults(run=_in("keys", "run_list"))
    action = actions.add_parser("create", help="make a key and print it, once")
    action.add_argument("--role", choices=ROLES, required=True)
    action.add_argument("--label", required=True, help="what the key is for")
    action.add_argument("--organization", metavar="ID", help="its organization (default: the first one)")
    action.add_argument(
        "--scope", choices=SCOPES, action="append", help="what it may do; may be given again (default: all)"
    )
    action.add_argument("--days", type=int, metavar="N", help="how long it counts (default: until revoked)")
    action.set_defaults(run=_in("keys", "run_create"))
    action = actions.add_parser("revoke", help="refuse a key from now on")
    action.add_argument("id", metavar="ID")
    action.set_defaults(run=_in("keys", "run_revoke"))


def _add_links(commands: Commands) -> None:
    command = commands.add_parser("links", help="link other platforms, and show how they are met")
    actions = command.add_subparsers(required=True, metavar="ACTION")
    action = actions.add_parser("list", help="list all links")
    action.add_argument("--json", action="store_true", help="print one line of JSON for each")
    action.set_defaults(run=_in("links", "run_list"))
    action = actions.add_parser("begin", help="print a code for whoever administers the other platform")
    action.add_argument("--name", metavar="NAME", help="what this platform is called there")
    action.set_defaults(run=_in("links", "run_begin"))
    action = actions.add_parser(
        "paste", help="take a code of the other platform, and print one if that is awaited"
    )
    action.add_argument("code", metavar="CODE", help="as it came; - reads it from standard input")
    action.add_argument(
        "--asks-only", action="store_true", help="that platform cannot be asked from here: a county box"
    )
    action.add_argument("--name", metavar="NAME", help="what this platform is called there")
    action.set_defaults(run=_in("links", "run_paste"))
    for name, text in (
        ("show", "show one link with all that is shared"),
        ("pause", "stop a link for a while"),
        ("resume", "let a paused link go on"),
        ("end", "end a link for good"),
    ):
        action = actions.add_parser(name, help=text)
        action.add_argument("id", metavar="ID")
        action.set_defaults(run=_in("links", f"run_{name}"))
    action = actions.add_parser("totals", help="show what is told over a link of views, and by whom")
    action.add_argument("id", metavar="ID")
    action.add_argument("--json", action="store_true", help="print one line of JSON")
    action.set_defaults(run=_in("links", "run_totals"))
    action = actions.add_parser("count", help="let what a platform tells be in sums, or leave it out")
    action.add_argument("id", metavar="ID")
    action.add_argument("platform", metavar="PLATFORM", help="its ID, as totals shows it")
    action.add_argument("counted", choices=("yes", "no"))
    action.set_defaults(run=_in("links", "run_count"))
    add_contents(actions, _in)


def _add_harvests(commands: Commands) -> None:
    command = commands.add_parser("harvests", help="harvest foreign repositories (OAI-PMH)")
    actions = command.add_subparsers(required=True, metavar="ACTION")
    action = actions.add_parser("list", help="list all sources, how far they are and what is wrong")
    action.add_argument("--json", action="store_true", help="print one line of JSON for each")
    action.set_defaults(run=_in("harvests", "run_list"))
    action = actions.add_parser("add", help="harvest a repository from now on; prints its ID")
    action.add_argument("url", metavar="URL", help="the address that its requests go to")
    action.add_argument("--set", metavar="SET", help="only this set of it")
    action.add_argument("--format", metavar="PREFIX", help="metadataPrefix (default: lom, else oai_dc)")
    action.add_argument("--name", metavar="NAME", help="what it is called here")
    action.add_argument("--organization", metavar="ID", help="whose its records become")
    action.add_argument("--category", metavar="ID", action="append", default=[], help="where they stand")
    action.add_argument("--visibility", metavar="WHO", help="who sees them (default: subtree)")
    action.add_argument("--minutes", type=int, metavar="N", help="between two harvests (default: 1440)")
    action.set_defaults(run=_in("harvests", "run_add"))
    action = actions.add_parser("now", help="harvest one now")
    action.add_argument("id", metavar="ID")
    action.add_argument("--from-the-beginning", action="store_true", help="everything, not what has changed")
    action.set_defaults(run=_in("harvests", "run_now"))
    for name, text in (
        ("show", "show one source with its counts"),
        ("pause", "stop one for a while"),
        ("resume", "let a paused one go on"),
        ("end", "harvest one no more; what it brought goes to the trash"),
    ):
        action = actions.add_parser(name, help=text)
        action.add_argument("id", metavar="ID")
        action.set_defaults(run=_in("harvests", f"run_{name}"))


def _add_extras(commands: Commands) -> None:
    command = commands.add_parser(
        "extras", help="make what lessons lack that were ready before it was switched on"
    )
    actions = command.add_subparsers(required=True, metavar="ACTION")
    action = actions.add_parser(
        "make-up", help="captions by a machine and text of slides, a few at a time, until Ctrl-C or the end"
    )
    action.add_argument("ids", nargs="*", metavar="ID", help="of these lessons alone (default: all)")
    action.add_argument("--data", type=Path, metavar="DIR", help="data folder of a running embedded stack")
    action.add_argument("--captions", action="store_true", help="only captions (default: both)")
    action.add_argument("--slides", action="store_true", help="only slides (default: both)")
    action.add_argument("--organization", metavar="ID", help="only this one and all below it")
    action.add_argument(
        "--at-once",
        type=int,
        choices=range(1, 101),
        default=4,
        metavar="N",
        help="queued or at work at a time (default: %(default)s)",
    )
    action.add_argument("--count", action="store_true", help="tell how many there are; queue nothing")
    action.set_defaults(run=_in("extras", "run_make_up"))


def _add_studio(commands: Commands) -> None:
    command = commands.add_parser("studio-link", help="make a link that signs somebody in to Studio, once")
    command.add_argument("--data", type=Path, metavar="DIR", help="data folder of a running embedded stack")
    command.add_argument("--organization", metavar="ID", help="their organization (default: the first one)")
    command.add_argument("--name", help="who it is for; the same name is the same person")
    command.add_argument(
        "--role",
        choices=PERSON_ROLES,
        default="admin",
        help="admin sees all of the organization and below, author own lessons (default: %(default)s)",
    )
    command.set_defaults(run=_in("studio_link"))


def _add_processes(commands: Commands) -> None:
    commands.add_parser(
        "migrate", help="prepare the catalogue and the bucket, once, before web and workers"
    ).set_defaults(run=_in("migrate"))

    command = commands.add_parser("web", help="the web service alone, from settings in the environment")
    command.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    command.add_argument("--port", type=int, default=8080, help="port to listen on (default: %(default)s)")
    command.set_defaults(run=_in("processes", "run_web"))

    command = commands.add_parser("worker", help="one worker alone, from settings in the environment")
    command.add_argument("--lanes", help="comma-separated lanes to take steps from (default: all)")
    command.set_defaults(run=_in("processes", "run_worker"))

    command = commands.add_parser("keeper", help="the keeper alone: outbox relay, lease reaper, sweeper")
    command.set_defaults(run=_in("processes", "run_keeper"))


def _add_safekeeping(commands: Commands) -> None:
    command = commands.add_parser("doctor", help="check every part and say what to do")
    command.add_argument("--data", type=Path, metavar="DIR", help="data folder of a running embedded stack")
    command.add_argument("--json", action="store_true", help="print the findings as one line of JSON")
    command.add_argument(
        "--deep", action="store_true", help="compare the catalogue with the bucket, and only that"
    )
    command.add_argument("--hash", action="store_true", help="with --deep: read every object, too")
    # A module of its own: a health check does not wait for what all other parts need.
    command.add_argument(
        "--keeper",
        dest="run",
        action="store_const",
        const=_in("keeper_check"),
        help="look at the keepers alone, as health checks do",
    )
    command.set_defaults(run=_in("doctor"))

    command = commands.add_parser(
        "backup", help="copy the catalogue and its objects, what is new of them, to a folder"
    )
    command.add_argument("folder", type=Path, metavar="DIR")
    command.add_argument(
        "--keep", type=int, default=0, metavar="N", help="remove all but the newest N (default: keep all)"
    )
    command.add_argument("--data", type=Path, metavar="DIR", help="data folder of a running embedded stack")
    command.set_defaults(run=_in("backup"))

    command = commands.add_parser("restore", help="bring back the newest backup of a folder, then compare")
    command.add_argument("folder", type=Path, metavar="DIR")
    command.add_argument(
        "--objects", action="store_true", help="only put back objects that are missing; all may run on"
    )
    command.add_argument("--replace", action="store_true", help="give up the catalogue that is there")
    command.add_argument(
        "--data", type=Path, metavar="DIR", help="data folder of the embedded stack (default: .lessonstream)"
    )
    command.set_defaults(run=_in("restore"))


def _accept_files(command: argparse.ArgumentParser) -> None:
    command.add_argument("files", nargs="+", type=Path, metavar="FILE")
    command.add_argument("--title", help="title of the asset (default: the file's name)")
    command.add_argument(
        "--policy", choices=("public", "signed"), help="who may play it (default: the service's)"
    )
    command.add_argument("--background", metavar="#RRGGBB", help="colour behind transparent pixels")
    command.add_argument("--external-id", metavar="ID", help="what your own systems call it")
    command.add_argument(
        "--wait", choices=("playable", "ready"), help="return once the asset is in this state"
    )
    command.add_argument("--json", action="store_true", help="print one line of JSON for each file")
    command.set_defaults(run=_in("put"))


if __name__ == "__main__":
    sys.exit(main())
