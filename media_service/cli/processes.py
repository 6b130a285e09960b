"""The single processes of a production set-up: each becomes the one that was asked for."""

from __future__ import annotations

import argparse
import os
import resource
import sys

from configs.settings import load_settings

_STOP_SECONDS = 30
"""How long requests may go on after SIGTERM; of an upload that is cut off, all that was acknowledged is durable."""

_BUFFER = 64 * 1024
"""Bytes that the server reads ahead of, and writes behind, each connection."""

_BACKLOG = 4096
_CONNECTIONS = 16_384
"""Connections that the kernel keeps ready, and that a web process has open. More have to wait."""


def run_web(options: argparse.Namespace) -> int:
    """Serve the web application with Granian until SIGTERM."""
    # Only this command needs it, and it is slow to import.
    from granian.constants import HTTPModes, Interfaces, Loops  # noqa: PLC0415
    from granian.http import HTTP1Settings  # noqa: PLC0415
    from granian.log import LogLevels  # noqa: PLC0415

    from media_service.server.rolling import RollingGranian  # noqa: PLC0415

    settings = load_settings()
    _allow_open_files()
    server = RollingGranian(
        "media_service.asgi:app",
        address=options.host,
        port=options.port,
        interface=Interfaces.ASGINL,
        loop=Loops.uvloop,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(max_buffer_size=_BUFFER),
        workers=settings.web_processes,
        backlog=_BACKLOG,
        backpressure=_CONNECTIONS,
        respawn_failed_workers=True,
        workers_kill_timeout=_STOP_SECONDS,
        websockets=False,
        log_level=LogLevels(settings.log_level.lower()),
    )
    server.serve()
    return 0


def _allow_open_files() -> None:
    """As many as the system lets us have: each connection is one."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def run_worker(options: argparse.Namespace) -> int:
    """Become a worker. By name: the service does not import ``workers``."""
    return _become("workers.main", *(["--lanes", options.lanes] if options.lanes else []))


def run_keeper(options: argparse.Namespace) -> int:  # noqa: ARG001
    """Become the keeper."""
    return _become("workers.keeper")


def _become(module: str, *arguments: str) -> int:
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-P", "-m", module, *arguments])  # noqa: S606
