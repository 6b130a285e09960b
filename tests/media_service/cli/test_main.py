"""The command line as a whole."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module

from media_service.cli.main import _parser


def _commands(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    below = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    if not below:
        yield parser
    for action in below:
        for command in action.choices.values():
            yield from _commands(command)


def test_every_command_is_there() -> None:
    commands = list(_commands(_parser()))
    assert len(commands) > 10
    for command in commands:
        module, function = command.get_default("run").args
        assert callable(getattr(import_module(f"media_service.cli.{module}"), function)), command.prog


def test_help_waits_for_no_library() -> None:
    program = "import sys, media_service.cli.main as m; m._parser(); print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout.split()
    assert not {"sqlalchemy", "flask", "minio", "redis", "granian"} & set(loaded)
