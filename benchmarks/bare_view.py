"""The reference for playlists: Flask views that answer bytes they hold ready, and do nothing else."""

from __future__ import annotations

import os
from pathlib import Path

from flask import Flask, Response

app = Flask(__name__, static_folder=None)
_BODIES = {path.name: path.read_bytes() for path in Path(os.environ["BARE_BODIES"]).iterdir()}


@app.get("/<name>")
def answer(name: str) -> Response:
    """One body, as it is."""
    return Response(_BODIES[name], mimetype="application/vnd.apple.mpegurl")
