"""The files of the pages in learning platforms."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from media_service.page_files import PageFiles, joined, scripts_in

_STATIC: Final = Path(__file__).parent / "static"
_SHEET: Final = "lti.css"

FILES: Final = PageFiles("/lti/static", lambda: {_SHEET: joined(_STATIC / _SHEET), **scripts_in(_STATIC)})
