"""Words in addresses where the ID of something may stand as well, as in ``/v1/upload-links/current``: such a word is
the ID of nothing, so no method of the other address is taken there, or named in ``Allow``.

Nor does anything have a name with U+0000, for which the catalogue could not even be asked."""

from __future__ import annotations

from typing import Any, Final

from flask import Flask
from werkzeug.routing import Map, PathConverter, UnicodeConverter

WORDS: Final = ("current", "export")


class _AnyButWords(UnicodeConverter):
    def __init__(self, url_map: Map, *arguments: Any, **options: Any) -> None:
        super().__init__(url_map, *arguments, **options)
        self.regex = rf"(?!(?:{'|'.join(WORDS)})\Z)(?![^/]*\x00){self.regex}"


class _NamedPath(PathConverter):
    regex = rf"(?![^\x00]*\x00){PathConverter.regex}"


def register(app: Flask) -> None:
    """Keep ``WORDS`` and what is no name apart from IDs in the addresses that are added from now on."""
    app.url_map.converters = {**app.url_map.converters, "default": _AnyButWords, "path": _NamedPath}
