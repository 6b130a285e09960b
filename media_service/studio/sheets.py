"""Sheets of the pages that stand beside Studio: each as one file, with the tokens before it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from flask import Response

from media_service.page_files import joined


def sheet(*names: str) -> Response:
    """Sheets of this folder as one, after the tokens that all pages share."""
    response = Response(_joined(*names), mimetype="text/css")
    response.headers["Cache-Control"] = "public, max-age=300"
    return response


@cache
def _joined(*names: str) -> bytes:
    return joined(*(Path(__file__).parent / name for name in names))
