"""``lessonstream export``: all that is said of an organization's lessons, as a table or for programs."""

from __future__ import annotations

import argparse
import os
import sys
from urllib.parse import urlencode

from configs.settings import load_client_settings
from media_service.cli.client import connect_to


def run(options: argparse.Namespace) -> int:
    """Write it to a file, which is there as a whole or not at all, or to standard output."""
    settings = load_client_settings()
    client = connect_to(settings.url, settings.key)
    asked = {"format": options.format}
    if options.organization:
        asked["organization_id"] = options.organization
    path = f"/v1/assets/export?{urlencode(asked)}"
    if options.output is None:
        client.save(path, sys.stdout.buffer.write)
        return 0
    part = options.output.with_name(f"{options.output.name}.{os.getpid()}")
    try:
        with part.open("wb") as file:
            client.save(path, file.write)
        part.rename(options.output)
    finally:
        part.unlink(missing_ok=True)
    return 0
