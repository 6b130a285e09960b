"""``lessonstream retry``: try again what failed of assets."""

from __future__ import annotations

import argparse
import sys
from urllib.parse import quote

from configs.settings import load_client_settings
from media_service.cli.client import ApiFailure, connect_to


def run(options: argparse.Namespace) -> int:
    """Have each asset tried again; one that cannot be does not keep the others from it."""
    settings = load_client_settings()
    client = connect_to(settings.url, settings.key)
    status = 0
    for asset_id in options.ids:
        try:
            asset = client.post(f"/v1/assets/{quote(asset_id, safe='')}/retry")
        except ApiFailure as failure:
            print(f"{asset_id}: {failure}", file=sys.stderr)
            status = 1
        else:
            print(f"{asset_id}: {asset['state']}")
    return status
