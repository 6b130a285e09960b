"""The single processes of a production set-up: each becomes the one that was asked for."""

from __future__ import annotations

import argparse
import logging
import os
import sys

from configs.settings import load_settings

_STOP_SECONDS = 30
"""How long requests may go on after SIGTERM; of an upload that is cut off, all that was acknowledged is durable."""


def run_web(options: argparse.Namespace) -> int:
    """Serve the web application with Granian until SIGTERM."""
    # Only this command needs it, and it is slow to import.
    from granian import Granian  # noqa: PLC0415
    from granian.constants import Interfaces  # noqa: PLC0415
    from granian.log import LogLevels  # noqa: PLC0415

    settings = load_settings()
    server = Granian(
        "media_service.wsgi:app",
        address=options.host,
        port=options.port,
        interface=Interfaces.WSGI,
        workers=settings.web_processes,
        blocking_threads=settings.web_threads,
        respawn_failed_workers=True,
        workers_kill_timeout=_STOP_SECONDS,
        websockets=False,
        log_level=LogLevels(settings.log_level.lower()),
    )
    # It warns of more threads than cores can run; ours wait for PostgreSQL, the object storage and clients.
    logging.getLogger("_granian").addFilter(lambda record: "Python threads" not in record.getMessage())
    server.serve()
    return 0


def run_worker(options: argparse.Namespace) -> int:
    """Become a worker. By name: the service does not import ``workers``."""
    return _become("workers.main", *(["--lanes", options.lanes] if options.lanes else []))


def run_keeper(options: argparse.Namespace) -> int:  # noqa: ARG001
    """Become the keeper."""
    return _become("workers.keeper")


def _become(module: str, *arguments: str) -> int:
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-P", "-m", module, *arguments])  # noqa: S606
