"""The files of the library's pages: one sheet, and the modules that add what needs a script."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from media_service.page_files import PageFiles, joined, scripts_in

_STATIC: Final = Path(__file__).parent / "static"
_SHEET: Final = "library.css"

FILES: Final = PageFiles("/library/static", lambda: {_SHEET: joined(_STATIC / _SHEET), **scripts_in(_STATIC)})
